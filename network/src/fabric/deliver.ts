import type { Identity } from '@kesu/certs';
import type { Eventer } from 'fabric-common';
import { orderer } from 'fabric-protos';
import { type Connection, deliverServiceOf } from './connection';
import type { RawBlock } from './decode-block';
import { signSeek } from './proposal';

/** A peer that delivers blocks. */
export interface BlockSource {
  readonly name: string;
  readonly connection: Connection<Eventer>;
}

/** Who asks for blocks, on which channel. */
export interface Reading {
  readonly channel: string;
  /** A member of an organisation that may read the channel. */
  readonly reader: Identity;
  /** Epoch milliseconds. */
  readonly now: () => number;
}

/** A peer's last word on a stream. */
export class DeliverError extends Error {
  override readonly name = 'DeliverError';
}

interface DeliverResponse {
  readonly Type: string;
  readonly block?: RawBlock;
  readonly status?: number | string;
}

const SUCCESS = [200, 'SUCCESS'];
const FORBIDDEN = [403, 'FORBIDDEN'];
/** As large as a block's number gets: the stream has no end. */
const ENDLESS = Number.MAX_SAFE_INTEGER;

/** Blocks of a peer from number `from` to `to` (both included; without end unless given), until `signal` aborts. @throws DeliverError, Error when the stream breaks. */
export function deliverBlocks(source: BlockSource, reading: Reading, { from, to = ENDLESS }: { readonly from: number; readonly to?: number }, signal: AbortSignal): AsyncGenerator<RawBlock> {
  return deliver(source, reading, orderer.SeekInfo.encode({ start: { specified: { number: from } }, stop: { specified: { number: to } }, behavior: orderer.SeekInfo.SeekBehavior.BLOCK_UNTIL_READY }).finish(), signal);
}

/** The newest block of a peer. @throws as {@link deliverBlocks}. */
export async function newestBlock(source: BlockSource, reading: Reading, signal: AbortSignal): Promise<RawBlock> {
  const seek = orderer.SeekInfo.encode({ start: { newest: {} }, stop: { newest: {} }, behavior: orderer.SeekInfo.SeekBehavior.BLOCK_UNTIL_READY }).finish();
  for await (const block of deliver(source, reading, seek, signal)) return block;
  throw new DeliverError(`${source.name} delivered no block`);
}

async function* deliver(source: BlockSource, reading: Reading, seek: Uint8Array, signal: AbortSignal): AsyncGenerator<RawBlock> {
  const eventer = await source.connection.ready();
  const envelope = await signSeek(reading.reader, reading.channel, seek, reading.now());
  if (signal.aborted) return;
  const stream = deliverServiceOf(eventer).deliver();
  const cancel = (): void => stream.cancel();
  signal.addEventListener('abort', cancel, { once: true });
  try {
    stream.write(envelope);
    for await (const response of stream as AsyncIterable<DeliverResponse>) {
      if (response.block === undefined || response.block === null) {
        if (SUCCESS.includes(response.status ?? '')) return;
        throw statusError(source.name, response.status);
      }
      yield response.block;
    }
    throw new DeliverError(`${source.name} ended the stream`);
  } catch (error) {
    // A cancelled stream ends with an error of its own.
    if (!signal.aborted) throw error;
  } finally {
    signal.removeEventListener('abort', cancel);
    // The error that cancelling a stream brings has nobody left to hear it.
    stream.on('error', () => undefined);
    stream.cancel();
  }
}

function statusError(name: string, status: number | string | undefined): DeliverError {
  if (FORBIDDEN.includes(status ?? '')) return new DeliverError(`${name} delivers no blocks to this reader: its certificate is revoked, expired or foreign; renew it`);
  return new DeliverError(`${name} delivers no blocks: status ${String(status)}`);
}
