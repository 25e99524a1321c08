import { createHash } from 'node:crypto';
import { type LoggedBlock, MAX_BLOCK_BYTES } from './block-log';
import type { WindowReader } from './window-reader';

/**
 * A block as it lies in a segment: magic 4, length of the content 4, number 8, hash 32, previous hash 32, the content, SHA-256 over
 * all of that 32; numbers big-endian.
 */
export interface BlockFrame {
  readonly block: LoggedBlock;
  /** The frame as it lies in the file. */
  readonly raw: Buffer;
}

/** What stands at an offset: a frame, the end of the file, or neither (a torn write or damage). */
export type FrameAt = { readonly kind: 'frame'; readonly frame: BlockFrame } | { readonly kind: 'end' } | { readonly kind: 'broken'; readonly problem: string };

const MAGIC = 0x4b424c4b;
const HEADER_BYTES = 80;
const CHECKSUM_BYTES = 32;

/** Bytes of a frame around its content. */
export const FRAME_OVERHEAD_BYTES = HEADER_BYTES + CHECKSUM_BYTES;

/** The frame of a block. */
export function encodeFrame(block: LoggedBlock): Buffer {
  const raw = Buffer.alloc(FRAME_OVERHEAD_BYTES + block.bytes.length);
  raw.writeUInt32BE(MAGIC, 0);
  raw.writeUInt32BE(block.bytes.length, 4);
  raw.writeBigUInt64BE(BigInt(block.number), 8);
  raw.write(block.hash, 16, 'hex');
  raw.write(block.previousHash, 48, 'hex');
  raw.set(block.bytes, HEADER_BYTES);
  checksum(raw).copy(raw, raw.length - CHECKSUM_BYTES);
  return raw;
}

/** Reads the frame at an offset and verifies its checksum. */
export async function readFrame(reader: WindowReader, offset: number): Promise<FrameAt> {
  const header = await reader.take(offset, HEADER_BYTES);
  if (header.length === 0) return { kind: 'end' };
  if (header.length < HEADER_BYTES) return broken('an incomplete record');
  if (header.readUInt32BE(0) !== MAGIC) return broken('a record without its mark');
  const length = header.readUInt32BE(4);
  if (length > MAX_BLOCK_BYTES) return broken('a record longer than any');
  const raw = await reader.take(offset, FRAME_OVERHEAD_BYTES + length);
  if (raw.length < FRAME_OVERHEAD_BYTES + length) return broken('an incomplete record');
  if (!checksum(raw).equals(raw.subarray(raw.length - CHECKSUM_BYTES))) return broken('a record whose checksum is wrong');
  return { kind: 'frame', frame: { block: decode(raw), raw } };
}

function decode(raw: Buffer): LoggedBlock {
  return {
    number: Number(raw.readBigUInt64BE(8)),
    hash: raw.toString('hex', 16, 48),
    previousHash: raw.toString('hex', 48, HEADER_BYTES),
    // A view, also of a reader's window: that holds little besides the blocks that are read from it.
    bytes: raw.subarray(HEADER_BYTES, raw.length - CHECKSUM_BYTES),
  };
}

function checksum(raw: Buffer): Buffer {
  return createHash('sha256').update(raw.subarray(0, raw.length - CHECKSUM_BYTES)).digest();
}

function broken(problem: string): FrameAt {
  return { kind: 'broken', problem };
}
