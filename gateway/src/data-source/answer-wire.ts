import { z } from 'zod';
import { canonicalJson, digestSchema, fromBase64url, idSchema, MAX_RECORDS, saltedDigest, saltSchema, signatureSchema, sourceAnswerSchema, utf8ToBytes } from '@kesu/chaincode/domain';
import { MAX_PATH } from './batch-tree';
import type { SourceRange, SourceRow } from './data-source';

/** What is POSTed to a provider. The credit code travels in this body only: never in a URL, a header or a log (I16). */
export interface AnswerRequestBody {
  readonly requestId: string;
  readonly network: string;
  readonly item: string;
  readonly itemVersion: number;
  /** Unified social credit code. */
  readonly subject: string;
  readonly subjectRef: string;
  readonly range?: SourceRange;
}

/** What a provider answers, status 200, `application/json`. */
export const answerBodySchema = z.strictObject({
  answer: sourceAnswerSchema,
  rows: z.array(z.record(z.string(), z.unknown())).max(MAX_RECORDS),
  salt: saltSchema,
  keyId: idSchema,
  signature: signatureSchema,
  batch: z
    .strictObject({
      batchId: idSchema,
      index: z.int().min(0),
      size: z.int().min(1).max(2 ** 32),
      path: z.array(digestSchema).max(MAX_PATH),
    })
    .optional(),
});

/** The decoded body of an answer. */
export type AnswerBody = z.infer<typeof answerBodySchema>;

/** What an answer's digest is over. The range is bound too, when one was asked of a live source. */
export interface DigestedAnswer {
  readonly item: string;
  readonly itemVersion: number;
  readonly subjectRef: string;
  readonly range?: SourceRange;
  readonly rows: readonly SourceRow[];
}

/**
 * The salted digest of an answer: salted, because "no record" and short rows could be guessed from a plain digest on the ledger (architecture.md, rule 10).
 * @param salt 32 bytes, base64url.
 * @throws TypeError when the salt has another length or the rows are not JSON of integers.
 */
export function answerDigestOf(salt: string, { item, itemVersion, subjectRef, range, rows }: DigestedAnswer): string {
  return saltedDigest(fromBase64url(salt) ?? new Uint8Array(), { item, itemVersion, subjectRef, ...(range === undefined ? {} : { range }), rows });
}

/** The bytes that a provider signs: the RFC 8785 form of the ledger's `source-answer`. */
export function answerBytes(answer: z.infer<typeof sourceAnswerSchema>): Uint8Array {
  return utf8ToBytes(canonicalJson(answer));
}

/** The name of the only media type of request and answer. */
export const ANSWER_MEDIA_TYPE = 'application/json';
