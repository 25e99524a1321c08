import { z } from 'zod';
import { DomainError } from './errors';
import { instantSchema } from './instant';
import { digestSchema, idSchema, itemCodeSchema, monthRangeSchema, participantIdSchema, signatureSchema } from './primitives';

/** Written states of a batch: 退回 RETURNED. */
export const INGEST_STATES = ['RECEIVED', 'ACCEPTED', 'RETURNED', 'WITHDRAWN', 'SUPERSEDED'] as const;
export type IngestState = (typeof INGEST_STATES)[number];

/** How a batch came in. */
export const INGEST_CHANNELS = ['EXCHANGE', 'FILE', 'INTERFACE', 'SELF_REPORT', 'FEEDBACK'] as const;

/** What a provider signs of a batch: P-256 over the RFC 8785 form of this with `type` `ingest-batch`. */
export const batchManifestSchema = z.strictObject({
  type: z.literal('ingest-batch'),
  network: idSchema,
  id: idSchema,
  provider: participantIdSchema,
  item: itemCodeSchema,
  itemVersion: z.int().min(1),
  channel: z.enum(INGEST_CHANNELS),
  period: monthRangeSchema.optional(),
  rows: z.int().min(0).max(1_000_000_000),
  digest: digestSchema,
  signedAt: instantSchema,
});
export type BatchManifest = z.infer<typeof batchManifestSchema>;

/** A signature of a participant by one of its registered keys. */
export const participantSignatureSchema = z.strictObject({ keyId: idSchema, signature: signatureSchema });

/** A batch of records that a provider handed over (任务 1, 6) and answers for. */
export const ingestBatchSchema = z.strictObject({
  manifest: batchManifestSchema,
  signature: participantSignatureSchema,
  state: z.enum(INGEST_STATES),
  supersededBy: idSchema.optional(),
  version: z.int().min(1),
});
export type IngestBatch = z.infer<typeof ingestBatchSchema>;

const NEXT: Readonly<Record<IngestState, readonly IngestState[]>> = {
  RECEIVED: ['ACCEPTED', 'RETURNED', 'WITHDRAWN'],
  ACCEPTED: ['WITHDRAWN', 'SUPERSEDED'],
  RETURNED: ['WITHDRAWN'],
  WITHDRAWN: [],
  SUPERSEDED: [],
};

/**
 * The batch in its next state.
 * @throws DomainError state-conflict.
 */
export function moveBatch(batch: IngestBatch, to: IngestState, supersededBy?: string): IngestBatch {
  if (!NEXT[batch.state].includes(to)) throw DomainError.of('state-conflict', `the batch is ${batch.state} and can't become ${to}`);
  return { ...batch, state: to, version: batch.version + 1, ...(supersededBy === undefined ? {} : { supersededBy }) };
}

/** What a provider signs of a live answer; registered by the release itself as its batch. */
export const sourceAnswerSchema = z.strictObject({
  type: z.literal('source-answer'),
  network: idSchema,
  item: itemCodeSchema,
  itemVersion: z.int().min(1),
  subjectRef: idSchema,
  rows: z.int().min(0).max(1_000_000),
  digest: digestSchema,
  time: instantSchema,
});
export type SignedSourceAnswer = z.infer<typeof sourceAnswerSchema>;
