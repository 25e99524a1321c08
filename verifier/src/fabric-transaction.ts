import { bytesToHex, concatBytes, epochMillis, instantOf, sha256Hex, type KeyWrite } from '@kesu/chaincode/domain';
import { readIdentity, readSignatureHeader, type SerializedIdentity } from './fabric-block';
import { ensure } from './failure';
import { readProto, type ProtoMessage } from './protobuf';

/** The part of a transaction that every kind has. */
export interface FabricEnvelope {
  readonly payload: Uint8Array;
  readonly signature: Uint8Array;
  /** `common.HeaderType`. */
  readonly type: number;
  readonly channel: string;
  readonly txId: string;
  /** What its creator claims. */
  readonly claimedTime: string;
  readonly channelHeader: Uint8Array;
  readonly signatureHeader: Uint8Array;
  readonly data: Uint8Array;
}

/** One peer's endorsement of a call. */
export interface FabricEndorsement {
  readonly endorser: SerializedIdentity;
  /** What is signed: the proposal's response, the endorser as serialized. */
  readonly signed: Uint8Array;
  readonly signature: Uint8Array;
}

/** A call of a chaincode (`HeaderType.ENDORSER_TRANSACTION`), read: nothing of it is verified yet. */
export interface FabricCall {
  readonly creator: SerializedIdentity;
  /** SHA-256(nonce ‖ creator): what the transaction's id must be. */
  readonly boundId: string;
  /** What the creator asked for: SHA-256 over the headers and the proposal. */
  readonly askedHash: string;
  /** What the endorsers say they were asked for. */
  readonly endorsedHash: string;
  readonly endorsements: readonly FabricEndorsement[];
  /** The chaincode that was called, by the proposal and by the endorsers. */
  readonly chaincodes: readonly string[];
  /** What the call writes, by the chaincode that writes it. */
  readonly writes: ReadonlyMap<string, readonly KeyWrite[]>;
  /** The one event, if the call set any; with the writes `eventsOf` reads its payload. */
  readonly event?: { readonly chaincode: string; readonly txId: string; readonly payload: string };
}

/** `HeaderType.ENDORSER_TRANSACTION`. */
export const CALL_TYPE = 3;

/**
 * The parts of a `common.Envelope`. Without a payload it is none: as a block's data hash is over the bytes of its envelopes one behind the other, a
 * signature alone could else pass for the next one.
 * @throws VerificationFailure annex-block-malformed.
 */
export function envelopeParts(bytes: Uint8Array): { readonly payload: Uint8Array; readonly signature: Uint8Array } {
  const envelope = readProto(bytes, { 1: 'bytes', 2: 'bytes' });
  const [payload, signature] = [envelope.bytes(1), envelope.bytes(2)];
  ensure(payload.length > 0, 'annex-block-malformed', 'an envelope has no payload');
  return { payload, signature };
}

/** The outer part of a transaction (`common.Envelope`). @throws VerificationFailure annex-block-malformed. */
export function readFabricEnvelope(bytes: Uint8Array): FabricEnvelope {
  const { payload, signature } = envelopeParts(bytes);
  const content = readProto(payload, { 1: 'bytes', 2: 'bytes' });
  const header = readProto(content.bytes(1), { 1: 'bytes', 2: 'bytes' });
  const [channelHeader, signatureHeader] = [header.bytes(1), header.bytes(2)];
  const channel = readProto(channelHeader, { 1: 'number', 2: 'number', 3: 'bytes', 4: 'bytes', 5: 'bytes', 6: 'number', 7: 'bytes', 8: 'bytes' });
  return { payload, signature, type: channel.number(1), channel: channel.text(4), txId: channel.text(5), claimedTime: claimedTimeOf(channel), channelHeader, signatureHeader, data: content.bytes(2) };
}

/** The last instant that RFC 3339 has a year for, epoch milliseconds. */
const LAST_MILLIS = epochMillis('9999-12-31T23:59:59.999Z');

function claimedTimeOf(channel: ProtoMessage): string {
  const timestamp = readProto(channel.bytes(3), { 1: 'number', 2: 'number' });
  const millis = timestamp.number(1) * 1000 + Math.floor(timestamp.number(2) / 1_000_000);
  ensure(millis <= LAST_MILLIS, 'annex-block-malformed', 'a transaction claims no time');
  return instantOf(millis);
}

/** The inner part of a call. @throws VerificationFailure annex-block-malformed. */
export function readFabricCall({ data, channelHeader, signatureHeader }: FabricEnvelope): FabricCall {
  const actions = readProto(data, { 1: 'list' }).list(1);
  const action = readProto(actions[0] ?? new Uint8Array(), { 1: 'bytes', 2: 'bytes' });
  ensure(actions.length === 1 && bytesToHex(action.bytes(1)) === bytesToHex(signatureHeader), 'annex-block-malformed', 'a call has one action, under the header of its transaction');
  const payload = readProto(action.bytes(2), { 1: 'bytes', 2: 'bytes' });
  const proposal = payload.bytes(1);
  const endorsed = readProto(payload.bytes(2), { 1: 'bytes', 2: 'list' });
  const response = endorsed.bytes(1);
  const { creator, nonce } = readSignatureHeader(signatureHeader);
  const { endorsedHash, chaincode, writes, event } = readResponse(response);
  return {
    creator: readIdentity(creator),
    boundId: sha256Hex(concatBytes(nonce, creator)),
    askedHash: sha256Hex(concatBytes(channelHeader, signatureHeader, proposal)),
    endorsedHash,
    endorsements: endorsed.list(2).map((bytes) => readEndorsement(bytes, response)),
    chaincodes: [calledIn(proposal), chaincode],
    writes,
    ...(event === undefined ? {} : { event }),
  };
}

function readEndorsement(bytes: Uint8Array, response: Uint8Array): FabricEndorsement {
  const endorsement = readProto(bytes, { 1: 'bytes', 2: 'bytes' });
  const endorser = endorsement.bytes(1);
  return { endorser: readIdentity(endorser), signed: concatBytes(response, endorser), signature: endorsement.bytes(2) };
}

/** `peer.ChaincodeID`: the name of a chaincode. */
function nameIn(bytes: Uint8Array): string {
  return readProto(bytes, { 1: 'bytes', 2: 'bytes', 3: 'bytes' }).text(2);
}

function calledIn(proposal: Uint8Array): string {
  const invocation = readProto(readProto(proposal, { 1: 'bytes' }).bytes(1), { 1: 'bytes' });
  return nameIn(readProto(invocation.bytes(1), { 1: 'number', 2: 'bytes', 3: 'bytes', 4: 'number' }).bytes(2));
}

/** What endorsers sign (`peer.ProposalResponsePayload` with a `peer.ChaincodeAction`). */
function readResponse(bytes: Uint8Array): Pick<FabricCall, 'endorsedHash' | 'event' | 'writes'> & { readonly chaincode: string } {
  const response = readProto(bytes, { 1: 'bytes', 2: 'bytes' });
  const action = readProto(response.bytes(2), { 1: 'bytes', 2: 'bytes', 3: 'bytes', 4: 'bytes' });
  const event = readProto(action.bytes(2), { 1: 'bytes', 2: 'bytes', 3: 'bytes', 4: 'bytes' });
  return {
    endorsedHash: bytesToHex(response.bytes(1)),
    chaincode: nameIn(action.bytes(4)),
    writes: readWrites(action.bytes(1)),
    ...(event.whole.length === 0 ? {} : { event: { chaincode: event.text(1), txId: event.text(2), payload: event.text(4) } }),
  };
}

/** The writes of a simulation (`rwset.TxReadWriteSet` with a `kvrwset.KVRWSet` for each chaincode). */
function readWrites(bytes: Uint8Array): ReadonlyMap<string, readonly KeyWrite[]> {
  const sets = readProto(bytes, { 1: 'number', 2: 'list' }).list(2).map((set) => readProto(set, { 1: 'bytes', 2: 'bytes', 3: 'list' }));
  const writes = new Map(sets.map((set) => [set.text(1), readProto(set.bytes(2), { 1: 'list', 2: 'list', 3: 'list', 4: 'list' }).list(3).map(readWrite)]));
  ensure(writes.size === sets.length, 'annex-block-malformed', 'a simulation has two sets of writes of one chaincode');
  return writes;
}

function readWrite(bytes: Uint8Array): KeyWrite {
  const write = readProto(bytes, { 1: 'bytes', 2: 'number', 3: 'bytes' });
  return write.number(2) === 0 ? { key: write.text(1), value: write.text(3) } : { key: write.text(1) };
}
