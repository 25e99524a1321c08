import { sha256 } from '@noble/hashes/sha2.js';
import { bytesToHex, hexToBytes, utf8ToBytes } from '@noble/hashes/utils.js';
import { canonicalJson } from './canonical-json';

export { bytesToHex, hexToBytes, utf8ToBytes, sha256 };

const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
const NO_DIGIT = -1;
/** The value of each ASCII character as a digit. */
const VALUE_OF = Int8Array.from({ length: 128 }, (_, code) => ALPHABET.indexOf(String.fromCharCode(code)));

/** base64url without padding (RFC 4648 section 5). Written out because domain code also runs where there is no Buffer. */
export function toBase64url(bytes: Uint8Array): string {
  let text = '';
  let held = 0;
  let bits = 0;
  for (const byte of bytes) {
    held = ((held & 0x3f) << 8) | byte;
    for (bits += 8; bits >= 6; ) text += ALPHABET.charAt((held >> (bits -= 6)) & 63);
  }
  return bits === 0 ? text : text + ALPHABET.charAt((held << (6 - bits)) & 63);
}

/**
 * The bytes of a base64url text without padding.
 * @returns undefined for any text that is not the one encoding of its bytes: padding, other alphabets and spare bits are refused.
 */
export function fromBase64url(text: string): Uint8Array | undefined {
  if (text.length % 4 === 1) return undefined;
  const bytes = new Uint8Array(Math.floor((text.length * 3) / 4));
  let bits = 0;
  let held = 0;
  let at = 0;
  for (let place = 0; place < text.length; place++) {
    const value = VALUE_OF[text.charCodeAt(place)] ?? NO_DIGIT;
    if (value === NO_DIGIT) return undefined;
    held = (held << 6) | value;
    bits += 6;
    if (bits >= 8) {
      bits -= 8;
      bytes[at++] = (held >> bits) & 255;
      held &= (1 << bits) - 1;
    }
  }
  return held === 0 ? bytes : undefined;
}

/** Base64 with padding (RFC 4648 section 4), as signed notes and XML have it. */
export function toBase64(bytes: Uint8Array): string {
  const text = toBase64url(bytes).replaceAll('-', '+').replaceAll('_', '/');
  return text.padEnd(Math.ceil(text.length / 4) * 4, '=');
}

/**
 * The bytes of a base64 text with padding.
 * @returns undefined for any text that is not the one encoding of its bytes.
 */
export function fromBase64(text: string): Uint8Array | undefined {
  if (text.length % 4 !== 0 || /[-_]/.test(text)) return undefined;
  const bytes = fromBase64url(text.replace(/={1,2}$/, '').replaceAll('+', '-').replaceAll('/', '_'));
  return bytes !== undefined && toBase64(bytes) === text ? bytes : undefined;
}

/** Byte strings one behind the other. */
export function concatBytes(...parts: readonly Uint8Array[]): Uint8Array {
  const joined = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    joined.set(part, at);
    at += part.length;
  }
  return joined;
}

/** True when two byte strings are equal. Not in constant time: for what is public. */
export function bytesEqual(a: Uint8Array, b: Uint8Array): boolean {
  if (a.length !== b.length) return false;
  for (let index = 0; index < a.length; index++) if (a[index] !== b[index]) return false;
  return true;
}

/** SHA-256 of bytes or of a text's UTF-8 as lower-case hex. A faster one than ours may be passed in. */
export type HashHex = (input: Uint8Array | string) => string;

/** SHA-256 of bytes, or of a text's UTF-8, as lower-case hex. */
export function sha256Hex(input: Uint8Array | string): string {
  return bytesToHex(sha256(typeof input === 'string' ? utf8ToBytes(input) : input));
}

/**
 * SHA-256 over the RFC 8785 form of a value, as lower-case hex.
 * @param hash another implementation of SHA-256.
 */
export function digestOf(value: unknown, hash: HashHex = sha256Hex): string {
  return hash(canonicalJson(value));
}

/**
 * SHA-256(salt ‖ RFC 8785 form of `value`), lower-case hex: a digest that can't be searched by guessing values.
 * @param salt 32 random bytes, kept off the ledger.
 */
export function saltedDigest(salt: Uint8Array, value: unknown): string {
  return saltedBytesDigest(salt, utf8ToBytes(canonicalJson(value)));
}

/** SHA-256(salt ‖ bytes), lower-case hex: of a file, kept off the ledger with its 32-byte salt. */
export function saltedBytesDigest(salt: Uint8Array, bytes: Uint8Array): string {
  if (salt.length !== 32) throw new TypeError(`a salt has 32 bytes, not ${salt.length}`);
  return sha256Hex(concatBytes(salt, bytes));
}
