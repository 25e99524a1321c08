import { generateKeyPairSync, sign } from 'node:crypto';
import { keyIdOf } from '@kesu/chaincode';
import { canonicalJson, toBase64url, toLowS64, utf8ToBytes } from '@kesu/chaincode/domain';

/** A P-256 key of a test: an enterprise's signing key or a participant's request key. */
export interface TestKey {
  readonly keyId: string;
  /** SPKI DER, base64url. */
  readonly publicKey: string;
  /** 64-byte r‖s with low S, base64url. */
  signBytes(bytes: Uint8Array): string;
  /** Signs the RFC 8785 form of a value. */
  signValue(value: unknown): string;
}

/** A new random key. */
export function aKey(): TestKey {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'prime256v1' });
  const spki = publicKey.export({ format: 'der', type: 'spki' }).toString('base64url');
  const signBytes = (bytes: Uint8Array): string => toBase64url(toLowS64(sign('sha256', bytes, privateKey)));
  return { keyId: keyIdOf(spki), publicKey: spki, signBytes, signValue: (value) => signBytes(utf8ToBytes(canonicalJson(value))) };
}
