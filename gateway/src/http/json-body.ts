import type { IncomingMessage } from 'node:http';
import { GatewayError } from '../gateway-error';
import { MAX_BODY_BYTES, MAX_JSON_DEPTH } from './limits';

const UTF8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
const JSON_TYPE = /^application\/json(?:\s*;\s*charset\s*=\s*"?utf-8"?)?\s*$/i;

/**
 * Refuses a body that isn't announced as JSON in UTF-8, or that is compressed.
 * @throws GatewayError media-type-not-supported.
 */
export function assertJsonType({ headers }: IncomingMessage): void {
  const type = headers['content-type'];
  if (type !== 'application/json' && (type === undefined || !JSON_TYPE.test(type))) throw GatewayError.of('media-type-not-supported', 'the content type must be application/json');
  const encoding = headers['content-encoding'];
  if (encoding !== undefined && encoding !== 'identity') throw GatewayError.of('media-type-not-supported', 'compressed bodies are not read');
}

/**
 * Reads a body of at most {@link MAX_BODY_BYTES}; nothing of a longer one is kept.
 * @throws GatewayError body-too-large; malformed-body when the client broke off.
 */
export function readBody(request: IncomingMessage): Promise<Buffer> {
  if (Number(request.headers['content-length'] ?? 0) > MAX_BODY_BYTES) return Promise.reject(tooLarge());
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let length = 0;
    request.on('data', (chunk: Buffer) => {
      length += chunk.length;
      if (length > MAX_BODY_BYTES) {
        chunks.length = 0;
        reject(tooLarge());
      } else chunks.push(chunk);
    });
    request.on('end', () => resolve(chunks.length === 1 && chunks[0] !== undefined ? chunks[0] : Buffer.concat(chunks)));
    request.on('aborted', () => reject(GatewayError.of('malformed-body', 'the body broke off')));
    request.on('error', () => reject(GatewayError.of('malformed-body', 'the body broke off')));
  });
}

/** Reads a body that is text. @throws GatewayError malformed-body when it isn't UTF-8; body-too-large. */
export async function readText(request: IncomingMessage): Promise<string> {
  return textOf(await readBody(request));
}

function tooLarge(): GatewayError {
  return GatewayError.of('body-too-large', `a body has at most ${MAX_BODY_BYTES} bytes`);
}

/**
 * The one reader of JSON from outside: UTF-8 only, no byte order mark, at most {@link MAX_JSON_DEPTH} deep, no member twice,
 * so that two readers can't see two values.
 * @throws GatewayError malformed-body.
 */
export function parseStrictJson(bytes: Uint8Array): unknown {
  const text = textOf(bytes);
  const written = scan(text);
  if (written.depth > MAX_JSON_DEPTH) throw GatewayError.of('malformed-body', `the body is nested deeper than ${MAX_JSON_DEPTH}`);
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw GatewayError.of('malformed-body', 'the body is not JSON');
  }
  // Each member was written with one colon outside strings: fewer members than colons, and one stood twice.
  if (membersIn(value) !== written.colons) throw GatewayError.of('malformed-body', 'an object of the body holds a member twice');
  // Half a surrogate pair has no UTF-8: only an escape can bring one.
  if (text.includes('\\u') && !isWellFormed(value)) throw GatewayError.of('malformed-body', 'a string of the body holds half a surrogate pair');
  return value;
}

function textOf(bytes: Uint8Array): string {
  try {
    return UTF8.decode(bytes);
  } catch {
    throw GatewayError.of('malformed-body', 'the body is not UTF-8');
  }
}

/** Depth of nesting and number of colons, strings skipped. Meaningful for a text that is JSON; another is refused by the parser. */
function scan(text: string): { readonly depth: number; readonly colons: number } {
  let depth = 0;
  let deepest = 0;
  let colons = 0;
  for (let at = 0; at < text.length; at++) {
    const c = text.charCodeAt(at);
    if (c === QUOTE) at = endOfString(text, at);
    else if (c === COLON) colons++;
    else if (c === OPEN_BRACE || c === OPEN_BRACKET) deepest = Math.max(deepest, ++depth);
    else if (c === CLOSE_BRACE || c === CLOSE_BRACKET) depth--;
  }
  return { depth: deepest, colons };
}

const QUOTE = 0x22;
const COLON = 0x3a;
const OPEN_BRACKET = 0x5b;
const BACKSLASH = 0x5c;
const CLOSE_BRACKET = 0x5d;
const OPEN_BRACE = 0x7b;
const CLOSE_BRACE = 0x7d;

/** The place of the quote that closes the string begun at `start`. */
function endOfString(text: string, start: number): number {
  let end = text.indexOf('"', start + 1);
  while (end > 0 && isEscaped(text, end)) end = text.indexOf('"', end + 1);
  return end < 0 ? text.length : end;
}

function isEscaped(text: string, quote: number): boolean {
  let backslashes = 0;
  while (text.charCodeAt(quote - 1 - backslashes) === BACKSLASH) backslashes++;
  return backslashes % 2 === 1;
}

/** The members of all objects in a value that the parser made. */
function membersIn(value: unknown): number {
  if (typeof value !== 'object' || value === null) return 0;
  let members = 0;
  if (Array.isArray(value)) for (const entry of value as unknown[]) members += membersIn(entry);
  else {
    for (const name in value) {
      members += 1 + membersIn((value as Record<string, unknown>)[name]);
    }
  }
  return members;
}

function isWellFormed(value: unknown): boolean {
  if (typeof value === 'string') return value.isWellFormed();
  if (typeof value !== 'object' || value === null) return true;
  return Object.entries(value).every(([member, entry]) => member.isWellFormed() && isWellFormed(entry));
}
