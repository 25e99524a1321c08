import { existsSync, writeFileSync } from 'node:fs';
import { mkdir, open, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { StateSeal, takeLock, type StoreLock } from '@kesu/network';
import { Level } from 'level';
import type { AsOf } from '../read-model';
import { BoundedCache } from './bounded-cache';
import { ProjectionDamage } from './projection-error';
import { openValue, sealValue } from './stored-value';

/** Where the projection stands. */
export const POSITION_KEY = 'm!position';

/** Characters of JSON whose decoded values stay in memory; decoded they take about five times as many bytes. */
export const CACHED_CHARACTERS = 16 * 1024 * 1024;

/** More folded values than this wait in memory for the disk: the fold pauses before the next block. */
export const MAX_WAITING_VALUES = 20_000;

/** So many values are written at once; fewer wait {@link WRITE_DELAY_MILLIS} for others, as a list's end changes often. */
export const WRITTEN_AT_ONCE = 5_000;

/** So many values are sealed without a pause: requests wait no longer. */
export const SEALED_AT_ONCE = 1_000;

/** What a kill can take back, to be folded again. */
export const WRITE_DELAY_MILLIS = 50;

/** How the projection uses LevelDB. */
export const LEVEL_OPTIONS = { cacheSize: 64 * 1024 * 1024, writeBufferSize: 32 * 1024 * 1024, keyEncoding: 'utf8', valueEncoding: 'utf8' } as const;

/** Stands for a key that has no value. */
const ABSENT = Symbol('absent');

/**
 * A value that no disk has yet: decoded when it will be read again, else the JSON of an object without its last brace, which
 * lies in the memory as one piece and to which members are added without a copy.
 */
type Waiting = { readonly block: number } & ({ readonly value: unknown; readonly open?: undefined } | { readonly open: string });

/** What a block that is being folded sets. */
interface Staged {
  readonly block: number;
  readonly values: Map<string, Waiting>;
}

interface Parts {
  readonly directory: string;
  readonly level: Level;
  readonly seal: StateSeal;
  readonly lock: StoreLock;
}

/** What a fold of one block reads and writes. Values are JSON; who reads one never changes it. */
export interface Draft {
  get<T>(key: string): T | undefined;
  /** Sets a value that is read again soon. */
  put(key: string, value: unknown): void;
  /** Sets an object that is seldom read. @param open its JSON without the last brace. */
  putOpen(key: string, open: string): void;
  /**
   * Adds members to an object. @param members their JSON with the comma before each.
   * @returns false when there is no such object.
   */
  extend(key: string, members: string): boolean;
}

/**
 * Keys and JSON values in `level`. A block's values become visible together, at once and in memory, and are written behind
 * in one batch with the position: the disk never holds more than what is visible, nor a part of a block. Each batch is
 * synced, as a power cut could else take an earlier batch and leave a later one.
 */
export class ProjectionStore implements Draft {
  readonly #level: Level;
  /** What no batch holds yet. */
  #waiting = new Map<string, Waiting>();
  /** What the batch under way holds. */
  #underWay: ReadonlyMap<string, Waiting> = new Map();
  readonly #cache = new BoundedCache(CACHED_CHARACTERS);
  #staged: Staged | undefined;
  #position: AsOf | undefined;
  #writing: Promise<void> | undefined;
  #delay: NodeJS.Timeout | undefined;
  #failure: unknown;

  private constructor(private readonly parts: Parts) {
    this.#level = parts.level;
  }

  /**
   * Opens the store. LevelDB ends the process on some kinds of damage, so its files are first compared with the seal of the last close.
   * @throws ProjectionDamage when they differ, `level` can't open them or the position is damaged: {@link remove} it;
   *   StoreLockedError when another process has it open.
   */
  static async open(directory: string): Promise<ProjectionStore> {
    await mkdir(dirname(directory), { recursive: true });
    const lock = await takeLock(`${directory}.lock`);
    try {
      const seal = new StateSeal(directory);
      if (existsSync(condemnation(directory))) throw new ProjectionDamage('it was found damaged before');
      if (!(await seal.begin())) throw new ProjectionDamage('its files are not those that were closed');
      const level = await openLevel(directory);
      const store = new ProjectionStore({ directory, level, seal, lock });
      await store.#readPosition();
      return store;
    } catch (error) {
      await lock.release();
      throw error;
    }
  }

  /** Removes a store that nobody has open. */
  static async remove(directory: string): Promise<void> {
    const lock = await takeLock(`${directory}.lock`);
    await rm(directory, { recursive: true, force: true });
    // Drops the seal of what is gone.
    await new StateSeal(directory).begin();
    await rm(condemnation(directory), { force: true });
    await lock.release();
  }

  /** The newest folded block; undefined when there is none. */
  get position(): AsOf | undefined {
    return this.#position;
  }

  /** How many values wait for the disk. */
  get waiting(): number {
    return this.#waiting.size + this.#underWay.size;
  }

  /**
   * The value under a key.
   * @throws ProjectionDamage.
   */
  get<T>(key: string): T | undefined {
    const waiting = this.#waitingAt(key);
    if (waiting !== undefined) return valueOf(waiting) as T;
    const cached = this.#cache.get(key);
    if (cached !== undefined) return cached === ABSENT ? undefined : (cached as T);
    const body = this.#stored(key);
    if (body === undefined) {
      // A check asks for the counter of every grant with a limit, most of which were never used. What a fold sets takes its place.
      if (this.#staged === undefined) this.#cache.set(key, ABSENT, key.length);
      return undefined;
    }
    const value = JSON.parse(body) as T;
    this.#cache.set(key, value, body.length);
    return value;
  }

  /**
   * {@link get} for one of the many that are hardly asked for twice: it isn't kept, as keeping it costs more than reading it.
   * @throws ProjectionDamage.
   */
  read<T>(key: string): T | undefined {
    const waiting = this.#waitingAt(key);
    if (waiting !== undefined) return valueOf(waiting) as T;
    const body = this.#stored(key);
    return body === undefined ? undefined : (JSON.parse(body) as T);
  }

  /** Sets a value within {@link fold}. */
  put(key: string, value: unknown): void {
    const { block, values } = this.#draft();
    values.set(key, { value, block });
  }

  /** Sets an object by its JSON within {@link fold}. */
  putOpen(key: string, open: string): void {
    const { block, values } = this.#draft();
    values.set(key, { open, block });
  }

  /** Adds members to an object within {@link fold}. @throws ProjectionDamage. */
  extend(key: string, members: string): boolean {
    const waiting = this.#waitingAt(key);
    const open = waiting === undefined ? this.#stored(key)?.slice(0, -1) : openOf(waiting);
    if (open === undefined) return false;
    this.putOpen(key, open + members);
    return true;
  }

  /** A value that is made from others and kept while none of them changes; who changes one says so with {@link forget}. */
  derived<T>(key: string, make: () => { readonly value: T; readonly weight: number }): T {
    const cached = this.#cache.get(key);
    if (cached !== undefined) return cached as T;
    const { value, weight } = make();
    if (this.#staged === undefined) this.#cache.set(key, value, weight);
    return value;
  }

  /** Drops a derived value. */
  forget(key: string): void {
    this.#cache.delete(key);
  }

  /** Runs the fold of one block: all that it sets becomes visible with the position, or, when it throws, nothing. */
  fold(position: AsOf, work: (draft: Draft) => void): void {
    const staged: Staged = { block: position.block, values: new Map() };
    this.#staged = staged;
    try {
      work(this);
      this.put(POSITION_KEY, position);
    } finally {
      this.#staged = undefined;
    }
    for (const [key, waiting] of staged.values) this.#waiting.set(key, waiting);
    this.#position = position;
  }

  /** Writes what waits: at once when it is much, else a moment later. */
  writeBehind(): void {
    if (this.#writing !== undefined || this.#waiting.size === 0) return;
    if (this.#waiting.size >= WRITTEN_AT_ONCE) void this.#write();
    else this.#delay ??= setTimeout(() => void this.#write(), WRITE_DELAY_MILLIS);
  }

  /** Resolves when few enough values wait. @throws Error when the disk refused them. */
  async ready(): Promise<void> {
    while (this.#failure === undefined && this.#waiting.size > MAX_WAITING_VALUES) await this.#write();
    this.#assertWritten();
  }

  /** Resolves when everything is on disk. @throws Error when the disk refused it. */
  async written(): Promise<void> {
    while (this.#failure === undefined && this.waiting > 0) await this.#write();
    this.#assertWritten();
  }

  /** Every key with its value's block and JSON, in the order of the keys; a damaged value is `undefined`. */
  async *entries(): AsyncGenerator<{ readonly key: string; readonly stored: { readonly block: number; readonly body: string } | undefined }> {
    for await (const [key, text] of this.#level.iterator()) {
      let stored;
      try {
        stored = openValue(key, text);
      } catch {
        stored = undefined;
      }
      yield { key, stored };
    }
  }

  /** Damage was found: the next {@link open} refuses it, even after a clean close. */
  condemn(): void {
    writeFileSync(condemnation(this.parts.directory), '');
  }

  /** Everything was read and found right: sessions that end by a kill are counted anew. */
  vouch(): Promise<void> {
    return this.parts.seal.vouch();
  }

  /** Writes what waits, closes and seals. */
  async close(): Promise<void> {
    await this.written().catch(() => undefined);
    clearTimeout(this.#delay);
    await this.#level.close();
    if (this.#failure === undefined) await this.parts.seal.end();
    await this.parts.lock.release();
  }

  async #readPosition(): Promise<void> {
    try {
      this.#position = this.get<AsOf>(POSITION_KEY);
    } catch (error) {
      await this.#level.close();
      throw error;
    }
  }

  #waitingAt(key: string): Waiting | undefined {
    return this.#staged?.values.get(key) ?? this.#waiting.get(key) ?? this.#underWay.get(key);
  }

  #draft(): Staged {
    if (this.#staged === undefined) throw new TypeError('values are set while a block is folded');
    return this.#staged;
  }

  /** What was read before is read again: it takes its former value's place. */
  #refreshCached(key: string, waiting: Waiting, weight: number): void {
    if (waiting.open === undefined) this.#cache.replace(key, waiting.value, weight);
    else this.#cache.delete(key);
  }

  #stored(key: string): string | undefined {
    let text: string | undefined;
    try {
      text = this.#level.getSync(key);
    } catch (error) {
      throw new ProjectionDamage('level refuses a read', { cause: error });
    }
    return text === undefined ? undefined : openValue(key, text).body;
  }

  #write(): Promise<void> {
    clearTimeout(this.#delay);
    this.#delay = undefined;
    this.#writing ??= this.#writeBatch().finally(() => {
      this.#writing = undefined;
      if (this.#failure === undefined) this.writeBehind();
    });
    return this.#writing;
  }

  async #writeBatch(): Promise<void> {
    const batch = this.#waiting;
    this.#underWay = batch;
    this.#waiting = new Map();
    try {
      // A chained batch: a list of operations costs four times as much.
      const operations = this.#level.batch();
      let sealed = 0;
      for (const [key, waiting] of batch) {
        const body = bodyOf(waiting);
        operations.put(key, sealValue(key, waiting.block, body));
        this.#refreshCached(key, waiting, body.length);
        if (++sealed % SEALED_AT_ONCE === 0) await setImmediate();
      }
      await operations.write({ sync: true } as object);
      this.#underWay = new Map();
    } catch (error) {
      this.#failure = error;
    }
  }

  #assertWritten(): void {
    if (this.#failure !== undefined) throw new Error('the projection could not be written', { cause: this.#failure });
  }
}

function valueOf(waiting: Waiting): unknown {
  return waiting.open === undefined ? waiting.value : JSON.parse(bodyOf(waiting));
}

function bodyOf(waiting: Waiting): string {
  return waiting.open === undefined ? JSON.stringify(waiting.value) : `${waiting.open}}`;
}

function openOf(waiting: Waiting): string {
  return waiting.open ?? JSON.stringify(waiting.value).slice(0, -1);
}

/** The file that says that a store was found damaged. */
function condemnation(directory: string): string {
  return `${directory}.condemned`;
}

/** @throws ProjectionDamage. */
async function openLevel(directory: string): Promise<Level> {
  const level = new Level(directory, LEVEL_OPTIONS as object);
  try {
    await level.open();
  } catch (error) {
    throw new ProjectionDamage('level refuses to open it', { cause: error });
  }
  // LevelDB doesn't sync the rename of CURRENT.
  const handle = await open(directory, 'r');
  await handle.sync().finally(() => handle.close());
  return level;
}
