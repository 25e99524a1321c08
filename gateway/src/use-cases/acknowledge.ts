import { GatewayError } from '../gateway-error';
import type { Position } from '../read-model';
import type { Requester } from '../requester';
import { assertIdempotencyKey } from './idempotency-key';
import { operationIdOf } from './operation';
import type { ReleaseParts } from './release-parts';
import { submitAs } from './submit-as';

/** A recipient's word that the data arrived. */
export interface AcknowledgementRequest {
  readonly requester: Requester;
  readonly releaseId: string;
  /** What the recipient computed over salt and data. */
  readonly payloadDigest: string;
  readonly idempotencyKey: string;
}

/**
 * Records the recipient's acknowledgement and erases the kept payload with its key.
 * @throws GatewayError not-found for a release that isn't the requester's; DomainError digest-mismatch, already-exists; as `submitAs`.
 */
export async function acknowledge(parts: ReleaseParts, { requester, releaseId, payloadDigest, idempotencyKey }: AcknowledgementRequest): Promise<{ position: Position }> {
  assertIdempotencyKey(idempotencyKey);
  const recipient = parts.readModel.release(releaseId)?.release.recipient;
  if (requester.kind !== 'PARTICIPANT' || recipient !== requester.id) throw GatewayError.of('not-found', 'there is no such release');
  const operation = await operationIdOf(parts, requester.id, idempotencyKey);
  const { position } = await submitAs(parts, requester.id, 'releases:acknowledge', { operation, acknowledgements: [{ releaseId, payloadDigest }] }, idempotencyKey);
  const payloadId = (await parts.journal.release(releaseId))?.payloadId;
  if (payloadId !== undefined) await parts.journal.commit(parts.outbox.erasure(payloadId));
  return { position: { ...position, item: 0 } };
}
