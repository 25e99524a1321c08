import { Context, Contract, Info, Transaction } from 'fabric-contract-api';
import {
  assertConditionsHold,
  certificateHolds,
  changeCase,
  changeCertificate,
  deedConditions,
  digestOf,
  DomainError,
  enforcementFindings,
  issueCertificate,
  litigationFrom,
  shanghaiDate,
  type CaseActor,
  type CertificateKind,
  type CertifiedSum,
  type EvidenceCase,
  type SumOwed,
} from '../domain';
import { caseOf, factsOf, moveTo, saveCase } from './case-access';
import { transact, type RunningTransaction } from './transact';

const PARTIES = { roles: ['recipient', 'platform'] } as const;
const NOTARY = { roles: ['notary'] } as const;
const PARTIES_OR_NOTARY = { roles: ['recipient', 'platform', 'notary'] } as const;

/** The life of a case before a notary: 赋强公证 and 保全证据公证. What it records are the notary's own acts; the ledger notarizes nothing. */
@Info({ title: 'notarization', description: 'Cases before a notary' })
export class NotarizationContract extends Contract {
  constructor() {
    super('notarization');
  }

  /** 申请: with at least one sealed volume. */
  @Transaction()
  async submit(ctx: Context, text: string): Promise<string> {
    return transact(ctx, 'notarization:submit', text, PARTIES, (running, { id }) =>
      moveTo(running, id, 'SUBMITTED', 'submit', (evidenceCase) => {
        assertHasSealedVolume(evidenceCase);
        return {};
      }),
    );
  }

  /** 受理. */
  @Transaction()
  async accept(ctx: Context, text: string): Promise<string> {
    return transact(ctx, 'notarization:accept', text, NOTARY, (running, { id, documentDigest }) => moveTo(running, id, 'ACCEPTED', 'accept', () => ({}), documentDigest));
  }

  /** 不予办理. */
  @Transaction()
  async reject(ctx: Context, text: string): Promise<string> {
    return transact(ctx, 'notarization:reject', text, NOTARY, (running, { id, reason, documentDigest }) => moveTo(running, id, 'REJECTED', 'reject', () => ({ rejection: { reason, documentDigest } }), documentDigest));
  }

  /** 出具公证书: of an enforceable debt only when every condition holds. */
  @Transaction()
  async 'issue-deed'(ctx: Context, text: string): Promise<string> {
    return transact(ctx, 'notarization:issue-deed', text, NOTARY, (running, { id, documentDigest }) =>
      moveTo(
        running,
        id,
        'NOTARIZED',
        'issue-deed',
        async (evidenceCase) => {
          if (evidenceCase.kind === 'ENFORCEABLE_DEBT') assertConditionsHold(deedConditions(await factsOf(running, evidenceCase)), 'a deed that makes a debt enforceable');
          return { deed: issueCertificate(documentDigest, running.caller.id, running.at) };
        },
        documentDigest,
      ),
    );
  }

  /** 已清偿: the loan is reported settled. */
  @Transaction()
  async discharge(ctx: Context, text: string): Promise<string> {
    return transact(ctx, 'notarization:discharge', text, PARTIES_OR_NOTARY, (running, { id, documentDigest }) =>
      moveTo(
        running,
        id,
        'DISCHARGED',
        'discharge',
        async ({ loanRef = '' }) => {
          const loan = await running.world.need('loan', loanRef);
          if (loan.state !== 'SETTLED') throw DomainError.of('state-conflict', `the loan is ${loan.state}: a debt is discharged when it is reported SETTLED`);
          return { closingDocumentDigest: documentDigest };
        },
        documentDigest,
      ),
    );
  }

  /** 申请执行证书, after default and under a deed that holds. */
  @Transaction()
  async 'request-enforcement'(ctx: Context, text: string): Promise<string> {
    return transact(ctx, 'notarization:request-enforcement', text, PARTIES, (running, { id, documentDigest, accelerated, expenses }) =>
      moveTo(
        running,
        id,
        'ENFORCEMENT_REQUESTED',
        'request-enforcement',
        async ({ loanRef = '', deed }) => {
          assertHolds(deed, 'the deed');
          const loan = await running.world.need('loan', loanRef);
          if (loan.state !== 'OVERDUE' && loan.state !== 'WRITTEN_OFF') throw DomainError.of('state-conflict', `the loan is ${loan.state}: a certificate is asked for after default (公证程序规则 55)`);
          return { request: { documentDigest, requestedAt: running.at, expenses, ...(accelerated === undefined ? {} : { accelerated }) } };
        },
        documentDigest,
      ),
    );
  }

  /** 核实. */
  @Transaction()
  async verify(ctx: Context, text: string): Promise<string> {
    return transact(ctx, 'notarization:verify', text, NOTARY, (running, { id }) => moveTo(running, id, 'VERIFYING', 'verify', () => ({})));
  }

  /** 出具执行证书: every condition holds, and the notary's own figure is the one that the ledger computes. */
  @Transaction()
  async 'certify-enforcement'(ctx: Context, text: string): Promise<string> {
    return transact(ctx, 'notarization:certify-enforcement', text, NOTARY, (running, { id, documentDigest, totalFen, applyBefore }) =>
      moveTo(
        running,
        id,
        'ENFORCEMENT_CERTIFIED',
        'certify-enforcement',
        async (evidenceCase) => {
          if (applyBefore <= shanghaiDate(running.at)) throw DomainError.of('period-invalid', 'the last day to apply for enforcement lies ahead (公证程序规则 55)', [{ pointer: '/applyBefore', detail: 'not in the future' }]);
          const { conditions, sum } = enforcementFindings(await factsOf(running, evidenceCase));
          assertConditionsHold(conditions, 'a certificate of enforcement');
          const certificate = issueCertificate(documentDigest, running.caller.id, running.at);
          return { enforcement: { ...certificate, sum: certifiedSum(sum, totalFen), applyBefore } };
        },
        documentDigest,
      ),
    );
  }

  /** 不予出具执行证书: opens a litigation over the same debt. */
  @Transaction()
  async 'refuse-enforcement'(ctx: Context, text: string): Promise<string> {
    return transact(ctx, 'notarization:refuse-enforcement', text, NOTARY, async (running, { id, reason, documentDigest, litigationId }) => {
      const done = await moveTo(
        running,
        id,
        'ENFORCEMENT_REFUSED',
        'refuse-enforcement',
        async () => {
          if ((await running.world.get('evidence-case', litigationId)) !== undefined) throw DomainError.of('already-exists', 'this case id is taken');
          return { refusal: { reason, documentDigest, litigationId } };
        },
        documentDigest,
      );
      saveCase(running, litigationFrom(await running.world.need('evidence-case', id), litigationId, running.at), 'open');
      return { ids: [...done.ids, litigationId] };
    });
  }

  /** 已申请执行, under a certificate that holds and in its time. */
  @Transaction()
  async 'file-enforcement'(ctx: Context, text: string): Promise<string> {
    return transact(ctx, 'notarization:file-enforcement', text, PARTIES, (running, { id, documentDigest, court }) =>
      moveTo(
        running,
        id,
        'ENFORCEMENT_FILED',
        'file-enforcement',
        ({ enforcement }) => {
          assertHolds(enforcement, 'the certificate of enforcement');
          if (running.ruleBook.participants[court]?.role !== 'court') throw DomainError.of('participant-not-active', `${court} is no court of the ledger`);
          if (shanghaiDate(running.at) > (enforcement?.applyBefore ?? '')) throw DomainError.of('period-invalid', `enforcement was to be applied for until ${enforcement?.applyBefore ?? ''}`);
          return { filing: { court, documentDigest } };
        },
        documentDigest,
      ),
    );
  }

  /** 补正. */
  @Transaction()
  async 'correct-certificate'(ctx: Context, text: string): Promise<string> {
    return transact(ctx, 'notarization:correct-certificate', text, NOTARY, (running, { id, certificate, reason, documentDigest }) => changePaper(running, id, certificate, { to: 'CORRECTED', reason, documentDigest }));
  }

  /** 撤销: what follows from the paper is refused from here on. */
  @Transaction()
  async 'annul-certificate'(ctx: Context, text: string): Promise<string> {
    return transact(ctx, 'notarization:annul-certificate', text, NOTARY, (running, { id, certificate, reason, documentDigest }) => changePaper(running, id, certificate, { to: 'ANNULLED', reason, documentDigest }));
  }
}

/** @throws DomainError document-required. */
export function assertHasSealedVolume({ volumes }: EvidenceCase): void {
  if (!volumes.some(({ digest }) => digest !== undefined)) throw DomainError.of('document-required', 'no volume is sealed: what is not sealed does not count');
}

function assertHolds(certificate: Parameters<typeof certificateHolds>[0], what: string): void {
  if (!certificateHolds(certificate)) throw DomainError.of('state-conflict', `${what} was annulled, or was never issued`);
}

function certifiedSum(sum: SumOwed | undefined, totalFen: number): CertifiedSum {
  if (sum === undefined || sum.totalFen !== totalFen) throw DomainError.of('sum-mismatch', `the ledger computes ${sum?.totalFen ?? 0} fen, the certificate states ${totalFen}: look at the computation of today`, [{ pointer: '/totalFen', detail: `not ${sum?.totalFen ?? 0}` }]);
  const { on, principalFen, interestFen, overdueInterestFen, expensesFen, repaidFen } = sum;
  return { on, principalFen, interestFen, overdueInterestFen, expensesFen, totalFen, repaidFen, computationDigest: digestOf(sum) };
}

async function changePaper(running: RunningTransaction, id: string, kind: CertificateKind, change: { to: 'CORRECTED' | 'ANNULLED'; reason: string; documentDigest: string }): Promise<{ ids: string[] }> {
  const { evidenceCase, actor } = await caseOf(running, id);
  assertIsIssuer(actor);
  const { deed, enforcement } = evidenceCase;
  const action = `${change.to === 'CORRECTED' ? 'correct' : 'annul'}-certificate`;
  if (kind === 'DEED' && deed !== undefined) return saveCase(running, changeCase(evidenceCase, { deed: changeCertificate(deed, change, running.at) }, running.at), action, change.documentDigest);
  if (kind === 'ENFORCEMENT' && enforcement !== undefined) return saveCase(running, changeCase(evidenceCase, { enforcement: changeCertificate(enforcement, change, running.at) }, running.at), action, change.documentDigest);
  throw DomainError.of('state-conflict', `the case has no ${kind} to change`);
}

function assertIsIssuer(actor: CaseActor): void {
  if (actor !== 'AUTHORITY') throw DomainError.of('role-not-allowed', 'a paper is corrected or annulled by the notary who issued it');
}
