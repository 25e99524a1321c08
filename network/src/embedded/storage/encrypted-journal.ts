import { join } from 'node:path';
import type { Anchor } from './anchor';
import { encodeChanges, fullKeyOf, type KeyedChange } from './change-codec';
import { StoreUnavailableError, DamagedStoreError } from './damaged-store-error';
import type { SegmentReport } from './block-log';
import type { Generation } from './generation';
import { createBase, createGeneration, generationFileName, type GenerationPlace } from './generation-files';
import type { JournalChange, JournalEntry, PrivateJournal } from './journal';
import { anchorHash, MAX_SEALED_BYTES, sealFrame } from './sealed-frame';

/** The index in memory holds at most about so many keys before the journal compacts itself. */
export const COMPACT_AT_KEYS = 100_000;

interface Waiting {
  readonly changes: readonly KeyedChange[];
  readonly content: Buffer;
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
}

/** The private journal over sealed files; made by `openPrivateJournal`, which verified what it is given. */
export class EncryptedJournal implements PrivateJournal {
  private readonly waiting: Waiting[] = [];
  private queue: Promise<unknown> = Promise.resolve();
  private failure: unknown;
  private closed = false;
  private compactAt: number;

  constructor(
    private readonly place: GenerationPlace,
    private readonly anchor: Anchor,
    private generation: Generation,
    private readonly compactAtBytes: number,
  ) {
    this.compactAt = compactAtBytes;
  }

  async get(table: string, key: string): Promise<Buffer | undefined> {
    const fullKey = fullKeyOf(table, key);
    this.refuseClosed();
    const generation = this.generation.use();
    try {
      return await generation.get(fullKey);
    } finally {
      await generation.release();
    }
  }

  async commit(changes: readonly JournalChange[]): Promise<void> {
    this.refuseClosed();
    const keyed = changes.map(({ table, key, value }) => ({ fullKey: fullKeyOf(table, key), value: value && Buffer.from(value) }));
    const content = encodeChanges(keyed);
    if (content.length > MAX_SEALED_BYTES) throw new RangeError(`a batch has at most ${MAX_SEALED_BYTES} bytes`);
    if (keyed.length === 0) return;
    return new Promise((resolve, reject) => {
      this.waiting.push({ changes: keyed, content, resolve, reject });
      if (this.waiting.length === 1) void this.exclusively(() => this.commitWaiting());
    });
  }

  async *entries(table: string, range: { readonly gt?: string; readonly limit?: number } = {}): AsyncGenerator<JournalEntry, void, undefined> {
    this.refuseClosed();
    const prefix = fullKeyOf(table, '');
    let left = range.limit ?? Number.POSITIVE_INFINITY;
    if (left <= 0) return;
    const generation = this.generation.use();
    try {
      // The empty key itself is greater than every full key of the tables before.
      const after = range.gt === undefined ? prefix.slice(0, -1) : prefix + range.gt;
      for await (const { fullKey, value } of generation.entries(after)) {
        if (!fullKey.startsWith(prefix)) return;
        yield { key: fullKey.slice(prefix.length), value };
        if (--left <= 0) return;
      }
    } finally {
      await generation.release();
    }
  }

  async compact(): Promise<void> {
    this.refuseClosed();
    await this.exclusively(() => this.compactNow());
  }

  async verify(signal: AbortSignal): Promise<SegmentReport> {
    this.refuseClosed();
    const generation = this.generation.use();
    let verified = 0;
    try {
      for await (const _part of generation.verify()) {
        verified++;
        if (signal.aborted) break;
      }
      return { verified, damaged: [] };
    } catch (error) {
      if (error instanceof DamagedStoreError) return { verified, damaged: [error] };
      throw error;
    } finally {
      await generation.release();
    }
  }

  async close(): Promise<void> {
    if (this.closed) return;
    this.closed = true;
    await this.queue;
    await this.generation.release();
    await this.anchor.close();
  }

  private exclusively<T>(work: () => Promise<T>): Promise<T> {
    const done = this.queue.then(work);
    this.queue = done.catch(() => undefined);
    return done;
  }

  /** Everything that waits shares one write, one sync and one anchor record. */
  private async commitWaiting(): Promise<void> {
    const group = this.waiting.splice(0);
    try {
      if (this.failure !== undefined) throw this.failure;
      await this.append(group);
    } catch (error) {
      // What is durable is unknown now (a failed fdatasync can't be repeated): only the next open can tell.
      this.failure ??= error;
      for (const { reject } of group) reject(this.unavailable());
      return;
    }
    for (const { resolve } of group) resolve();
    if (this.generation.end >= this.compactAt || this.generation.indexed >= COMPACT_AT_KEYS) await this.compactWhenDue();
  }

  private async append(group: readonly Waiting[]): Promise<void> {
    const { generation } = this;
    const frames: Buffer[] = [];
    let tag = generation.lastTag;
    for (const [place, { content }] of group.entries()) {
      const sealed = sealFrame(generation.sealed, generation.count + place, tag, content);
      frames.push(sealed.raw);
      tag = sealed.tag;
    }
    await generation.file.write(generation.end, Buffer.concat(frames));
    await generation.file.sync();
    await this.anchor.append({ count: generation.count + group.length, hash: anchorHash(tag) });
    group.forEach(({ changes }, place) => {
      generation.index(generation.end, changes);
      generation.end += frames[place]?.length ?? 0;
    });
    generation.count += group.length;
    generation.lastTag = tag;
  }

  /** A compaction that a full disk stops is tried again when as much has come in once more. */
  private async compactWhenDue(): Promise<void> {
    try {
      await this.compactNow();
      this.compactAt = this.compactAtBytes;
    } catch {
      this.compactAt = this.generation.end + this.compactAtBytes;
    }
  }

  private async compactNow(): Promise<void> {
    if (this.failure !== undefined) throw this.unavailable();
    const old = this.generation;
    if (old.indexed === 0) return;
    const number = old.number + 1;
    const base = await this.makeBase(old, number);
    try {
      const next = await createGeneration(this.place, number, old.count, old.lastTag, base);
      await this.anchor.append({ count: next.count, hash: anchorHash(next.lastTag) });
      this.generation = next;
      await this.removeGeneration(old.number);
    } catch (error) {
      this.failure = error;
      throw this.unavailable();
    }
    await old.release();
  }

  /** Nothing depends on a base before its generation is anchored: a failure here leaves the journal as it was. */
  private async makeBase(old: Generation, number: number): ReturnType<typeof createBase> {
    try {
      return await createBase(this.place, number, old.compacted());
    } catch (error) {
      await this.place.files.remove(join(this.place.directory, generationFileName(number, 'base'))).catch(() => undefined);
      throw error instanceof DamagedStoreError ? error : new StoreUnavailableError('the private journal could not be compacted', { cause: error });
    }
  }

  private async removeGeneration(number: number): Promise<void> {
    const { files, directory } = this.place;
    for (const kind of ['base', 'entries'] as const) await files.remove(join(directory, generationFileName(number, kind)));
    await files.syncDirectory(directory);
  }

  private refuseClosed(): void {
    if (this.closed) throw this.unavailable();
  }

  private unavailable(): StoreUnavailableError {
    return new StoreUnavailableError('the private journal takes no entries until it is opened again', { cause: this.failure });
  }
}
