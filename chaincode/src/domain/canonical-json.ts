/** A JSON value as Kesu signs and stores it: integers only, well-formed strings. */
export type Json = null | boolean | number | string | readonly Json[] | { readonly [member: string]: Json | undefined };

/**
 * The RFC 8785 form of a value, written in one pass.
 *
 * Members whose value is `undefined` count as absent. Refused, because two readers could see two values: numbers that
 * are not safe integers, negative zero, ill-formed strings (lone surrogates), objects with a `toJSON` method.
 * @throws TypeError naming the place of what is refused.
 */
export function canonicalJson(value: unknown): string {
  const text = written(value);
  if (text !== undefined) return text;
  assertCanonical(value, '');
  throw new TypeError('not JSON: the value is undefined');
}

/** The value of a text in RFC 8785 form; undefined for every other text: no duplicate key, other order, `-0`, `1e0` or BOM passes. */
export function canonicalValue(text: string): Json | undefined {
  try {
    const value = JSON.parse(text) as Json;
    return canonicalJson(value) === text ? value : undefined;
  } catch {
    return undefined;
  }
}

/** True when `text` is exactly the RFC 8785 form of what it says. */
export function isCanonicalJson(text: string): boolean {
  return canonicalValue(text) !== undefined;
}

/** ASCII that stands in a JSON string as it is. */
const PLAIN = /^[ !#-[\]-~]*$/;

/** The text of a value; undefined for what {@link assertCanonical} refuses, and for `undefined`. */
function written(value: unknown): string | undefined {
  if (typeof value === 'string') return quoted(value);
  if (typeof value === 'object') return value === null ? 'null' : writtenContainer(value);
  if (typeof value === 'number') return Number.isSafeInteger(value) && !Object.is(value, -0) ? String(value) : undefined;
  return typeof value === 'boolean' ? String(value) : undefined;
}

function writtenContainer(value: object): string | undefined {
  if ('toJSON' in value && typeof value.toJSON === 'function') return undefined;
  return Array.isArray(value) ? writtenList(value) : writtenObject(value as Readonly<Record<string, unknown>>);
}

function writtenList(list: readonly unknown[]): string | undefined {
  let text = '[';
  for (let at = 0; at < list.length; at++) {
    const entry = written(list[at]);
    if (entry === undefined) return undefined;
    text += at === 0 ? entry : `,${entry}`;
  }
  return `${text}]`;
}

/** Members by UTF-16 units (RFC 8785, section 3.2.3): the order of `sort` without a comparison. */
function writtenObject(object: Readonly<Record<string, unknown>>): string | undefined {
  let text = '{';
  for (const member of sorted(Object.keys(object))) {
    const name = quoted(member);
    const value = object[member];
    if (name === undefined) return undefined;
    if (value === undefined) continue;
    const entry = written(value);
    if (entry === undefined) return undefined;
    text += text === '{' ? `${name}:${entry}` : `,${name}:${entry}`;
  }
  return `${text}}`;
}

/** What was read from such a text is in order already, which is seen sooner than it is sorted. */
function sorted(names: string[]): string[] {
  for (let at = 1; at < names.length; at++) if ((names[at - 1] ?? '') > (names[at] ?? '')) return names.sort();
  return names;
}

/** RFC 8785 writes a string as `JSON.stringify` does. */
function quoted(text: string): string | undefined {
  if (PLAIN.test(text)) return `"${text}"`;
  return text.isWellFormed() ? JSON.stringify(text) : undefined;
}

function assertCanonical(value: unknown, at: string): void {
  if (value === undefined || value === null || typeof value === 'boolean') return;
  if (typeof value === 'string') return assertString(value, at);
  if (typeof value === 'number') return assertInteger(value, at);
  if (typeof value !== 'object') throw new TypeError(`not JSON at ${at || '/'}: ${typeof value}`);
  assertContainer(value, at);
}

function assertContainer(value: object, at: string): void {
  if ('toJSON' in value && typeof value.toJSON === 'function') throw new TypeError(`not plain JSON at ${at || '/'}: it has toJSON`);
  if (Array.isArray(value)) {
    value.forEach((entry, index) => {
      if (entry === undefined) throw new TypeError(`not JSON at ${at}/${index}: undefined in a list`);
      assertCanonical(entry, `${at}/${index}`);
    });
    return;
  }
  for (const [member, entry] of Object.entries(value)) {
    assertString(member, `${at}/${member}`);
    assertCanonical(entry, `${at}/${member}`);
  }
}

function assertString(value: string, at: string): void {
  if (!value.isWellFormed()) throw new TypeError(`ill-formed string at ${at || '/'}`);
}

function assertInteger(value: number, at: string): void {
  if (!Number.isSafeInteger(value) || Object.is(value, -0)) throw new TypeError(`not a safe integer at ${at || '/'}: ${String(value)}`);
}
