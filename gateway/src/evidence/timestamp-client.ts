import { createHash } from 'node:crypto';
import { bytesEqual } from '@kesu/chaincode/domain';
import { VerificationFailure, verifyTimestamp, type TimestampAuthority } from '@kesu/verifier';
import { encodeTimestampRequest, nonceOf, TIMESTAMP_QUERY, TIMESTAMP_REPLY, tokenOfReply } from './timestamp-request';

/** Longest time that an authority may take, milliseconds. */
export const TIMESTAMP_MILLIS = 10_000;
/** How often all authorities are gone through, and how long is waited before the second time; each further wait is twice the one before. */
export const TIMESTAMP_ROUNDS = 3;
export const TIMESTAMP_BACKOFF_MILLIS = 500;
/** Longest reply that is read, bytes. */
export const MAX_REPLY_BYTES = 64 * 1024;

/** Gives timestamps over bytes: a port, so that evidence does not know whose. */
export type StampTime = (bytes: Uint8Array) => Promise<Uint8Array>;

/** An authority with the way to it: a request and its reply, both DER. */
export interface AskedAuthority extends TimestampAuthority {
  readonly ask: (request: Uint8Array) => Promise<Uint8Array>;
}

/** No authority could be reached, or what they answered is no token that a verifier would take: each with its reason. */
export class TimestampError extends Error {
  override readonly name = 'TimestampError';
}

/** With what the client runs. */
export interface TimestampClientOptions {
  readonly random: (bytes: number) => Uint8Array;
  /** Waits for milliseconds. */
  readonly wait?: (millis: number) => Promise<void>;
}

const sleep = (millis: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, millis));

/**
 * Asks authorities in turn until one gives a token (RFC 3161), and all again after a pause. What they answer is verified as strictly as a notary
 * would before it is kept, and must hold the nonce of its own request: an older token of the same bytes is none. An authority that answers otherwise
 * is not asked again.
 */
export function timestampClient(authorities: readonly AskedAuthority[], { random, wait = sleep }: TimestampClientOptions): StampTime {
  return async (bytes) => {
    const refused = new Map<AskedAuthority, string>();
    const failures = new Map<AskedAuthority, string>();
    for (let round = 0; round < TIMESTAMP_ROUNDS && refused.size < authorities.length; round++) {
      if (round > 0) await wait(TIMESTAMP_BACKOFF_MILLIS * 2 ** (round - 1));
      for (const authority of authorities.filter((one) => !refused.has(one))) {
        try {
          return await stampBy(authority, bytes, random);
        } catch (error) {
          (error instanceof VerificationFailure ? refused : failures).set(authority, error instanceof Error ? error.message : String(error));
        }
      }
    }
    const reasons = authorities.map((one) => `${one.name}: ${refused.get(one) ?? failures.get(one) ?? 'not asked'}`);
    throw new TimestampError(`no timestamp authority gave a token: ${reasons.join('; ')}`);
  };
}

async function stampBy(authority: AskedAuthority, bytes: Uint8Array, random: TimestampClientOptions['random']): Promise<Uint8Array> {
  const nonce = nonceOf(random);
  const reply = await authority.ask(encodeTimestampRequest({ hash: createHash('sha256').update(bytes).digest(), nonce }));
  const token = tokenOfReply(reply);
  if (token === undefined) throw new TimestampError('it refuses, or answers no token');
  const stamp = verifyTimestamp(token, bytes, [authority]);
  if (stamp.nonce === undefined || !bytesEqual(stamp.nonce, nonce)) throw new VerificationFailure('timestamp-mismatch', 'the token holds another nonce than its request');
  return token;
}

/** The way to an authority over HTTP (RFC 3161, 3.4). No redirects: the address is the configuration's. */
export function overHttp(url: string): AskedAuthority['ask'] {
  return async (request) => {
    const response = await fetch(url, { method: 'POST', redirect: 'error', body: new Uint8Array(request), headers: { 'content-type': TIMESTAMP_QUERY }, signal: AbortSignal.timeout(TIMESTAMP_MILLIS) });
    const type = response.headers.get('content-type')?.split(';')[0]?.trim();
    if (response.status !== 200 || type !== TIMESTAMP_REPLY) throw new TimestampError(`it answers ${response.status} ${type ?? ''}`);
    return boundedBody(response);
  };
}

/** Reads no more of a body than a reply may have. */
async function boundedBody({ body }: Response): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of body ?? []) {
    length += chunk.length;
    if (length > MAX_REPLY_BYTES) throw new TimestampError(`its reply has more than ${MAX_REPLY_BYTES} bytes`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}
