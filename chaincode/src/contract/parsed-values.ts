/** What one text parses to. */
interface Parsed {
  readonly bytes: Buffer;
  readonly value: unknown;
}

/**
 * The last few values by their exact bytes: a pure function of the bytes that remembers. For a value that nearly every transaction reads
 * and hardly any writes; a changed one has other bytes. What it answers is frozen, so that no transaction can change it for the next.
 */
export class ParsedValues {
  readonly #kept: Parsed[] = [];

  /** @param capacity how many values are kept; the one unused for longest gives way. */
  constructor(private readonly capacity: number) {}

  /** What the bytes, UTF-8 of JSON, parse to. */
  parse(bytes: Uint8Array): unknown {
    const place = this.#kept.findIndex((known) => known.bytes.equals(bytes));
    const known = this.#kept[place];
    if (known === undefined) return this.#keep(Buffer.from(bytes));
    if (place > 0) this.#kept.unshift(...this.#kept.splice(place, 1));
    return known.value;
  }

  #keep(bytes: Buffer): unknown {
    const value: unknown = frozen(JSON.parse(bytes.toString('utf8')));
    this.#kept.unshift({ bytes, value });
    this.#kept.length = Math.min(this.#kept.length, this.capacity);
    return value;
  }
}

function frozen(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value;
  for (const member of Object.values(value)) frozen(member);
  return Object.freeze(value);
}
