import { createHash } from 'node:crypto';
import { VerificationFailure, verifyTimestamp, type TimestampAuthority } from '@kesu/verifier';
import { encodeTimestampRequest, nonceOf, TIMESTAMP_QUERY, TIMESTAMP_REPLY, tokenOfReply } from './timestamp-request';

/** Longest time that an authority may take, milliseconds; how often it is asked. */
export const TIMESTAMP_MILLIS = 10_000;
export const TIMESTAMP_TRIES = 3;
/** Longest reply that is read, bytes. */
export const MAX_REPLY_BYTES = 64 * 1024;

/** Gives timestamps over bytes: a port, so that evidence does not know whose. */
export type StampTime = (bytes: Uint8Array) => Promise<Uint8Array>;

/** An authority could not be reached, or what it answered is no token that a verifier would take. */
export class TimestampError extends Error {
  override readonly name = 'TimestampError';
}

/** Asks an authority over HTTP (RFC 3161, 3.4), again when it fails; what it answers is verified as strictly as a notary would before it is kept. */
export function timestampClient(url: string, authority: TimestampAuthority, random: (bytes: number) => Uint8Array): StampTime {
  return async (bytes) => {
    let failure: unknown;
    for (let attempt = 0; attempt < TIMESTAMP_TRIES; attempt++) {
      try {
        const token = await ask(url, createHash('sha256').update(bytes).digest(), random);
        verifyTimestamp(token, bytes, [authority]);
        return token;
      } catch (error) {
        failure = error;
        if (error instanceof VerificationFailure) break;
      }
    }
    throw new TimestampError(`the timestamp authority ${authority.name} gave no token: ${failure instanceof Error ? failure.message : String(failure)}`, { cause: failure });
  };
}

async function ask(url: string, hash: Uint8Array, random: (bytes: number) => Uint8Array): Promise<Uint8Array> {
  const body = encodeTimestampRequest({ hash, nonce: nonceOf(random) });
  const response = await fetch(url, { method: 'POST', redirect: 'error', body: new Uint8Array(body), headers: { 'content-type': TIMESTAMP_QUERY }, signal: AbortSignal.timeout(TIMESTAMP_MILLIS) });
  if (response.status !== 200 || response.headers.get('content-type') !== TIMESTAMP_REPLY) throw new TimestampError(`it answers ${response.status}`);
  const reply = Buffer.from(await response.arrayBuffer());
  const token = reply.length > MAX_REPLY_BYTES ? undefined : tokenOfReply(reply);
  if (token === undefined) throw new TimestampError('it refuses, or answers no token');
  return token;
}
