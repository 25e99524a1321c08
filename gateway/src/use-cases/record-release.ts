import type { RequestedRelease } from '@kesu/chaincode';
import { digestOf, epochMillis, type ItemSource } from '@kesu/chaincode/domain';
import { GatewayError } from '../gateway-error';
import { adviseSurely, type Advice } from './choose-grant';
import { isDeliverable, NOT_DELIVERABLE } from './deliveries';
import { assertIdempotencyKey } from './idempotency-key';
import { handOut, repeatedAnswer, type RecordedAnswer, type ReleaseAnswer } from './recorded-answer';
import { limitOf } from './release';
import type { WaitingRelease } from './release-batch';
import { requestSlot } from './release-journal';
import type { ReleaseParts } from './release-parts';
import { requestSignatureOf, type SentRequest } from './request-signature';
import { identityFor } from './submit-as';

/** A platform's release of data that it holds itself (`POST /v1/releases/record`). */
export interface HeldRelease extends SentRequest {
  /** Whose request it is, when not the platform's own; `requestSignature` is then theirs. */
  readonly requestedBy?: string;
  /** SHA-256(salt ‖ RFC 8785 form of the data), lower-case hex; the salt stays with the platform. */
  readonly payloadDigest: string;
  readonly byteCount: number;
  /** Where the items' records came from, for items that don't continue another release. */
  readonly sources?: readonly ItemSource[];
}

/**
 * Records, under the platform's own identity, a release of data that it holds, marked `selfReported`. The platform may deliver only after a PERMIT; it
 * reports the outcome itself.
 * @throws as `release`, save source-unavailable; GatewayError delivery-too-late when it may not be delivered though it is recorded.
 */
export async function recordRelease(parts: ReleaseParts, held: HeldRelease): Promise<ReleaseAnswer> {
  const { requester, request, idempotencyKey, payloadDigest, byteCount, sources = [], requestedBy } = held;
  assertIdempotencyKey(idempotencyKey);
  if (requester.kind !== 'PARTICIPANT' || requester.role !== 'platform') throw GatewayError.of('not-allowed', 'only a platform records releases of data that it holds itself');
  identityFor(parts, requester.id);
  const asker = requestedBy ?? requester.id;
  const slot = requestSlot(requester.id, idempotencyKey);
  const bodyDigest = digestOf({ kind: 'record', request, payloadDigest, byteCount, sources, requestedBy });
  const recorded = await parts.requests.once(
    { slot, bodyDigest, idempotencyKey },
    async () => {
      parts.assertOpen();
      const requestSignature = await requestSignatureOf(parts, held, asker);
      const advice = await adviseSurely(parts, { request, requester: asker, sender: requester.id });
      const requested: RequestedRelease = { request, ...grantFound(advice, held), requester: asker, idempotencyKey, requestSignature, sources: [...sources], payload: { digest: payloadDigest, byteCount }, selfReported: true };
      return recordHeld(parts, requester.id, { requested, slot, bodyDigest, ...limitsOf(advice, held) });
    },
    (releaseId, block) => repeatedAnswer(parts, releaseId, block),
  );
  assertMayDeliver(parts, recorded);
  return handOut(parts, recorded);
}

/** A platform may deliver only after a yes: a commit that was seen too late is none, though the ledger holds a PERMIT (I4). */
function assertMayDeliver(parts: ReleaseParts, { release, row, isRepeat }: RecordedAnswer): void {
  if (row === undefined || isDeliverable(row, epochMillis(row.seenAt))) return;
  if (!isRepeat) parts.deliveries.fail(release.id, row, NOT_DELIVERABLE);
  throw GatewayError.of('delivery-too-late', 'the release was recorded too late to be delivered: ask again under another key');
}

async function recordHeld(parts: ReleaseParts, sender: string, waiting: WaitingRelease): Promise<RecordedAnswer> {
  const answer = await parts.groupOf(sender).record(waiting);
  if (answer.kind !== 'RECORDED') throw GatewayError.of('internal-error', 'the ledger recorded nothing though a payload was given');
  const { release, position, row } = answer;
  return { release, position, ...(row === undefined ? {} : { row }), isRepeat: false };
}

function grantFound({ grant }: Advice, { request }: HeldRelease): { grantId?: string } {
  return grant === undefined || request.grantId !== undefined ? {} : { grantId: grant.id };
}

function limitsOf({ grant }: Advice, { request }: HeldRelease): Pick<WaitingRelease, 'limitedGrant' | 'until'> {
  const limitedGrant = limitOf(grant, request.grantId);
  return { ...(limitedGrant === undefined ? {} : { limitedGrant }), ...(grant === undefined ? {} : { until: grant.until }) };
}
