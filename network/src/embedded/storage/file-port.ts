/**
 * The small port that all durable writes of the embedded ledger go through (architecture.md, "Inside network/"): nothing
 * native, so that tests record, cut and fail every write without other programs. Paths are absolute.
 *
 * What the callers may rely on, and no more:
 * - written bytes survive a power cut only after `sync` of that file resolved;
 * - a new, renamed or removed name survives a power cut only after `syncDirectory` of its directory resolved;
 * - after a `write`, `truncate` or `sync` that rejected, the file's durable content is unknown: a later `sync` that
 *   resolves proves nothing about bytes that were written before it. They must be written again.
 */
export interface FilePort {
  /**
   * Opens a file. `read`: an existing file, for reading; `update`: an existing file, for reading and writing; `create`: a
   * new file, for reading and writing.
   * @param permissions of a created file, e.g. 0o600; the default is 0o600: no file of the store is for others.
   * @throws {NodeJS.ErrnoException} ENOENT for a missing file, EEXIST for `create` of an existing one.
   */
  open(path: string, mode: OpenMode, permissions?: number): Promise<OpenFile>;
  /** Creates a directory and those above it and makes their names durable; answers when it exists already. */
  makeDirectory(path: string): Promise<void>;
  /** Makes the names in a directory durable. */
  syncDirectory(path: string): Promise<void>;
  /** The names in a directory, sorted; none when there is no such directory. */
  list(path: string): Promise<readonly string[]>;
  /** Whether a file or directory has this name. */
  exists(path: string): Promise<boolean>;
  /** Renames a file within a file system, replacing a file of the new name. */
  rename(from: string, to: string): Promise<void>;
  /**
   * Makes a small file together with its content, so that no one sees it without: for locks. It isn't synced.
   * @returns false when there is a file of this name.
   */
  createWhole(path: string, content: Uint8Array): Promise<boolean>;
  /** Removes a file; answers when it isn't there. */
  remove(path: string): Promise<void>;
}

/** How a file is opened: see {@link FilePort.open}. */
export type OpenMode = 'read' | 'update' | 'create';

/** An open file. Offsets and lengths are bytes. */
export interface OpenFile {
  /** Bytes from `offset` on: `length` of them, or fewer where the file ends. */
  read(offset: number, length: number): Promise<Buffer>;
  /** Writes all of `bytes` at `offset`. When it rejects, any part of them may be written. */
  write(offset: number, bytes: Uint8Array): Promise<void>;
  /** The file's length. */
  size(): Promise<number>;
  /** Cuts the file to `length`. */
  truncate(length: number): Promise<void>;
  /** fdatasync: what was written so far, and the file's length, are durable when it resolves. */
  sync(): Promise<void>;
  close(): Promise<void>;
}
