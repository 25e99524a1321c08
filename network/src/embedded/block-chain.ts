import { verify, X509Certificate } from 'node:crypto';
import type { Identity } from '@kesu/certs';
import {
  assertBlockFollows,
  type Block,
  BLOCK_FORMAT,
  blockDataHash,
  type BlockHeader,
  canonicalJson,
  type ChainPlace,
  type ConfigurationRecord,
  decodeBlock,
  encodeBlock,
  type Instant,
  type LedgerConfiguration,
  NO_PREVIOUS_HASH,
  toBase64url,
  toLowS64,
} from '@kesu/chaincode/domain';
import type { BlockRecord } from '@kesu/chaincode/domain';
import { hashHex } from './endorsement';
import type { LoggedBlock } from './storage/block-log';

/** A block made here: decoded, and as the log takes it. */
export interface SealedBlock {
  readonly block: Block;
  readonly logged: LoggedBlock;
}

/** Seals records as the block behind `previous`, signed by the operator. */
export async function sealBlock(
  previous: ChainPlace | undefined,
  content: { readonly records: readonly BlockRecord[]; readonly recordLines: readonly string[] },
  time: Instant,
  operator: Identity,
): Promise<SealedBlock> {
  const { records, recordLines } = content;
  const header: BlockHeader = {
    format: BLOCK_FORMAT,
    number: previous === undefined ? 0 : previous.number + 1,
    previousHash: previous?.hash ?? NO_PREVIOUS_HASH,
    dataHash: blockDataHash(recordLines, hashHex),
    time,
  };
  const headerLine = canonicalJson(header);
  const signature = toBase64url(toLowS64(await operator.sign(Buffer.from(headerLine))));
  const hash = hashHex(headerLine);
  const bytes = Buffer.from(encodeBlock(headerLine, signature, recordLines));
  return {
    block: { header, hash, headerLine, signature, records, recordLines },
    logged: { number: header.number, hash, previousHash: header.previousHash, bytes },
  };
}

/** The content of a block that sets the configuration. */
export function configurationContent(configuration: LedgerConfiguration): { records: readonly BlockRecord[]; recordLines: readonly string[] } {
  const record: ConfigurationRecord = { kind: 'configuration', configuration };
  return { records: [record], recordLines: [canonicalJson(record)] };
}

/**
 * A logged block, decoded, with its records' hash checked.
 * @throws BlockError.
 */
export function blockOf(logged: LoggedBlock): Block {
  return decodeBlock(Buffer.from(logged.bytes.buffer, logged.bytes.byteOffset, logged.bytes.byteLength).toString('utf8'), hashHex);
}

/** Follows a chain from block 0 and checks each block's place and signature by the configuration in force before it. */
export class ChainCheck {
  #previous: ChainPlace | undefined;
  #operator: X509Certificate | undefined;

  /** The certificate of who signs the next block; undefined before block 0. */
  get operatorCertificate(): X509Certificate | undefined {
    return this.#operator;
  }

  /** @throws BlockError. */
  accept(block: Block): void {
    const first = block.records[0];
    const named = first?.kind === 'configuration' ? first.configuration.operator.certificate : undefined;
    const operator = this.#operator ?? (named === undefined ? undefined : new X509Certificate(named));
    assertBlockFollows(block, this.#previous, (message, signature64) => operator !== undefined && verify('sha256', message, { key: operator.publicKey, dsaEncoding: 'ieee-p1363' }, signature64));
    this.#previous = { number: block.header.number, hash: block.hash };
    this.#operator = named === undefined ? operator : new X509Certificate(named);
  }
}
