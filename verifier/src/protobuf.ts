import { VerificationFailure } from './failure';

/** What a field of a message is: a number, bytes (a text or a nested message too), or a list of bytes. */
export type ProtoField = 'number' | 'bytes' | 'list';

/** Wire types of protobuf (encoding, "Message structure") that Fabric's blocks use. */
const WIRE = { varint: 0, bytes: 2 } as const;
/** The largest varint that is read is below 2^64: ten digits of seven bits. */
const MAX_VARINT_BYTES = 10;

/** A message, read: a field that is absent is 0, empty or no element, as proto3 says. */
export class ProtoMessage {
  constructor(
    readonly whole: Uint8Array,
    private readonly values: ReadonlyMap<number, readonly (Uint8Array | bigint)[]>,
  ) {}

  /** A number. @throws VerificationFailure annex-block-malformed above 2^53 - 1. */
  number(field: number): number {
    const value = Number(this.values.get(field)?.[0] ?? 0n);
    if (!Number.isSafeInteger(value)) throw malformed('a number is too large');
    return value;
  }

  /** Bytes; empty when there are none. */
  bytes(field: number): Uint8Array {
    return this.list(field)[0] ?? new Uint8Array();
  }

  /** A text. @throws VerificationFailure annex-block-malformed when it is no UTF-8. */
  text(field: number): string {
    return utf8Of(this.bytes(field));
  }

  /** Every element of a list in its order. */
  list(field: number): readonly Uint8Array[] {
    return (this.values.get(field) ?? []).filter((value) => typeof value !== 'bigint');
  }
}

/** @throws VerificationFailure annex-block-malformed. */
export function utf8Of(bytes: Uint8Array): string {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    throw malformed('a text is no UTF-8');
  }
}

/**
 * A message of protobuf's wire format (proto3), strictly: fields that are known, in ascending order and but for lists once, numbers in their shortest form,
 * nothing that ends behind the message. A writer may leave a default out or write it; nothing else can be another and mean the same.
 * @param fields by number.
 * @throws VerificationFailure annex-block-malformed.
 */
export function readProto(bytes: Uint8Array, fields: Readonly<Record<number, ProtoField>>): ProtoMessage {
  const values = new Map<number, (Uint8Array | bigint)[]>();
  let last = 0;
  for (let at = 0; at < bytes.length; ) {
    const { number, kind, start } = tagAt(bytes, at, fields);
    if (number < last || (number === last && kind !== 'list')) throw malformed(`the field ${number} is out of its order`);
    last = number;
    const { value, end } = kind === 'number' ? varintAt(bytes, start) : bytesAt(bytes, start);
    const present = values.get(number);
    if (present === undefined) values.set(number, [value]);
    else present.push(value);
    at = end;
  }
  return new ProtoMessage(bytes, values);
}

function tagAt(bytes: Uint8Array, at: number, fields: Readonly<Record<number, ProtoField>>): { readonly number: number; readonly kind: ProtoField; readonly start: number } {
  const { value, end } = varintAt(bytes, at);
  const number = Number(value >> 3n);
  const kind = fields[number];
  if (kind === undefined || Number(value & 7n) !== (kind === 'number' ? WIRE.varint : WIRE.bytes)) throw malformed(`the field ${number} is not known`);
  return { number, kind, start: end };
}

function bytesAt(bytes: Uint8Array, at: number): { readonly value: Uint8Array; readonly end: number } {
  const { value: length, end: start } = varintAt(bytes, at);
  if (length > BigInt(bytes.length - start)) throw malformed('a field ends behind its message');
  const end = start + Number(length);
  return { value: bytes.subarray(start, end), end };
}

function varintAt(bytes: Uint8Array, at: number): { readonly value: bigint; readonly end: number } {
  let value = 0n;
  for (let count = 0; count < MAX_VARINT_BYTES; count++) {
    const digit = bytes[at + count];
    if (digit === undefined) throw malformed('a number is cut off');
    value |= BigInt(digit & 0x7f) << BigInt(7 * count);
    if (digit >= 0x80) continue;
    if ((digit === 0 && count > 0) || value >= 2n ** 64n) throw malformed('a number is not in its shortest form');
    return { value, end: at + count + 1 };
  }
  throw malformed('a number is too long');
}

function malformed(detail: string): VerificationFailure {
  return new VerificationFailure('annex-block-malformed', detail);
}
