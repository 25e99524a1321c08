import { bytesToHex, fromBase64url, hexToBytes } from '../bytes';
import { DomainError } from '../errors';

/** A short Weierstrass curve with a = −3 over a prime field of 256 bits, and how RFC 5480 writes its keys. */
export interface Curve {
  readonly name: string;
  /** The prime of the field. */
  readonly p: bigint;
  readonly b: bigint;
  /** The order of the base point. */
  readonly n: bigint;
  /** The 26 bytes before the point in SubjectPublicKeyInfo, hex: everything in it is fixed. */
  readonly spkiPrefix: string;
}

const PREFIX_BYTES = 26;
const COORDINATE_BYTES = 32;
/** Length of SubjectPublicKeyInfo with an uncompressed point on a 256-bit curve. */
export const SPKI_BYTES = PREFIX_BYTES + 1 + 2 * COORDINATE_BYTES;
const UNCOMPRESSED = 4;

/**
 * The uncompressed point (65 bytes, `04 ‖ x ‖ y`) of a SubjectPublicKeyInfo in exactly the one DER form that Kesu takes.
 * @returns undefined when length, prefix or point format differ, a coordinate is not below p, or the point is not on
 *   the curve. Decided here, not by a library, so that every verifier gives one answer.
 */
export function pointOfSpki(curve: Curve, spki: Uint8Array): Uint8Array | undefined {
  if (spki.length !== SPKI_BYTES || spki[PREFIX_BYTES] !== UNCOMPRESSED) return undefined;
  if (bytesToHex(spki.subarray(0, PREFIX_BYTES)) !== curve.spkiPrefix) return undefined;
  const point = spki.slice(PREFIX_BYTES);
  const x = toBigint(point.subarray(1, 1 + COORDINATE_BYTES));
  const y = toBigint(point.subarray(1 + COORDINATE_BYTES));
  return isOnCurve(curve, x, y) ? point : undefined;
}

/** So many keys are remembered as good: the same few sign most of what a ledger reads, and the look at the curve costs more than all else of a key. */
const MAX_KNOWN_KEYS = 1_000;
const knownKeys = new Map<string, Uint8Array>();

/**
 * Decodes a key as it is on the wire: a pure function of its text that remembers.
 * @param publicKey SPKI DER in base64url without padding.
 * @throws DomainError `signature-malformed` when it is not a key of this curve in the one form.
 */
export function spkiOf(curve: Curve, publicKey: string): Uint8Array {
  const name = `${curve.name} ${publicKey}`;
  const known = knownKeys.get(name);
  if (known !== undefined) return known.slice();
  const spki = fromBase64url(publicKey);
  if (spki === undefined || pointOfSpki(curve, spki) === undefined) {
    throw DomainError.of('signature-malformed', `the public key is not a ${curve.name} key in SPKI DER with an uncompressed point`);
  }
  if (knownKeys.size >= MAX_KNOWN_KEYS) knownKeys.clear();
  knownKeys.set(name, spki.slice());
  return spki;
}

/** SubjectPublicKeyInfo of an uncompressed point (65 bytes). */
export function spkiOfPoint(curve: Curve, point: Uint8Array): Uint8Array {
  return hexToBytes(curve.spkiPrefix + bytesToHex(point));
}

/** Big-endian bytes as an unsigned integer. */
export function toBigint(bytes: Uint8Array): bigint {
  return BigInt(`0x0${bytesToHex(bytes)}`);
}

/** An unsigned integer below 2^256 as 32 big-endian bytes. */
export function toBytes32(value: bigint): Uint8Array {
  return hexToBytes(value.toString(16).padStart(2 * COORDINATE_BYTES, '0'));
}

function isOnCurve({ p, b }: Curve, x: bigint, y: bigint): boolean {
  if (x >= p || y >= p) return false;
  return (x * x * x - 3n * x + b - y * y) % p === 0n;
}
