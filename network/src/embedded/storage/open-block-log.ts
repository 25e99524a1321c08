import { createHash, type Hash } from 'node:crypto';
import { join } from 'node:path';
import { Anchor } from './anchor';
import { readFrame } from './block-frame';
import { type BlockLog, type BlockLogOptions, NO_BLOCK_HASH, SEGMENT_BYTES } from './block-log';
import { DamagedStoreError, RESTORE_STEP } from './damaged-store-error';
import type { OpenFile } from './file-port';
import { createSegment, listSegments, readSegmentHeader, SEGMENT_HEADER_BYTES, segmentFileName, type SegmentHeader, type SegmentName } from './segment';
import { SegmentedBlockLog } from './segmented-block-log';
import { WindowReader } from './window-reader';

/** The anchor's file in the anchor directory. */
export const BLOCK_ANCHOR_FILE = 'blocks.anchor';

/** The segment that blocks are appended to, as far as it was read. */
export interface OpenSegment {
  readonly name: SegmentName;
  readonly file: OpenFile;
  /** Where the next block begins. */
  readonly end: number;
  /** Where each block begins. */
  readonly offsets: readonly number[];
  /** SHA-256 over the content up to `end`, unfinished. */
  readonly hash: Hash;
  /** How many blocks the log has, and the hash of the last. */
  readonly count: number;
  readonly headHash: string;
}

const FIRST_SEGMENT: SegmentHeader = { index: 0, firstNumber: 0, previousSegmentHash: NO_BLOCK_HASH, previousBlockHash: NO_BLOCK_HASH };

/**
 * Opens a block log, or makes an empty one. Verified are the anchor, the head and the open segment. A torn record past the anchor is
 * cut off; a block past the anchor that verifies is kept, written again (a failed sync may have left it in memory only) and anchored.
 * @throws DamagedStoreError when the store doesn't hold what its anchor names.
 */
export async function openBlockLog(options: BlockLogOptions): Promise<BlockLog> {
  const { files, directory, anchorDirectory } = options;
  await files.makeDirectory(directory);
  await files.makeDirectory(anchorDirectory);
  const anchor = await openAnchor(options);
  try {
    const segments = await listSegments(files, directory);
    refuseGaps(directory, segments);
    const segment = await openLastSegment(options, segments, anchor);
    // A name that a killed process left unsynced must not vanish under what is acknowledged from now on.
    await files.syncDirectory(directory);
    await closingOnFailure(segment.file, adoptUnanchored(segment, anchor));
    return new SegmentedBlockLog(files, directory, options.segmentBytes ?? SEGMENT_BYTES, anchor, segments, segment);
  } catch (error) {
    await anchor.close();
    throw error;
  }
}

async function openAnchor({ files, directory, anchorDirectory }: BlockLogOptions): Promise<Anchor> {
  const path = join(anchorDirectory, BLOCK_ANCHOR_FILE);
  const anchor = await Anchor.open(files, path);
  if (anchor !== undefined) return anchor;
  // The anchor of a new log is made before its first segment: segments without an anchor mean that it was lost.
  if ((await listSegments(files, directory)).length > 0) {
    const problem = `the anchor is missing, so nothing proves that ${directory} holds every acknowledged block`;
    throw new DamagedStoreError({ file: path, offset: 0, problem, nextStep: `put the file back, or ${RESTORE_STEP}` });
  }
  return Anchor.create(files, path);
}

function refuseGaps(directory: string, segments: readonly SegmentName[]): void {
  segments.forEach((segment, place) => {
    if (segment.index === place) return;
    const file = join(directory, `${segmentFileName({ index: place, firstNumber: 0 }).slice(0, 13)}*`);
    throw new DamagedStoreError({ file, offset: 0, problem: `segment ${place} is missing`, nextStep: RESTORE_STEP });
  });
}

/** Opens the last segment; one that a crash left without a header is removed, since none of its blocks was ever written. */
async function openLastSegment(options: BlockLogOptions, segments: SegmentName[], anchor: Anchor): Promise<OpenSegment> {
  const { files, directory } = options;
  for (;;) {
    const name = segments.at(-1);
    if (name === undefined) return startEmpty(options, segments, anchor);
    const path = join(directory, segmentFileName(name));
    const file = await files.open(path, 'update');
    const header = await readSegmentHeader(file, name);
    if (header !== undefined) return closingOnFailure(file, scan(path, file, header, anchor));
    await file.close();
    if (anchor.latest.count > name.firstNumber) throw damaged(path, 0, `the header of the segment with block ${name.firstNumber} is damaged`);
    await files.remove(path);
    await files.syncDirectory(directory);
    segments.pop();
  }
}

async function closingOnFailure<T>(file: OpenFile, work: Promise<T>): Promise<T> {
  try {
    return await work;
  } catch (error) {
    await file.close();
    throw error;
  }
}

async function startEmpty({ files, directory }: BlockLogOptions, segments: SegmentName[], anchor: Anchor): Promise<OpenSegment> {
  if (anchor.latest.count > 0) throw damaged(directory, 0, missing(0, anchor.latest.count));
  const file = await createSegment(files, directory, FIRST_SEGMENT);
  segments.push({ index: 0, firstNumber: 0 });
  return scan(join(directory, segmentFileName(FIRST_SEGMENT)), file, FIRST_SEGMENT, anchor);
}

/** Reads the open segment whole and holds it against the anchor. */
async function scan(path: string, file: OpenFile, header: SegmentHeader, anchor: Anchor): Promise<OpenSegment> {
  const { latest } = anchor;
  const hash = createHash('sha256').update(await file.read(0, SEGMENT_HEADER_BYTES));
  const reader = new WindowReader(file);
  const offsets: number[] = [];
  let count = header.firstNumber;
  let headHash = header.previousBlockHash;
  let end = SEGMENT_HEADER_BYTES;
  refuseOtherChain(path, end, count, headHash, latest);
  for (;;) {
    const at = await readFrame(reader, end);
    const follows = at.kind === 'frame' && at.frame.block.number === count && at.frame.block.previousHash === headHash;
    if (!follows) {
      if (count < latest.count) throw damaged(path, end, at.kind === 'end' ? missing(count, latest.count) : `block ${count} is damaged`);
      return { name: header, file, end, offsets, hash, count, headHash };
    }
    hash.update(at.frame.raw);
    offsets.push(end);
    end += at.frame.raw.length;
    count++;
    headHash = at.frame.block.hash;
    refuseOtherChain(path, end, count, headHash, latest);
  }
}

function refuseOtherChain(path: string, offset: number, count: number, hash: string, anchored: { count: number; hash: string }): void {
  if (count === anchored.count && hash !== anchored.hash) throw damaged(path, offset, `its block ${count - 1} isn't the one that the anchor names`);
}

async function adoptUnanchored({ name, file, end, offsets, count, headHash }: OpenSegment, anchor: Anchor): Promise<void> {
  if ((await file.size()) > end) await file.truncate(end);
  const firstUnanchored = Math.max(0, anchor.latest.count - name.firstNumber);
  // A segment without an anchored block may have an unsynced header too.
  const from = firstUnanchored === 0 ? 0 : (offsets[firstUnanchored] ?? end);
  if (end > from) await file.write(from, await file.read(from, end - from));
  await file.sync();
  if (count > anchor.latest.count) await anchor.append({ count, hash: headHash });
}

function missing(from: number, count: number): string {
  return from === count - 1 ? `block ${from} is missing` : `blocks ${from} to ${count - 1} are missing`;
}

function damaged(file: string, offset: number, problem: string): DamagedStoreError {
  return new DamagedStoreError({ file, offset, problem, nextStep: RESTORE_STEP });
}
