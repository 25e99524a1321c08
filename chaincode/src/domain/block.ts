import { z } from 'zod';
import { concatBytes, fromBase64url, sha256Hex, toBase64url, utf8ToBytes, type HashHex } from './bytes';
import { canonicalJson, isCanonicalJson } from './canonical-json';
import { type Instant, instantSchema } from './instant';
import { bytesSchema, digestSchema, signatureSchema } from './primitives';

/**
 * The block of the embedded ledger: what a verifier checks and what the ledger writes (architecture.md, "Inside network/").
 *
 * A block is UTF-8 text of lines parted by one line feed, none behind the last:
 * 1. the header, an RFC 8785 object, see {@link BlockHeader};
 * 2. the operator's signature over the bytes of line 1: 64 bytes r ‖ s, low S, base64url;
 * 3. and on: the block's records, each an RFC 8785 object, see {@link BlockRecord}. A record's index is its line less 3.
 *
 * The block hash is SHA-256 over the bytes of line 1. `dataHash` is SHA-256 over the SHA-256 digests (32 bytes each) of the
 * record lines, one behind the other, so that one record can be shown with the digests of the others.
 */
export const BLOCK_FORMAT = 'kesu-block-1';

/** The form of what a caller signs: see {@link Proposal}. */
export const PROPOSAL_FORMAT = 'kesu-proposal-1';

/** Stands for the hash before block 0: 64 zeros. */
export const NO_PREVIOUS_HASH = '0'.repeat(64);

/** Line 1 of a block. */
export interface BlockHeader {
  readonly format: typeof BLOCK_FORMAT;
  /** Counted from 0; block 0 holds the ledger's first configuration. */
  readonly number: number;
  /** The hash of block `number - 1`; {@link NO_PREVIOUS_HASH} in block 0. */
  readonly previousHash: string;
  /** Over the records: see {@link BLOCK_FORMAT}. */
  readonly dataHash: string;
  /** When the block was cut, by the ledger's clock. */
  readonly time: Instant;
}

/** Why a call counts or doesn't: VALID, or the code of its invalidity, as Fabric names them. */
export const RECORD_VALIDITIES = ['VALID', 'MVCC_READ_CONFLICT', 'PHANTOM_READ_CONFLICT', 'BAD_CREATOR'] as const;

const countSchema = z.int().min(0);
const versionSchema = z.strictObject({ block: countSchema, index: countSchema });

/** The version of a key's value: the position of the call that wrote it. */
export type KeyVersion = z.infer<typeof versionSchema>;

const readSchema = z.strictObject({ key: z.string(), version: versionSchema.exactOptional() });

/** A key that a call read, and the version it saw; no version when the key had no value. */
export type KeyRead = z.infer<typeof readSchema>;

const rangeReadSchema = z.strictObject({ from: z.string(), to: z.string(), count: countSchema, digest: digestSchema });

/**
 * A range that a call read: keys from `from` on, before `to` (`""`: to the end). `digest` is SHA-256 over the RFC 8785 form of the list
 * of its `count` {@link KeyRead}s in the order of keys.
 */
export type RangeRead = z.infer<typeof rangeReadSchema>;

const writeSchema = z.strictObject({ key: z.string(), value: z.string().exactOptional() });

/** A write of a call; no value when it deleted the key. */
export type KeyWrite = z.infer<typeof writeSchema>;

const proposalSchema = z.strictObject({
  format: z.literal(PROPOSAL_FORMAT),
  network: z.string(),
  transaction: z.string(),
  commandDigest: digestSchema,
  nonce: bytesSchema(24, 24),
  txId: digestSchema,
  claimedTime: instantSchema,
});

/**
 * What a caller signs, as RFC 8785 bytes: the network's id, the transaction's name, SHA-256 of the command's UTF-8, 24 random
 * bytes, the transaction's id (which binds the caller's certificate, see {@link transactionIdOf}) and the time that the caller claims.
 */
export type Proposal = z.infer<typeof proposalSchema>;

const callRecordSchema = z.strictObject({
  kind: z.literal('call'),
  txId: digestSchema,
  /** The caller's organisation and certificate (PEM). */
  mspId: z.string(),
  certificate: z.string(),
  /** The signed bytes, a {@link Proposal}, as text; and the caller's signature over them: 64 bytes r ‖ s, low S. */
  proposal: z.string(),
  signature: signatureSchema,
  command: z.string(),
  result: z.string(),
  validity: z.enum(RECORD_VALIDITIES),
  reads: z.array(readSchema),
  ranges: z.array(rangeReadSchema),
  writes: z.array(writeSchema),
  /** The payload of the one event that the call set. */
  events: z.string().exactOptional(),
});

/** One call in its block, valid or not. The writes and events of an invalid one count for nothing. */
export type CallRecord = z.infer<typeof callRecordSchema>;

const organisationSchema = z.strictObject({ roots: z.array(z.string()).min(1).readonly(), revocationList: z.string().exactOptional() });

/** Whom a ledger trusts of an organisation: its root certificates (PEM) and its newest revocation list (PEM). */
export type OrganisationTrust = z.infer<typeof organisationSchema>;

/** The whole configuration in force behind a block: the network's id, who signs blocks, whose certificates count. */
export const configurationSchema = z.strictObject({
  network: z.string().min(1),
  operator: z.strictObject({ mspId: z.string().min(1), certificate: z.string() }),
  organisations: z.record(z.string(), organisationSchema),
});

/** See {@link configurationSchema}. */
export type LedgerConfiguration = z.infer<typeof configurationSchema>;

const configurationRecordSchema = z.strictObject({ kind: z.literal('configuration'), configuration: configurationSchema });

/**
 * A change of the configuration; alone in its block. The block's signature is the operator's consent, by the key in force *before*
 * it; in block 0 by the key that it names.
 */
export type ConfigurationRecord = z.infer<typeof configurationRecordSchema>;

const recordSchema = z.discriminatedUnion('kind', [callRecordSchema, configurationRecordSchema]);

/** A record of a block. */
export type BlockRecord = CallRecord | ConfigurationRecord;

const headerSchema = z.strictObject({
  format: z.literal(BLOCK_FORMAT),
  number: countSchema,
  previousHash: digestSchema,
  dataHash: digestSchema,
  time: instantSchema,
});

/** A block, decoded. `hash` is its hash; `recordLines` its records as text. */
export interface Block {
  readonly header: BlockHeader;
  readonly hash: string;
  readonly headerLine: string;
  readonly signature: string;
  readonly records: readonly BlockRecord[];
  readonly recordLines: readonly string[];
}

/** What is wrong with a block. */
export const BLOCK_FAULTS = ['malformed', 'not-canonical', 'data-hash-mismatch', 'number-mismatch', 'chain-broken', 'signature-invalid', 'configuration-misplaced'] as const;

/** One of {@link BLOCK_FAULTS}. */
export type BlockFault = (typeof BLOCK_FAULTS)[number];

/** A block that is not what it must be. */
export class BlockError extends Error {
  override readonly name = 'BlockError';

  constructor(
    readonly fault: BlockFault,
    detail: string,
  ) {
    super(`${fault}: ${detail}`);
  }
}

/** `dataHash` of a header over the record lines of its block. */
export function blockDataHash(recordLines: readonly string[], hash: HashHex = sha256Hex): string {
  return blockDataHashOfDigests(recordLines.map((line) => hash(line)), hash);
}

/** `dataHash` over the records' digests (lower-case hex): for whoever holds one record and the digests of the others. */
export function blockDataHashOfDigests(digests: readonly string[], hash: HashHex = sha256Hex): string {
  const joined = new Uint8Array(digests.length * 32);
  digests.forEach((digest, index) => {
    for (let i = 0; i < 32; i++) joined[index * 32 + i] = Number.parseInt(digest.slice(i * 2, i * 2 + 2), 16);
  });
  return hash(joined);
}

/** The text of a block: see {@link BLOCK_FORMAT}. `headerLine` is the RFC 8785 form of a {@link BlockHeader}. */
export function encodeBlock(headerLine: string, signature: string, recordLines: readonly string[]): string {
  return [headerLine, signature, ...recordLines].join('\n');
}

/**
 * A block from its text, with the form of each line and the hash over the records checked; neither chain nor signature.
 * @throws BlockError.
 */
export function decodeBlock(text: string, hash: HashHex = sha256Hex): Block {
  const [headerLine = '', signature = '', ...recordLines] = text.split('\n');
  const header = parseLine(headerSchema, headerLine, 'header');
  if (!signatureSchema.safeParse(signature).success) throw new BlockError('malformed', 'the signature is not base64url of 64 bytes');
  if (blockDataHash(recordLines, hash) !== header.dataHash) throw new BlockError('data-hash-mismatch', `the records of block ${header.number} are not those of its header`);
  const records = recordLines.map((line, index) => parseLine(recordSchema, line, `record ${index}`));
  if (records.length !== 1 && records.some((record) => record.kind === 'configuration')) {
    throw new BlockError('configuration-misplaced', 'a configuration shares its block');
  }
  return { header, hash: hash(headerLine), headerLine, signature, records, recordLines };
}

function parseLine<T>(schema: z.ZodType<T>, line: string, name: string): T {
  if (!isCanonicalJson(line)) throw new BlockError('not-canonical', `the ${name} is not in RFC 8785 form`);
  const parsed = schema.safeParse(JSON.parse(line));
  if (!parsed.success) throw new BlockError('malformed', `the ${name}: ${parsed.error.issues[0]?.message ?? 'not as its schema says'}`);
  return parsed.data;
}

/** What a block must follow: the block before it, or nothing for block 0. */
export interface ChainPlace {
  readonly number: number;
  readonly hash: string;
}

/**
 * Checks that a decoded block follows `previous` and is signed by the operator.
 * @param isSignedByOperator whether the 64-byte signature over the message verifies with the operator's key in force before this block.
 * @throws BlockError.
 */
export function assertBlockFollows(block: Block, previous: ChainPlace | undefined, isSignedByOperator: (message: Uint8Array, signature64: Uint8Array) => boolean): void {
  const { number, hash } = previous === undefined ? { number: 0, hash: NO_PREVIOUS_HASH } : { number: previous.number + 1, hash: previous.hash };
  if (block.header.number !== number) throw new BlockError('number-mismatch', `block ${block.header.number} stands where ${number} is due`);
  if (block.header.previousHash !== hash) throw new BlockError('chain-broken', `block ${number} does not follow the block before it`);
  if (number === 0 && block.records[0]?.kind !== 'configuration') throw new BlockError('configuration-misplaced', 'block 0 holds no configuration');
  const signature = fromBase64url(block.signature);
  if (signature === undefined || !isSignedByOperator(utf8ToBytes(block.headerLine), signature)) throw new BlockError('signature-invalid', `the signature of block ${number} is not its operator's`);
}

/**
 * The RFC 8785 form of a call's record, as `canonicalJson` writes it but in one pass: its members stand in their order here, and every
 * string is checked for lone surrogates, which two readers could see as two values.
 * @throws TypeError for an ill-formed string.
 */
export function encodeCallRecord(record: CallRecord): string {
  const { certificate, command, events, kind, mspId, proposal, result, signature, txId, validity } = record;
  const ranges = record.ranges.map(({ count, digest, from, to }) => ({ count, digest, from, to }));
  const reads = record.reads.map(({ key, version }) => ({ key, version: version === undefined ? undefined : { block: version.block, index: version.index } }));
  const writes = record.writes.map(({ key, value }) => ({ key, value }));
  const texts = [certificate, command, events ?? '', mspId, proposal, result, ...reads.map(({ key }) => key), ...writes.flatMap(({ key, value }) => [key, value ?? ''])];
  if (!texts.every((text) => text.isWellFormed())) throw new TypeError('ill-formed string in a call');
  return JSON.stringify({ certificate, command, events, kind, mspId, proposal, ranges, reads, result, signature, txId, validity, writes });
}

/**
 * What a caller claims in a call's record.
 * @throws BlockError when the text is no proposal in RFC 8785 form.
 */
export function decodeProposal(text: string): Proposal {
  return parseLine(proposalSchema, text, 'proposal');
}

/** The bytes that a caller signs, as text: the RFC 8785 form of a proposal. */
export function encodeProposal(proposal: Proposal): string {
  return canonicalJson(proposal);
}

/** A caller as Fabric serializes one (msp.SerializedIdentity): MSP id and certificate (PEM). */
export function serializedIdentity(mspId: string, certificate: string): Uint8Array {
  const fields = [mspId, certificate].map((text) => utf8ToBytes(text));
  const parts = fields.flatMap((bytes, index) => [Uint8Array.from([(index + 1) * 8 + 2, ...varint(bytes.length)]), bytes]);
  return concatBytes(...parts);
}

/** The id of a transaction as Fabric makes it: SHA-256(nonce ‖ serialized caller), lower-case hex. */
export function transactionIdOf(nonce: Uint8Array, creator: Uint8Array, hash: HashHex = sha256Hex): string {
  return hash(concatBytes(nonce, creator));
}

/** Writes a nonce as a proposal holds it. */
export function encodeNonce(nonce: Uint8Array): string {
  return toBase64url(nonce);
}

function varint(value: number): number[] {
  return value < 128 ? [value] : [(value % 128) + 128, ...varint(Math.floor(value / 128))];
}
