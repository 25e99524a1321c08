import { decodeTilePath, decodeWitnessRequest, encodeNoteSignature, instantSchema, isTreeSize, LogFormatError, logOriginOf, toBase64, type LogProof, type TilePlace } from '@kesu/chaincode/domain';
import { z } from 'zod';
import { LogDisagreement, LogStopped, WitnessRefusal, type LoggedEvent } from '../../evidence-log';
import type { EventPosition } from '../../evidence-log/evidence-log';
import { logHolds } from '../../evidence/log-wait';
import { proofOf } from '../../evidence-log/event-proof';
import { GatewayError } from '../../gateway-error';
import { ACTORS, route, type HttpParts, type Route, type WrittenAnswer } from '../route';
import { notFound, seesEvent } from '../visibility';

const tag = 'log';
const TEXT = 'text/plain; charset=utf-8';
/** Tiles never change; a checkpoint is old after a second. */
const IMMUTABLE = 'public, max-age=31536000, immutable';

/** The log. @throws GatewayError not-ready where this gateway keeps none. */
export function logOf(parts: HttpParts) {
  const { evidenceLog } = parts.options;
  if (evidenceLog === undefined) throw GatewayError.of('not-ready', 'this gateway keeps no log');
  return evidenceLog;
}

/** What a stopped log answers: nothing. @throws GatewayError not-ready. */
export async function whileFollowing<T>(act: () => Promise<T>): Promise<T> {
  try {
    return await act();
  } catch (error) {
    if (error instanceof LogStopped || error instanceof LogDisagreement) throw GatewayError.of('not-ready', 'the log is stopped: readiness says why', { retryAfterSeconds: 60, cause: error });
    throw error;
  }
}

function publisherOf(parts: HttpParts) {
  const { publisher } = logOf(parts);
  if (publisher === undefined) throw notFound();
  return publisher;
}

/** The proof of an event under a checkpoint that holds it. */
async function proofOfLogged(parts: HttpParts, logged: LoggedEvent): Promise<LogProof> {
  const publisher = publisherOf(parts);
  const recent = await publisher.recent();
  return proofOf(logOf(parts).log, logged, recent.size > logged.index ? recent : await publisher.publish());
}

/** The proof of the event at a position that the projection shows. @throws GatewayError not-ready; LogStopped. */
export async function proofAt(parts: HttpParts, position: EventPosition): Promise<LogProof> {
  const { log } = logOf(parts);
  await logHolds(log, position.block);
  const index = log.indexOf(position);
  const logged = index === undefined ? undefined : await log.event(index);
  if (logged === undefined) throw notFound();
  return proofOfLogged(parts, logged);
}

function written(status: number, contentType: string, cacheControl: string, body: string | Uint8Array): WrittenAnswer {
  const bytes = Buffer.from(body as string);
  return {
    write: async (response) => {
      response.writeHead(status, { 'content-type': contentType, 'content-length': bytes.length, 'cache-control': cacheControl, 'x-content-type-options': 'nosniff' });
      response.end(bytes);
    },
  };
}

/** A tile by the segments of its path. */
function answerTile(parts: HttpParts, segments: readonly string[]): WrittenAnswer {
  const { log } = logOf(parts);
  let place: TilePlace;
  try {
    place = decodeTilePath(segments.join('/'));
  } catch {
    throw notFound();
  }
  const bytes = log.tile(place);
  if (bytes === undefined) throw notFound();
  return written(200, 'application/octet-stream', IMMUTABLE, bytes);
}

const segment = z.string().regex(/^[a-z0-9.]{1,10}$/);
const SEGMENTS = ['a', 'b', 'c', 'd', 'e'] as const;

/** One route for each number of segments that a tile's path can have: OpenAPI knows no path parameter with slashes. */
const tileRoutes: readonly Route[] = SEGMENTS.map((_, at) => {
  const names = SEGMENTS.slice(0, at + 1);
  return route({
    method: 'GET',
    path: `/v1/log/tile/{level}/${names.map((name) => `{${name}}`).join('/')}`,
    tag,
    id: `readLogTile${at + 1}`,
    summary: 'A tile of hashes, or a bundle of entries (level `entries`): c2sp.org/tlog-tiles',
    actors: 'PUBLIC',
    params: z.strictObject({ level: segment, ...Object.fromEntries(names.map((name) => [name, segment])) }),
    answers: { 200: { description: 'Hashes of 32 bytes, or entries behind their lengths', mediaTypes: ['application/octet-stream'] } },
    handle: ({ parts, params }) => {
      const named = params as Readonly<Record<string, string>>;
      return answerTile(parts, ['level', ...names].map((name) => named[name] ?? ''));
    },
  });
});

const sizeSchema = z.string().refine(isTreeSize, 'a size: decimal, no leading zeros');
const proofSchema = z.strictObject({ format: z.string(), leaf: z.string(), event: z.looseObject({ kind: z.string() }), path: z.array(z.string()), checkpoint: z.string() }).meta({ id: 'LogProof', description: 'An event with its leaf, its inclusion path and a checkpoint (docs/formats/log.md)' });

/** The log over the ledger's events. Checkpoint and tiles are public; leaves and events go to those entitled. */
export const logRoutes: readonly Route[] = [
  route({
    method: 'GET',
    path: '/v1/log/checkpoint',
    tag,
    id: 'readLogCheckpoint',
    summary: 'The newest checkpoint with its cosignatures: c2sp.org/tlog-checkpoint',
    actors: 'PUBLIC',
    answers: { 200: { description: 'A signed note', mediaTypes: ['text/plain'] } },
    handle: ({ parts }) => whileFollowing(async () => written(200, TEXT, 'no-cache', (await publisherOf(parts).recent()).text)),
  }),
  ...tileRoutes,
  route({
    method: 'GET',
    path: '/v1/log/timestamped-checkpoint',
    tag,
    id: 'readTimestampedCheckpoint',
    summary: 'The newest checkpoint that a timestamp authority outside has stamped (RFC 3161)',
    description: '`token` is the token\'s DER in base64, over the bytes of `checkpoint`. Nothing is released when it is older than the grace. 503 where no authority is configured, or before the first stamp.',
    actors: 'PUBLIC',
    answers: { 200: { description: 'Checkpoint and token', schema: z.strictObject({ checkpoint: z.string(), token: z.string(), at: instantSchema }) } },
    handle: ({ parts }) => {
      const newest = parts.options.timestamps?.newest;
      if (newest === undefined) throw GatewayError.of('not-ready', 'no timestamp authority is configured, or none has answered yet');
      return { status: 200, body: newest };
    },
  }),
  route({
    method: 'GET',
    path: '/v1/log/consistency',
    tag,
    id: 'readLogConsistency',
    summary: 'The proof that the log of one size grew from that of another (RFC 6962, 2.1.2)',
    actors: 'PUBLIC',
    query: z.strictObject({ from: sizeSchema, to: sizeSchema }),
    answers: { 200: { description: 'Hashes in base64, in the order of the proof', schema: z.strictObject({ origin: z.string(), from: z.int(), to: z.int(), path: z.array(z.string()) }) } },
    handle: ({ parts, query }) => {
      const { log } = logOf(parts);
      const [from, to] = [Number(query.from), Number(query.to)];
      if (from > to || to > log.size) throw GatewayError.of('malformed-body', `sizes go up to ${log.size}, \`from\` is not above \`to\``, { faults: [{ pointer: '/to', detail: `at most ${log.size}` }] });
      return { status: 200, body: { origin: logOriginOf(log.network), from, to, path: log.consistency(from, to).map(toBase64) } };
    },
  }),
  route({
    method: 'GET',
    path: '/v1/log/proof',
    tag,
    id: 'readLogProof',
    summary: 'The proof that an event stands on the ledger, checked offline by `kesu verify`',
    description: 'For those who may see the event; for others there is none.',
    actors: ACTORS,
    query: z.strictObject({ position: z.string().regex(/^\d{1,12}\.\d{1,6}\.\d{1,6}$/, 'block.index.item') }),
    answers: { 200: { description: 'The proof', schema: proofSchema } },
    handle: ({ parts, requester, query }) =>
      whileFollowing(async () => {
        const { log } = logOf(parts);
        const [block = 0, index = 0, item = 0] = query.position.split('.').map(Number);
        const leaf = log.indexOf({ block, index, item });
        const logged = leaf === undefined ? undefined : await log.event(leaf);
        if (logged === undefined || !seesEvent(requester, logged.event, parts.readModel)) throw notFound();
        return { status: 200, body: await proofOfLogged(parts, logged) };
      }),
  }),
  route({
    method: 'POST',
    path: '/v1/log/add-checkpoint',
    tag,
    id: 'addLogCheckpoint',
    summary: "Ask this organisation's cosigner for its cosignature: c2sp.org/tlog-witness",
    description: 'It cosigns what its own ledger gives, and nothing else. 409 answers the size of the latest cosigned checkpoint.',
    actors: 'PUBLIC',
    body: z.string(),
    text: true,
    answers: { 200: { description: 'Signature lines', mediaTypes: ['text/plain'] }, 409: { description: 'The size to start from', mediaTypes: ['text/x.tlog.size'] } },
    handle: async ({ parts, body }) => {
      const { cosigner } = logOf(parts);
      try {
        const lines = await cosigner.cosign(decodeWitnessRequest(body));
        return written(200, TEXT, 'no-store', lines.map(encodeNoteSignature).join(''));
      } catch (error) {
        return witnessAnswer(error);
      }
    },
  }),
];

/** Refusals as c2sp.org/tlog-witness numbers them, the sentence for people as the body. */
function witnessAnswer(error: unknown): WrittenAnswer {
  if (error instanceof LogFormatError) return written(400, TEXT, 'no-store', `${error.detail}\n`);
  if (!(error instanceof WitnessRefusal)) throw error;
  if (error.size !== undefined) return written(409, 'text/x.tlog.size', 'no-store', `${error.size}\n`);
  return written(error.status, TEXT, 'no-store', `${error.message}\n`);
}
