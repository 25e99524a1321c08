import { createPublicKey, verify } from 'node:crypto';
import { P256, SIGNATURE_BYTES } from '../domain/signature/p256';
import { pointOfSpki } from '../domain/signature/spki-point';

/**
 * `VerifyP256` with node:crypto. Equal to `verifyP256WithNoble` on `vectors/p256.json`.
 * @returns false for everything that is not a valid signature, malformed keys and signatures included.
 */
export function verifyP256WithNode(keySpki: Uint8Array, message: Uint8Array, signature64: Uint8Array): boolean {
  if (pointOfSpki(P256, keySpki) === undefined || signature64.length !== SIGNATURE_BYTES) return false;
  try {
    const key = createPublicKey({ key: Buffer.from(keySpki), format: 'der', type: 'spki' });
    return verify('sha256', message, { key, dsaEncoding: 'ieee-p1363' }, signature64);
  } catch {
    return false;
  }
}
