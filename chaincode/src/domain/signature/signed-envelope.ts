import { z } from 'zod';
import { fromBase64url, utf8ToBytes } from '../bytes';
import { canonicalJson } from '../canonical-json';
import { DomainError } from '../errors';
import { instantMillis } from './instant-millis';

/** What the signed bytes say they are: no other document of Kesu has this `type`. */
export const ENVELOPE_TYPE = 'kesu-statement-set';
/** Most statements under one signature. */
export const MAX_STATEMENTS = 20;
/** Bytes of the nonce. */
export const NONCE_BYTES = 16;
/** Longest time from `signedAt` to `submitBefore`, in milliseconds (domain.md, Signature). */
export const MAX_LIFETIME_MILLIS = 24 * 60 * 60 * 1000;
/** The same for a set that resumes a suspended grant, in milliseconds. */
export const MAX_RESUMPTION_LIFETIME_MILLIS = 10 * 60 * 1000;
/** How far a signer's clock may run ahead of the claimed time, in milliseconds. */
export const CLOCK_LEAD_MILLIS = 30 * 1000;

const instant = z.string().refine((text) => instantMillis(text) !== undefined, 'not an RFC 3339 instant in UTC with milliseconds');

/** The signed bytes as a value: which statements, on which network, once (nonce), and in which time. */
export const signedEnvelopeSchema = z.strictObject({
  type: z.literal(ENVELOPE_TYPE),
  network: z.string().regex(/^[0-9a-f]{32}$/),
  statements: z
    .array(z.string().regex(/^[0-9a-f]{64}$/))
    .min(1)
    .max(MAX_STATEMENTS),
  nonce: z.string().refine((text) => fromBase64url(text)?.length === NONCE_BYTES, 'not 16 bytes in base64url'),
  signedAt: instant,
  submitBefore: instant,
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
 * @throws DomainError `statement-expired` whose detail and fault name the bound that was passed.
 */
export function assertEnvelopeInTime(envelope: SignedEnvelope, claimedTimeMillis: number, { resumption }: { readonly resumption: boolean }): void {
  const signedAt = millisAt(envelope.signedAt, '/signedAt');
  const submitBefore = millisAt(envelope.submitBefore, '/submitBefore');
  const lifetime = resumption ? MAX_RESUMPTION_LIFETIME_MILLIS : MAX_LIFETIME_MILLIS;
  if (submitBefore <= signedAt) throw outOfTime('/submitBefore', 'submitBefore is not after signedAt');
  if (submitBefore - signedAt > lifetime) {
    throw outOfTime('/submitBefore', `submitBefore is more than ${resumption ? '10 minutes (a resumption)' : '24 hours'} after signedAt`);
  }
  // Stated as what must hold, so that a claimed time that is not a number is refused too.
  if (!(claimedTimeMillis >= signedAt - CLOCK_LEAD_MILLIS)) throw outOfTime('/signedAt', 'the claimed time is more than 30 seconds before signedAt');
  if (!(claimedTimeMillis < submitBefore)) throw outOfTime('/submitBefore', 'the claimed time is not before submitBefore');
}

function millisAt(text: string, pointer: string): number {
  const millis = instantMillis(text);
  if (millis === undefined) throw DomainError.of('signature-malformed', 'the envelope holds a time that is not an instant', [{ pointer, detail: 'not an instant' }]);
  return millis;
}

function outOfTime(pointer: string, detail: string): DomainError {
  return DomainError.of('statement-expired', detail, [{ pointer, detail }]);
}
