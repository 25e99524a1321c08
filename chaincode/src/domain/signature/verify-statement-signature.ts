import { z } from 'zod';
import { DomainError } from '../errors';
import { bytesSchema, idSchema } from '../primitives';
import { isPasskeyMeans, type KeyAlgorithm, type KeyMeans } from './key-kinds';
import { assertP256Signature, p256SpkiOf, type VerifyP256 } from './p256';
import { assertDeviceBound, assertPasskeyAssertion, MAX_AUTHENTICATOR_DATA_BYTES, MAX_CLIENT_DATA_BYTES, type PasskeyBinding } from './passkey';
import { assertSm2Signature, sm2SpkiOf } from './sm2';

/** Longer than any form of a signature that is refused by name, so that the refusal can name it. */
const MAX_SIGNATURE_BYTES = 192;

/** One signature on the wire: by which registered key, and the proof. Passkeys bring the two members of the assertion. */
export const signatureProofSchema = z.strictObject({
  keyId: idSchema,
  signature: bytesSchema(1, MAX_SIGNATURE_BYTES),
  authenticatorData: bytesSchema(1, MAX_AUTHENTICATOR_DATA_BYTES).optional(),
  clientDataJSON: bytesSchema(1, MAX_CLIENT_DATA_BYTES).optional(),
});

/** See {@link signatureProofSchema}. */
export type SignatureProof = z.infer<typeof signatureProofSchema>;

/** What of a registered signing key decides how its signatures are verified. */
export interface VerificationKey {
  readonly algorithm: KeyAlgorithm;
  readonly means: KeyMeans;
  /** SPKI DER, base64url. */
  readonly publicKey: string;
  /** Present exactly when `means` is a passkey's. */
  readonly passkey?: PasskeyBinding | undefined;
}

/** The proof without the key's id: every member base64url. */
export type ProofParts = Omit<SignatureProof, 'keyId'>;

/** What {@link verifyStatementSignature} looks at. */
export interface StatementSignature {
  readonly key: VerificationKey;
  /** The signed bytes: see `envelopeBytes`. */
  readonly bytes: Uint8Array;
  readonly proof: ProofParts;
}

/**
 * Returns when `proof` is a signature of the registered `key` over `bytes`, and throws otherwise. How it is verified
 * follows from the registered key alone; nothing in the proof chooses an algorithm (domain.md, Signature).
 * @throws DomainError `signature-malformed`, `signature-not-low-s`, `signature-invalid`; `signing-key-insufficient` for a passkey
 *   registered as bound to its device that says it may be copied.
 */
export function verifyStatementSignature({ key, bytes, proof }: StatementSignature, verifyP256: VerifyP256): void {
  assertKeyIsCoherent(key);
  const { signature, authenticatorData, clientDataJSON } = proof;
  if (key.passkey !== undefined) {
    if (authenticatorData === undefined || clientDataJSON === undefined) {
      throw DomainError.of('signature-malformed', "a passkey's proof needs authenticatorData and clientDataJSON");
    }
    assertPasskeyAssertion(key.publicKey, key.passkey, bytes, { signature, authenticatorData, clientDataJSON }, verifyP256);
    if (key.means === 'DEVICE_PASSKEY') assertDeviceBound(authenticatorData);
    return;
  }
  if (authenticatorData !== undefined || clientDataJSON !== undefined) {
    throw DomainError.of('signature-malformed', 'authenticatorData and clientDataJSON belong to passkeys only');
  }
  if (key.algorithm === 'SM2') return assertSm2Signature(key.publicKey, bytes, signature);
  assertP256Signature(key.publicKey, bytes, signature, verifyP256);
}

/**
 * Refuses a key that can't be verified with, as at its registration: not a point of its curve in the one DER form, a
 * passkey that isn't P-256 or has no origin, an origin at a key that is no passkey.
 * @throws DomainError `signature-malformed`.
 */
export function assertVerificationKey(key: VerificationKey): void {
  assertKeyIsCoherent(key);
  if (key.algorithm === 'SM2') sm2SpkiOf(key.publicKey);
  else p256SpkiOf(key.publicKey);
}

function assertKeyIsCoherent({ algorithm, means, passkey }: VerificationKey): void {
  if (isPasskeyMeans(means) !== (passkey !== undefined)) throw DomainError.of('signature-malformed', 'origin and rpId belong to a passkey, and to nothing else');
  if (passkey !== undefined && algorithm !== 'P256') throw DomainError.of('signature-malformed', 'a passkey is a P-256 key');
}
