import { createHash } from 'node:crypto';
import { dirname } from 'node:path';
import { DamagedStoreError, RESTORE_STEP } from './damaged-store-error';
import type { FilePort, OpenFile } from './file-port';

/** How far a store was acknowledged: the number of its records, and the hash of the last (64 zeros before the first). */
export interface AnchorRecord {
  readonly count: number;
  readonly hash: string;
}

/** Bytes of one record: magic 8, count 8 (big-endian), hash 32, the first 16 bytes of SHA-256 over those. */
export const ANCHOR_RECORD_BYTES = 64;

/** The anchor's file is rewritten when it reaches this size, so that it can't grow without bound. */
export const ANCHOR_FILE_BYTES = 1024 * 1024;

const MAGIC = Buffer.from('KESUANC1', 'latin1');
const SIGNED_BYTES = 48;

/**
 * What a store acknowledged last, kept outside its directory: a store behind its anchor refuses to serve (I10). Records are
 * appended and synced; the last valid one counts. A torn or damaged last record makes the anchor name less than was acknowledged,
 * which is harmless while the store itself is whole: what lies past the anchor and verifies is kept.
 */
export class Anchor {
  private constructor(
    private readonly files: FilePort,
    private readonly path: string,
    private file: OpenFile,
    private end: number,
    private record: AnchorRecord,
    private readonly fileBytes: number,
  ) {}

  /** The last record. */
  get latest(): AnchorRecord {
    return this.record;
  }

  /** Makes the anchor of an empty store: count 0. */
  static async create(files: FilePort, path: string, fileBytes = ANCHOR_FILE_BYTES): Promise<Anchor> {
    const first = { count: 0, hash: '0'.repeat(64) };
    const { file, end } = await rewrite(files, path, first);
    return new Anchor(files, path, file, end, first, fileBytes);
  }

  /**
   * Opens an anchor; a damaged or torn record behind or among the others is dropped by rewriting the file.
   * @returns undefined when the file isn't there.
   * @throws DamagedStoreError when it holds no valid record.
   */
  static async open(files: FilePort, path: string, fileBytes = ANCHOR_FILE_BYTES): Promise<Anchor | undefined> {
    await files.remove(temporaryName(path));
    if (!(await files.exists(path))) return undefined;
    const file = await files.open(path, 'update');
    const content = await file.read(0, await file.size());
    const { latest, isClean } = newest(content);
    if (latest === undefined) {
      await file.close();
      const problem = 'the anchor holds no valid record of what was acknowledged';
      throw new DamagedStoreError({ file: path, offset: 0, problem, nextStep: RESTORE_STEP });
    }
    await files.syncDirectory(dirname(path));
    const anchor = new Anchor(files, path, file, content.length, latest, fileBytes);
    if (!isClean) await anchor.compact(latest);
    return anchor;
  }

  /** Records how far the store is acknowledged; durable when it resolves. When it rejects, the store must be opened again. */
  async append(record: AnchorRecord): Promise<void> {
    if (this.end + ANCHOR_RECORD_BYTES > this.fileBytes) await this.compact(record);
    else {
      await this.file.write(this.end, encode(record));
      await this.file.sync();
      this.end += ANCHOR_RECORD_BYTES;
    }
    this.record = record;
  }

  async close(): Promise<void> {
    await this.file.close();
  }

  private async compact(record: AnchorRecord): Promise<void> {
    const { file, end } = await rewrite(this.files, this.path, record);
    await this.file.close();
    this.file = file;
    this.end = end;
  }
}

/** A whole new file replaces the old one by its name, so that one of the two is there at every instant. */
async function rewrite(files: FilePort, path: string, record: AnchorRecord): Promise<{ file: OpenFile; end: number }> {
  await files.remove(temporaryName(path));
  const file = await files.open(temporaryName(path), 'create');
  // Twice: one damaged record must not make the anchor worthless.
  const content = Buffer.concat([encode(record), encode(record)]);
  await file.write(0, content);
  await file.sync();
  await files.rename(temporaryName(path), path);
  await files.syncDirectory(dirname(path));
  return { file, end: content.length };
}

function temporaryName(path: string): string {
  return `${path}.new`;
}

function encode(record: AnchorRecord): Buffer {
  const bytes = Buffer.alloc(ANCHOR_RECORD_BYTES);
  MAGIC.copy(bytes);
  bytes.writeBigUInt64BE(BigInt(record.count), 8);
  bytes.write(record.hash, 16, 'hex');
  checksum(bytes).copy(bytes, SIGNED_BYTES);
  return bytes;
}

function decode(bytes: Buffer): AnchorRecord | undefined {
  if (bytes.length !== ANCHOR_RECORD_BYTES || !bytes.subarray(0, 8).equals(MAGIC)) return undefined;
  if (!checksum(bytes).equals(bytes.subarray(SIGNED_BYTES))) return undefined;
  return { count: Number(bytes.readBigUInt64BE(8)), hash: bytes.toString('hex', 16, SIGNED_BYTES) };
}

function checksum(bytes: Buffer): Buffer {
  return createHash('sha256').update(bytes.subarray(0, SIGNED_BYTES)).digest().subarray(0, ANCHOR_RECORD_BYTES - SIGNED_BYTES);
}

/** Records only ever name more: the valid one with the greatest count is the newest. */
function newest(content: Buffer): { latest: AnchorRecord | undefined; isClean: boolean } {
  let latest: AnchorRecord | undefined;
  let isClean = content.length % ANCHOR_RECORD_BYTES === 0;
  for (let at = 0; at < content.length; at += ANCHOR_RECORD_BYTES) {
    const record = decode(content.subarray(at, at + ANCHOR_RECORD_BYTES));
    if (record === undefined) isClean = false;
    else if (latest === undefined || record.count >= latest.count) latest = record;
  }
  return { latest, isClean };
}
