/**
 * The payloads of the messages by which a peer of Fabric 3.1 and its chaincode read and write many keys at once, written and read by hand:
 * the `@hyperledger/fabric-protos` that fabric-shim 2.5.8 brings doesn't have them. Source: `peer/chaincode_shim.proto` of fabric-protos,
 * messages `ChaincodeAdditionalParams`, `GetStateMultiple`, `GetStateMultipleResult`, `WriteBatchState` and `WriteRecord`.
 */

/** `ChaincodeMessage.Type`: one value for each of these messages. */
export const WRITE_BATCH_STATE = 24;
export const GET_STATE_MULTIPLE = 25;

/** What a peer offers: most keys a message, 0 where it takes one key a message. */
export interface PeerOffer {
  readonly mostReads: number;
  readonly mostWrites: number;
}

/** What a peer offers that says nothing, as one of 2.5 does. */
export const NO_OFFER: PeerOffer = { mostReads: 0, mostWrites: 0 };

/** A write as it stands in a batch: a key's value, or its metadata entry. */
export type WriteRecord = { readonly key: string; readonly value: Uint8Array } | { readonly key: string; readonly metakey: string; readonly metadata: Uint8Array };

/** `WriteRecord.Type`. */
const PUT_STATE = 9;
const PUT_STATE_METADATA = 21;

const VARINT = 0;
const FIXED64 = 1;
const LENGTH_DELIMITED = 2;
const FIXED32 = 5;

/** The offer in the payload of READY, a `ChaincodeAdditionalParams`; none in what is no such message, as Fabric's own shim reads it. */
export function decodeOffer(payload: Uint8Array): PeerOffer {
  const numbers = new Map<number, number>();
  try {
    for (const { number, value } of fieldsOf(payload)) if (typeof value === 'number') numbers.set(number, value);
  } catch {
    return NO_OFFER;
  }
  const most = (use: number, size: number): number => (numbers.get(use) === 1 ? (numbers.get(size) ?? 0) : 0);
  return { mostWrites: most(1, 2), mostReads: most(3, 4) };
}

/** A `GetStateMultiple` of keys of the chaincode's own, public state. */
export function encodeReads(keys: readonly string[]): Buffer {
  return Buffer.concat(keys.flatMap((key) => bytesField(1, Buffer.from(key, 'utf8'))));
}

/**
 * The values in a `GetStateMultipleResult`, empty for a key without one.
 * @param count how many keys were asked for.
 * @throws Error when it holds another number: a peer of 3.1 that fails to read its state answers with none, and absent isn't unread.
 */
export function decodeValues(payload: Uint8Array, count: number): Buffer[] {
  const values = fieldsOf(payload).flatMap(({ number, value }) => (number === 1 && typeof value !== 'number' ? [value] : []));
  if (values.length !== count) throw new Error(`the peer answered ${values.length} values for ${count} keys`);
  return values;
}

/** A `WriteBatchState`, in the order given. */
export function encodeWrites(writes: readonly WriteRecord[]): Buffer {
  return Buffer.concat(writes.flatMap((write) => bytesField(1, Buffer.concat(writeRecord(write)))));
}

function writeRecord(write: WriteRecord): Uint8Array[] {
  const key = bytesField(1, Buffer.from(write.key, 'utf8'));
  if ('value' in write) return [...key, ...bytesField(2, write.value), varintField(5, PUT_STATE)];
  const entry = Buffer.concat([...bytesField(1, Buffer.from(write.metakey, 'utf8')), ...bytesField(2, write.metadata)]);
  return [...key, ...bytesField(4, entry), varintField(5, PUT_STATE_METADATA)];
}

function varintField(number: number, value: number): Buffer {
  return Buffer.from([number * 8 + VARINT, ...varint(value)]);
}

function bytesField(number: number, bytes: Uint8Array): Uint8Array[] {
  return [Buffer.from([number * 8 + LENGTH_DELIMITED, ...varint(bytes.length)]), bytes];
}

function varint(value: number): number[] {
  return value < 128 ? [value] : [(value % 128) + 128, ...varint(Math.floor(value / 128))];
}

/** A field of a message: a varint's number, or bytes. */
interface Field {
  readonly number: number;
  readonly value: number | Buffer;
}

/** All fields; those of a type that these messages don't have are left out. */
function fieldsOf(payload: Uint8Array): Field[] {
  const bytes = Buffer.from(payload.buffer, payload.byteOffset, payload.byteLength);
  const fields: Field[] = [];
  let at = 0;
  const number = (): number => {
    let value = 0;
    for (let shift = 1; ; shift *= 128) {
      const byte = bytes.readUInt8(at++);
      value += (byte % 128) * shift;
      if (byte < 128) return value;
    }
  };
  const skip = (length: number): Buffer => {
    if (at + length > bytes.length) throw new Error('a message of the peer ends within a field');
    at += length;
    return bytes.subarray(at - length, at);
  };
  while (at < bytes.length) {
    const tag = number();
    const type = tag % 8;
    if (type === VARINT) fields.push({ number: Math.floor(tag / 8), value: number() });
    else if (type === LENGTH_DELIMITED) fields.push({ number: Math.floor(tag / 8), value: skip(number()) });
    else if (type === FIXED64 || type === FIXED32) skip(type === FIXED64 ? 8 : 4);
    else throw new Error(`a message of the peer has a field of type ${type}`);
  }
  return fields;
}
