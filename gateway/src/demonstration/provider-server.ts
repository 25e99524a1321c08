import { createHash, type KeyObject, randomBytes, sign, timingSafeEqual } from 'node:crypto';
import { createServer, type IncomingMessage, type RequestListener, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { z } from 'zod';
import { idSchema, instantOf, itemCodeSchema, monthRangeSchema, type SignedSourceAnswer, toBase64url, toLowS64 } from '@kesu/chaincode/domain';
import { ANSWER_MEDIA_TYPE, type AnswerBody, answerBytes, answerDigestOf } from '../data-source';
import type { ProviderBatch } from './provider-batches';
import type { ProviderRecords } from './provider-records';

/** Largest request body, bytes. */
const MOST_REQUEST_BYTES = 4_096;

const requestSchema = z.strictObject({
  requestId: z.string().min(1).max(64),
  network: idSchema,
  item: itemCodeSchema,
  itemVersion: z.int().min(1),
  subject: z.string().regex(/^[0-9A-Z]{18}$/),
  subjectRef: idSchema,
  range: monthRangeSchema.optional(),
});
type AnswerRequest = z.infer<typeof requestSchema>;

/** One provider of the demonstration. */
export interface DemonstrationProvider {
  readonly id: string;
  readonly token: string;
  readonly keyId: string;
  /** P-256; its public half is registered for the provider on the ledger. */
  readonly privateKey: KeyObject;
  /** Codes of the items that it answers for. */
  readonly items: readonly string[];
}

/** An accepted batch with the id it has on the ledger. */
export interface AcceptedBatch {
  readonly batchId: string;
  readonly batch: ProviderBatch;
}

/** What the providers' server answers from. */
export interface ProviderServerOptions {
  readonly network: string;
  readonly providers: readonly DemonstrationProvider[];
  readonly records: ProviderRecords;
  /** True for items that are answered live (QUERY, INTERFACE); all others from {@link batchOf}. */
  readonly isAskedLive: (item: string) => boolean;
  readonly batchOf: (item: string) => AcceptedBatch | undefined;
  /** Milliseconds since 1970. */
  readonly now: () => number;
}

/** A running server. */
export interface ProviderServer {
  /** Where a provider answers: `http://127.0.0.1:PORT/providers/<id>/answers`. */
  readonly endpointOf: (providerId: string) => string;
  readonly port: number;
  readonly close: () => Promise<void>;
}

/** Starts the providers of the demonstration on 127.0.0.1 only. @param port 0 for any free one. */
export async function startProviderServer(options: ProviderServerOptions, port = 0): Promise<ProviderServer> {
  const server = createServer(providerRequestListener(options));
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, '127.0.0.1', resolve);
  });
  const bound = (server.address() as AddressInfo).port;
  return { endpointOf: (id) => `http://127.0.0.1:${bound}/providers/${id}/answers`, port: bound, close: () => closeServer(server) };
}

function closeServer(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve());
    server.closeAllConnections();
  });
}

/** Answers `POST /providers/<id>/answers` with the provider's bearer token. It logs nothing: the body names a firm (I16). */
export function providerRequestListener(options: ProviderServerOptions): RequestListener {
  const providers = new Map(options.providers.map((provider) => [`/providers/${provider.id}/answers`, provider]));
  return (request, response) => {
    const provider = providers.get(request.url ?? '');
    if (provider === undefined) return refuse(response, 404, 'no such provider');
    if (request.method !== 'POST') return refuse(response, 405, 'only POST');
    if (!bears(request, provider.token)) return refuse(response, 401, 'no valid bearer token');
    readBody(request)
      .then((text) => answer(options, provider, text, response))
      .catch(() => refuse(response, 400, 'the request has not the form that this provider reads'));
  };
}

function answer(options: ProviderServerOptions, provider: DemonstrationProvider, text: string, response: ServerResponse): void {
  const parsed = requestSchema.safeParse(JSON.parse(text));
  if (!parsed.success || parsed.data.network !== options.network) return refuse(response, 400, 'the request has not the form that this provider reads');
  if (!provider.items.includes(parsed.data.item)) return refuse(response, 404, 'this provider has no such item');
  const body = options.isAskedLive(parsed.data.item) ? liveAnswer(options, provider, parsed.data) : batchAnswer(options, provider, parsed.data);
  if (body === undefined) return refuse(response, 404, 'no accepted batch covers the enterprise');
  send(response, 200, body);
}

function liveAnswer(options: ProviderServerOptions, provider: DemonstrationProvider, { item, itemVersion, subject, subjectRef, range }: AnswerRequest): AnswerBody {
  const rows = [...options.records.rowsOf(item, subject, instantOf(options.now()), range)];
  const salt = randomBytes(32).toString('base64url');
  const digest = answerDigestOf(salt, { item, itemVersion, subjectRef, ...(range === undefined ? {} : { range }), rows });
  return signed(options, provider, { item, itemVersion, subjectRef, rows: rows.length, digest }, { rows, salt });
}

function batchAnswer(options: ProviderServerOptions, provider: DemonstrationProvider, { item, itemVersion, subjectRef }: AnswerRequest): AnswerBody | undefined {
  const accepted = options.batchOf(item);
  const leaf = accepted?.batch.itemVersion === itemVersion ? accepted.batch.leafOf(subjectRef) : undefined;
  if (accepted === undefined || leaf === undefined) return undefined;
  const { rows, salt, digest, path } = leaf;
  const batch = { batchId: accepted.batchId, index: path.index, size: path.size, path: [...path.path] };
  return signed(options, provider, { item, itemVersion, subjectRef, rows: rows.length, digest }, { rows: [...rows], salt, batch });
}

type Unsigned = Omit<SignedSourceAnswer, 'type' | 'network' | 'time'>;

function signed(options: ProviderServerOptions, provider: DemonstrationProvider, unsigned: Unsigned, rest: Pick<AnswerBody, 'rows' | 'salt' | 'batch'>): AnswerBody {
  const answer: SignedSourceAnswer = { type: 'source-answer', network: options.network, ...unsigned, time: instantOf(options.now()) };
  return { answer, ...rest, keyId: provider.keyId, signature: signAnswer(answer, provider.privateKey) };
}

/** A provider's signature over an answer: 64 bytes with low S, base64url. */
export function signAnswer(answer: SignedSourceAnswer, privateKey: KeyObject): string {
  return toBase64url(toLowS64(sign('sha256', answerBytes(answer), { key: privateKey, dsaEncoding: 'ieee-p1363' })));
}

function bears(request: IncomingMessage, token: string): boolean {
  const digest = (text: string): Buffer => createHash('sha256').update(text).digest();
  return timingSafeEqual(digest(request.headers.authorization ?? ''), digest(`Bearer ${token}`));
}

async function readBody(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > MOST_REQUEST_BYTES) throw new RangeError('request too large');
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

function refuse(response: ServerResponse, status: number, detail: string): void {
  send(response, status, { detail });
}

function send(response: ServerResponse, status: number, body: unknown): void {
  if (response.headersSent || response.destroyed) return;
  const text = Buffer.from(JSON.stringify(body));
  response.writeHead(status, { 'content-type': ANSWER_MEDIA_TYPE, 'content-length': text.length, 'cache-control': 'no-store' });
  response.end(text);
}
