import canonicalize from 'canonicalize';

/** A JSON value as Kesu signs and stores it: integers only, well-formed strings. */
export type Json = null | boolean | number | string | readonly Json[] | { readonly [member: string]: Json | undefined };

/**
 * The RFC 8785 form of a value.
 *
 * Members whose value is `undefined` count as absent. Refused, because two readers could see two values: numbers that
 * are not safe integers, negative zero, ill-formed strings (lone surrogates), objects with a `toJSON` method.
 * @throws TypeError naming the place of what is refused.
 */
export function canonicalJson(value: unknown): string {
  assertCanonical(value, '');
  const text = canonicalize(value);
  if (text === undefined) throw new TypeError('not JSON: the value is undefined');
  return text;
}

/** True when `text` is exactly the RFC 8785 form of what it says: no duplicate key, other order, `-0`, `1e0` or BOM passes. */
export function isCanonicalJson(text: string): boolean {
  try {
    return canonicalJson(JSON.parse(text)) === text;
  } catch {
    return false;
  }
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
