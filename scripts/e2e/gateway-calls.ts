import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { signWithKeyFile, type SigningKeyFile } from '../../gateway/src/signing-key-file';
import type { Place } from './kesu-process';

/** An answer; undefined members when the connection broke before it was whole. */
export interface Answered {
  readonly status: number;
  // The wire is what is tested: its form is asserted, not assumed.
  readonly body: Readonly<Record<string, unknown>>;
}

/** Asks a gateway. @returns undefined when no whole answer came. */
export async function call(place: Pick<Place, 'port'>, method: 'GET' | 'POST', path: string, token: string, body?: unknown, key: string = randomUUID()): Promise<Answered | undefined> {
  const headers: Record<string, string> = { authorization: `Bearer ${token}`, accept: 'application/json' };
  if (body !== undefined) Object.assign(headers, { 'content-type': 'application/json', 'idempotency-key': key });
  try {
    const response = await fetch(`http://localhost:${place.port}${path}`, { method, headers, ...(body === undefined ? {} : { body: JSON.stringify(body) }) });
    const text = await response.text();
    return { status: response.status, body: text === '' ? {} : (JSON.parse(text) as Record<string, unknown>) };
  } catch {
    return undefined;
  }
}

/** As {@link call}, but no answer is a failure. */
export async function ask(place: Pick<Place, 'port'>, method: 'GET' | 'POST', path: string, token: string, body?: unknown, key?: string): Promise<Answered> {
  const answered = await call(place, method, path, token, body, key);
  if (answered === undefined) throw new Error(`${method} ${path} got no answer`);
  return answered;
}

/** A demonstration key by the name of its file. */
export function keyIn(place: Pick<Place, 'data'>, name: string): SigningKeyFile {
  return JSON.parse(readFileSync(join(place.data, 'demonstration', 'keys', `${name}.json`), 'utf8')) as SigningKeyFile;
}

/** A letter that lets a bank of 秦信融 ask one thing; far within what template and purpose allow. */
export function aLetter(rest: Readonly<Record<string, unknown>> = {}): Record<string, unknown> {
  return {
    template: { id: 'EVALUATION', version: 1 },
    platform: 'qinxinrong',
    recipient: 'example-rural-commercial-bank',
    items: [{ code: 'TAX-02', granularity: 'ANSWER', separateConsent: false }],
    purpose: 'EVALUATION',
    oneTime: true,
    retentionDays: 30,
    until: new Date(Date.now() + 20 * 86_400_000).toISOString(),
    ...rest,
  };
}

/** A letter set and the body that submits it, signed. */
export interface SignedSet {
  readonly grants: readonly string[];
  readonly body: unknown;
}

/** Asks for letters or transitions and signs them. @returns undefined when the gateway was gone. @throws Error when it refused. */
export async function signedSet(place: Pick<Place, 'port'>, key: SigningKeyFile, wanted: { readonly letters: readonly unknown[] } | { readonly transitions: readonly unknown[] }): Promise<SignedSet | undefined> {
  const answered = await call(place, 'POST', '/v1/letter-sets', 'demo-platform', { enterprise: key.enterprise, keyIds: [key.keyId], ...wanted });
  if (answered === undefined) return undefined;
  if (answered.status !== 201) throw new Error(`letter set: ${answered.status} ${JSON.stringify(answered.body)}`);
  const { id, bytes, letters } = answered.body as { id: string; bytes: string; letters: readonly { grantId: string }[] };
  return { grants: letters.map((letter) => letter.grantId), body: { letterSetId: id, signatures: [signWithKeyFile(key, Buffer.from(bytes, 'base64url'))] } };
}

/** What {@link aLetter} lets its bank ask. */
export function aRelease(key: Pick<SigningKeyFile, 'enterprise'>, grantId: string): Record<string, unknown> {
  return { enterprise: key.enterprise, recipient: 'example-rural-commercial-bank', items: [{ code: 'TAX-02', granularity: 'ANSWER' }], purpose: 'EVALUATION', grantId };
}
