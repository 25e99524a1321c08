import { GatewayError } from '../gateway-error';
import type { Position } from '../read-model';
import type { Requester } from '../requester';
import { requestSlot } from './release-journal';
import type { ReleaseParts } from './release-parts';
import { derivedId, type SecretParts } from './secrets';

/** What became of the request with an idempotency key. */
export type OperationStatus =
  /** It is being worked on, or the ledger hasn't said yet. */
  | { readonly state: 'PENDING' }
  /** It is on the ledger. `releaseId` for releases. */
  | { readonly state: 'DONE'; readonly releaseId?: string; readonly position?: Omit<Position, 'item'> }
  /** It has no effect and can't take any. */
  | { readonly state: 'CLOSED' };

/** The id of a requester. */
export function idOf(requester: Requester): string {
  return requester.kind === 'ENTERPRISE' ? requester.ref : requester.id;
}

/**
 * The operation under which a requester's key is submitted, so that a repeat has no second effect (I7). It follows from a secret:
 * nobody else can compute it and close it first. Releases have their batch's.
 */
export function operationIdOf(parts: SecretParts, requesterId: string, idempotencyKey: string): Promise<string> {
  return derivedId(parts, 'operations', 'operation', requesterId, idempotencyKey);
}

/**
 * Tells what became of a request (`GET /v1/operations/{idempotencyKey}`), by the requester's own key only.
 * @throws GatewayError not-found: no request with this key has an effect.
 */
export async function operationStatus(parts: ReleaseParts, requester: Requester, idempotencyKey: string): Promise<OperationStatus> {
  const requesterId = idOf(requester);
  const slot = requestSlot(requesterId, idempotencyKey);
  if (parts.requests.isUnderWay(slot)) return { state: 'PENDING' };
  const row = await parts.journal.request(slot);
  if (row?.state === 'PENDING') return { state: 'PENDING' };
  if (row?.state === 'DONE') {
    const position = parts.readModel.release(row.releaseId)?.position;
    return { state: 'DONE', releaseId: row.releaseId, ...(position === undefined ? {} : { position: { block: position.block, index: position.index, txId: position.txId } }) };
  }
  const stored = parts.readModel.operation(await operationIdOf(parts, requesterId, idempotencyKey));
  if (stored === undefined) throw GatewayError.of('not-found', 'no request with this key has an effect');
  return stored.record.kind === 'CLOSED' ? { state: 'CLOSED' } : { state: 'DONE', position: stored.position };
}
