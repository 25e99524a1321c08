import { z } from 'zod';
import { GRANULARITIES } from './catalogue-item';
import { digestOf } from './bytes';
import { DENY_REASONS } from './deny-reasons';
import { instantAfter, instantSchema, type Instant } from './instant';
import { looksLikePersonalNumber } from './personal-number';
import { digestSchema, idSchema, itemCodeSchema, monthRangeSchema, participantIdSchema, PERSONAL_NUMBER_FAULT, reasonCodeSchema, signatureSchema } from './primitives';
import { PURPOSES } from './purpose';
import { sourceAnswerSchema } from './ingest-batch';

/** On what a release rests: a grant; public data; the enterprise's own query 本企业自查; a query by law 依法查询. */
export const RELEASE_BASES = ['GRANT', 'PUBLIC', 'SELF', 'STATUTORY'] as const;
export type ReleaseBasis = (typeof RELEASE_BASES)[number];

/** Most requests that one transaction records. */
export const MAX_BATCH = 200;
/** Most items that one request asks for. */
export const MAX_ITEMS = 20;
/** Oldest a requester's signature may be, milliseconds. */
export const REQUEST_SIGNATURE_MILLIS = 5 * 60 * 1000;

/** `<operation>.<n>`: the n-th request of a recorded batch. */
export const releaseIdSchema = z.string().regex(/^[0-9a-f]{32}\.\d{1,3}$/, 'not a release id').meta({ description: "a release's id" });

/** A client's own key of a request. Chosen by the client: refused where it looks like a person's or firm's number (I16). */
export const idempotencyKeySchema = z.string().regex(/^[\x21-\x7e]{1,128}$/, 'not 1 to 128 visible ASCII characters').refine((text) => !looksLikePersonalNumber(text), PERSONAL_NUMBER_FAULT);

/** A pseudonym of the person who queried (查询人员代号). */
export const operatorSchema = z.string().regex(/^[A-Za-z0-9_-]{1,40}$/, 'not an operator code').refine((text) => !looksLikePersonalNumber(text), PERSONAL_NUMBER_FAULT);

/** The two officers of a query by law: by codes, and two. */
export function twoOfficers<T extends z.ZodType<string>>(code: T) {
  return z.array(code).length(2).refine(([first, second]) => first !== second, 'a query by law names two officers, not one twice');
}

/** A legal query: which authority, which document, which two officers (as codes). */
export const statutorySchema = z.strictObject({
  authority: participantIdSchema,
  documentDigest: digestSchema,
  officers: twoOfficers(operatorSchema),
});

/** What is asked for: the body of `POST /v1/releases` without the requester's signature. */
export const releaseRequestSchema = z
  .strictObject({
    enterprise: idSchema,
    /** An institution, the platform itself, the asking authority, or (SELF) the enterprise's own ref. */
    recipient: z.union([participantIdSchema, idSchema]),
    items: z.array(z.strictObject({ code: itemCodeSchema, granularity: z.enum(GRANULARITIES) })).min(1).max(MAX_ITEMS),
    purpose: z.enum(PURPOSES),
    basis: z.enum(RELEASE_BASES).optional(),
    grantId: idSchema.optional(),
    loanRef: idSchema.optional(),
    range: monthRangeSchema.optional(),
    operator: operatorSchema.optional(),
    statutory: statutorySchema.optional(),
    basisReleaseId: releaseIdSchema.optional(),
  })
  .meta({ description: 'A request for data about one enterprise' });
export type ReleaseRequest = z.infer<typeof releaseRequestSchema>;

/** The requester's signature over {@link requestBytes}. */
export const requestSignatureSchema = z.strictObject({ keyId: idSchema, requestedAt: instantSchema, signature: signatureSchema });
export type RequestSignature = z.infer<typeof requestSignatureSchema>;

/**
 * What the requester signs, as a value: its RFC 8785 form is the bytes.
 * @param bodyDigest the request's digest, where it was made already.
 */
export function signedRequest(network: string, request: ReleaseRequest, idempotencyKey: string, requestedAt: Instant, bodyDigest = digestOf(request)) {
  return { type: 'release-request' as const, network, bodyDigest, idempotencyKey, requestedAt };
}

/** Where an item's records came from: an accepted batch, or the provider's signed live answer. */
export const itemSourceSchema = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('BATCH'), code: itemCodeSchema, batchId: idSchema }),
  z.strictObject({ kind: z.literal('ANSWER'), code: itemCodeSchema, answer: sourceAnswerSchema, keyId: idSchema, signature: signatureSchema }),
]);
export type ItemSource = z.infer<typeof itemSourceSchema>;

/** One item of a recorded release. */
export const releasedItemSchema = z.strictObject({
  code: itemCodeSchema,
  granularity: z.enum(GRANULARITIES),
  version: z.int().min(0),
  provider: participantIdSchema.optional(),
  batchId: idSchema.optional(),
  answerDigest: digestSchema.optional(),
  /** Disputes whose mark (异议标注) the item carried. */
  disputes: z.array(idSchema).max(100),
});
export type ReleasedItem = z.infer<typeof releasedItemSchema>;

/** A recorded decision about a release (信息提供): PERMIT or DENY, on the ledger before any byte leaves. */
export const releaseSchema = z
  .strictObject({
    id: releaseIdSchema,
    decision: z.enum(['PERMIT', 'DENY']),
    reason: z.enum(DENY_REASONS).optional(),
    /** The item that failed, where one did. */
    failedItem: itemCodeSchema.optional(),
    basis: z.enum(RELEASE_BASES),
    grantId: idSchema.optional(),
    grantVersion: z.int().min(1).optional(),
    enterprise: idSchema,
    requester: z.union([participantIdSchema, idSchema]),
    /** Who sent (or will send) the bytes and answers for it. */
    sender: participantIdSchema,
    platform: participantIdSchema.optional(),
    conduit: participantIdSchema.optional(),
    recipient: z.union([participantIdSchema, idSchema]),
    purpose: z.enum(PURPOSES),
    loanRef: idSchema.optional(),
    items: z.array(releasedItemSchema).min(1).max(MAX_ITEMS),
    range: monthRangeSchema.optional(),
    operator: operatorSchema.optional(),
    statutory: statutorySchema.optional(),
    basisReleaseId: releaseIdSchema.optional(),
    /** Recorded by a platform for data that it holds itself. */
    selfReported: z.boolean(),
    bodyDigest: digestSchema,
    idempotencyKey: idempotencyKeySchema,
    requestSignature: requestSignatureSchema.optional(),
    payloadDigest: digestSchema.optional(),
    byteCount: z.int().min(0).optional(),
    claimedTime: instantSchema,
  })
  .meta({ description: 'A recorded release or denial' });
export type Release = z.infer<typeof releaseSchema>;

/** What became of a permitted release, reported by its sender. */
export const OUTCOMES = ['DELIVERED', 'PARTIAL', 'FAILED'] as const;
export type Outcome = (typeof OUTCOMES)[number];

/** The sender's report. */
export const outcomeSchema = z.strictObject({
  releaseId: releaseIdSchema,
  outcome: z.enum(OUTCOMES),
  /** Bytes that left. */
  bytesSent: z.int().min(0),
  reason: reasonCodeSchema.optional(),
  at: instantSchema,
});
export type OutcomeRecord = z.infer<typeof outcomeSchema>;

/** The recipient's acknowledgement of what arrived. */
export const acknowledgementSchema = z.strictObject({
  releaseId: releaseIdSchema,
  payloadDigest: digestSchema,
  by: participantIdSchema,
  at: instantSchema,
});
export type Acknowledgement = z.infer<typeof acknowledgementSchema>;

/** The state shown of a permitted release at `at`: its outcome, or UNRESOLVED when none came in time, or PENDING before. */
export function releaseStateAt(release: Release, outcome: OutcomeRecord | undefined, unresolvedAfterMillis: number, at: Instant): Outcome | 'UNRESOLVED' | 'PENDING' | 'DENIED' {
  if (release.decision === 'DENY') return 'DENIED';
  if (outcome !== undefined) return outcome.outcome;
  return at >= instantAfter(release.claimedTime, unresolvedAfterMillis) ? 'UNRESOLVED' : 'PENDING';
}
