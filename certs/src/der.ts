/** One DER element inside a larger array: `tag` byte, content in `[start, end)`. */
export interface DerElement {
  readonly tag: number;
  readonly start: number;
  readonly end: number;
}

/**
 * The element that begins at `offset` (X.690 section 8, DER lengths: definite and minimal; low tag numbers only).
 * @returns undefined when there is none or it doesn't end within `bytes`.
 */
export function derElementAt(bytes: Uint8Array, offset: number): DerElement | undefined {
  const tag = bytes[offset];
  const first = bytes[offset + 1];
  if (tag === undefined || first === undefined || (tag & 31) === 31) return undefined;
  if (first < 128) return within(bytes, tag, offset + 2, first);
  return elementOfLongLength(bytes, tag, offset, first & 127);
}

/** The length stands in `count` bytes; DER allows only the shortest form. */
function elementOfLongLength(bytes: Uint8Array, tag: number, offset: number, count: number): DerElement | undefined {
  if (count === 0 || count > 4) return undefined;
  let length = 0;
  for (let i = 0; i < count; i++) {
    const byte = bytes[offset + 2 + i];
    if (byte === undefined) return undefined;
    length = length * 256 + byte;
  }
  const minimal = count === 1 ? length >= 128 : length >= 256 ** (count - 1);
  return minimal ? within(bytes, tag, offset + 2 + count, length) : undefined;
}

/** The one element that `bytes` are, with nothing behind it; undefined otherwise. */
export function wholeDerElement(bytes: Uint8Array, tag: number): DerElement | undefined {
  const element = derElementAt(bytes, 0);
  return element !== undefined && element.tag === tag && element.end === bytes.length ? element : undefined;
}

function within(bytes: Uint8Array, tag: number, start: number, length: number): DerElement | undefined {
  const end = start + length;
  return end <= bytes.length ? { tag, start, end } : undefined;
}
