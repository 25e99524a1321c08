import { createHash } from 'node:crypto';
import {
  bytesToHex,
  canonicalJson,
  derive,
  DomainError,
  instantOf,
  type Grant,
  type Granularity,
  type ItemSource,
  type Json,
  type ReleaseRequest,
  type RuleBook,
} from '@kesu/chaincode/domain';
import { SourceError, type SourceAnswer, type SourceRow } from '../data-source';
import { GatewayError } from '../gateway-error';
import type { GatewayParts } from '../gateway-parts';
import { foundedRuleBook } from './facts';

/** Sources of one request asked at the same time. */
export const MOST_FETCHES = 4;
/** Longest time that a request waits for its sources, milliseconds. */
export const SOURCES_MILLIS = 15_000;

/** What a recipient gets of one item. */
export interface DeliveredItem {
  readonly code: string;
  readonly granularity: Granularity;
  /** The item's version in the catalogue. */
  readonly version: number;
  /** By which rule the data were made, e.g. `TAX-03/SUMMARY/1`. */
  readonly rule: string;
  readonly data: { readonly [member: string]: Json };
}

/** The `data` of a release: what its payload digest is over. */
export interface DeliveredData {
  readonly enterprise: string;
  readonly madeAt: string;
  readonly range?: { readonly from: string; readonly to: string };
  readonly items: readonly DeliveredItem[];
}

/** Data that wait for their release to be recorded. */
export interface Payload {
  /** RFC 8785 form of {@link DeliveredData}. */
  readonly text: string;
  /** 32 bytes; stays off the ledger. */
  readonly salt: Uint8Array;
  /** SHA-256(salt ‖ text), lower-case hex. */
  readonly digest: string;
  /** Bytes of `text` in UTF-8. */
  readonly byteCount: number;
  /** Where each item's records came from, each item once. */
  readonly sources: readonly ItemSource[];
}

/**
 * Fetches every item, makes of it what the recipient may see, and salts the digest. What the views were made from is dropped here.
 * @throws GatewayError source-unavailable: nothing is recorded then; DomainError item-not-available for a granularity without a rule.
 */
export async function preparePayload(parts: GatewayParts, request: ReleaseRequest, grant: Grant | undefined): Promise<Payload> {
  const ruleBook = foundedRuleBook(parts.readModel);
  const range = request.range ?? grant?.range;
  const answers = await fetchAll(parts, ruleBook, request, range);
  const madeAt = instantOf(parts.clock.now());
  const items = request.items.map(({ code, granularity }) => viewOf(code, granularity, ruleBook.items[code]?.version ?? 0, answers.get(code)?.rows ?? [], { range, at: madeAt }));
  const data: DeliveredData = { enterprise: request.enterprise, madeAt, ...(range === undefined ? {} : { range }), items };
  const text = canonicalJson(data);
  const salt = parts.random(32);
  const digest = createHash('sha256').update(salt).update(text, 'utf8').digest('hex');
  return { text, salt, digest, byteCount: Buffer.byteLength(text), sources: [...answers].map(([code, answer]) => itemSource(code, answer, ruleBook.network)) };
}

function viewOf(code: string, granularity: Granularity, version: number, rows: readonly SourceRow[], options: { range: { from: string; to: string } | undefined; at: string }): DeliveredItem {
  try {
    const { data, ruleId } = derive(code, granularity, rows, options);
    return { code, granularity, version, rule: ruleId, data };
  } catch (error) {
    if (error instanceof DomainError && error.code === 'item-not-available') throw error;
    throw unavailable(`the records of ${code} can't be made into what was asked for`, error);
  }
}

async function fetchAll(parts: GatewayParts, ruleBook: RuleBook, request: ReleaseRequest, range: { from: string; to: string } | undefined): Promise<Map<string, SourceAnswer>> {
  const codes = [...new Set(request.items.map(({ code }) => code))];
  const answers = new Map<string, SourceAnswer>();
  const failed = new AbortController();
  const signal = AbortSignal.any([failed.signal, AbortSignal.timeout(SOURCES_MILLIS)]);
  const waiting = [...codes];
  const fetchNext = async (): Promise<void> => {
    for (let code = waiting.shift(); code !== undefined; code = waiting.shift()) {
      answers.set(code, await fetchItem(parts, ruleBook, request.enterprise, code, range, signal));
    }
  };
  try {
    await Promise.all(Array.from({ length: Math.min(MOST_FETCHES, codes.length) }, fetchNext));
  } catch (error) {
    waiting.length = 0;
    failed.abort();
    throw error;
  }
  return new Map(codes.flatMap((code) => (answers.has(code) ? [[code, answers.get(code) as SourceAnswer] as const] : [])));
}

async function fetchItem(parts: GatewayParts, ruleBook: RuleBook, enterprise: string, code: string, range: { from: string; to: string } | undefined, signal: AbortSignal): Promise<SourceAnswer> {
  const rule = ruleBook.items[code];
  const source = parts.sourceOf(code);
  if (rule === undefined || source === undefined) throw unavailable(`no data source is connected for ${code}`);
  const asked = { item: code, itemVersion: rule.version, subjectRef: enterprise, ...(range === undefined ? {} : { range }), requestId: bytesToHex(parts.random(16)), signal };
  try {
    return await abortable(source.fetch(asked), signal);
  } catch (error) {
    if (error instanceof SourceError) throw unavailable(error.message, error);
    throw unavailable(`the source of ${code} did not answer in time`, error);
  }
}

/** The port's promise, or a rejection as soon as the signal aborts: a source that ignores the signal holds nobody. */
function abortable<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise<T>((resolve, reject) => {
    const abort = (): void => reject(signal.reason as Error);
    if (signal.aborted) return abort();
    signal.addEventListener('abort', abort, { once: true });
    promise.then(resolve, reject).finally(() => signal.removeEventListener('abort', abort));
  });
}

function itemSource(code: string, answer: SourceAnswer, network: string): ItemSource {
  if (answer.batchId !== undefined) return { kind: 'BATCH', code, batchId: answer.batchId };
  const { item, itemVersion, subjectRef, rowCount, digest, time, keyId, signature } = answer;
  return { kind: 'ANSWER', code, answer: { type: 'source-answer', network, item, itemVersion, subjectRef, rows: rowCount, digest, time }, keyId, signature };
}

function unavailable(detail: string, cause?: unknown): GatewayError {
  return GatewayError.of('source-unavailable', detail, { retryAfterSeconds: 30, ...(cause === undefined ? {} : { cause }) });
}
