const TWO_TO_32 = 0x1_0000_0000;

/** A choice and how often it is taken, relative to the other choices' weights. */
export interface Weighted<T> {
  readonly value: T;
  readonly weight: number;
}

/**
 * Seeded random numbers for demonstration data: the same seed gives the same data on every machine.
 *
 * xoshiro128** (Blackman and Vigna 2018), its four words of state filled by splitmix32 from the seed and a label. Never for keys, salts or
 * nonces: who knows the seed knows every number.
 */
export class SeededRandom {
  private readonly state: [number, number, number, number];

  /**
   * @param seed an integer; only its lower 32 bits count.
   * @param label separates streams, so that a number more drawn for one purpose shifts no other purpose's numbers.
   */
  constructor(
    private readonly seed: number,
    label = '',
  ) {
    let word = seed >>> 0;
    for (let at = 0; at < label.length; at++) {
      const code = label.codePointAt(at) ?? 0;
      if (code > 0xffff) at++;
      word = (Math.imul(word ^ code, 0x01000193) + 0x9e3779b9) >>> 0;
    }
    const next = (): number => {
      word = (word + 0x9e3779b9) >>> 0;
      let mixed = Math.imul(word ^ (word >>> 16), 0x21f0aaad);
      mixed = Math.imul(mixed ^ (mixed >>> 15), 0x735a2d97);
      return (mixed ^ (mixed >>> 15)) >>> 0;
    };
    this.state = [next(), next(), next(), next() | 1];
  }

  /** An independent stream of the same seed, by name. */
  stream(label: string): SeededRandom {
    return new SeededRandom(this.seed, label);
  }

  /** The next 32 bits as an unsigned integer. */
  next(): number {
    const s = this.state;
    const result = Math.imul(rotateLeft(Math.imul(s[1], 5), 7), 9) >>> 0;
    const shifted = s[1] << 9;
    s[2] ^= s[0];
    s[3] ^= s[1];
    s[1] ^= s[2];
    s[0] ^= s[3];
    s[2] ^= shifted;
    s[3] = rotateLeft(s[3], 11);
    return result;
  }

  /**
   * An integer in `[least, most]`, both included, each as likely as the others.
   * @throws RangeError when the range is empty, wider than 2^32 or not of integers.
   */
  integer(least: number, most: number): number {
    const width = most - least + 1;
    if (!Number.isSafeInteger(least) || !Number.isSafeInteger(most) || width < 1 || width > TWO_TO_32) {
      throw new RangeError(`no integers to choose from in ${least} to ${most}`);
    }
    const usable = TWO_TO_32 - (TWO_TO_32 % width);
    let drawn = this.next();
    while (drawn >= usable) drawn = this.next();
    return least + (drawn % width);
  }

  /** True in `percent` of 100 draws. */
  chance(percent: number): boolean {
    return this.integer(1, 100) <= percent;
  }

  /**
   * One entry of a list, each as likely as the others.
   * @throws RangeError when the list is empty.
   */
  pick<T>(entries: readonly T[]): T {
    return entries[this.integer(0, entries.length - 1)] as T;
  }

  /**
   * One value, as likely as its weight says; weights are non-negative integers.
   * @throws RangeError when no entry has a weight.
   */
  pickWeighted<T>(entries: readonly Weighted<T>[]): T {
    const total = entries.reduce((sum, entry) => sum + entry.weight, 0);
    let left = this.integer(1, total);
    for (const entry of entries) {
      left -= entry.weight;
      if (left <= 0) return entry.value;
    }
    throw new RangeError('weights must be non-negative integers');
  }

  /** The same entries in another order (Fisher and Yates); the list given stays as it is. */
  shuffled<T>(entries: readonly T[]): T[] {
    const result = [...entries];
    for (let last = result.length - 1; last > 0; last--) {
      const other = this.integer(0, last);
      [result[last], result[other]] = [result[other] as T, result[last] as T];
    }
    return result;
  }

  /** `bytes` random bytes as lower-case hex: 16 for a `subjectRef` or another id. */
  hexId(bytes = 16): string {
    let text = '';
    for (let at = 0; at < bytes; at++) text += (this.next() >>> 24).toString(16).padStart(2, '0');
    return text;
  }
}

function rotateLeft(word: number, bits: number): number {
  return (word << bits) | (word >>> (32 - bits));
}
