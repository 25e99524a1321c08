import { decodeChanges, encodeChanges, type KeyedChange } from './change-codec';
import { DamagedStoreError, RESTORE_STEP } from './damaged-store-error';
import type { OpenFile } from './file-port';
import { type OpenedFrame, openFrame, NO_TAG, sealFrame, type SealedFile, SEALED_HEADER_BYTES } from './sealed-frame';
import { WindowReader } from './window-reader';

/** An entry of a base. */
export interface BaseEntry {
  readonly fullKey: string;
  readonly value: Buffer;
}

/** Where a base's footer lies and its tag: who knows them knows the whole base. */
export interface BaseFooter {
  readonly offset: number;
  /** base64url */
  readonly tag: string;
}

/** A page is closed at this size of content. */
const PAGE_BYTES = 16 * 1024;
const WRITE_BYTES = 1024 * 1024;

/**
 * The entries of a private journal at its last compaction, sorted by key, in sealed pages that never change. Memory holds the first
 * key of each page only. A page is bound to its file and place, so that absence is as certain as presence.
 */
export class SortedBase {
  private constructor(
    readonly path: string,
    readonly file: OpenFile,
    private readonly sealed: SealedFile,
    private readonly firstKeys: readonly string[],
    private readonly offsets: readonly number[],
  ) {}

  /** How many pages it has. */
  get pages(): number {
    return this.offsets.length;
  }

  /** Writes a base into an empty file; the caller syncs it. */
  static async write(path: string, file: OpenFile, sealed: SealedFile, entries: AsyncIterable<BaseEntry>): Promise<{ base: SortedBase; footer: BaseFooter }> {
    const writer = new PageWriter(file, sealed);
    let page: BaseEntry[] = [];
    let size = 0;
    for await (const entry of entries) {
      page.push(entry);
      size += entry.fullKey.length + entry.value.length;
      if (size < PAGE_BYTES) continue;
      await writer.addPage(page);
      page = [];
      size = 0;
    }
    if (page.length > 0) await writer.addPage(page);
    const footer = await writer.finish();
    return { base: new SortedBase(path, file, sealed, writer.firstKeys, writer.offsets), footer };
  }

  /** @throws DamagedStoreError when the footer isn't the one that is named. */
  static async open(path: string, file: OpenFile, sealed: SealedFile, footer: BaseFooter): Promise<SortedBase> {
    const frame = await openFrame(sealed, new WindowReader(file), footer.offset);
    if (typeof frame === 'string' || frame.tag.toString('base64url') !== footer.tag) throw damaged(path, footer.offset, 'the index of the base is damaged');
    const index = decodeChanges(frame.content);
    const offsets = index.map(({ value }) => Number(value?.readBigUInt64BE(0)));
    return new SortedBase(path, file, sealed, index.map(({ fullKey }) => fullKey), offsets);
  }

  /** @throws DamagedStoreError when the page that would hold the key is damaged. */
  async get(fullKey: string): Promise<Buffer | undefined> {
    const page = this.pageOf(fullKey);
    if (page < 0) return undefined;
    return (await this.readPage(page)).find((entry) => entry.fullKey === fullKey)?.value;
  }

  /** Entries in order whose full key is greater than `after`. */
  async *entries(after: string): AsyncGenerator<BaseEntry, void, undefined> {
    for (let page = Math.max(0, this.pageOf(after)); page < this.pages; page++)
      for (const { fullKey, value } of await this.readPage(page)) if (value !== undefined && fullKey > after) yield { fullKey, value };
  }

  /** @throws DamagedStoreError when it isn't exactly what was written. */
  async readPage(page: number): Promise<KeyedChange[]> {
    const offset = this.offsets[page] ?? 0;
    const frame = await openFrame(this.sealed, new WindowReader(this.file, undefined, 2 * PAGE_BYTES), offset);
    if (typeof frame === 'string' || frame.number !== page) throw damaged(this.path, offset, `page ${page} is damaged`);
    return decodeChanges(frame.content);
  }

  /** The last page that begins at or before a key; −1 when all begin after it. */
  private pageOf(fullKey: string): number {
    let low = -1;
    let high = this.firstKeys.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if ((this.firstKeys[middle] ?? '') <= fullKey) low = middle;
      else high = middle - 1;
    }
    return low;
  }
}

class PageWriter {
  readonly firstKeys: string[] = [];
  readonly offsets: number[] = [];
  private waiting: Buffer[];
  private waitingBytes: number;
  private written = 0;

  constructor(
    private readonly file: OpenFile,
    private readonly sealed: SealedFile,
  ) {
    this.waiting = [sealed.header];
    this.waitingBytes = SEALED_HEADER_BYTES;
  }

  async addPage(entries: readonly BaseEntry[]): Promise<void> {
    this.firstKeys.push(entries[0]?.fullKey ?? '');
    this.offsets.push(this.written + this.waitingBytes);
    await this.add(encodeChanges(entries), this.offsets.length - 1);
  }

  async finish(): Promise<BaseFooter> {
    const index = this.firstKeys.map((fullKey, page) => {
      const value = Buffer.alloc(8);
      value.writeBigUInt64BE(BigInt(this.offsets[page] ?? 0));
      return { fullKey, value };
    });
    const offset = this.written + this.waitingBytes;
    const tag = await this.add(encodeChanges(index), this.offsets.length);
    await this.flush();
    return { offset, tag: tag.toString('base64url') };
  }

  private async add(content: Buffer, number: number): Promise<OpenedFrame['tag']> {
    const { raw, tag } = sealFrame(this.sealed, number, NO_TAG, content);
    this.waiting.push(raw);
    this.waitingBytes += raw.length;
    if (this.waitingBytes >= WRITE_BYTES) await this.flush();
    return tag;
  }

  private async flush(): Promise<void> {
    await this.file.write(this.written, Buffer.concat(this.waiting));
    this.written += this.waitingBytes;
    this.waiting = [];
    this.waitingBytes = 0;
  }
}

function damaged(file: string, offset: number, problem: string): DamagedStoreError {
  return new DamagedStoreError({ file, offset, problem, nextStep: RESTORE_STEP });
}
