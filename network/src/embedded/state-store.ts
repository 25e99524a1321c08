import { createHash } from 'node:crypto';
import { mkdir, open as openHandle, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { Level } from 'level';
import type { KeyVersion } from '@kesu/chaincode/domain';
import { LedgerError } from '../ledger';
import { StateSeal } from './state-seal';
import type { CommittedState, StateEntry } from './transaction-stub';

/** Where the state stands: everything up to this block is applied. */
export interface StatePosition {
  readonly block: number;
  readonly hash: string;
}

/** A write of a VALID call, with the position that it takes; no value deletes the key. */
export interface StateWrite {
  readonly key: string;
  readonly value?: string;
  readonly version: KeyVersion;
}

/** A range read answers at most so many entries; a call that needs more is refused. */
export const MAX_RANGE_ENTRIES = 100_000;

/** So many bytes of applied values may be lost by a power cut and are replayed at open: the state is synced when it passes them. */
export const UNSYNCED_STATE_BYTES = 4 * 1024 * 1024;

/** More applied entries than this wait in memory for the disk: the ledger pauses before the next block. */
export const MAX_PENDING_ENTRIES = 50_000;

/** So many characters of recently read values stay decoded in memory. */
export const CACHED_CHARACTERS = 32 * 1024 * 1024;

const VALUE_PREFIX = 's!';
const RANGE_END = 's"';
const POSITION_KEY = 'm!position';
const SYNCED_KEY = 'm!synced';
const LEVEL_OPTIONS = { cacheSize: 64 * 1024 * 1024, writeBufferSize: 16 * 1024 * 1024, keyEncoding: 'utf8', valueEncoding: 'utf8' } as const;

/** A stored value is not what was written. It is never served; the ledger rebuilds the state from the blocks. */
export class StateDamage extends LedgerError {
  constructor(options?: ErrorOptions) {
    super('unavailable', 'the state is damaged and is being rebuilt from the blocks', options);
  }
}

type Pending = { readonly value: string | undefined; readonly version: KeyVersion };

/**
 * The derived state in `level`: every value with its key, position and a checksum that every read verifies, and the
 * position of the last applied block in the same batch (architecture.md rule 4). Never the only copy of anything.
 *
 * Applied writes are visible at once and written behind; what a power cut takes is replayed from the blocks.
 */
export class StateStore implements CommittedState {
  readonly #level: Level;
  readonly #directory: string;
  readonly #pending = new Map<string, Pending>();
  readonly #cache = new Map<string, StateEntry>();
  #cachedCharacters = 0;
  #position: StatePosition | undefined;
  #unsyncedBytes = 0;
  #flushing: Promise<void> | undefined;
  #failure: unknown;

  readonly #seal: StateSeal;

  private constructor(directory: string, level: Level, seal: StateSeal) {
    this.#directory = directory;
    this.#level = level;
    this.#seal = seal;
  }

  /**
   * Opens the state, or an empty one when there is none or it can't be read.
   * @throws LedgerError `unavailable` when the directory can't be used.
   */
  static async open(directory: string): Promise<StateStore> {
    await mkdir(dirname(directory), { recursive: true });
    const seal = new StateSeal(directory);
    if (!(await seal.begin())) await rm(directory, { recursive: true, force: true });
    const store = new StateStore(directory, await openLevel(directory), seal);
    // LevelDB doesn't sync the rename of CURRENT.
    const handle = await openHandle(directory, 'r');
    await handle.sync().finally(() => handle.close());
    store.#position = store.#storedPosition(SYNCED_KEY) ?? undefined;
    return store;
  }

  /** The last applied block; after `open` the last block that is certainly durable: what lies behind it is to be applied again. */
  get position(): StatePosition | undefined {
    return this.#position;
  }

  read(key: string): StateEntry | undefined {
    const pending = this.#pending.get(key);
    if (pending !== undefined) return pending.value === undefined ? undefined : { key, value: pending.value, version: pending.version };
    const cached = this.#cache.get(key);
    if (cached !== undefined) return cached;
    const entry = this.#stored(key);
    if (entry !== undefined) this.#remember(entry);
    return entry;
  }

  /** What the disk holds of a key, past every cache; a value that still waits to be written counts as held. */
  readStored(key: string): StateEntry | undefined {
    const pending = this.#pending.get(key);
    if (pending !== undefined) return pending.value === undefined ? undefined : { key, value: pending.value, version: pending.version };
    return this.#stored(key);
  }

  async range(from: string, to: string): Promise<readonly StateEntry[]> {
    const isIn = (key: string): boolean => key >= from && (to === '' || key < to);
    const merged = new Map<string, StateEntry>();
    // Taken before the iterator, whose snapshot is taken when it is made: an entry leaves `#pending` only after it is on disk.
    const pending = [...this.#pending].filter(([key]) => isIn(key));
    const iterator = this.#level.iterator({ gte: VALUE_PREFIX + from, lt: to === '' ? RANGE_END : VALUE_PREFIX + to, limit: MAX_RANGE_ENTRIES + 1 });
    for await (const [stored, text] of this.#guardedEntries(iterator)) {
      const key = stored.slice(VALUE_PREFIX.length);
      merged.set(key, decodeEntry(key, text));
    }
    for (const [key, { value, version }] of pending) {
      if (value === undefined) merged.delete(key);
      else merged.set(key, { key, value, version });
    }
    if (merged.size > MAX_RANGE_ENTRIES) throw new LedgerError('unavailable', `a range holds more than ${MAX_RANGE_ENTRIES} entries`);
    return [...merged.values()].sort((a, b) => (a.key < b.key ? -1 : 1));
  }

  /** Makes a block's writes visible, in their order, and writes them behind. */
  apply(position: StatePosition, writes: readonly StateWrite[]): void {
    for (const { key, value, version } of writes) {
      this.#pending.set(key, { value, version });
      this.#forget(key);
    }
    this.#position = position;
    this.#flushing ??= this.#flush();
  }

  /** Resolves when few enough applied writes wait for the disk. @throws LedgerError `unavailable` when the disk refused them. */
  async ready(): Promise<void> {
    while (this.#failure === undefined && this.#pending.size > MAX_PENDING_ENTRIES) await this.#flushing;
    this.#assertUsable();
  }

  /** Writes and syncs everything that was applied. */
  async sync(): Promise<void> {
    await this.#flushing;
    this.#assertUsable();
    await this.#write(true);
  }

  /** Throws everything away, for a replay from block 0. */
  async clear(): Promise<void> {
    await this.#flushing;
    this.#pending.clear();
    this.#cache.clear();
    this.#cachedCharacters = 0;
    this.#position = undefined;
    this.#failure = undefined;
    await this.#level.close().catch(() => undefined);
    await rm(this.#directory, { recursive: true, force: true });
    await this.#level.open();
  }

  /** The whole state was compared with the blocks and found right. */
  async vouch(): Promise<void> {
    await this.#seal.vouch();
  }

  /** Syncs what was applied, unless the disk refused before, closes and seals. */
  async close(): Promise<void> {
    await this.#flushing;
    if (this.#failure === undefined && this.#position !== undefined) await this.#write(true).catch((error: unknown) => (this.#failure = error));
    await this.#level.close();
    if (this.#failure === undefined) await this.#seal.end();
  }

  async #flush(): Promise<void> {
    try {
      do await this.#write(this.#unsyncedBytes > UNSYNCED_STATE_BYTES);
      while (this.#pending.size > 0);
    } catch (error) {
      this.#failure = error;
    }
    this.#flushing = undefined;
  }

  async #write(sync: boolean): Promise<void> {
    const batch = [...this.#pending];
    const position = this.#position;
    if (position === undefined) return;
    const operations = batch.map(([key, { value, version }]) =>
      value === undefined
        ? ({ type: 'del', key: VALUE_PREFIX + key } as const)
        : ({ type: 'put', key: VALUE_PREFIX + key, value: encodeEntry(key, value, version) } as const),
    );
    const marks = (sync ? [POSITION_KEY, SYNCED_KEY] : [POSITION_KEY]).map((key) => ({ type: 'put', key, value: encodePosition(key, position) }) as const);
    await this.#level.batch([...operations, ...marks], { sync } as object);
    this.#unsyncedBytes = sync ? 0 : this.#unsyncedBytes + batch.reduce((sum, [key, { value }]) => sum + key.length + (value?.length ?? 0), 0);
    for (const [key, written] of batch) if (this.#pending.get(key) === written) this.#pending.delete(key);
  }

  #stored(key: string): StateEntry | undefined {
    const text = this.#guarded(() => this.#level.getSync(VALUE_PREFIX + key));
    return text === undefined ? undefined : decodeEntry(key, text);
  }

  #storedPosition(key: string): StatePosition | undefined {
    try {
      const text = this.#level.getSync(key);
      return text === undefined ? undefined : decodePosition(key, text);
    } catch {
      return undefined;
    }
  }

  #guarded<T>(read: () => T): T {
    try {
      return read();
    } catch (error) {
      throw new StateDamage({ cause: error });
    }
  }

  async *#guardedEntries(entries: AsyncIterable<[string, string]>): AsyncGenerator<[string, string]> {
    try {
      yield* entries;
    } catch (error) {
      throw error instanceof StateDamage ? error : new StateDamage({ cause: error });
    }
  }

  #remember(entry: StateEntry): void {
    this.#cache.set(entry.key, entry);
    this.#cachedCharacters += entry.key.length + entry.value.length;
    for (const oldest of this.#cache.keys()) {
      if (this.#cachedCharacters <= CACHED_CHARACTERS) return;
      this.#forget(oldest);
    }
  }

  #forget(key: string): void {
    const entry = this.#cache.get(key);
    if (entry === undefined) return;
    this.#cache.delete(key);
    this.#cachedCharacters -= entry.key.length + entry.value.length;
  }

  #assertUsable(): void {
    if (this.#failure !== undefined) throw new LedgerError('unavailable', 'the state could not be written', { cause: this.#failure });
  }
}

async function openLevel(directory: string): Promise<Level> {
  const level = new Level(directory, LEVEL_OPTIONS as object);
  try {
    await level.open();
    return level;
  } catch (error) {
    if (isLocked(error)) throw new LedgerError('unavailable', `another process uses ${directory}`, { cause: error });
    await rm(directory, { recursive: true, force: true });
    const fresh = new Level(directory, LEVEL_OPTIONS as object);
    await fresh.open();
    return fresh;
  }
}

function isLocked(error: unknown): boolean {
  const cause: unknown = typeof error === 'object' && error !== null && 'cause' in error ? error.cause : undefined;
  return typeof cause === 'object' && cause !== null && 'code' in cause && cause.code === 'LEVEL_LOCKED';
}

/** `<checksum> <block>.<index> <value>`: the checksum covers key, position and value. */
function encodeEntry(key: string, value: string, version: KeyVersion): string {
  const body = `${version.block}.${version.index} ${value}`;
  return `${checksum(key, body)} ${body}`;
}

function decodeEntry(key: string, text: string): StateEntry {
  const body = checkedBody(key, text);
  const space = body.indexOf(' ');
  const [block = NaN, index = NaN] = body.slice(0, space).split('.').map(Number);
  return { key, value: body.slice(space + 1), version: { block, index } };
}

function encodePosition(key: string, position: StatePosition): string {
  const body = `${position.block} ${position.hash}`;
  return `${checksum(key, body)} ${body}`;
}

function decodePosition(key: string, text: string): StatePosition {
  const [block, hash = ''] = checkedBody(key, text).split(' ');
  return { block: Number(block), hash };
}

function checkedBody(key: string, text: string): string {
  const body = text.slice(CHECKSUM_DIGITS + 1);
  if (text.slice(0, CHECKSUM_DIGITS + 1) !== `${checksum(key, body)} `) throw new StateDamage();
  return body;
}

const CHECKSUM_DIGITS = 32;

function checksum(key: string, body: string): string {
  return createHash('sha256').update(`${key}\n${body}`).digest('hex').slice(0, CHECKSUM_DIGITS);
}
