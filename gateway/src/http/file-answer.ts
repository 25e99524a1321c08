import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { WrittenAnswer } from './route';

const CHUNK_BYTES = 64 * 1024;

/** How a file is answered. */
export interface FileAnswer {
  readonly mediaType: string;
  /** What a client saves it as. */
  readonly name: string;
  /** SHA-256 over it, lower-case hex. */
  readonly digest: string;
  /** Its own address. */
  readonly address: string;
}

/** Streams a file with its digest (`Repr-Digest`, RFC 9530), as fast as the client takes it. */
export function fileAnswer(bytes: Uint8Array, { mediaType, name, digest, address }: FileAnswer): WrittenAnswer {
  return {
    write: async (response) => {
      response.writeHead(200, {
        'content-type': mediaType,
        'content-length': bytes.length,
        'content-disposition': `attachment; filename="${name}"`,
        'content-location': address,
        'repr-digest': `sha-256=:${Buffer.from(digest, 'hex').toString('base64')}:`,
        'cache-control': 'no-store',
        'x-content-type-options': 'nosniff',
      });
      await pipeline(Readable.from(chunksOf(bytes)), response);
    },
  };
}

function* chunksOf(bytes: Uint8Array): Generator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += CHUNK_BYTES) yield bytes.subarray(at, at + CHUNK_BYTES);
}
