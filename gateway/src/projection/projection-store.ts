import { mkdir, open } from 'node:fs/promises';
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

const LEVEL_OPTIONS = { cacheSize: 64 * 1024 * 1024, writeBufferSize: 32 * 1024 * 1024, keyEncoding: 'utf8', valueEncoding: 'utf8' } as const;

interface Waiting {
  readonly value: unknown;
  readonly block: number;
}

/** What a fold of one block reads and writes. Values are JSON; who reads one never changes it. */
export interface Draft {
  get<T>(key: string): T | undefined;
  put(key: string, value: unknown): void;
}

/**
 * Keys and JSON values in `level`. A block's values become visible together, at once and in memory, and are written behind
 * in one batch with the position: the disk never holds more than what is visible, nor a part of a block.
 */
export class ProjectionStore implements Draft {
  readonly #level: Level;
  readonly #waiting = new Map<string, Waiting>();
  readonly #cache = new BoundedCache(CACHED_CHARACTERS);
  #staged: Map<string, unknown> | undefined;
  #position: AsOf | undefined;
  #writing: Promise<void> | undefined;
  #failure: unknown;

  private constructor(level: Level) {
    this.#level = level;
  }

  /**
   * Opens the store.
   * @throws ProjectionDamage when `level` can't open it or its position is damaged; Error when another process has it open.
   */
  static async open(directory: string): Promise<ProjectionStore> {
    await mkdir(directory, { recursive: true });
    const level = new Level(directory, LEVEL_OPTIONS as object);
    try {
      await level.open();
    } catch (error) {
      if (isLocked(error)) throw new Error(`another process uses ${directory}`, { cause: error });
      throw new ProjectionDamage('level refuses to open it', { cause: error });
    }
    const store = new ProjectionStore(level);
    try {
      // LevelDB doesn't sync the rename of CURRENT.
      const handle = await open(directory, 'r');
      await handle.sync().finally(() => handle.close());
      store.#position = store.get<AsOf>(POSITION_KEY);
    } catch (error) {
      await level.close();
      throw error;
    }
    return store;
  }

  /** The newest folded block; undefined when there is none. */
  get position(): AsOf | undefined {
    return this.#position;
  }

  /** How many values wait for the disk. */
  get waiting(): number {
    return this.#waiting.size;
  }

  /**
   * The value under a key.
   * @throws ProjectionDamage.
   */
  get<T>(key: string): T | undefined {
    if (this.#staged?.has(key) === true) return this.#staged.get(key) as T;
    const waiting = this.#waiting.get(key);
    if (waiting !== undefined) return waiting.value as T;
    const cached = this.#cache.get(key);
    if (cached !== undefined) return cached as T;
    const body = this.#stored(key);
    if (body === undefined) return undefined;
    const value = JSON.parse(body) as T;
    this.#cache.set(key, value, body.length);
    return value;
  }

  /** Sets a value within {@link fold}. */
  put(key: string, value: unknown): void {
    if (this.#staged === undefined) throw new TypeError('values are set while a block is folded');
    this.#staged.set(key, value);
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
    const staged = new Map<string, unknown>();
    this.#staged = staged;
    try {
      work(this);
    } finally {
      this.#staged = undefined;
    }
    staged.set(POSITION_KEY, position);
    for (const [key, value] of staged) {
      this.#waiting.set(key, { value, block: position.block });
      this.#cache.delete(key);
    }
    this.#position = position;
  }

  /** Starts to write what waits, unless a write is under way, which will take it up. */
  writeBehind(): void {
    if (this.#failure === undefined) this.#writing ??= this.#write();
  }

  /** Resolves when few enough values wait. @throws Error when the disk refused them. */
  async ready(): Promise<void> {
    while (this.#failure === undefined && this.#waiting.size > MAX_WAITING_VALUES) {
      this.writeBehind();
      await this.#writing;
    }
    this.#assertWritten();
  }

  /** Resolves when everything is on disk. @throws Error when the disk refused it. */
  async written(): Promise<void> {
    while (this.#failure === undefined && this.#waiting.size > 0) {
      this.writeBehind();
      await this.#writing;
    }
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

  /** Writes what waits and closes. */
  async close(): Promise<void> {
    await this.written().catch(() => undefined);
    await this.#level.close();
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

  async #write(): Promise<void> {
    // One microtask later, so that `#writing` is set before it can be cleared.
    await Promise.resolve();
    try {
      while (this.#waiting.size > 0) await this.#writeBatch();
    } catch (error) {
      this.#failure = error;
    } finally {
      this.#writing = undefined;
    }
  }

  async #writeBatch(): Promise<void> {
    const batch = [...this.#waiting];
    const operations = batch.map(([key, { value, block }]) => ({ type: 'put' as const, key, value: sealValue(key, block, JSON.stringify(value)) }));
    await this.#level.batch(operations);
    for (const [key, written] of batch) {
      if (this.#waiting.get(key) === written) this.#waiting.delete(key);
    }
  }

  #assertWritten(): void {
    if (this.#failure !== undefined) throw new Error('the projection could not be written', { cause: this.#failure });
  }
}

function isLocked(error: unknown): boolean {
  const cause: unknown = error instanceof Error ? error.cause : undefined;
  return cause instanceof Error && 'code' in cause && cause.code === 'LEVEL_LOCKED';
}
