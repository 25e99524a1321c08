import { createHash } from 'node:crypto';
import { type Instant, instantOf, NO_PREVIOUS_HASH, resultOf } from '@kesu/chaincode/domain';
import { common, kvrwset, msp, protos, rwset } from 'fabric-protos';
import type { CommittedBlock, LedgerTransaction, Validity, Write } from '../ledger';
import type { Destination } from './proposal';

/** A block as the deliver service sends it. */
export interface RawBlock {
  readonly header: { readonly number: { toString(): string }; readonly previous_hash: Uint8Array; readonly data_hash: Uint8Array };
  readonly data: { readonly data: readonly Uint8Array[] };
  readonly metadata: { readonly metadata: readonly Uint8Array[] };
}

/** The entry of a block's metadata that holds one validation code for each transaction. */
const VALIDATION_CODES = 2;

const NOTHING = new Uint8Array();

const VALIDITY: Readonly<Record<number, Validity>> = {
  [protos.TxValidationCode.VALID]: 'VALID',
  [protos.TxValidationCode.MVCC_READ_CONFLICT]: 'MVCC_READ_CONFLICT',
  [protos.TxValidationCode.PHANTOM_READ_CONFLICT]: 'PHANTOM_READ_CONFLICT',
  [protos.TxValidationCode.DUPLICATE_TXID]: 'DUPLICATE_TXID',
  [protos.TxValidationCode.BAD_CREATOR_SIGNATURE]: 'BAD_CREATOR',
  [protos.TxValidationCode.ENDORSEMENT_POLICY_FAILURE]: 'ENDORSEMENT_POLICY_FAILURE',
};

/**
 * A committed block as the port's stream shows it: the transactions of our chaincode, each with the index it has in the block; those of
 * Fabric itself (configuration, lifecycle) are left out.
 *
 * `time` is the newest claimed time of the block's valid transactions; of all its transactions when none is valid (ADR 21). It follows from
 * the block alone, so that each stream shows the same.
 * @throws Error for a valid transaction of our chaincode that can't be read.
 */
export function decodeBlock(raw: RawBlock, to: Destination): CommittedBlock {
  const codes = raw.metadata.metadata[VALIDATION_CODES] ?? NOTHING;
  const transactions: LedgerTransaction[] = [];
  const times: { readonly claimedTime: Instant; readonly isValid: boolean }[] = [];
  for (const [index, bytes] of raw.data.data.entries()) {
    const validity = VALIDITY[codes[index] ?? protos.TxValidationCode.NOT_VALIDATED] ?? 'OTHER_INVALID';
    const envelope = readEnvelope(bytes, validity);
    if (envelope === undefined) continue;
    times.push({ claimedTime: envelope.claimedTime, isValid: validity === 'VALID' });
    const transaction = readTransaction(envelope, index, validity, to);
    if (transaction !== undefined) transactions.push(transaction);
  }
  const { number, previous_hash: previousHash } = raw.header;
  return {
    block: Number(number.toString()),
    hash: blockHash(raw.header),
    time: newest(times.filter(({ isValid }) => isValid)) ?? newest(times) ?? instantOf(0),
    previousHash: previousHash.length === 0 ? NO_PREVIOUS_HASH : Buffer.from(previousHash).toString('hex'),
    transactions,
  };
}

function newest(times: readonly { readonly claimedTime: Instant }[]): Instant | undefined {
  return times.map(({ claimedTime }) => claimedTime).sort().at(-1);
}

/** A block's hash as Fabric makes it: SHA-256 over {@link blockHeaderBytes}; lower-case hex. */
export function blockHash(header: RawBlock['header']): string {
  return createHash('sha256').update(blockHeaderBytes(header)).digest('hex');
}

/** A header as Fabric hashes and signs it: the ASN.1 DER of number, previous hash and data hash. */
export function blockHeaderBytes({ number, previous_hash: previousHash, data_hash: dataHash }: RawBlock['header']): Uint8Array {
  return derOf(0x30, Buffer.concat([derOf(0x02, derInteger(BigInt(number.toString()))), derOf(0x04, previousHash), derOf(0x04, dataHash)]));
}

/**
 * A block as protobuf (`common.Block`), as Fabric's own programs write one: what a peer delivered is data, and its header and metadata, byte for byte; around them
 * there is one form only.
 */
export function encodeBlock({ header, data, metadata }: RawBlock): Uint8Array {
  const { number, previous_hash: previous, data_hash: dataHash } = header;
  const value = Number(number.toString());
  const block = {
    header: { ...(value === 0 ? {} : { number: value }), ...(previous.length === 0 ? {} : { previous_hash: previous }), data_hash: dataHash },
    data: { data: [...data.data] },
    metadata: { metadata: [...metadata.metadata] },
  };
  return common.Block.encode(block).finish();
}

function derOf(tag: number, content: Uint8Array): Buffer {
  // A header's parts are hashes: no content is longer than one byte of length can say.
  return Buffer.concat([Uint8Array.from([tag, content.length]), content]);
}

function derInteger(value: bigint): Uint8Array {
  const digits = value.toString(16);
  const bytes = Buffer.from(digits.length % 2 === 0 ? digits : `0${digits}`, 'hex');
  return (bytes[0] ?? 0) < 0x80 ? bytes : Buffer.concat([Uint8Array.from([0]), bytes]);
}

/** The outer part of a transaction: every kind has it. */
interface Envelope {
  readonly type: number;
  readonly txId: string;
  readonly claimedTime: Instant;
  readonly creator: Uint8Array;
  readonly data: Uint8Array;
}

/** Undefined for an invalid transaction that can't be read: Fabric keeps even those in the block. */
function readEnvelope(bytes: Uint8Array, validity: Validity): Envelope | undefined {
  return readOr(validity, () => {
    const { header, data } = common.Payload.decode(common.Envelope.decode(bytes).payload);
    const { type, tx_id: txId, timestamp } = common.ChannelHeader.decode(header?.channel_header ?? NOTHING);
    const { creator } = common.SignatureHeader.decode(header?.signature_header ?? NOTHING);
    return { type, txId, claimedTime: instantOf(millisOf(timestamp)), creator, data };
  });
}

function millisOf(timestamp: { readonly seconds?: unknown; readonly nanos?: number | null } | null | undefined): number {
  return Number(timestamp?.seconds ?? 0) * 1000 + Math.floor((timestamp?.nanos ?? 0) / 1_000_000);
}

function readTransaction(envelope: Envelope, index: number, validity: Validity, to: Destination): LedgerTransaction | undefined {
  if (envelope.type !== common.HeaderType.ENDORSER_TRANSACTION) return undefined;
  return readOr(validity, () => {
    const [first] = protos.Transaction.decode(envelope.data).actions;
    const { chaincode_proposal_payload: proposal, action } = protos.ChaincodeActionPayload.decode(first?.payload ?? NOTHING);
    const called = readCalled(proposal, to);
    if (called === undefined) return undefined;
    const { mspid: mspId, id_bytes: certificate } = msp.SerializedIdentity.decode(envelope.creator);
    const { txId, claimedTime } = envelope;
    return { txId, index, validity, mspId, certificate: textOf(certificate), claimedTime, ...called, ...readEffect(action?.proposal_response_payload ?? NOTHING, to) };
  });
}

/** What was called of our chaincode, as one name and one command; undefined for another chaincode's. */
function readCalled(proposal: Uint8Array, to: Destination): Pick<LedgerTransaction, 'transaction' | 'command'> | undefined {
  const spec = protos.ChaincodeInvocationSpec.decode(protos.ChaincodeProposalPayload.decode(proposal).input).chaincode_spec;
  const [transaction, command, more] = spec?.input?.args ?? [];
  if (spec?.chaincode_id?.name !== to.chaincode || transaction === undefined || command === undefined || more !== undefined) return undefined;
  return { transaction: textOf(transaction), command: textOf(command) };
}

function textOf(bytes: Uint8Array | null | undefined): string {
  return Buffer.from(bytes ?? NOTHING).toString('utf8');
}

/** What a transaction answers, writes and tells, from what its endorsers signed. */
export function readEffect(response: Uint8Array, to: Destination): Pick<LedgerTransaction, 'result' | 'writes' | 'events'> {
  const effect = protos.ChaincodeAction.decode(protos.ProposalResponsePayload.decode(response).extension);
  const event = protos.ChaincodeEvent.decode(effect.events);
  const writes = readWrites(effect.results, to);
  return {
    result: resultOf({ result: textOf(effect.response?.payload), writes }),
    writes,
    ...(event.event_name === '' ? {} : { events: textOf(event.payload) }),
  };
}

function readWrites(results: Uint8Array, to: Destination): Write[] {
  const ours = rwset.TxReadWriteSet.decode(results).ns_rwset.filter(({ namespace }) => namespace === to.chaincode);
  return ours.flatMap(({ rwset: bytes }) =>
    kvrwset.KVRWSet.decode(bytes ?? NOTHING).writes.map(({ key, is_delete: isDeleted, value }) =>
      isDeleted === true ? { key: key ?? '' } : { key: key ?? '', value: textOf(value) },
    ),
  );
}

function readOr<T>(validity: Validity, read: () => T): T | undefined {
  try {
    return read();
  } catch (error) {
    if (validity === 'VALID') throw error;
    return undefined;
  }
}
