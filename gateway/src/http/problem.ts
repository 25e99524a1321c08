import { DomainError, type Fault } from '@kesu/chaincode/domain';
import { DamagedStoreError, LedgerError, StoreUnavailableError, type LedgerErrorKind } from '@kesu/network';
import { z } from 'zod';
import { GatewayError, type GatewayErrorCode } from '../gateway-error';
import { PROBLEMS, type ProblemCode } from './problem-table';

/** The languages that titles and pages come in. */
export const LANGUAGES = ['zh', 'en'] as const;
export type Language = (typeof LANGUAGES)[number];

/** The media type of a problem answer (RFC 9457). */
export const PROBLEM_TYPE = 'application/problem+json; charset=utf-8';
/** What `Retry-After` says when nothing better is known, seconds. */
export const RETRY_AFTER_SECONDS = 2;

/** A problem answer (RFC 9457) as it is on the wire. */
export const problemSchema = z
  .strictObject({
    type: z.string(),
    title: z.string(),
    status: z.int(),
    detail: z.string(),
    code: z.string(),
    instance: z.string(),
    errors: z.array(z.strictObject({ pointer: z.string(), detail: z.string() })),
    operation: z.string().optional(),
  })
  .meta({ id: 'Problem', description: 'A problem answer (RFC 9457). `type` is a page of this gateway; `instance` the request id; `operation` the idempotency key to ask for, where the outcome is unknown.' });
export type Problem = z.infer<typeof problemSchema>;

/** What went wrong, in the terms of the table. */
export interface Failure {
  readonly code: ProblemCode;
  readonly detail: string;
  readonly faults: readonly Fault[];
  readonly retryAfterSeconds?: number;
  readonly operationKey?: string;
}

const NOT_FOUND: Failure = { code: 'not-found', detail: 'there is no such object, or it is not yours', faults: [] };

const LEDGER_CODES: Readonly<Record<LedgerErrorKind, GatewayErrorCode>> = { unavailable: 'ledger-unavailable', conflict: 'ledger-unavailable', 'outcome-unknown': 'outcome-unknown' };

/** Translates anything thrown. What is unknown says nothing about itself: its text could hold anything (I16). */
export function failureOf(error: unknown): Failure {
  if (error instanceof DomainError) return refusalOf(error);
  if (error instanceof GatewayError) return gatewayFailureOf(error);
  if (error instanceof LedgerError) return { code: LEDGER_CODES[error.kind], detail: LEDGER_DETAILS[error.kind], faults: [] };
  if (error instanceof StoreUnavailableError || error instanceof DamagedStoreError) return { code: 'not-ready', detail: 'a store of this gateway can not be used; nothing was done', faults: [] };
  return { code: 'internal-error', detail: 'the gateway failed; the log names the request', faults: [] };
}

const LEDGER_DETAILS: Readonly<Record<LedgerErrorKind, string>> = {
  unavailable: 'the ledger can not be reached; nothing was recorded or delivered',
  conflict: 'the ledger is busy with the same objects; nothing was recorded or delivered',
  'outcome-unknown': 'whether the ledger recorded it is not known yet; nothing was delivered',
};

/** What exists but isn't yours is answered exactly as what doesn't exist. */
function refusalOf({ code, detail, faults }: DomainError): Failure {
  return code === 'not-found' || code === 'not-yours' ? NOT_FOUND : { code, detail, faults };
}

function gatewayFailureOf({ code, detail, faults, retryAfterSeconds, operationKey }: GatewayError): Failure {
  if (code === 'not-found') return NOT_FOUND;
  return { code, detail, faults, ...(retryAfterSeconds === undefined ? {} : { retryAfterSeconds }), ...(operationKey === undefined ? {} : { operationKey }) };
}

/** A problem as answered: status, headers, body. */
export interface ProblemAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Problem;
}

/**
 * The answer to a failure.
 * @param requestId the id that the log knows the request by.
 */
export function problemAnswer(failure: Failure, requestId: string, language: Language): ProblemAnswer {
  const { code, detail, faults, retryAfterSeconds, operationKey } = failure;
  const { status, titleZh, titleEn } = PROBLEMS[code];
  const retry = retryAfterSeconds ?? (status === 503 || status === 429 ? RETRY_AFTER_SECONDS : undefined);
  return {
    status,
    headers: {
      'content-type': PROBLEM_TYPE,
      'content-language': language,
      ...(retry === undefined ? {} : { 'retry-after': String(retry) }),
      ...(status === 401 ? { 'www-authenticate': 'Bearer realm="kesu"' } : {}),
    },
    body: {
      type: `/problems/${code}`,
      title: language === 'zh' ? titleZh : titleEn,
      status,
      detail,
      code,
      instance: requestId,
      errors: faults.map(({ pointer, detail: why }) => ({ pointer, detail: why })),
      ...(operationKey === undefined ? {} : { operation: operationKey }),
    },
  };
}

/** The language that an `Accept-Language` header prefers of those there are; zh when it names neither. */
export function languageOf(header: string | undefined): Language {
  if (header === undefined) return 'zh';
  const wanted = header
    .slice(0, 200)
    .split(',')
    .map((part) => {
      const [tag = '', ...parameters] = part.trim().toLowerCase().split(';');
      const quality = Number(parameters.map((one) => one.trim()).find((one) => one.startsWith('q='))?.slice(2) ?? '1');
      return { tag, quality: Number.isFinite(quality) ? quality : 0 };
    })
    .filter(({ quality }) => quality > 0)
    .sort((a, b) => b.quality - a.quality);
  for (const { tag } of wanted) {
    const language = LANGUAGES.find((one) => tag === one || tag.startsWith(`${one}-`));
    if (language !== undefined) return language;
  }
  return 'zh';
}
