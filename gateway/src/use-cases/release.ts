import type { RequestedRelease } from '@kesu/chaincode';
import { basisOf, digestOf, hasLimit, toBase64url, type Grant, type RequestSignature } from '@kesu/chaincode/domain';
import { GatewayError } from '../gateway-error';
import type { Requester } from '../requester';
import { adviseSurely, type Advice } from './choose-grant';
import { foundedRuleBook } from './facts';
import { assertIdempotencyKey } from './idempotency-key';
import { preparePayload } from './payload';
import { receiptKey } from './receipt';
import { handOut, repeatedAnswer, type RecordedAnswer, type ReleaseAnswer } from './recorded-answer';
import type { LedgerAnswer, WaitingRelease } from './release-batch';
import { requestSlot } from './release-journal';
import type { ReleaseParts } from './release-parts';
import { requestSignatureOf, type SentRequest } from './request-signature';

/** A request that the node is to answer, with its requester's id and, except for SELF, signature. */
interface Requested extends Pick<SentRequest, 'request' | 'idempotencyKey'> {
  readonly requesterId: string;
  readonly requestSignature?: RequestSignature;
}

/**
 * Releases data (信息提供): decides by projection, fetches, records on the ledger, and only then hands out (architecture.md, "The two flows").
 *
 * A refusal is recorded and answered as a release with decision DENY. When the answer holds data, the caller of this function must
 * call `settle` once its response ended or broke.
 * @throws GatewayError source-unavailable, ledger-unavailable, not-ready, outcome-unknown (nothing is delivered), idempotency-key-refused,
 *   idempotency-conflict, malformed-body; DomainError for what is wrong with the request. No error carries data.
 */
export async function release(parts: ReleaseParts, sent: SentRequest): Promise<ReleaseAnswer> {
  if (basisOf(sent.request) === 'SELF') throw GatewayError.of('malformed-body', 'an enterprise asks for its own data at /v1/self-queries');
  if (sent.requester.kind !== 'PARTICIPANT') throw GatewayError.of('not-allowed', 'an enterprise asks for its own data at /v1/self-queries');
  const requesterId = sent.requester.id;
  return releaseOnce(parts, { ...sent, requesterId }, async () => ({ requestSignature: await requestSignatureOf(parts, sent, requesterId) }));
}

/**
 * Releases once per idempotency key.
 * @param prepare what is done only when the request is not a repeat.
 */
export async function releaseOnce(parts: ReleaseParts, asked: Requested, prepare: () => Promise<{ requestSignature?: RequestSignature }>): Promise<ReleaseAnswer> {
  const { request, requesterId, idempotencyKey } = asked;
  assertIdempotencyKey(idempotencyKey);
  assertItemsOnce(request.items);
  receiptKey(parts);
  if (parts.self !== foundedRuleBook(parts.readModel).node) throw GatewayError.of('not-allowed', "only the node's gateway fetches and sends; a platform records what it holds itself at /v1/releases/record");
  const keyed = { slot: requestSlot(requesterId, idempotencyKey), bodyDigest: digestOf({ kind: 'release', request }), idempotencyKey };
  const recorded = await parts.requests.once(
    keyed,
    async () => perform(parts, { request, requesterId, idempotencyKey, ...(await prepare()) }, keyed),
    (releaseId, block) => repeatedAnswer(parts, releaseId, block),
  );
  return handOut(parts, recorded);
}

async function perform(parts: ReleaseParts, asked: Requested, keyed: { slot: string; bodyDigest: string }): Promise<RecordedAnswer> {
  parts.assertOpen();
  const advice = await adviseSurely(parts, { request: asked.request, requester: asked.requesterId, sender: parts.self });
  const waiting = waitingRelease(asked, advice, keyed);
  if (advice.decision.decision === 'DENY') {
    const refused = await parts.groupOf(parts.self).record(waiting);
    if (refused.kind === 'RECORDED') return { ...recordedOnly(refused), isRepeat: false };
  }
  if (basisOf(asked.request) === 'GRANT' && advice.grant === undefined) throw GatewayError.of('not-ready', 'the projection does not hold the grant yet', { retryAfterSeconds: 1 });
  const payload = await preparePayload(parts, asked.request, advice.grant);
  const { digest, byteCount, sources, text, salt } = payload;
  const sealed = { ...parts.outbox.seal(text), salt: toBase64url(salt) };
  const answer = await parts.groupOf(parts.self).record({ ...waiting, sealed, requested: { ...waiting.requested, sources: [...sources], payload: { digest, byteCount } } });
  if (answer.kind !== 'RECORDED') throw GatewayError.of('internal-error', 'the ledger recorded nothing though a payload was given');
  return { ...recordedOnly(answer), text, isRepeat: false };
}

function recordedOnly({ release: recorded, position, row }: Extract<LedgerAnswer, { kind: 'RECORDED' }>) {
  return { release: recorded, position, ...(row === undefined ? {} : { row }) };
}

/** The request as `releases:record` takes it, without payload yet. */
function waitingRelease({ request, requesterId, idempotencyKey, requestSignature }: Requested, { grant }: Advice, keyed: { slot: string; bodyDigest: string }): WaitingRelease {
  const requested: RequestedRelease = {
    request,
    ...(grant === undefined || request.grantId !== undefined ? {} : { grantId: grant.id }),
    requester: requesterId,
    idempotencyKey,
    ...(requestSignature === undefined ? {} : { requestSignature }),
    sources: [],
    selfReported: false,
  };
  const limitedGrant = limitOf(grant, request.grantId);
  return { requested, slot: keyed.slot, bodyDigest: keyed.bodyDigest, ...(limitedGrant === undefined ? {} : { limitedGrant }), ...(grant === undefined ? {} : { until: grant.until }) };
}

/** A grant that the projection doesn't know yet may have a limit. */
export function limitOf(grant: Grant | undefined, grantId: string | undefined): string | undefined {
  if (grant === undefined) return grantId;
  return hasLimit(grant) ? grant.id : undefined;
}

function assertItemsOnce(items: readonly { readonly code: string; readonly granularity: string }[]): void {
  const named = new Set(items.map(({ code, granularity }) => `${code}/${granularity}`));
  if (named.size < items.length) throw GatewayError.of('malformed-body', 'an item is named twice at the same granularity', { faults: [{ pointer: '/items', detail: 'each item and granularity once' }] });
}

/** True when a requester may be told of a release: its requester, recipient, sender, platform, or the enterprise itself. */
export function isPartyTo(requester: Requester, { requester: asker, recipient, sender, platform, enterprise }: { requester: string; recipient: string; sender: string; platform?: string | undefined; enterprise: string }): boolean {
  if (requester.kind === 'ENTERPRISE') return requester.ref === enterprise;
  return [asker, recipient, sender, platform].includes(requester.id);
}
