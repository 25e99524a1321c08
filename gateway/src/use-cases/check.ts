import { instantOf, type DenyReason, type Granularity, type Purpose, type ReleaseRequest } from '@kesu/chaincode/domain';
import type { GatewayParts } from '../gateway-parts';
import { GatewayError } from '../gateway-error';
import type { AsOf, ReadModel } from '../read-model';
import type { Requester } from '../requester';
import { adviseOn } from './choose-grant';
import { foundedRuleBook } from './facts';

/** What a check needs of the gateway. */
export type CheckParts = Pick<GatewayParts, 'clock' | 'readModel'>;

/** One question: may this subject have this item about this enterprise for this purpose now? */
export interface CheckQuestion {
  readonly subject: { readonly type: 'recipient' | 'platform'; readonly id: string };
  /** Catalogue item code. */
  readonly item: string;
  /** ANSWER when absent. */
  readonly granularity?: Granularity;
  /** The enterprise's `subjectRef`. */
  readonly enterprise: string;
  readonly purpose: Purpose;
  readonly loanRef?: string;
  /** Only grants through this platform. */
  readonly platform?: string;
}

/** Advice as of a head; a release is decided again by the ledger. */
export interface CheckAnswer {
  readonly decision: boolean;
  /** Absent when the answer is yes. */
  readonly reason?: DenyReason;
  readonly grantId?: string;
  /** The end of the grant's period, exclusive. */
  readonly until?: string;
  readonly asOf: AsOf;
}

/** Most questions of one list. */
export const MAX_EVALUATIONS = 100;

/** AuthZEN's semantics of a list: all; up to the first no; up to the first yes. */
export const EVALUATIONS_SEMANTICS = ['execute_all', 'deny_on_first_deny', 'permit_on_first_permit'] as const;
export type EvaluationsSemantic = (typeof EVALUATIONS_SEMANTICS)[number];

/**
 * The check (授权核验): advice from the projection with the same decision as the ledger's. Synchronous.
 * @throws GatewayError subject-not-yours when the requester asks about somebody else; not-ready.
 */
export function check(parts: CheckParts, requester: Requester, question: CheckQuestion): CheckAnswer {
  const { readModel, clock } = parts;
  const { subject, enterprise, item, granularity = 'ANSWER', purpose, loanRef, platform } = question;
  const asker = assertSubjectIsTheirs(readModel, requester, subject);
  const ruleBook = foundedRuleBook(readModel);
  const isPublic = ruleBook.items[item]?.class === 'PUBLIC';
  const request: ReleaseRequest = {
    enterprise,
    recipient: subject.id,
    items: [{ code: item, granularity }],
    purpose,
    ...(isPublic ? { basis: 'PUBLIC' as const } : {}),
    ...(loanRef === undefined ? {} : { loanRef }),
  };
  const { decision, grant } = adviseOn(readModel, { request, requester: asker, sender: ruleBook.node }, instantOf(clock.now()), platform === undefined ? {} : { platform });
  return {
    decision: decision.decision === 'PERMIT',
    ...(decision.decision === 'DENY' ? { reason: decision.reason } : {}),
    ...(grant === undefined ? {} : { grantId: grant.id, until: grant.until }),
    asOf: readModel.asOf(),
  };
}

/**
 * A list of checks; each answer equals the one that the question gets alone (I19). With a short-circuit semantic the list ends
 * behind the answer that decided it.
 * @throws GatewayError as {@link check}; malformed-body for more than {@link MAX_EVALUATIONS}.
 */
export function checkList(parts: CheckParts, requester: Requester, questions: readonly CheckQuestion[], semantic: EvaluationsSemantic = 'execute_all'): CheckAnswer[] {
  if (questions.length > MAX_EVALUATIONS) throw GatewayError.of('malformed-body', `a list has at most ${MAX_EVALUATIONS} evaluations`);
  const answers: CheckAnswer[] = [];
  for (const question of questions) {
    const answer = check(parts, requester, question);
    answers.push(answer);
    if (semantic === 'deny_on_first_deny' && !answer.decision) break;
    if (semantic === 'permit_on_first_permit' && answer.decision) break;
  }
  return answers;
}

/** Returns who asks. Without this the check would tell competitors who has whose consent. */
function assertSubjectIsTheirs(readModel: ReadModel, requester: Requester, subject: CheckQuestion['subject']): string {
  if (requester.kind !== 'PARTICIPANT') throw notTheirs();
  const isItself = subject.id === requester.id && subject.type === requester.role;
  if (!isItself && !isMember(readModel, requester, subject)) throw notTheirs();
  return requester.id;
}

/** True for an institution that the platform admitted. */
function isMember(readModel: ReadModel, requester: Extract<Requester, { kind: 'PARTICIPANT' }>, { type, id }: CheckQuestion['subject']): boolean {
  if (requester.role !== 'platform' || type !== 'recipient') return false;
  const member = readModel.record('participant', id)?.record;
  return member?.role === 'recipient' && member.platforms.includes(requester.id);
}

function notTheirs(): GatewayError {
  return GatewayError.of('subject-not-yours', 'a caller asks about itself or, as a platform, about the institutions that it admitted');
}
