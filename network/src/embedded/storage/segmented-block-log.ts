import type { Hash } from 'node:crypto';
import { createHash } from 'node:crypto';
import { join } from 'node:path';
import type { Anchor } from './anchor';
import { encodeFrame, readFrame } from './block-frame';
import { type BlockLog, type LoggedBlock, type LogHead, MAX_BLOCK_BYTES, NO_BLOCK_HASH, type SegmentReport } from './block-log';
import { DamagedStoreError, RESTORE_STEP, StoreUnavailableError } from './damaged-store-error';
import type { FilePort, OpenFile } from './file-port';
import type { OpenSegment } from './open-block-log';
import { createSegment, segmentFileName, SEGMENT_HEADER_BYTES, type SegmentName } from './segment';
import { readOffset, writeOffsets } from './segment-offsets';
import { isSystemError } from './system-error';
import { verifySegment } from './verify-segment';
import { WindowReader } from './window-reader';

/** How much is read at once of blocks that are read one behind the other: several of the largest that group commit makes. */
const ITERATED_BYTES = 4 * 1024 * 1024;
/** How much a single read takes from the file at first. */
const SINGLE_READ_BYTES = 8 * 1024;

/** The block log over segment files; made by `openBlockLog`, which verified what it is given. */
export class SegmentedBlockLog implements BlockLog {
  private readonly segments: SegmentName[];
  private readonly damages = new Map<number, DamagedStoreError>();
  private openFile: OpenFile;
  private end: number;
  private offsets: number[];
  private hash: Hash;
  private count: number;
  private headHash: string;
  private failure: unknown;
  private closed = false;
  private queue: Promise<void> = Promise.resolve();

  constructor(
    private readonly files: FilePort,
    private readonly directory: string,
    private readonly segmentBytes: number,
    private readonly anchor: Anchor,
    segments: readonly SegmentName[],
    open: OpenSegment,
  ) {
    this.segments = [...segments];
    this.openFile = open.file;
    this.end = open.end;
    this.offsets = [...open.offsets];
    this.hash = open.hash;
    this.count = open.count;
    this.headHash = open.headHash;
  }

  get head(): LogHead | undefined {
    return this.count === 0 ? undefined : { number: this.count - 1, hash: this.headHash };
  }

  append(block: LoggedBlock): Promise<void> {
    if (this.closed) return Promise.reject(this.unavailable());
    const done = this.queue.then(() => this.appendNow(block));
    this.queue = done.catch(() => undefined);
    return done;
  }

  async read(number: number): Promise<LoggedBlock> {
    this.refuseUnknown(number);
    const segment = this.segmentOf(number);
    this.refuseDamaged(segment);
    // A handle of its own: the open segment may be closed under a read by the next append.
    const file = await this.openSegment(segment);
    try {
      const offset = await this.offsetOf(segment, file, number);
      const at = await readFrame(new WindowReader(file, undefined, SINGLE_READ_BYTES), offset);
      if (at.kind === 'frame' && at.frame.block.number === number) return at.frame.block;
      throw this.damaged(segment, offset, `block ${number} is damaged`);
    } finally {
      await file.close();
    }
  }

  async *iterate(from: number): AsyncGenerator<LoggedBlock, void, undefined> {
    if (!Number.isSafeInteger(from) || from < 0) throw new RangeError(`blocks are counted from 0, not ${from}`);
    let next = from;
    let previousHash: string | undefined;
    while (next < this.count) {
      for await (const block of this.iterateSegment(this.segmentOf(next), next)) {
        if (previousHash !== undefined && block.previousHash !== previousHash) throw this.damaged(this.segmentOf(next), 0, `block ${next} doesn't follow block ${next - 1}`);
        previousHash = block.hash;
        next = block.number + 1;
        yield block;
      }
    }
  }

  async verifyOlderSegments(signal: AbortSignal): Promise<SegmentReport> {
    let verified = 0;
    for (const [index, segment] of this.segments.slice(0, -1).entries()) {
      if (signal.aborted) break;
      const damage = await verifySegment({ files: this.files, directory: this.directory, segment, next: this.segments[index + 1], signal });
      if (signal.aborted) break;
      if (damage === undefined) verified++;
      else this.damages.set(segment.index, damage);
    }
    return { verified, damaged: [...this.damages.values()] };
  }

  async close(): Promise<void> {
    if (this.closed) return;
    this.closed = true;
    await this.queue;
    await this.openFile.close();
    await this.anchor.close();
  }

  private async appendNow(block: LoggedBlock): Promise<void> {
    if (this.failure !== undefined) throw this.unavailable();
    this.refuseMisplaced(block);
    try {
      const frame = encodeFrame(block);
      if (this.offsets.length > 0 && this.end + frame.length > this.segmentBytes) await this.startNextSegment();
      await this.openFile.write(this.end, frame);
      await this.openFile.sync();
      await this.anchor.append({ count: block.number + 1, hash: block.hash });
      this.hash.update(frame);
      this.offsets.push(this.end);
      this.end += frame.length;
      this.headHash = block.hash;
      this.count++;
    } catch (error) {
      // What is durable is unknown now (a failed fdatasync can't be repeated): only the next open can tell.
      this.failure = error;
      throw this.unavailable();
    }
  }

  private async startNextSegment(): Promise<void> {
    const previous = this.lastSegment();
    const name = { index: previous.index + 1, firstNumber: this.count };
    const previousSegmentHash = this.hash.digest('hex');
    const file = await createSegment(this.files, this.directory, { ...name, previousSegmentHash, previousBlockHash: this.headHash });
    const closed = { file: this.openFile, offsets: this.offsets };
    this.segments.push(name);
    this.openFile = file;
    this.hash = createHash('sha256').update(await file.read(0, SEGMENT_HEADER_BYTES));
    this.end = SEGMENT_HEADER_BYTES;
    this.offsets = [];
    await closed.file.close();
    await writeOffsets(this.files, this.pathOf(previous), closed.offsets);
  }

  private async *iterateSegment(segment: SegmentName, from: number): AsyncGenerator<LoggedBlock, void, undefined> {
    this.refuseDamaged(segment);
    const file = await this.openSegment(segment);
    try {
      const reader = new WindowReader(file, () => this.endOf(segment), ITERATED_BYTES);
      let offset = await this.offsetOf(segment, file, from);
      for (let number = from; number < this.countOf(segment); number++) {
        this.refuseDamaged(segment);
        const at = await readFrame(reader, offset);
        if (at.kind !== 'frame' || at.frame.block.number !== number) throw this.damaged(segment, offset, `block ${number} is damaged`);
        offset += at.frame.raw.length;
        yield at.frame.block;
      }
    } finally {
      await file.close();
    }
  }

  private async offsetOf(segment: SegmentName, file: OpenFile, number: number): Promise<number> {
    const place = number - segment.firstNumber;
    const known = segment.index === this.segments.length - 1 ? this.offsets[place] : undefined;
    return known ?? readOffset(this.files, this.pathOf(segment), file, segment.firstNumber, number);
  }

  private refuseMisplaced(block: LoggedBlock): void {
    if (block.number !== this.count) throw new RangeError(`the next block is ${this.count}, not ${block.number}`);
    const expected = this.count === 0 ? NO_BLOCK_HASH : this.headHash;
    if (block.previousHash !== expected) throw new RangeError(`block ${block.number} doesn't follow the head`);
    if (!/^[0-9a-f]{64}$/.test(block.hash)) throw new RangeError('a block hash has 64 lower-case hex digits');
    if (block.bytes.length > MAX_BLOCK_BYTES) throw new RangeError(`a block has at most ${MAX_BLOCK_BYTES} bytes, not ${block.bytes.length}`);
  }

  private refuseUnknown(number: number): void {
    if (!Number.isSafeInteger(number) || number < 0 || number >= this.count) throw new RangeError(`the log has ${this.count} blocks; there is no block ${number}`);
  }

  private refuseDamaged(segment: SegmentName): void {
    const damage = this.damages.get(segment.index);
    if (damage !== undefined) throw damage;
  }

  /** The segment that holds a block: the last that doesn't begin after it. */
  private segmentOf(number: number): SegmentName {
    let low = 0;
    let high = this.segments.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if ((this.segments[middle]?.firstNumber ?? Number.POSITIVE_INFINITY) <= number) low = middle;
      else high = middle - 1;
    }
    return this.segments[low] ?? this.lastSegment();
  }

  private lastSegment(): SegmentName {
    const last = this.segments.at(-1);
    if (last === undefined) throw new Error('an open log has a segment');
    return last;
  }

  /** The number of the block behind a segment's last. */
  private countOf(segment: SegmentName): number {
    return this.segments[segment.index + 1]?.firstNumber ?? this.count;
  }

  private endOf(segment: SegmentName): number {
    return segment.index === this.segments.length - 1 ? this.end : Number.POSITIVE_INFINITY;
  }

  private pathOf(segment: SegmentName): string {
    return join(this.directory, segmentFileName(segment));
  }

  private async openSegment(segment: SegmentName): Promise<OpenFile> {
    try {
      return await this.files.open(this.pathOf(segment), 'read');
    } catch (error) {
      if (isSystemError(error, 'ENOENT')) throw this.damaged(segment, 0, 'the segment is missing');
      throw error;
    }
  }

  private damaged(segment: SegmentName, offset: number, problem: string): DamagedStoreError {
    return new DamagedStoreError({ file: this.pathOf(segment), offset, problem, nextStep: RESTORE_STEP });
  }

  private unavailable(): StoreUnavailableError {
    return new StoreUnavailableError('the block log takes no blocks until it is opened again', { cause: this.failure });
  }
}

