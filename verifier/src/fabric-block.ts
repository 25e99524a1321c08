import { bytesToHex, concatBytes, fromBase64, sha256Hex } from '@kesu/chaincode/domain';
import { TAG } from './der';
import { ensure } from './failure';
import { readProto, type ProtoMessage } from './protobuf';

/** One orderer's signature of a block. */
export interface BlockSignature {
  readonly signer: SerializedIdentity;
  /** What is signed: the metadata's value, the signature's header, the block's header. */
  readonly signed: Uint8Array;
  readonly signature: Uint8Array;
}

/** An identity as Fabric serializes one (`msp.SerializedIdentity`): its organisation and its certificate in PEM. */
export interface SerializedIdentity {
  readonly mspId: string;
  readonly certificate: string;
}

/** A block of a Fabric network (`common.Block`), read: nothing of it is verified yet. */
export interface FabricBlock {
  readonly number: number;
  /** Lower-case hex; empty in block 0. */
  readonly previousHash: string;
  readonly dataHash: string;
  /** SHA-256 over the header's DER, lower-case hex. */
  readonly hash: string;
  /** The transactions' envelopes. */
  readonly data: readonly Uint8Array[];
  readonly signatures: readonly BlockSignature[];
  /** A validation code for each transaction, as the peer that gave out the block wrote them: nobody signs them. */
  readonly codes: Uint8Array;
}

/** Entries of a block's metadata (`common.BlockMetadataIndex`). */
const METADATA = { signatures: 0, codes: 2, most: 5 } as const;
const HASH_BYTES = 32;

/** A block from `common.Block` in base64. @throws VerificationFailure annex-block-malformed. */
export function readFabricBlock(text: string): FabricBlock {
  const bytes = fromBase64(text);
  ensure(bytes !== undefined, 'annex-block-malformed', 'a block is no base64');
  const block = readProto(bytes, { 1: 'bytes', 2: 'bytes', 3: 'bytes' });
  const header = readProto(block.bytes(1), { 1: 'number', 2: 'bytes', 3: 'bytes' });
  const number = header.number(1);
  const [previous, dataHash] = [header.bytes(2), header.bytes(3)];
  ensure(dataHash.length === HASH_BYTES && previous.length === (number === 0 ? 0 : HASH_BYTES), 'annex-block-malformed', `the header of block ${number} has no hashes of SHA-256`);
  const headerBytes = headerDer(header);
  const metadata = readProto(block.bytes(3), { 1: 'list' }).list(1);
  ensure(metadata.length <= METADATA.most, 'annex-block-malformed', `block ${number} has more metadata than is known`);
  return {
    number,
    previousHash: bytesToHex(previous),
    dataHash: bytesToHex(dataHash),
    hash: sha256Hex(headerBytes),
    data: readProto(block.bytes(2), { 1: 'list' }).list(1),
    signatures: signaturesOf(metadata[METADATA.signatures] ?? new Uint8Array(), headerBytes),
    codes: metadata[METADATA.codes] ?? new Uint8Array(),
  };
}

/** A header as it is hashed and signed: ASN.1 DER of number, previous hash and data hash (Fabric's `protoutil.BlockHeaderBytes`). */
function headerDer(header: ProtoMessage): Uint8Array {
  const content = concatBytes(der(TAG.integer, integerBytes(header.number(1))), der(TAG.octetString, header.bytes(2)), der(TAG.octetString, header.bytes(3)));
  return der(TAG.sequence, content);
}

/** At most a number and two hashes: no length needs a second byte. */
function der(tag: number, content: Uint8Array): Uint8Array {
  return concatBytes(Uint8Array.of(tag, content.length), content);
}

function integerBytes(value: number): Uint8Array {
  const digits: number[] = [];
  for (let left = value; left > 0; left = Math.floor(left / 256)) digits.unshift(left % 256);
  return Uint8Array.from((digits[0] ?? 0x80) >= 0x80 ? [0, ...digits] : digits);
}

function signaturesOf(entry: Uint8Array, headerBytes: Uint8Array): BlockSignature[] {
  const metadata = readProto(entry, { 1: 'bytes', 2: 'list' });
  return metadata.list(2).map((bytes) => {
    const one = readProto(bytes, { 1: 'bytes', 2: 'bytes' });
    const signatureHeader = one.bytes(1);
    return { signer: readIdentity(readSignatureHeader(signatureHeader).creator), signed: concatBytes(metadata.bytes(1), signatureHeader, headerBytes), signature: one.bytes(2) };
  });
}

/** Who signs, as serialized, and the signature's nonce (`common.SignatureHeader`). @throws VerificationFailure annex-block-malformed. */
export function readSignatureHeader(bytes: Uint8Array): { readonly creator: Uint8Array; readonly nonce: Uint8Array } {
  const header = readProto(bytes, { 1: 'bytes', 2: 'bytes' });
  return { creator: header.bytes(1), nonce: header.bytes(2) };
}

/** @throws VerificationFailure annex-block-malformed. */
export function readIdentity(bytes: Uint8Array): SerializedIdentity {
  const identity = readProto(bytes, { 1: 'bytes', 2: 'bytes' });
  return { mspId: identity.text(1), certificate: identity.text(2) };
}
