import { readFrame } from './block-frame';
import { DamagedStoreError, RESTORE_STEP } from './damaged-store-error';
import type { FilePort, OpenFile } from './file-port';
import { SEGMENT_HEADER_BYTES } from './segment';
import { WindowReader } from './window-reader';

const OFFSET_BYTES = 4;
/** Enough to see a frame's number; a longer frame is read in a second step. */
const PROBE_BYTES = 4 * 1024;

/**
 * Writes where each block of a closed segment begins to the segment's side file: four bytes a block, big-endian. The file is
 * derived and never trusted: a wrong, torn or missing one is found by the block it points to, and made again.
 */
export async function writeOffsets(files: FilePort, segmentPath: string, offsets: readonly number[]): Promise<void> {
  const bytes = Buffer.alloc(offsets.length * OFFSET_BYTES);
  offsets.forEach((offset, place) => bytes.writeUInt32BE(offset, place * OFFSET_BYTES));
  const path = sideFile(segmentPath);
  try {
    await files.remove(path);
    const file = await files.open(path, 'create');
    try {
      await file.write(0, bytes);
    } finally {
      await file.close();
    }
  } catch {
    // A full disk must not stop what the side file only makes faster.
  }
}

/**
 * Where a block of a closed segment begins.
 * @throws DamagedStoreError when the segment doesn't hold it.
 */
export async function readOffset(files: FilePort, segmentPath: string, segment: OpenFile, firstNumber: number, number: number): Promise<number> {
  const noted = await notedOffset(files, segmentPath, number - firstNumber);
  if (noted !== undefined) {
    const at = await readFrame(new WindowReader(segment, undefined, PROBE_BYTES), noted);
    if (at.kind === 'frame' && at.frame.block.number === number) return noted;
  }
  const offsets = await findOffsets(segment);
  const found = offsets[number - firstNumber];
  if (found === undefined) {
    const offset = offsets.at(-1) ?? SEGMENT_HEADER_BYTES;
    throw new DamagedStoreError({ file: segmentPath, offset, problem: `block ${number} can't be found behind a damaged one`, nextStep: RESTORE_STEP });
  }
  await writeOffsets(files, segmentPath, offsets);
  return found;
}

async function notedOffset(files: FilePort, segmentPath: string, place: number): Promise<number | undefined> {
  const path = sideFile(segmentPath);
  if (!(await files.exists(path))) return undefined;
  const file = await files.open(path, 'read');
  try {
    const bytes = await file.read(place * OFFSET_BYTES, OFFSET_BYTES);
    return bytes.length === OFFSET_BYTES ? bytes.readUInt32BE(0) : undefined;
  } finally {
    await file.close();
  }
}

async function findOffsets(segment: OpenFile): Promise<number[]> {
  const reader = new WindowReader(segment);
  const offsets: number[] = [];
  for (let offset = SEGMENT_HEADER_BYTES; ; ) {
    const at = await readFrame(reader, offset);
    if (at.kind !== 'frame') return offsets;
    offsets.push(offset);
    offset += at.frame.raw.length;
  }
}

function sideFile(segmentPath: string): string {
  return segmentPath.replace(/\.segment$/, '.offsets');
}
