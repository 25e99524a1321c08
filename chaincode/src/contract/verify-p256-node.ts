import { createPublicKey, verify, type KeyObject } from 'node:crypto';
import { toBase64url } from '../domain/bytes';
import { P256, SIGNATURE_BYTES, type VerifyP256 } from '../domain/signature/p256';
import { pointOfSpki } from '../domain/signature/spki-point';

/**
 * `VerifyP256` with node:crypto. Equal to `verifyP256WithNoble` on `vectors/p256.json`.
 * @returns false for everything that is not a valid signature, malformed keys and signatures included.
 */
export function verifyP256WithNode(keySpki: Uint8Array, message: Uint8Array, signature64: Uint8Array): boolean {
  return verifyWith(parsedKey(keySpki), message, signature64);
}

/**
 * `verifyP256WithNode` that parses each key once as long as it lives: one transaction. Parsing costs more than verifying, and a
 * batch's releases are signed by a few keys.
 */
export function p256Verifier(): VerifyP256 {
  const keys = new Map<string, KeyObject | undefined>();
  return (keySpki, message, signature64) => {
    const name = toBase64url(keySpki);
    if (!keys.has(name)) keys.set(name, parsedKey(keySpki));
    return verifyWith(keys.get(name), message, signature64);
  };
}

function parsedKey(keySpki: Uint8Array): KeyObject | undefined {
  if (pointOfSpki(P256, keySpki) === undefined) return undefined;
  try {
    return createPublicKey({ key: Buffer.from(keySpki), format: 'der', type: 'spki' });
  } catch {
    return undefined;
  }
}

function verifyWith(key: KeyObject | undefined, message: Uint8Array, signature64: Uint8Array): boolean {
  if (key === undefined || signature64.length !== SIGNATURE_BYTES) return false;
  try {
    return verify('sha256', message, { key, dsaEncoding: 'ieee-p1363' }, signature64);
  } catch {
    return false;
  }
}
