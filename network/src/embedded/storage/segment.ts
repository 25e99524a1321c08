import { createHash } from 'node:crypto';
import { join } from 'node:path';
import type { FilePort, OpenFile } from './file-port';

/** A segment's place: its number, counted from 0, and the number of its first block; both are in its name and its header. */
export interface SegmentName {
  readonly index: number;
  readonly firstNumber: number;
}

/** What a segment says of what is before it. */
export interface SegmentHeader extends SegmentName {
  /** SHA-256 over the whole content of the segment before, lower-case hex; 64 zeros in segment 0. */
  readonly previousSegmentHash: string;
  /** The hash of the block before the segment's first; 64 zeros in segment 0. */
  readonly previousBlockHash: string;
}

/** Bytes of a header: magic 8, index 8, first block 8, two hashes of 32, SHA-256 over those 32; numbers big-endian. */
export const SEGMENT_HEADER_BYTES = 120;

const MAGIC = Buffer.from('KESUBLK1', 'latin1');
const SIGNED_BYTES = 88;
const NAME = /^blocks-(\d{6})-(\d{12})\.segment$/;

/** `blocks-000003-000000012345.segment` */
export function segmentFileName({ index, firstNumber }: SegmentName): string {
  return `blocks-${String(index).padStart(6, '0')}-${String(firstNumber).padStart(12, '0')}.segment`;
}

/** The segments in a directory, in order. */
export async function listSegments(files: FilePort, directory: string): Promise<SegmentName[]> {
  const segments: SegmentName[] = [];
  for (const name of await files.list(directory)) {
    const [, index, firstNumber] = NAME.exec(name) ?? [];
    if (index !== undefined && firstNumber !== undefined) segments.push({ index: Number(index), firstNumber: Number(firstNumber) });
  }
  return segments;
}

/** The bytes of a header. */
export function encodeSegmentHeader(header: SegmentHeader): Buffer {
  const bytes = Buffer.alloc(SEGMENT_HEADER_BYTES);
  MAGIC.copy(bytes);
  bytes.writeBigUInt64BE(BigInt(header.index), 8);
  bytes.writeBigUInt64BE(BigInt(header.firstNumber), 16);
  bytes.write(header.previousSegmentHash, 24, 'hex');
  bytes.write(header.previousBlockHash, 56, 'hex');
  checksum(bytes).copy(bytes, SIGNED_BYTES);
  return bytes;
}

/** The header of a segment's file; undefined when it is incomplete, damaged or that of another segment. */
export async function readSegmentHeader(file: OpenFile, name: SegmentName): Promise<SegmentHeader | undefined> {
  const bytes = await file.read(0, SEGMENT_HEADER_BYTES);
  if (bytes.length < SEGMENT_HEADER_BYTES || !bytes.subarray(0, 8).equals(MAGIC)) return undefined;
  if (!checksum(bytes).equals(bytes.subarray(SIGNED_BYTES))) return undefined;
  const header = {
    index: Number(bytes.readBigUInt64BE(8)),
    firstNumber: Number(bytes.readBigUInt64BE(16)),
    previousSegmentHash: bytes.toString('hex', 24, 56),
    previousBlockHash: bytes.toString('hex', 56, SIGNED_BYTES),
  };
  return header.index === name.index && header.firstNumber === name.firstNumber ? header : undefined;
}

/** Makes a segment's file with its header, durably, name and all. */
export async function createSegment(files: FilePort, directory: string, header: SegmentHeader): Promise<OpenFile> {
  const file = await files.open(join(directory, segmentFileName(header)), 'create');
  await file.write(0, encodeSegmentHeader(header));
  await file.sync();
  await files.syncDirectory(directory);
  return file;
}

function checksum(bytes: Buffer): Buffer {
  return createHash('sha256').update(bytes.subarray(0, SIGNED_BYTES)).digest();
}
