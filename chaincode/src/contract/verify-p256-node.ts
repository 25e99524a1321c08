import { createPublicKey, verify, type KeyObject } from 'node:crypto';
import { P256, SIGNATURE_BYTES } from '../domain/signature/p256';
import { pointOfSpki } from '../domain/signature/spki-point';

/**
 * `VerifyP256` with node:crypto. Equal to `verifyP256WithNoble` on `vectors/p256.json`.
 * @returns false for everything that is not a valid signature, malformed keys and signatures included.
 */
export function verifyP256WithNode(keySpki: Uint8Array, message: Uint8Array, signature64: Uint8Array): boolean {
  return verifyWith(keyOfSpki(keySpki), message, signature64);
}

/** So many keys are kept parsed. */
const MAX_PARSED_KEYS = 1_000;
const parsedKeys = new Map<string, KeyObject | undefined>();

/**
 * A key, parsed: a pure function of its bytes that remembers, as parsing costs more than verifying and the same few keys sign most of what a
 * ledger reads.
 * @returns undefined for what is no key.
 */
export function keyOfSpki(keySpki: Uint8Array): KeyObject | undefined {
  const name = Buffer.from(keySpki.buffer, keySpki.byteOffset, keySpki.byteLength).toString('latin1');
  const known = parsedKeys.get(name);
  if (known !== undefined || parsedKeys.has(name)) return known;
  const key = parsedKey(keySpki);
  if (parsedKeys.size >= MAX_PARSED_KEYS) parsedKeys.clear();
  parsedKeys.set(name, key);
  return key;
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
