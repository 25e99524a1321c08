import { z } from 'zod';
import { acknowledgementSchema, batchManifestSchema, digestSchema, idempotencyKeySchema, idSchema, itemSourceSchema, MAX_BATCH, MAX_ITEMS, outcomeSchema, participantIdSchema, participantSignatureSchema, releaseRequestSchema, requestSignatureSchema } from '../domain';
import { command } from './command';

/** One request of a batch as its sender brings it. Without `payload` only a DENY can be recorded. */
export const requestedReleaseSchema = z.strictObject({
  request: releaseRequestSchema,
  /** The grant that the sender names where the request, as it was signed, names none. */
  grantId: idSchema.optional(),
  /** A participant, or (SELF) the enterprise's ref. */
  requester: z.union([participantIdSchema, idSchema]),
  idempotencyKey: idempotencyKeySchema,
  /** The requester's own signature; only SELF has none. */
  requestSignature: requestSignatureSchema.optional(),
  sources: z.array(itemSourceSchema).max(MAX_ITEMS),
  payload: z.strictObject({ digest: digestSchema, byteCount: z.int().min(1).max(64 * 1024 * 1024) }).optional(),
  selfReported: z.boolean(),
});
export type RequestedRelease = z.infer<typeof requestedReleaseSchema>;

/** A batch of requests that waited at the same time, decided in order; what is wrong with one is that one's answer. */
export const recordReleases = command({ requests: z.array(requestedReleaseSchema).min(1).max(MAX_BATCH) });
/** The sender reports what became of permitted releases. */
export const recordOutcomes = command({ outcomes: z.array(outcomeSchema.omit({ at: true })).min(1).max(MAX_BATCH) });
/** The recipient acknowledges what arrived. */
export const acknowledgeReleases = command({ acknowledgements: z.array(acknowledgementSchema.omit({ at: true, by: true })).min(1).max(MAX_BATCH) });

/** A provider (or the node for it) hands in a batch; the signature is the provider's. */
export const receiveBatch = command({ manifest: batchManifestSchema, signature: participantSignatureSchema, supersedes: idSchema.optional() });
/** The node accepts or returns a batch; provider or node withdraw it. */
export const acceptBatch = command({ id: idSchema });
export const returnBatch = command({ id: idSchema, reason: z.string().regex(/^[a-z][a-z0-9-]{2,47}$/) });
export const withdrawBatch = returnBatch;

/** Closes an operation whose outcome is unknown: whichever commits first wins (I8). */
export const closeOperation = z.strictObject({ operation: idSchema });
/** Reads what an operation became. */
export const readOperation = z.strictObject({ operation: idSchema, actor: participantIdSchema });
/** Reads one record by kind and id. */
export const readRecord = z.strictObject({
  kind: z.enum(['rule-book', 'participant', 'catalogue-item', 'template', 'enterprise', 'signatories', 'loan', 'ingest-batch', 'grant-request', 'grant', 'letter', 'deletion', 'dispute', 'evidence-case', 'evidence-volume', 'loan-report']),
  id: z.string().max(80),
});
