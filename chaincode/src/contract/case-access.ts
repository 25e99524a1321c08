import { actorOn, AUTHORITY_ROLE, DomainError, loanReportId, moveCase, sealedItems, shanghaiDate, volumeIdOf, type CaseActor, type CaseFacts, type CaseState, type EvidenceCase, type Loan } from '../domain';
import type { RunningTransaction } from './transact';

/** Most reports of a loan that a computation reads. */
export const MAX_LOAN_REPORTS = 1_000;

/** The case with the side on which the caller acts. @throws DomainError not-found, not-yours. */
export async function caseOf(running: RunningTransaction, id: string): Promise<{ readonly evidenceCase: EvidenceCase; readonly actor: CaseActor }> {
  const evidenceCase = await running.world.need('evidence-case', id);
  const actor = actorOn(evidenceCase, running.caller);
  if (actor === undefined) throw DomainError.of('not-yours', 'the case belongs to others');
  return { evidenceCase, actor };
}

/** Saves a case. */
export function saveCase(running: RunningTransaction, evidenceCase: EvidenceCase, action: string, documentDigest?: string): { ids: string[] } {
  running.save('evidence-case', evidenceCase.id, evidenceCase, action, documentDigest === undefined ? {} : { documentDigest });
  return { ids: [evidenceCase.id] };
}

/** Moves the case as the caller's side. */
export async function moveTo(running: RunningTransaction, id: string, to: CaseState, action: string, change: (evidenceCase: EvidenceCase) => Partial<EvidenceCase> | Promise<Partial<EvidenceCase>>, documentDigest?: string): Promise<{ ids: string[] }> {
  const { evidenceCase, actor } = await caseOf(running, id);
  // Side and order first, so that a caller out of turn learns nothing of the conditions.
  moveCase(evidenceCase, to, actor, running.at);
  return saveCase(running, moveCase(evidenceCase, to, actor, running.at, await change(evidenceCase)), action, documentDigest);
}

/** Refuses an authority that isn't an admitted participant of the kind's role. @throws DomainError participant-not-active. */
export async function assertIsAuthority(running: RunningTransaction, kind: EvidenceCase['kind'], id: string): Promise<void> {
  const role = AUTHORITY_ROLE[kind];
  const authority = running.ruleBook.participants[id]?.role === role ? await running.world.get('participant', id) : undefined;
  if (authority?.state !== 'ADMITTED') throw DomainError.of('participant-not-active', `${id} is no admitted ${role}: a case of kind ${kind} goes to one`);
}

/** What conditions and sums are looked at in: the volumes and every report of the loan, each read by its key. */
export async function factsOf(running: RunningTransaction, evidenceCase: EvidenceCase): Promise<CaseFacts> {
  const sealed = evidenceCase.volumes.filter(({ digest }) => digest !== undefined);
  const volumes = await Promise.all(sealed.map(({ number }) => running.world.need('evidence-volume', volumeIdOf(evidenceCase.id, number))));
  return { evidenceCase, items: sealedItems(volumes), reports: await reportsOf(running, evidenceCase.loanRef), on: shanghaiDate(running.at) };
}

async function reportsOf({ world }: RunningTransaction, ref: string | undefined): Promise<Loan[]> {
  if (ref === undefined) return [];
  const { version: newest } = await world.need('loan', ref);
  if (newest > MAX_LOAN_REPORTS) throw DomainError.of('limit-exceeded', `a loan with more than ${MAX_LOAN_REPORTS} reports is not computed on the ledger`);
  return Promise.all(Array.from({ length: newest }, (_, index) => world.need('loan-report', loanReportId({ ref, version: index + 1 }))));
}
