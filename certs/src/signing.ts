import { createPrivateKey, createPublicKey, generateKeyPairSync, KeyObject, sign, verify, X509Certificate } from 'node:crypto';
import { derElementAt, wholeDerElement } from './der';
import type { SignMessage } from './identity';

const ORDER = 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n;
const INTEGER = 0x02;
const SEQUENCE = 0x30;

/** A fresh P-256 key pair: private key as PKCS#8 PEM, public key as SPKI PEM. */
export interface KeyPair {
  readonly privateKey: string;
  readonly publicKey: string;
}

/** Makes a P-256 key pair from the system's randomness. */
export function createKeyPair(): KeyPair {
  return generateKeyPairSync('ec', {
    namedCurve: 'P-256',
    privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
    publicKeyEncoding: { type: 'spki', format: 'pem' },
  });
}

/**
 * A signer over a private key held in memory: DER ECDSA over SHA-256, low S, as Fabric's peers demand.
 * @param privateKeyPem PKCS#8 or SEC1 PEM of a P-256 key.
 * @throws TypeError when it is no such key; the text never holds any of it.
 */
export function createSigner(privateKeyPem: string): SignMessage {
  const key = p256PrivateKey(privateKeyPem);
  return async (message) => {
    const raw = sign('sha256', message, { key, dsaEncoding: 'ieee-p1363' });
    return encodeSignature(integer(raw.subarray(0, 32)), integer(raw.subarray(32)));
  };
}

/**
 * Whether `der` is the one accepted encoding of a signature of `message` by the key: strict DER, 1 ≤ r < n, 1 ≤ s ≤ n/2.
 * A second encoding of a signature must not pass, or one statement would have two identities.
 * @param signer a certificate (PEM), or a public key.
 * @throws TypeError when `signer` is no P-256 key or certificate; a wrong signature is `false`.
 */
export function verifySignedMessage(signer: string | KeyObject, message: Uint8Array, der: Uint8Array): boolean {
  const key = p256PublicKey(signer);
  const raw = decodeSignature(der);
  return raw !== undefined && verify('sha256', message, { key, dsaEncoding: 'ieee-p1363' }, raw);
}

/**
 * The same signature with the lower of its two S values, in strict DER.
 * @returns undefined when `der` is no strict DER signature of P-256.
 */
export function normaliseSignature(der: Uint8Array): Uint8Array | undefined {
  const values = signatureValues(der);
  return values === undefined ? undefined : encodeSignature(values.r, values.s);
}

/** Whether `der` is a strict DER signature of P-256 whose S is the lower of its two values. */
export function isLowS(der: Uint8Array): boolean {
  return decodeSignature(der) !== undefined;
}

/** Whether a private key (PEM) belongs to the key of a certificate (PEM). False for anything that can't be read. */
export function isKeyOfCertificate(privateKeyPem: string, certificatePem: string): boolean {
  try {
    return new X509Certificate(certificatePem).checkPrivateKey(createPrivateKey(privateKeyPem));
  } catch {
    return false;
  }
}

function p256PrivateKey(pem: string): KeyObject {
  let key: KeyObject;
  try {
    key = createPrivateKey(pem);
  } catch {
    throw new TypeError('The private key is not a readable, unencrypted PEM key.');
  }
  return requireP256(key);
}

function p256PublicKey(signer: string | KeyObject): KeyObject {
  if (typeof signer !== 'string') return requireP256(signer.type === 'private' ? createPublicKey(signer) : signer);
  let key: KeyObject;
  try {
    key = new X509Certificate(signer).publicKey;
  } catch {
    throw new TypeError('The signer is not a readable PEM certificate.');
  }
  return requireP256(key);
}

function requireP256(key: KeyObject): KeyObject {
  if (!isP256(key)) throw new TypeError('The key is not a P-256 key.');
  return key;
}

/** Whether a key lies on P-256 (secp256r1), the one curve that callers of the ledger sign with. */
export function isP256(key: KeyObject): boolean {
  return key.asymmetricKeyType === 'ec' && key.asymmetricKeyDetails?.namedCurve === 'prime256v1';
}

function decodeSignature(der: Uint8Array): Uint8Array | undefined {
  const values = signatureValues(der);
  if (values === undefined || values.s > ORDER / 2n) return undefined;
  return Buffer.from(hex32(values.r) + hex32(values.s), 'hex');
}

function signatureValues(der: Uint8Array): { r: bigint; s: bigint } | undefined {
  const outer = wholeDerElement(der, SEQUENCE);
  if (outer === undefined) return undefined;
  const first = derElementAt(der, outer.start);
  const second = first === undefined ? undefined : derElementAt(der, first.end);
  if (first?.tag !== INTEGER || second?.tag !== INTEGER || second.end !== der.length) return undefined;
  const r = scalar(der.subarray(first.start, first.end));
  const s = scalar(der.subarray(second.start, second.end));
  return r === undefined || s === undefined ? undefined : { r, s };
}

/** A DER integer in [1, n): minimal, not negative. */
function scalar(content: Uint8Array): bigint | undefined {
  const [first, second] = content;
  if (first === undefined || first >= 128) return undefined;
  if (first === 0 && (second === undefined || second < 128)) return undefined;
  const value = integer(content);
  return value > 0n && value < ORDER ? value : undefined;
}

function encodeSignature(r: bigint, s: bigint): Uint8Array {
  const body = Buffer.concat([encodeInteger(r), encodeInteger(s > ORDER / 2n ? ORDER - s : s)]);
  return Uint8Array.from([SEQUENCE, body.length, ...body]);
}

function encodeInteger(value: bigint): Uint8Array {
  const digits = value.toString(16);
  const even = digits.length % 2 === 0 ? digits : `0${digits}`;
  const content = Buffer.from(/^[89a-f]/.test(even) ? `00${even}` : even, 'hex');
  return Uint8Array.from([INTEGER, content.length, ...content]);
}

function integer(bytes: Uint8Array): bigint {
  return BigInt(`0x${Buffer.from(bytes).toString('hex') || '0'}`);
}

function hex32(value: bigint): string {
  return value.toString(16).padStart(64, '0');
}
