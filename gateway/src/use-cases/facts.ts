import { participantsConcerned, type DecisionFacts, type Grant, type Instant, type Participant, type ReleaseRequest, type RuleBook } from '@kesu/chaincode/domain';
import { GatewayError } from '../gateway-error';
import type { ReadModel } from '../read-model';

/** Who wants what, before a grant is chosen. */
export interface Asked {
  readonly request: ReleaseRequest;
  /** A participant's id, or (SELF) the enterprise's ref. */
  readonly requester: string;
  /** Who would send the bytes. */
  readonly sender: string;
}

/**
 * The rule book as the projection has it.
 * @throws GatewayError not-ready on a ledger that isn't founded.
 */
export function foundedRuleBook(readModel: ReadModel): RuleBook {
  const ruleBook = readModel.ruleBook();
  if (ruleBook === undefined) throw GatewayError.of('not-ready', 'the ledger is not founded yet');
  return ruleBook;
}

/** The facts about a request that don't depend on the grant, so that several grants are tried without reading them again. */
export type SharedFacts = Omit<DecisionFacts, 'grant' | 'counter' | 'participants'>;

/** Reads what every grant's decision shares. No source is asked: what was not asked yet is not judged. */
export function sharedFacts(readModel: ReadModel, asked: Asked, at: Instant): SharedFacts {
  const { request, requester, sender } = asked;
  const { enterprise, loanRef, basisReleaseId } = request;
  // Member by member here and below: spreading costs more than the whole decision, in the one path that must be fast.
  return {
    request,
    requester,
    sender,
    at,
    ruleBook: foundedRuleBook(readModel),
    enterprise: readModel.record('enterprise', enterprise)?.record,
    loan: loanRef === undefined ? undefined : readModel.record('loan', loanRef)?.record,
    basisRelease: basisReleaseId === undefined ? undefined : readModel.release(basisReleaseId)?.release,
    sources: undefined,
  };
}

/** Everything that a decision under `grant` reads, from the projection: advice, as of its head. */
export function projectedFacts(readModel: ReadModel, shared: SharedFacts, grant: Grant | undefined): DecisionFacts {
  const hasCounter = grant !== undefined && (grant.oneTime || grant.frequency !== undefined);
  const participants = new Map<string, Participant>();
  for (const id of participantsConcerned({ request: shared.request, requester: shared.requester, sender: shared.sender, ruleBook: shared.ruleBook, grant })) {
    const participant = readModel.record('participant', id)?.record;
    if (participant !== undefined) participants.set(id, participant);
  }
  const { at, request, requester, sender, ruleBook, enterprise, loan, basisRelease, sources } = shared;
  return { at, request, requester, sender, ruleBook, enterprise, loan, basisRelease, sources, grant, participants, counter: hasCounter ? readModel.counter(grant.id) : undefined };
}
