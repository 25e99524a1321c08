import type { DamagedStoreError } from './damaged-store-error';
import type { FilePort } from './file-port';

/** A block as the log keeps it: `bytes` are opaque to the log, `hash` and `previousHash` are lower-case hex SHA-256 of the ledger's making. */
export interface LoggedBlock {
  /** Counted from 0. */
  readonly number: number;
  readonly hash: string;
  /** The hash of block `number - 1`; {@link NO_BLOCK_HASH} for block 0. */
  readonly previousHash: string;
  readonly bytes: Uint8Array;
}

/** The newest block: its number and hash. */
export interface LogHead {
  readonly number: number;
  readonly hash: string;
}

/** Stands for the hash before block 0: 64 zeros. */
export const NO_BLOCK_HASH = '0'.repeat(64);

/** A segment is closed when the next block would take it past this many bytes. */
export const SEGMENT_BYTES = 64 * 1024 * 1024;

/** A block may have at most so many bytes. */
export const MAX_BLOCK_BYTES = 16 * 1024 * 1024;

/** Where a block log lives. */
export interface BlockLogOptions {
  readonly files: FilePort;
  /** The directory of the segments; created when missing. */
  readonly directory: string;
  /** The directory of the anchor, outside the data directory; created when missing. */
  readonly anchorDirectory: string;
  /** For tests: {@link SEGMENT_BYTES} otherwise. */
  readonly segmentBytes?: number;
}

/** What a verification of the closed segments found. */
export interface SegmentReport {
  /** Segments read whole and found right. */
  readonly verified: number;
  /** One for each damaged segment; its blocks are not served any more. */
  readonly damaged: readonly DamagedStoreError[];
}

/**
 * The chain of blocks in append-only segments. Opening verifies the anchor, the head and the open segment and nothing else, so
 * that it takes at most 2 s at any size.
 */
export interface BlockLog {
  /** The newest block; undefined for an empty log. */
  readonly head: LogHead | undefined;
  /**
   * Appends the next block: written and synced, then the anchor written and synced, then it resolves. Calls are served in order.
   * @throws RangeError when the block doesn't follow the head or is too big (nothing is written, the log stays available);
   *   StoreUnavailableError when a write failed now or earlier: the block may be there after the next open, or not.
   */
  append(block: LoggedBlock): Promise<void>;
  /**
   * A block, verified by its checksum.
   * @throws RangeError for a number past the head; DamagedStoreError for what is damaged.
   */
  read(number: number): Promise<LoggedBlock>;
  /**
   * Blocks in order from `from` up to the head as it is when the end is reached; it doesn't wait for more.
   * @throws DamagedStoreError at the first damaged block.
   */
  iterate(from: number): AsyncIterable<LoggedBlock>;
  /** Reads every closed segment whole: each record, the chain of blocks, the chain of segments. Stops early when `signal` aborts. */
  verifyOlderSegments(signal: AbortSignal): Promise<SegmentReport>;
  /** Waits for what is under way and closes the files. Later calls reject with StoreUnavailableError. */
  close(): Promise<void>;
}
