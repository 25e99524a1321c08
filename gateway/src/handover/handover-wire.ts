import { z } from 'zod';
import { canonicalJson, digestSchema, evidenceCaseSchema, evidenceVolumeSchema, handoverReceiptSchema, idSchema, instantSchema, participantIdSchema, participantSignatureSchema, utf8ToBytes } from '@kesu/chaincode/domain';

/** Media type of both ways. */
export const HANDOVER_MEDIA_TYPE = 'application/json';

/** Largest hand-over, bytes: a case of full volumes fits. */
export const MAX_HANDOVER_BYTES = 16 * 1024 * 1024;

/** What is handed over: the case as it stood, with every sealed volume. Digests and codes; originals go from party to authority on their own way. */
export const handoverSchema = z.strictObject({
  type: z.literal('evidence-handover'),
  network: idSchema,
  sender: participantIdSchema,
  authority: participantIdSchema,
  packageDigest: digestSchema,
  case: evidenceCaseSchema,
  volumes: z.array(evidenceVolumeSchema),
  /** The newest sealed bundle of the case, where there is one: its file comes another way and is held against the digest. */
  bundle: z.strictObject({ id: idSchema, digest: digestSchema, contentDigest: digestSchema }).exactOptional(),
  sentAt: instantSchema,
});
export type Handover = z.infer<typeof handoverSchema>;

/** The body of `POST`: the hand-over and the sender's P-256 signature over its RFC 8785 form. */
export const signedHandoverSchema = z.strictObject({ handover: handoverSchema, proof: participantSignatureSchema });
export type SignedHandover = z.infer<typeof signedHandoverSchema>;

/** The answer: a receipt that the authority signed. */
export const signedReceiptSchema = z.strictObject({ statement: handoverReceiptSchema, proof: participantSignatureSchema });
export type SignedHandoverReceipt = z.infer<typeof signedReceiptSchema>;

/** The bytes that a hand-over's or a receipt's signature is over. */
export function signedBytes(value: Handover | SignedHandoverReceipt['statement']): Uint8Array {
  return utf8ToBytes(canonicalJson(value));
}
