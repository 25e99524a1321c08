import { ANY_RECIPIENT, basisOf, decide, instantOf, latestReason, type Decision, type Grant, type Instant } from '@kesu/chaincode/domain';
import { GatewayError } from '../gateway-error';
import type { GatewayParts } from '../gateway-parts';
import type { ReadModel } from '../read-model';
import { projectedFacts, sharedFacts, type Asked, type SharedFacts } from './facts';

/** How long a request waits for the projection, milliseconds. */
const PROJECTION_MILLIS = 5_000;

/** What the projection says to a request, and under which grant: advice, never authority. */
export interface Advice {
  readonly decision: Decision;
  /** The grant that permits, else the one that comes nearest to it; undefined when none is named or found, and on other bases. */
  readonly grant?: Grant;
}

/** Restricts which grants are tried. */
export interface GrantChoice {
  /** Only grants through this platform. */
  readonly platform?: string;
}

/**
 * Decides by the projection and names the grant: one that permits, else the one whose reason stands latest in the list
 * (domain.md, Decision). Only grants that concern the requester are tried: another's grant is nobody's business, not even by
 * the reason why it doesn't help.
 */
export function adviseOn(readModel: ReadModel, asked: Asked, at: Instant, choice: GrantChoice = {}): Advice {
  const shared = sharedFacts(readModel, asked, at);
  if (basisOf(asked.request) !== 'GRANT') return { decision: decide(projectedFacts(readModel, shared, undefined)) };
  const { grantId } = asked.request;
  if (grantId !== undefined) return adviceUnder(readModel, shared, readModel.record('grant', grantId)?.record);
  return nearest(readModel, shared, candidates(readModel, asked, choice));
}

/**
 * {@link adviseOn}, after the projection has caught up where the request names a grant that it doesn't know yet: the grant's range and
 * end bind what is made and sent, whatever the ledger permits.
 */
export async function adviseSurely({ readModel, ledger, clock }: Pick<GatewayParts, 'readModel' | 'ledger' | 'clock'>, asked: Asked): Promise<Advice> {
  const advice = adviseOn(readModel, asked, instantOf(clock.now()));
  if (advice.grant !== undefined || asked.request.grantId === undefined || basisOf(asked.request) !== 'GRANT') return advice;
  try {
    await readModel.waitFor((await ledger.ledger.head()).block, AbortSignal.timeout(PROJECTION_MILLIS));
  } catch (error) {
    throw GatewayError.of('not-ready', 'the projection lags behind the ledger', { retryAfterSeconds: 1, cause: error });
  }
  return adviseOn(readModel, asked, instantOf(clock.now()));
}

function adviceUnder(readModel: ReadModel, shared: SharedFacts, grant: Grant | undefined): Advice {
  const decision = decide(projectedFacts(readModel, shared, grant));
  return grant === undefined ? { decision } : { decision, grant };
}

function nearest(readModel: ReadModel, shared: SharedFacts, grants: readonly Grant[]): Advice {
  const tried: Advice[] = [];
  for (const grant of grants) {
    const advice = adviceUnder(readModel, shared, grant);
    if (advice.decision.decision === 'PERMIT') return advice;
    tried.push(advice);
  }
  const best = latestReason(tried.map((advice) => advice.decision));
  return tried.find((advice) => advice.decision === best) ?? adviceUnder(readModel, shared, undefined);
}

function candidates(readModel: ReadModel, { request, requester }: Asked, { platform }: GrantChoice): Grant[] {
  return readModel.grantsOf(request.enterprise).filter((grant) => (platform === undefined || grant.platform === platform) && concerns(readModel, grant, requester));
}

function concerns(readModel: ReadModel, grant: Grant, requester: string): boolean {
  if (grant.platform === requester || grant.conduit === requester || grant.recipient === requester) return true;
  return grant.recipient === ANY_RECIPIENT && readModel.record('participant', requester)?.record.platforms.includes(grant.platform) === true;
}
