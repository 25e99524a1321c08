import { ANY_RECIPIENT, digestOf, DomainError, loanReportId, volumeIdOf, type EvidenceCase, type Grant, type LedgerLink, type Loan, type Release } from '../domain';
import { recordedRelease } from './recorded-release';
import type { RunningTransaction } from './transact';

/**
 * The digest of what a link points to, taken from the ledger: nobody types a record again. It must exist and belong to the case: be about its enterprise,
 * and about its institution or platform (a bank can't reach another bank's releases through a case).
 * @throws DomainError link-invalid, the same for what doesn't exist and what belongs to others.
 */
export async function linkedDigest(running: RunningTransaction, evidenceCase: EvidenceCase, link: LedgerLink, pointer: string): Promise<string> {
  const digest = await digestIn(running, evidenceCase, link);
  if (digest === undefined) throw DomainError.of('link-invalid', `there is no such ${link.kind} of this case's enterprise and institution`, [{ pointer: `${pointer}/link`, detail: `no ${link.kind} that belongs to the case` }]);
  return digest;
}

async function digestIn({ world }: RunningTransaction, evidenceCase: EvidenceCase, link: LedgerLink): Promise<string | undefined> {
  switch (link.kind) {
    case 'RELEASE':
      return digestIf(await recordedRelease(world, link.id), (release) => releaseBelongs(release, evidenceCase));
    case 'GRANT':
      return digestIf(await world.get('grant', link.id), (grant) => grant.version === link.version && grantBelongs(grant, evidenceCase));
    case 'LOAN_EVENT':
      return digestIf(await world.get('loan-report', loanReportId({ ref: link.id, version: link.version })), (report) => loanBelongs(report, evidenceCase));
    case 'VOLUME':
      return volumeDigestIn(world, evidenceCase, link);
  }
}

function digestIf<T>(record: T | undefined, belongs: (record: T) => boolean): string | undefined {
  return record !== undefined && belongs(record) ? digestOf(record) : undefined;
}

async function volumeDigestIn(world: RunningTransaction['world'], evidenceCase: EvidenceCase, { id, number }: LedgerLink & { kind: 'VOLUME' }): Promise<string | undefined> {
  const other = await world.get('evidence-case', id);
  const isSameMatter = other?.enterprise === evidenceCase.enterprise && other.platform === evidenceCase.platform && other.recipient === evidenceCase.recipient;
  return isSameMatter && other.id !== evidenceCase.id ? (await world.get('evidence-volume', volumeIdOf(id, number)))?.digest : undefined;
}

/** Its own enterprise, and its institution or platform: of an enterprise's own case every release about it. */
function releaseBelongs({ enterprise, recipient }: Release, evidenceCase: EvidenceCase): boolean {
  if (enterprise !== evidenceCase.enterprise) return false;
  return evidenceCase.party === 'PRINCIPAL' || recipient === evidenceCase.recipient || recipient === evidenceCase.platform;
}

function grantBelongs({ enterprise, platform, recipient }: Grant, evidenceCase: EvidenceCase): boolean {
  if (enterprise !== evidenceCase.enterprise) return false;
  if (evidenceCase.party === 'PRINCIPAL') return true;
  return platform === evidenceCase.platform && [evidenceCase.recipient, evidenceCase.platform, ANY_RECIPIENT].includes(recipient);
}

/** The loan of the case where it names one, else one between the same two. */
export function loanBelongs({ ref, enterprise, recipient, platform }: Loan, evidenceCase: Pick<EvidenceCase, 'enterprise' | 'recipient' | 'platform' | 'loanRef' | 'party'>): boolean {
  if (enterprise !== evidenceCase.enterprise || (evidenceCase.loanRef !== undefined && evidenceCase.loanRef !== ref)) return false;
  return evidenceCase.party === 'PRINCIPAL' || (recipient === evidenceCase.recipient && platform === evidenceCase.platform);
}
