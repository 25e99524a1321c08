import type { Identity } from '@kesu/certs';
import type { CommandOf, TransactionName } from '@kesu/chaincode';
import { LedgerError } from '@kesu/network';
import { GatewayError } from '../gateway-error';
import type { GatewayParts } from '../gateway-parts';
import type { Done } from '../ledger-client';

/**
 * The identity with which this gateway speaks for a participant.
 * @throws GatewayError not-allowed: each organisation's gateway signs with its own identities only.
 */
export function identityFor(parts: Pick<GatewayParts, 'identityOf'>, participantId: string): Identity {
  const identity = parts.identityOf(participantId);
  if (identity === undefined) throw GatewayError.of('not-allowed', `this gateway holds no identity of ${participantId}: send it through that organisation's own`);
  return identity;
}

/**
 * Submits for a participant under an operation that its idempotency key fixes, and tells ledger errors as the gateway's.
 * @throws DomainError; GatewayError not-allowed, ledger-unavailable, outcome-unknown.
 */
export async function submitAs<N extends TransactionName>(parts: GatewayParts, participantId: string, transaction: N, command: CommandOf<N>, idempotencyKey: string): Promise<Done<N>> {
  const identity = identityFor(parts, participantId);
  try {
    return await parts.ledger.submit(identity, transaction, command);
  } catch (error) {
    if (!(error instanceof LedgerError)) throw error;
    if (error.kind === 'outcome-unknown') throw GatewayError.of('outcome-unknown', 'the ledger has not said whether it is recorded: ask for the operation by its key', { operationKey: idempotencyKey, retryAfterSeconds: 5, cause: error });
    throw GatewayError.of('ledger-unavailable', 'the ledger can not be reached: nothing was recorded', { retryAfterSeconds: 5, cause: error });
  }
}
