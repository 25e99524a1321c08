import { instantOf, type Decision, type DenyReason, type Grant, type Granularity, type Instant, type Purpose, type ReleaseRequest } from '@kesu/chaincode/domain';
import type { GatewayParts } from '../gateway-parts';
import { GatewayError } from '../gateway-error';
import type { AsOf, ReadModel } from '../read-model';
import type { Requester } from '../requester';
import { adviseOn, type GrantChoice } from './choose-grant';
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
  const { subject, item, platform } = question;
  const asker = assertSubjectIsTheirs(readModel, requester, subject);
  const ruleBook = foundedRuleBook(readModel);
  const request = requested(question, ruleBook.items[item]?.class === 'PUBLIC');
  const { decision, grant } = adviseOn(readModel, { request, requester: asker, sender: ruleBook.node }, nowAsText(clock.now()), platform === undefined ? EVERY_PLATFORM : { platform });
  return answered(decision, grant, readModel.asOf());
}

/** Members are set one by one here and below: spreading costs more than the decision, in the one path that must be fast. */
function requested({ enterprise, subject, item, granularity = 'ANSWER', purpose, loanRef }: CheckQuestion, isPublic: boolean): ReleaseRequest {
  const request: Writable<ReleaseRequest> = { enterprise, recipient: subject.id, items: [{ code: item, granularity }], purpose };
  if (isPublic) request.basis = 'PUBLIC';
  if (loanRef !== undefined) request.loanRef = loanRef;
  return request;
}

function answered(decision: Decision, grant: Grant | undefined, asOf: AsOf): CheckAnswer {
  const answer: Writable<CheckAnswer> = { decision: decision.decision === 'PERMIT', asOf };
  if (decision.decision === 'DENY') answer.reason = decision.reason;
  if (grant !== undefined) {
    answer.grantId = grant.id;
    answer.until = grant.until;
  }
  return answer;
}

/** The last time that was written as text: dozens of checks fall into one millisecond. */
let written = { millis: Number.NaN, text: '' };

function nowAsText(millis: number): Instant {
  if (written.millis !== millis) written = { millis, text: instantOf(millis) };
  return written.text;
}

type Writable<T> = { -readonly [Member in keyof T]: T[Member] };

const EVERY_PLATFORM: GrantChoice = {};

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
