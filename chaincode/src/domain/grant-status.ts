import { firstBreach, type DecisionFacts } from './decision';
import type { DenyReason } from './deny-reasons';
import type { Grant, GrantState } from './grant';
import type { Instant } from './instant';
import { ANY_RECIPIENT } from './statement';

/** A grant's state as shown: the written one, or EXPIRED or INAPPLICABLE, derived at a position and time and never stored. */
export type ShownGrantState = GrantState | 'EXPIRED' | 'INAPPLICABLE';

/** State, why, and when it was looked at. */
export interface GrantStatus {
  readonly state: ShownGrantState;
  readonly reason?: string;
  readonly at: Instant;
}

/** Denials that end a grant although it is written ACTIVE or SUSPENDED; the status is INAPPLICABLE with that code. */
const ENDS: readonly DenyReason[] = ['grant-inapplicable', 'enterprise-not-active', 'loan-closed', 'already-used', 'participant-not-admitted', 'item-withdrawn', 'template-withdrawn'];

/** The facts that a status is derived from: those of a decision, without the request. */
export type StatusFacts = Pick<DecisionFacts, 'at' | 'ruleBook' | 'enterprise' | 'counter' | 'loan' | 'participants'> & { readonly grant: Grant };

/**
 * The one place where EXPIRED and INAPPLICABLE come from. It asks the decision's own rules, so that a status can't say "in
 * force" of a grant that permits nothing.
 */
export function grantStatusAt(facts: StatusFacts): GrantStatus {
  const { grant, at } = facts;
  if (grant.state === 'REVOKED' || grant.state === 'SUPERSEDED') return withReason(grant.state, grant.reason, at);
  if (at >= grant.until) return { state: 'EXPIRED', at };
  const breach = firstBreach(asRequest(facts), ENDS);
  if (breach?.decision === 'DENY') return { state: 'INAPPLICABLE', reason: breach.reason, at };
  return withReason(grant.state, grant.reason, at);
}

function withReason(state: GrantState, reason: string | undefined, at: Instant): GrantStatus {
  return reason === undefined ? { state, at } : { state, reason, at };
}

/** A request for one item that is still in the catalogue: a grant is inapplicable only when none of its items is. */
function asRequest(facts: StatusFacts): DecisionFacts {
  const { grant, ruleBook } = facts;
  const live = grant.items.filter((item) => ruleBook.items[item.code]?.state !== 'WITHDRAWN');
  return {
    ...facts,
    request: {
      enterprise: grant.enterprise,
      recipient: grant.recipient === ANY_RECIPIENT ? grant.platform : grant.recipient,
      items: (live.length > 0 ? live : grant.items).slice(0, 1).map(({ code, granularity }) => ({ code, granularity })),
      purpose: grant.purpose,
      ...(grant.loanRef === undefined ? {} : { loanRef: grant.loanRef }),
    },
    requester: grant.platform,
    sender: ruleBook.node,
    sources: undefined,
    basisRelease: undefined,
  };
}
