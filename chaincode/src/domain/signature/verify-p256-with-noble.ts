import { p256 } from '@noble/curves/nist.js';
import { P256, SIGNATURE_BYTES } from './p256';
import { pointOfSpki } from './spki-point';

/**
 * {@link VerifyP256} where there is no node:crypto. Equal to the contract's on `vectors/p256.json`.
 * @returns false for everything that is not a valid signature, malformed keys and signatures included.
 */
export function verifyP256WithNoble(keySpki: Uint8Array, message: Uint8Array, signature64: Uint8Array): boolean {
  const point = pointOfSpki(P256, keySpki);
  // noble-curves throws on other lengths, where node:crypto answers false.
  if (point === undefined || signature64.length !== SIGNATURE_BYTES) return false;
  try {
    return p256.verify(signature64, message, point, { lowS: false, prehash: true, format: 'compact' });
  } catch {
    return false;
  }
}
