/** Writes DER: only what evidence needs. The verifier reads it with code of its own. */

/** An element of a tag around content. */
export function element(tag: number, ...content: readonly Uint8Array[]): Buffer {
  const body = Buffer.concat(content);
  return Buffer.concat([Buffer.of(tag), lengthOf(body.length), body]);
}

function lengthOf(length: number): Buffer {
  if (length < 0x80) return Buffer.of(length);
  const digits = length.toString(16);
  const bytes = Buffer.from(digits.length % 2 === 0 ? digits : `0${digits}`, 'hex');
  return Buffer.concat([Buffer.of(0x80 + bytes.length), bytes]);
}

export const sequence = (...content: readonly Uint8Array[]): Buffer => element(0x30, ...content);
/** A SET OF: its elements in the order of their bytes. */
export const setOf = (elements: readonly Uint8Array[]): Buffer => element(0x31, ...[...elements].sort((a, b) => Buffer.compare(a, b)));
export const octetString = (bytes: Uint8Array): Buffer => element(0x04, bytes);
/** A bit string of whole bytes. */
export const bitString = (bytes: Uint8Array): Buffer => element(0x03, Buffer.of(0), bytes);
export const nullElement = (): Buffer => element(0x05);
export const booleanTrue = (): Buffer => element(0x01, Buffer.of(0xff));
/** An explicit context tag. */
export const explicit = (number: number, ...content: readonly Uint8Array[]): Buffer => element(0xa0 + number, ...content);

/** A non-negative integer, of a number or of big-endian bytes. */
export function integer(value: number | Uint8Array): Buffer {
  const digits = typeof value === 'number' ? value.toString(16) : Buffer.from(value).toString('hex').replace(/^(?:00)+(?=..)/, '');
  const even = digits.length % 2 === 0 ? digits : `0${digits}`;
  return element(0x02, Buffer.from(/^[89a-f]/.test(even) ? `00${even}` : even, 'hex'));
}

/** An object identifier from its dotted form. */
export function oid(dotted: string): Buffer {
  const [first = 0, second = 0, ...others] = dotted.split('.').map(Number);
  return element(0x06, Buffer.from([first * 40 + second, ...others].flatMap(base128)));
}

function base128(value: number): number[] {
  const digits = [value % 128];
  for (let left = Math.floor(value / 128); left > 0; left = Math.floor(left / 128)) digits.unshift((left % 128) + 128);
  return digits;
}

/** A time as GeneralizedTime, to the second. @param epochMillis milliseconds since 1970. */
export function generalizedTime(epochMillis: number): Buffer {
  return element(0x18, Buffer.from(`${compact(epochMillis)}Z`));
}

/** A time as X.509 and CMS write it: UTCTime until 2049, GeneralizedTime from then on (RFC 5280, 4.1.2.5). */
export function time(epochMillis: number): Buffer {
  return epochMillis < FIRST_GENERALIZED_MILLIS ? element(0x17, Buffer.from(`${compact(epochMillis).slice(2)}Z`)) : generalizedTime(epochMillis);
}

const FIRST_GENERALIZED_MILLIS = Date.UTC(2050, 0, 1);

function compact(epochMillis: number): string {
  return new Date(epochMillis).toISOString().slice(0, 19).replaceAll(/[-T:]/g, '');
}
