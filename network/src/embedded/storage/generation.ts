import { decodeChanges, type KeyedChange } from './change-codec';
import { DamagedStoreError, RESTORE_STEP } from './damaged-store-error';
import type { OpenFile } from './file-port';
import { openFrame, type SealedFile } from './sealed-frame';
import type { BaseEntry, SortedBase } from './sorted-base';
import { WindowReader } from './window-reader';

/** Where the newest value of a key lies: a frame and a change in it; `deleted` hides what the base holds. */
type Place = { readonly offset: number; readonly index: number } | 'deleted';

/** How much a single read takes at first. */
const SINGLE_READ_BYTES = 4 * 1024;

/**
 * What a private journal is made of between two compactions: a base, the file of the entries committed since, and an index of the
 * latter in memory. Files stay open as long as someone reads them, also when a compaction has removed them meanwhile.
 */
export class Generation {
  private readonly places = new Map<string, Place>();
  private sortedKeys: string[] | undefined;
  private users = 1;
  /** The frame that was read last: a large batch is mostly read one key after the other. */
  private recent: { readonly offset: number; readonly changes: readonly KeyedChange[] } | undefined;

  constructor(
    readonly number: number,
    readonly path: string,
    readonly file: OpenFile,
    readonly sealed: SealedFile,
    readonly base: SortedBase | undefined,
    /** Where the next frame begins. */
    public end: number,
    /** The number of the next frame. */
    public count: number,
    /** The tag of the last frame. */
    public lastTag: Buffer,
  ) {}

  /** How many keys the index in memory holds. */
  get indexed(): number {
    return this.places.size;
  }

  /** Takes a frame's changes into the index. */
  index(offset: number, changes: readonly KeyedChange[]): void {
    changes.forEach(({ fullKey, value }, index) => {
      if (!this.places.has(fullKey)) this.sortedKeys = undefined;
      this.places.set(fullKey, value === undefined ? 'deleted' : { offset, index });
    });
  }

  /** @throws DamagedStoreError when the value can't be read exactly. */
  async get(fullKey: string): Promise<Buffer | undefined> {
    const place = this.places.get(fullKey);
    if (place === 'deleted') return undefined;
    return place === undefined ? this.base?.get(fullKey) : this.valueAt(fullKey, place);
  }

  /** All entries in order whose full key is greater than `after`; what is committed meanwhile may appear or not. */
  entries(after: string): AsyncGenerator<BaseEntry, void, undefined> {
    return this.merged(after, (fullKey) => this.get(fullKey));
  }

  /** All entries in order, for a compaction: the entries since the base are read once, in the order of the file, and held in memory. */
  async *compacted(): AsyncGenerator<BaseEntry, void, undefined> {
    const newest = new Map<string, Buffer | undefined>();
    const reader = new WindowReader(this.file, () => this.end);
    for (let offset = this.sealed.header.length; offset < this.end; ) {
      const frame = await openFrame(this.sealed, reader, offset);
      if (typeof frame === 'string') throw this.damaged(offset);
      // The first frame names the base and holds no change.
      if (offset > this.sealed.header.length) for (const { fullKey, value } of decodeChanges(frame.content)) newest.set(fullKey, value);
      offset += frame.length;
    }
    yield* this.merged('', async (fullKey) => newest.get(fullKey));
  }

  /** Reads each page and each frame. @throws DamagedStoreError at the first that is damaged. */
  async *verify(): AsyncGenerator<void, void, undefined> {
    for (let page = 0; page < (this.base?.pages ?? 0); page++) {
      await this.base?.readPage(page);
      yield;
    }
    const reader = new WindowReader(this.file, () => this.end);
    for (let offset = this.sealed.header.length; offset < this.end; ) {
      const frame = await openFrame(this.sealed, reader, offset);
      if (typeof frame === 'string') throw this.damaged(offset);
      offset += frame.length;
      yield;
    }
  }

  /** Keeps the files open until {@link release}. */
  use(): this {
    this.users++;
    return this;
  }

  async release(): Promise<void> {
    if (--this.users > 0) return;
    await this.file.close();
    await this.base?.file.close();
  }

  /** The base's entries and the indexed ones in one order; of a key that both have, the indexed one. */
  private async *merged(after: string, indexedValue: (fullKey: string) => Promise<Buffer | undefined>): AsyncGenerator<BaseEntry, void, undefined> {
    const base = this.base?.entries(after);
    let fromBase = await nextOf(base);
    for (let last = after; ; ) {
      const next = lesser(fromBase?.fullKey, this.firstIndexedAfter(last));
      if (next === undefined) return;
      // A key that was indexed while this waited is newer than the base too.
      const value = this.places.has(next) ? await indexedValue(next) : fromBase?.value;
      if (fromBase?.fullKey === next) fromBase = await nextOf(base);
      last = next;
      if (value !== undefined) yield { fullKey: next, value };
    }
  }

  private async valueAt(fullKey: string, { offset, index }: Exclude<Place, 'deleted'>): Promise<Buffer> {
    const change = (await this.changesAt(offset))[index];
    if (change?.fullKey !== fullKey || change.value === undefined) throw this.damaged(offset);
    // A copy: what a caller does with it must not reach the frame.
    return Buffer.from(change.value);
  }

  private async changesAt(offset: number): Promise<readonly KeyedChange[]> {
    if (this.recent?.offset === offset) return this.recent.changes;
    const frame = await openFrame(this.sealed, new WindowReader(this.file, undefined, SINGLE_READ_BYTES), offset);
    if (typeof frame === 'string') throw this.damaged(offset);
    const changes = decodeChanges(frame.content);
    this.recent = { offset, changes };
    return changes;
  }

  private firstIndexedAfter(after: string): string | undefined {
    this.sortedKeys ??= [...this.places.keys()].sort(byCodeUnits);
    let low = 0;
    let high = this.sortedKeys.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((this.sortedKeys[middle] ?? '') <= after) low = middle + 1;
      else high = middle;
    }
    return this.sortedKeys[low];
  }

  private damaged(offset: number): DamagedStoreError {
    return new DamagedStoreError({ file: this.path, offset, problem: 'an entry is damaged', nextStep: RESTORE_STEP });
  }
}

async function nextOf(entries: AsyncGenerator<BaseEntry, void, undefined> | undefined): Promise<BaseEntry | undefined> {
  const next = await entries?.next();
  return next?.done === false ? next.value : undefined;
}

function lesser(one: string | undefined, other: string | undefined): string | undefined {
  if (one === undefined || other === undefined) return one ?? other;
  return one < other ? one : other;
}

function byCodeUnits(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
