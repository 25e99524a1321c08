import { sm2 } from 'sm-crypto-v2';
import { bytesToHex } from '../bytes';
import { DomainError } from '../errors';
import { decodeSignature } from './p256';
import { type Curve, pointOfSpki, spkiOf } from './spki-point';

/** The SM2 curve (GM/T 0003.5, GB/T 32918.5); keys as GM/T 0010 writes them, with the curve 1.2.156.10197.1.301. */
export const SM2: Curve = {
  name: 'SM2',
  p: 0xfffffffeffffffffffffffffffffffffffffffff00000000ffffffffffffffffn,
  b: 0x28e9fa9e9d9f5e344d5a9e4bcf6509a7f39789f515ab8f92ddbcbd414d940e93n,
  n: 0xfffffffeffffffffffffffffffffffff7203df6b21c6052b53bbf40939d54123n,
  spkiPrefix: '3059301306072a8648ce3d020106082a811ccf5501822d034200',
};

/** The signer's user id that enters Z when nothing else is agreed (GM/T 0009, section 10). */
export const SM2_USER_ID = '1234567812345678';

/** An SM2 key as it is on the wire, decoded. Throws as {@link spkiOf} does. */
export function sm2SpkiOf(publicKey: string): Uint8Array {
  return spkiOf(SM2, publicKey);
}

/**
 * Accepts an SM2 signature (SM3, user id {@link SM2_USER_ID}) over `message`: 64 bytes r ‖ s, DER never.
 *
 * There is no low-S rule here, because SM2 has no such twin: verification wants r = e + x(sG + (r + s)P). Negating the
 * point takes −s and −(r + s), hence −r, while the right side stays r; so (n − r, n − s) fails, and (r, n − s) and
 * (n − r, s) give another point.
 * @param publicKey SPKI DER in base64url; `signature` base64url.
 * @throws DomainError `signature-malformed` or `signature-invalid`.
 */
export function assertSm2Signature(publicKey: string, message: Uint8Array, signature: string): void {
  const spki = sm2SpkiOf(publicKey);
  const bytes = decodeSignature(SM2, signature);
  if (!verifySm2(spki, message, bytes, SM2_USER_ID)) {
    throw DomainError.of('signature-invalid', 'the SM2 signature is not one of this key over these bytes');
  }
}

/**
 * SM2 verification (GM/T 0003.2, section 7) under a user id.
 * @returns false for everything that is not a valid signature; never throws.
 */
export function verifySm2(keySpki: Uint8Array, message: Uint8Array, signature64: Uint8Array, userId: string): boolean {
  const point = pointOfSpki(SM2, keySpki);
  const signatureHex = bytesToHex(signature64);
  // The library reads whatever it is given as r ‖ s: exactly 128 digits, or it is not asked.
  if (point === undefined || signatureHex.length !== 128) return false;
  try {
    return sm2.doVerifySignature(message, signatureHex, bytesToHex(point), { hash: true, der: false, userId });
  } catch {
    return false;
  }
}
