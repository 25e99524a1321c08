import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { readFrame } from './block-frame';
import type { LoggedBlock } from './block-log';
import { DamagedStoreError, RESTORE_STEP } from './damaged-store-error';
import type { FilePort, OpenFile } from './file-port';
import { readSegmentHeader, SEGMENT_HEADER_BYTES, segmentFileName, type SegmentHeader, type SegmentName } from './segment';
import { WindowReader } from './window-reader';

/** Which closed segment to read, and the one behind it, whose header holds its hash. */
export interface SegmentToVerify {
  readonly files: FilePort;
  readonly directory: string;
  readonly segment: SegmentName;
  readonly next: SegmentName | undefined;
  readonly signal: AbortSignal;
}

/**
 * Reads a closed segment whole: its header, each record, the chain of blocks, its end, its hash in the next header.
 * @returns what is wrong; undefined when it is right, or when `signal` aborted before the end.
 */
export async function verifySegment({ files, directory, segment, next, signal }: SegmentToVerify): Promise<DamagedStoreError | undefined> {
  const path = join(directory, segmentFileName(segment));
  const following = next === undefined ? undefined : await headerOf(files, join(directory, segmentFileName(next)), next);
  if (!(await files.exists(path))) return damaged(path, 0, 'the segment is missing');
  const file = await files.open(path, 'read');
  try {
    const header = await readSegmentHeader(file, segment);
    if (header === undefined) return damaged(path, 0, "the segment's header is damaged");
    return await verifyRecords(path, file, header, following, signal);
  } finally {
    await file.close();
  }
}

/** A damaged header of the next segment (`following` undefined) is that segment's damage, or was found when it was opened. */
async function verifyRecords(path: string, file: OpenFile, header: SegmentHeader, following: SegmentHeader | undefined, signal: AbortSignal) {
  const hash = createHash('sha256').update(await file.read(0, SEGMENT_HEADER_BYTES));
  const reader = new WindowReader(file);
  let number = header.firstNumber;
  let blockHash = header.previousBlockHash;
  let offset = SEGMENT_HEADER_BYTES;
  for (;;) {
    if (signal.aborted) return undefined;
    const at = await readFrame(reader, offset);
    if (at.kind === 'end') break;
    if (at.kind === 'broken') return damaged(path, offset, `block ${number} is ${at.problem}`);
    const { block, raw } = at.frame;
    if (!follows(block, number, blockHash)) return damaged(path, offset, `block ${number} doesn't follow the one before`);
    hash.update(raw);
    number++;
    blockHash = block.hash;
    offset += raw.length;
  }
  if (following === undefined) return undefined;
  if (number !== following.firstNumber || blockHash !== following.previousBlockHash) return damaged(path, offset, `block ${number} is missing`);
  return hash.digest('hex') === following.previousSegmentHash ? undefined : damaged(path, 0, "its content isn't what the next segment names");
}

function follows(block: LoggedBlock, number: number, previousHash: string): boolean {
  return block.number === number && block.previousHash === previousHash;
}

async function headerOf(files: FilePort, path: string, name: SegmentName): Promise<SegmentHeader | undefined> {
  if (!(await files.exists(path))) return undefined;
  const file = await files.open(path, 'read');
  try {
    return await readSegmentHeader(file, name);
  } finally {
    await file.close();
  }
}

function damaged(file: string, offset: number, problem: string): DamagedStoreError {
  return new DamagedStoreError({ file, offset, problem, nextStep: RESTORE_STEP });
}
