import { fromBase64url } from '../bytes';
import { DomainError } from '../errors';
import { type Curve, spkiOf, toBigint, toBytes32 } from './spki-point';

/** NIST P-256 (FIPS 186-5, SEC 2 secp256r1); keys as RFC 5480 writes them. */
export const P256: Curve = {
  name: 'P-256',
  p: 0xffffffff00000001000000000000000000000000ffffffffffffffffffffffffn,
  b: 0x5ac635d8aa3a93e7b3ebbd55769886bc651d06b0cc53b0f63bce3c3e27d2604bn,
  n: 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n,
  spkiPrefix: '3059301306072a8648ce3d020106082a8648ce3d030107034200',
};

/** Length of a signature, r ‖ s, in bytes: on both curves. */
export const SIGNATURE_BYTES = 64;

/**
 * ECDSA with SHA-256 over P-256, passed in (architecture.md, Inside chaincode): node:crypto in the contract,
 * noble-curves in a browser. Never throws; low S is not its concern.
 * @param keySpki SPKI DER of the key.
 * @param message what was signed, not hashed.
 * @param signature64 r ‖ s in 64 bytes.
 */
export type VerifyP256 = (keySpki: Uint8Array, message: Uint8Array, signature64: Uint8Array) => boolean;

/** A P-256 key as it is on the wire, decoded. Throws as {@link spkiOf} does. */
export function p256SpkiOf(publicKey: string): Uint8Array {
  return spkiOf(P256, publicKey);
}

/**
 * Accepts a P-256 signature over `message` in its only form: 64 bytes r ‖ s, low S (architecture.md, rule 12).
 * @param publicKey SPKI DER in base64url; `signature` base64url.
 * @throws DomainError `signature-malformed`, `signature-not-low-s` or `signature-invalid`.
 */
export function assertP256Signature(publicKey: string, message: Uint8Array, signature: string, verifyP256: VerifyP256): void {
  const spki = p256SpkiOf(publicKey);
  const bytes = decodeSignature(P256, signature);
  const s = toBigint(bytes.subarray(SIGNATURE_BYTES / 2));
  if (s > P256.n / 2n) throw DomainError.of('signature-not-low-s', 's is above n/2: the signature has a twin');
  if (!verifyP256(spki, message, bytes)) throw DomainError.of('signature-invalid', 'the P-256 signature is not one of this key over these bytes');
}

/**
 * r ‖ s of a signature on the wire.
 * @throws DomainError `signature-malformed` unless it is the base64url of exactly 64 bytes with 1 ≤ r, s < n.
 */
export function decodeSignature(curve: Curve, signature: string): Uint8Array {
  const bytes = fromBase64url(signature);
  if (bytes === undefined) throw DomainError.of('signature-malformed', 'the signature is not base64url without padding');
  if (bytes.length !== SIGNATURE_BYTES) throw DomainError.of('signature-malformed', `a signature has 64 bytes, not ${bytes.length}`);
  for (const half of [bytes.subarray(0, SIGNATURE_BYTES / 2), bytes.subarray(SIGNATURE_BYTES / 2)]) {
    const value = toBigint(half);
    if (value < 1n || value >= curve.n) throw DomainError.of('signature-malformed', 'r or s is not in 1 … n − 1');
  }
  return bytes;
}

/**
 * The signer's side: brings a P-256 signature to 64 bytes r ‖ s with low S, as half of all devices don't.
 * @param signature r ‖ s when it has 64 bytes, else DER (RFC 3279, strict). A DER signature of 64 bytes needs r and s
 *   to be 48 bits short together; taken as r ‖ s it is refused at verification, and signing again helps.
 * @throws DomainError `signature-malformed`.
 */
export function toLowS64(signature: Uint8Array): Uint8Array {
  const [r, s] = signature.length === SIGNATURE_BYTES ? [toBigint(signature.subarray(0, 32)), toBigint(signature.subarray(32))] : decodeDerSignature(signature);
  if (r < 1n || r >= P256.n || s < 1n || s >= P256.n) throw DomainError.of('signature-malformed', 'r or s is not in 1 … n − 1');
  const low = new Uint8Array(SIGNATURE_BYTES);
  low.set(toBytes32(r));
  low.set(toBytes32(s > P256.n / 2n ? P256.n - s : s), SIGNATURE_BYTES / 2);
  return low;
}

/** ECDSA-Sig-Value: SEQUENCE of two positive INTEGERs of at most 33 bytes, shortest form, nothing behind them. */
function decodeDerSignature(der: Uint8Array): readonly [bigint, bigint] {
  if (der.length < 8 || der.length > 72 || der[0] !== 0x30 || der[1] !== der.length - 2) throw notDer();
  const r = decodeDerInteger(der, 2);
  const s = decodeDerInteger(der, r.end);
  if (s.end !== der.length) throw notDer();
  return [r.value, s.value];
}

function decodeDerInteger(der: Uint8Array, at: number): { readonly value: bigint; readonly end: number } {
  const length = der[at + 1] ?? 0;
  const body = der.subarray(at + 2, at + 2 + length);
  if (der[at] !== 2 || length < 1 || length > 33 || body.length !== length || !isShortestPositive(body)) throw notDer();
  return { value: toBigint(body), end: at + 2 + length };
}

/** Neither negative nor with a zero byte that its sign doesn't need. */
function isShortestPositive(body: Uint8Array): boolean {
  const [first = 0, second = 0] = body;
  return first < 0x80 && (first !== 0 || second >= 0x80);
}

function notDer(): DomainError {
  return DomainError.of('signature-malformed', 'the signature is neither 64 bytes nor DER of two positive integers');
}
