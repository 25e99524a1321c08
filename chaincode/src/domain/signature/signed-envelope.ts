import { z } from 'zod';
import { utf8ToBytes } from '../bytes';
import { canonicalJson } from '../canonical-json';
import { DomainError } from '../errors';
import { DAY_MILLIS, epochMillis, instantSchema, MINUTE_MILLIS, SECOND_MILLIS } from '../instant';
import { bytesSchema, digestSchema, idSchema } from '../primitives';

/** What the signed bytes say they are: no other document of Kesu has this `type`. */
export const ENVELOPE_TYPE = 'kesu-statement-set';
/** Most statements under one signature. */
export const MAX_STATEMENTS = 20;
/** Bytes of the nonce. */
export const NONCE_BYTES = 16;
/** Longest time from `signedAt` to `submitBefore`, in milliseconds (domain.md, Signature). */
export const MAX_LIFETIME_MILLIS = DAY_MILLIS;
/** The same for a set that resumes a suspended grant, in milliseconds. */
export const MAX_RESUMPTION_LIFETIME_MILLIS = 10 * MINUTE_MILLIS;
/** How far a signer's clock may run ahead of the claimed time, in milliseconds. */
export const CLOCK_LEAD_MILLIS = 30 * SECOND_MILLIS;

/** The signed bytes as a value: which statements, on which network, once (nonce), and in which time. */
export const signedEnvelopeSchema = z.strictObject({
  type: z.literal(ENVELOPE_TYPE),
  network: idSchema,
  statements: z.array(digestSchema).min(1).max(MAX_STATEMENTS),
  nonce: bytesSchema(NONCE_BYTES, NONCE_BYTES),
  signedAt: instantSchema,
  submitBefore: instantSchema,
});

/** See {@link signedEnvelopeSchema}. */
export type SignedEnvelope = z.infer<typeof signedEnvelopeSchema>;

/** The bytes that are signed: the UTF-8 of the envelope's RFC 8785 form. */
export function envelopeBytes(envelope: SignedEnvelope): Uint8Array {
  return utf8ToBytes(canonicalJson(envelope));
}

/**
 * Refuses an envelope that could be kept for later, or that arrives outside `[signedAt − 30 s, submitBefore)`
 * (domain.md, Signature).
 * @param claimedTimeMillis the transaction's claimed time, epoch milliseconds.
 * @throws DomainError `statement-expired` whose detail and fault name the bound that was passed; TypeError when the
 *   envelope was not decoded by {@link signedEnvelopeSchema} and holds no instants.
 */
export function assertEnvelopeInTime(envelope: SignedEnvelope, claimedTimeMillis: number, { resumption }: { readonly resumption: boolean }): void {
  const signedAt = epochMillis(envelope.signedAt);
  const submitBefore = epochMillis(envelope.submitBefore);
  const lifetime = resumption ? MAX_RESUMPTION_LIFETIME_MILLIS : MAX_LIFETIME_MILLIS;
  if (submitBefore <= signedAt) throw outOfTime('/submitBefore', 'submitBefore is not after signedAt');
  if (submitBefore - signedAt > lifetime) {
    throw outOfTime('/submitBefore', `submitBefore is more than ${resumption ? '10 minutes (a resumption)' : '24 hours'} after signedAt`);
  }
  // Stated as what must hold, so that a claimed time that is not a number is refused too.
  if (!(claimedTimeMillis >= signedAt - CLOCK_LEAD_MILLIS)) throw outOfTime('/signedAt', 'the claimed time is more than 30 seconds before signedAt');
  if (!(claimedTimeMillis < submitBefore)) throw outOfTime('/submitBefore', 'the claimed time is not before submitBefore');
}

function outOfTime(pointer: string, detail: string): DomainError {
  return DomainError.of('statement-expired', detail, [{ pointer, detail }]);
}
