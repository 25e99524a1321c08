import type { Outcome } from '@kesu/chaincode/domain';
import { GatewayError } from '../gateway-error';
import type { Position } from '../read-model';
import type { Requester } from '../requester';
import { assertIdempotencyKey } from './idempotency-key';
import { operationIdOf } from './operation';
import type { ReleaseParts } from './release-parts';
import { submitAs } from './submit-as';

/** A sender's report of what became of its release. */
export interface OutcomeRequest {
  readonly requester: Requester;
  readonly releaseId: string;
  readonly outcome: Outcome;
  readonly bytesSent: number;
  readonly reason?: string;
  readonly idempotencyKey: string;
}

/**
 * Records what became of a release that the requester itself sent. The node's own releases are reported by its gateway: `settle`.
 * @throws GatewayError not-found for a release that the requester didn't send; DomainError already-exists; as `submitAs`.
 */
export async function recordOutcome(parts: ReleaseParts, { requester, releaseId, outcome, bytesSent, reason, idempotencyKey }: OutcomeRequest): Promise<{ position: Position }> {
  assertIdempotencyKey(idempotencyKey);
  const sender = parts.readModel.release(releaseId)?.release.sender;
  if (requester.kind !== 'PARTICIPANT' || sender !== requester.id) throw GatewayError.of('not-found', 'there is no such release');
  const operation = await operationIdOf(parts, requester.id, idempotencyKey);
  const reported = { releaseId, outcome, bytesSent, ...(reason === undefined ? {} : { reason }) };
  const { position } = await submitAs(parts, requester.id, 'releases:record-outcomes', { operation, outcomes: [reported] }, idempotencyKey);
  return { position: { ...position, item: 0 } };
}
