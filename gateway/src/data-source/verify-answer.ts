import { createPublicKey, verify } from 'node:crypto';
import { assertP256Signature, DERIVATIONS, DomainError, epochMillis, isDerivedItemCode, type Instant } from '@kesu/chaincode/domain';
import { type AnswerBody, answerBytes, answerDigestOf } from './answer-wire';
import { rootFromPath } from './batch-tree';
import type { SourceAnswer, SourceRequest } from './data-source';
import { SourceError } from './source-error';

/** How far an answer's time may lie from the gateway's clock. */
export const ANSWER_TIME_TOLERANCE_MILLIS = 60_000;

/** An ingest batch as the ledger has it, as far as its rows are checked against it. */
export interface KnownBatch {
  readonly item: string;
  readonly itemVersion: number;
  readonly provider: string;
  readonly digest: string;
  readonly isAccepted: boolean;
}

/** What a provider's answers are checked against. All of it comes from the ledger's projection. */
export interface AnswerTrust {
  readonly provider: string;
  /** The ledger's random id. */
  readonly network: string;
  /** The provider's key (SPKI DER, base64url) that was registered for it at a time; undefined for one that was not. */
  readonly keyOf: (keyId: string, at: Instant) => string | undefined;
  /** True for QUERY and INTERFACE items, whose signed answer is the batch; all others must name an accepted batch. */
  readonly isAskedLive: (item: string) => boolean;
  readonly batchOf: (batchId: string) => Promise<KnownBatch | undefined>;
}

/**
 * Believes an answer only if every step holds: it answers this request; its time is now; its rows have the item's shape; its digest is theirs;
 * the provider signed it; and, where the item comes in batches, its rows belong to an accepted one.
 * @throws SourceError `invalid-answer` naming the step.
 */
export async function verifyAnswer(body: AnswerBody, request: SourceRequest, trust: AnswerTrust, nowMillis: number): Promise<SourceAnswer> {
  const refuse = (detail: string): SourceError => SourceError.invalidAnswer(trust.provider, request.item, detail);
  assertAnswersRequest(body, request, trust, refuse);
  if (Math.abs(epochMillis(body.answer.time) - nowMillis) > ANSWER_TIME_TOLERANCE_MILLIS) throw refuse('its time is more than a minute off; compare the clocks of provider and gateway');
  assertRows(body, request, refuse);
  assertDigest(body, request, trust.isAskedLive(request.item), refuse);
  assertSigned(body, trust, refuse);
  const batchId = await assertSourced(body, request, trust, refuse);
  const { answer, rows, salt, signature, keyId } = body;
  return {
    item: answer.item,
    itemVersion: answer.itemVersion,
    provider: trust.provider,
    subjectRef: answer.subjectRef,
    rows,
    rowCount: rows.length,
    digest: answer.digest,
    salt,
    time: answer.time,
    signature,
    keyId,
    ...(batchId === undefined ? {} : { batchId }),
  };
}

type Refuse = (detail: string) => SourceError;

function assertAnswersRequest({ answer }: AnswerBody, request: SourceRequest, trust: AnswerTrust, refuse: Refuse): void {
  if (answer.network !== trust.network) throw refuse('it was made for another ledger; set the provider to this network');
  if (answer.item !== request.item || answer.itemVersion !== request.itemVersion) throw refuse('it answers another item or version');
  if (answer.subjectRef !== request.subjectRef) throw refuse('it speaks of another enterprise than the one asked about');
}

function assertRows({ answer, rows }: AnswerBody, request: SourceRequest, refuse: Refuse): void {
  if (answer.rows !== rows.length) throw refuse(`it signs ${answer.rows} rows and brings ${rows.length}`);
  if (!isDerivedItemCode(request.item)) throw refuse('the item has no record shape; add it to the derivations');
  const { record } = DERIVATIONS[request.item];
  const at = rows.findIndex((row) => !record.safeParse(row).success);
  if (at >= 0) throw refuse(`row ${at} has not the item's record shape; the provider must send it again`);
}

function assertDigest({ answer, rows, salt }: AnswerBody, request: SourceRequest, live: boolean, refuse: Refuse): void {
  const range = live && request.range !== undefined ? { range: request.range } : {};
  const { item, itemVersion, subjectRef } = answer;
  if (answerDigestOf(salt, { item, itemVersion, subjectRef, ...range, rows }) !== answer.digest) throw refuse('its digest is not that of its rows');
}

function assertSigned({ answer, keyId, signature }: AnswerBody, trust: AnswerTrust, refuse: Refuse): void {
  const key = trust.keyOf(keyId, answer.time);
  if (key === undefined) throw refuse('it is signed with a key that is not registered for the provider');
  try {
    assertP256Signature(key, answerBytes(answer), signature, verifyP256);
  } catch (error) {
    if (!(error instanceof DomainError)) throw error;
    throw refuse(`its signature doesn't hold (${error.code})`);
  }
}

async function assertSourced({ answer, batch }: AnswerBody, request: SourceRequest, trust: AnswerTrust, refuse: Refuse): Promise<string | undefined> {
  if (trust.isAskedLive(request.item)) {
    if (batch !== undefined) throw refuse('it names a batch though the item is asked live');
    return undefined;
  }
  if (batch === undefined) throw refuse('it names no batch though the item comes in batches');
  const known = await trust.batchOf(batch.batchId);
  if (known === undefined || !known.isAccepted) throw refuse('it names a batch that is not accepted');
  if (known.item !== request.item || known.itemVersion !== request.itemVersion || known.provider !== trust.provider) throw refuse('it names a batch of another item or provider');
  if (rootFromPath(answer.digest, batch) !== known.digest) throw refuse("its rows don't belong to the batch that it names");
  return batch.batchId;
}

function verifyP256(keySpki: Uint8Array, message: Uint8Array, signature64: Uint8Array): boolean {
  const key = createPublicKey({ key: Buffer.from(keySpki), format: 'der', type: 'spki' });
  return verify('sha256', message, { key, dsaEncoding: 'ieee-p1363' }, signature64);
}
