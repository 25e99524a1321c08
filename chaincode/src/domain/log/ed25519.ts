import { ed25519 } from '@noble/curves/ed25519.js';

/** Length of an Ed25519 public key, bytes (RFC 8032). */
export const ED25519_KEY_BYTES = 32;
/** Length of an Ed25519 signature, bytes. */
export const ED25519_SIGNATURE_BYTES = 64;

/**
 * Ed25519 verification by RFC 8032 (not the laxer ZIP-215), so that every verifier gives one answer.
 * @returns false for everything that is not a valid signature; never throws.
 */
export function verifyEd25519(publicKey: Uint8Array, message: Uint8Array, signature: Uint8Array): boolean {
  if (publicKey.length !== ED25519_KEY_BYTES || signature.length !== ED25519_SIGNATURE_BYTES) return false;
  try {
    return ed25519.verify(signature, message, publicKey, { zip215: false });
  } catch {
    return false;
  }
}
