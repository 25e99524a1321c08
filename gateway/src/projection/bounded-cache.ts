interface Entry {
  readonly value: unknown;
  readonly weight: number;
}

/**
 * Decoded values by key, in two generations: when the younger one holds half the bound, the older is dropped and takes its
 * place. What was asked for meanwhile is kept. A hit costs one look-up; an exact order of use would cost ten times as much.
 */
export class BoundedCache {
  #young = new Map<string, Entry>();
  #old = new Map<string, Entry>();
  #youngWeight = 0;

  /** @param bound the most weight that is kept. */
  constructor(private readonly bound: number) {}

  /** The value; undefined when it isn't kept. */
  get(key: string): unknown {
    const young = this.#young.get(key);
    if (young !== undefined) return young.value;
    const old = this.#old.get(key);
    if (old === undefined) return undefined;
    this.set(key, old.value, old.weight);
    return old.value;
  }

  /** Keeps a value; `weight` in characters of its JSON. */
  set(key: string, value: unknown, weight: number): void {
    this.delete(key);
    this.#young.set(key, { value, weight });
    this.#youngWeight += weight;
    if (this.#youngWeight * 2 <= this.bound) return;
    this.#old = this.#young;
    this.#young = new Map();
    this.#youngWeight = 0;
  }

  /** Puts a new value in the place of one that is kept; does nothing when none is. */
  replace(key: string, value: unknown, weight: number): void {
    if (this.#young.has(key) || this.#old.has(key)) this.set(key, value, weight);
  }

  /** Drops a value. */
  delete(key: string): void {
    const young = this.#young.get(key);
    if (young !== undefined) {
      this.#young.delete(key);
      this.#youngWeight -= young.weight;
    }
    this.#old.delete(key);
  }
}
