/** Decoded values by key, the least recently used dropped when their weight passes the bound. */
export class BoundedCache {
  readonly #entries = new Map<string, { readonly value: unknown; readonly weight: number }>();
  #weight = 0;

  /** @param bound the most weight that is kept. */
  constructor(private readonly bound: number) {}

  /** The value, now the most recently used; undefined when it isn't kept. */
  get(key: string): unknown {
    const entry = this.#entries.get(key);
    if (entry === undefined) return undefined;
    this.#entries.delete(key);
    this.#entries.set(key, entry);
    return entry.value;
  }

  /** Keeps a value; `weight` in characters of its JSON. */
  set(key: string, value: unknown, weight: number): void {
    this.delete(key);
    this.#entries.set(key, { value, weight });
    this.#weight += weight;
    for (const oldest of this.#entries.keys()) {
      if (this.#weight <= this.bound) return;
      this.delete(oldest);
    }
  }

  /** Drops a value. */
  delete(key: string): void {
    const entry = this.#entries.get(key);
    if (entry === undefined) return;
    this.#entries.delete(key);
    this.#weight -= entry.weight;
  }

  /** Drops everything. */
  clear(): void {
    this.#entries.clear();
    this.#weight = 0;
  }
}
