import type { SegmentReport } from './block-log';
import type { FilePort } from './file-port';

/** One change of a batch: `value` absent deletes the key. */
export interface JournalChange {
  /** ASCII name of the table, e.g. `outbox`. */
  readonly table: string;
  readonly key: string;
  readonly value?: Uint8Array;
}

/** One entry of a table. */
export interface JournalEntry {
  readonly key: string;
  readonly value: Buffer;
}

/** Where a private journal lives. */
export interface PrivateJournalOptions {
  readonly files: FilePort;
  /** The directory of the store; created when missing. */
  readonly directory: string;
  /** The directory of the anchor, outside the data directory; created when missing. */
  readonly anchorDirectory: string;
  /** The file of the data key, outside the data directory; created with permissions 0600 when it is missing and the store is empty. */
  readonly keyFile: string;
  /** The journal compacts itself when so many bytes were appended since the last compaction; 64 MB unless given. */
  readonly compactAtBytes?: number;
}

/**
 * The one journaled store for what blocks don't hold (architecture.md rule 4): wallet, subject map, letters' identities, salts,
 * pending batches, outbox. Encrypted, authenticated, anchored like the blocks.
 *
 * Deletion becomes physical at the next {@link PrivateJournal.compact}: it writes new files, under keys of their own, that hold live values
 * only, and removes the old ones. Until then a deleted value stays on disk, encrypted under the key file; so who must erase (the outbox, with
 * its payload keys) compacts when it has deleted. What the disk itself, a copy-on-write file system or a backup keeps of removed files
 * is out of reach, and stays encrypted. The index in memory covers only what was committed since the last compaction.
 */
export interface PrivateJournal {
  /** The value of a key; undefined when it has none. @throws DamagedStoreError when it can't be read exactly. */
  get(table: string, key: string): Promise<Buffer | undefined>;
  /**
   * Applies all changes or none, durably: written and synced, anchor written and synced, then it resolves. Concurrent calls share
   * one sync. Of several changes to one key the last counts.
   * @throws StoreUnavailableError when a write failed now or earlier: the batch is whole after the next open, or absent.
   */
  commit(changes: readonly JournalChange[]): Promise<void>;
  /** The entries of a table whose keys are greater than `gt`, in the order of their keys (UTF-16 code units), at most `limit`. */
  entries(table: string, range?: { readonly gt?: string; readonly limit?: number }): AsyncIterable<JournalEntry>;
  /** Rewrites the store without replaced and deleted values and removes the old files: after it they are no longer on disk. */
  compact(): Promise<void>;
  /** Reads the whole store in the background. Stops early when `signal` aborts. */
  verify(signal: AbortSignal): Promise<SegmentReport>;
  /** Waits for what is under way and closes the files. Later calls reject with StoreUnavailableError. */
  close(): Promise<void>;
}
