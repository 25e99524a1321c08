import { bytesToHex } from '@kesu/chaincode/domain';
import { VerificationFailure } from './failure';
import { MAX_DER_DEPTH } from './limits';

/** Tags that Kesu's structures use. */
export const TAG = { boolean: 0x01, integer: 0x02, bitString: 0x03, octetString: 0x04, null: 0x05, oid: 0x06, utf8String: 0x0c, sequence: 0x30, set: 0x31, utcTime: 0x17, generalizedTime: 0x18, context: 0x80, contextConstructed: 0xa0 } as const;

/** One element: its tag, its content, and the whole of its bytes. */
export interface DerElement {
  readonly tag: number;
  readonly content: Uint8Array;
  readonly whole: Uint8Array;
}

/**
 * The one element that the bytes are: DER, definite lengths in their shortest form, one-byte tags, nothing behind it. Its nested elements
 * are checked too, so that no byte of a structure can be another and mean the same.
 * @throws VerificationFailure der-malformed.
 */
export function readDer(bytes: Uint8Array): DerElement {
  const element = elementAt(bytes, 0);
  if (element.whole.length !== bytes.length) throw malformed('bytes behind the structure');
  assertNested(element, 0);
  return element;
}

function assertNested(element: DerElement, depth: number): void {
  if (depth > MAX_DER_DEPTH) throw malformed('nested too deep');
  if ((element.tag & 0x20) !== 0) for (const child of childrenOf(element)) assertNested(child, depth + 1);
}

/** The elements inside a constructed one. @throws VerificationFailure der-malformed. */
export function childrenOf({ content }: DerElement): DerElement[] {
  const children: DerElement[] = [];
  for (let at = 0; at < content.length; ) {
    const child = elementAt(content, at);
    children.push(child);
    at += child.whole.length;
  }
  return children;
}

function elementAt(bytes: Uint8Array, at: number): DerElement {
  const tag = bytes[at];
  const first = bytes[at + 1];
  if (tag === undefined || first === undefined || (tag & 0x1f) === 0x1f || first === 0x80) throw malformed('no tag or no length');
  const lengthBytes = first < 0x80 ? 0 : first & 0x7f;
  const length = lengthBytes === 0 ? first : longLength(bytes, at + 2, lengthBytes);
  const start = at + 2 + lengthBytes;
  if (start + length > bytes.length) throw malformed('an element ends behind its structure');
  return { tag, content: bytes.subarray(start, start + length), whole: bytes.subarray(at, start + length) };
}

function longLength(bytes: Uint8Array, at: number, count: number): number {
  const digits = bytes.subarray(at, at + count);
  if (count > 4 || digits.length !== count || digits[0] === 0) throw malformed('a length is not in its shortest form');
  const length = digits.reduce((sum, byte) => sum * 256 + byte, 0);
  if (length < 0x80) throw malformed('a length is not in its shortest form');
  return length;
}

/** Walks through the elements of a structure, one after the other. */
export class DerReader {
  readonly #elements: readonly DerElement[];
  #at = 0;

  constructor(element: DerElement, tag: number = TAG.sequence) {
    if (element.tag !== tag) throw malformed(`tag ${element.tag.toString(16)} where ${tag.toString(16)} is due`);
    this.#elements = childrenOf(element);
  }

  /** The next element, which must have the tag. */
  next(tag: number): DerElement {
    const element = this.#elements[this.#at++];
    if (element?.tag !== tag) throw malformed(`no element ${tag.toString(16)}`);
    return element;
  }

  /** The next element if it has the tag. */
  optional(tag: number): DerElement | undefined {
    const element = this.#elements[this.#at];
    if (element?.tag !== tag) return undefined;
    this.#at++;
    return element;
  }

  /** The next element of any tag. */
  any(): DerElement {
    const element = this.#elements[this.#at++];
    if (element === undefined) throw malformed('an element is missing');
    return element;
  }

  /** All that is left. */
  rest(): readonly DerElement[] {
    const rest = this.#elements.slice(this.#at);
    this.#at = this.#elements.length;
    return rest;
  }

  /** Nothing may be left. */
  end(): void {
    if (this.#at !== this.#elements.length) throw malformed('an element too many');
  }
}

/** An object identifier in dotted form. */
export function oidOf({ tag, content }: DerElement): string {
  if (tag !== TAG.oid || content.length === 0 || content.length > 32) throw malformed('no object identifier');
  const arcs: number[] = [];
  let value = 0;
  content.forEach((byte, at) => {
    if (value === 0 && byte === 0x80) throw malformed('an object identifier is not in its shortest form');
    value = value * 128 + (byte & 0x7f);
    if (byte >= 0x80) {
      if (at === content.length - 1 || value > 2 ** 40) throw malformed('an object identifier is cut off');
      return;
    }
    arcs.push(value);
    value = 0;
  });
  const [first = 0, ...others] = arcs;
  const root = Math.min(2, Math.floor(first / 40));
  return [root, first - root * 40, ...others].join('.');
}

/** A non-negative integer's bytes without a sign byte. */
export function unsignedOf({ tag, content }: DerElement): Uint8Array {
  const [first, second] = content;
  if (tag !== TAG.integer || first === undefined || first >= 0x80 || (first === 0 && content.length > 1 && (second ?? 0) < 0x80)) throw malformed('no non-negative integer in its shortest form');
  return first === 0 && content.length > 1 ? content.subarray(1) : content;
}

/** A small integer. */
export function smallIntegerOf(element: DerElement): number {
  const bytes = unsignedOf(element);
  if (bytes.length > 6) throw malformed('an integer is too large');
  return bytes.reduce((sum, byte) => sum * 256 + byte, 0);
}

/** The bytes of a bit string without unused bits. */
export function bitStringOf({ tag, content }: DerElement): Uint8Array {
  if (tag !== TAG.bitString || content[0] !== 0) throw malformed('no bit string of whole bytes');
  return content.subarray(1);
}

const UTC = /^(\d{2})(\d{2})(\d{2})(\d{2})(\d{2})(\d{2})Z$/;
const GENERALIZED = /^(\d{4})(\d{2})(\d{2})(\d{2})(\d{2})(\d{2})(?:\.(\d{0,2}[1-9]))?Z$/;

/** A time as RFC 3339 in UTC with milliseconds. */
export function instantOfDer({ tag, content }: DerElement): string {
  const text = content.length > 24 ? '' : String.fromCharCode(...content);
  if (tag === TAG.utcTime) return rfc3339(UTC.exec(text), Number(text.slice(0, 2)) < 50 ? '20' : '19');
  if (tag === TAG.generalizedTime) return rfc3339(GENERALIZED.exec(text), '');
  throw malformed('no time');
}

function rfc3339(match: RegExpExecArray | null, century: string): string {
  if (match === null) throw malformed('no time');
  const [, year = '', month = '', day = '', hour = '', minute = '', second = '', fraction = ''] = match;
  return `${century}${year}-${month}-${day}T${hour}:${minute}:${second}.${fraction.padEnd(3, '0')}Z`;
}

/** The order of a DER SET OF: by the bytes of its elements. */
export function isSorted(elements: readonly DerElement[]): boolean {
  return elements.every((element, at) => at === 0 || bytesToHex(elements[at - 1]?.whole ?? element.whole) < bytesToHex(element.whole));
}

function malformed(detail: string): VerificationFailure {
  return new VerificationFailure('der-malformed', detail);
}
