import { Agent as HttpAgent, type ClientRequest, type IncomingMessage, request as httpRequest } from 'node:http';
import { Agent as HttpsAgent, request as httpsRequest } from 'node:https';
import type { Socket } from 'node:net';

/** The client's side of mutual TLS, PEM. */
export interface ClientCertificate {
  readonly certificate: string;
  readonly key: string;
}

/** Limits of one exchange. */
export interface ExchangeLimits {
  readonly connectMillis: number;
  readonly totalMillis: number;
  readonly bodyBytes: number;
}

/** What came back, whole. */
export interface ExchangeAnswer {
  readonly status: number;
  readonly mediaType: string;
  readonly encoding: string;
  readonly body: Buffer;
}

/** How an exchange failed; `retriable` only when the connection failed before a byte of an answer. */
export class ExchangeError extends Error {
  override readonly name = 'ExchangeError';

  constructor(
    readonly failure: 'connect' | 'connect-timeout' | 'total-timeout' | 'too-large' | 'broken-off' | 'aborted',
    readonly retriable: boolean,
  ) {
    super(failure);
  }
}

/** Connections to one provider, kept alive between exchanges. */
export type ExchangeAgent = HttpAgent | HttpsAgent;

/** @param authorities PEM of the roots that the provider's certificate must lead to; absent: Node's own. */
export function exchangeAgent(url: URL, most: number, authorities: string | undefined, client: ClientCertificate | undefined): ExchangeAgent {
  const kept = { keepAlive: true, maxSockets: most, maxFreeSockets: most };
  if (url.protocol === 'http:') return new HttpAgent(kept);
  return new HttpsAgent({
    ...kept,
    minVersion: 'TLSv1.2',
    rejectUnauthorized: true,
    ...(authorities === undefined ? {} : { ca: authorities }),
    ...(client === undefined ? {} : { cert: client.certificate, key: client.key }),
  });
}

/** One POST and its answer. Follows no redirect: a provider can't send a credit code elsewhere. @throws ExchangeError */
export function exchange(url: URL, agent: ExchangeAgent, headers: Readonly<Record<string, string>>, body: Buffer, limits: ExchangeLimits, signal: AbortSignal): Promise<ExchangeAnswer> {
  return new Promise((resolve, reject) => {
    const send = url.protocol === 'http:' ? httpRequest : httpsRequest;
    const request = send(url, { method: 'POST', agent, headers: { ...headers, 'content-length': String(body.length) } });
    let settled = false;
    let heard = (): boolean => false;
    const settle = (end: () => void): void => {
      if (settled) return;
      settled = true;
      clearTimeout(total);
      signal.removeEventListener('abort', abort);
      end();
    };
    const fail = (error: ExchangeError): void => {
      settle(() => reject(error));
      request.destroy();
    };
    const abort = (): void => fail(new ExchangeError('aborted', false));
    const total = setTimeout(() => fail(new ExchangeError('total-timeout', false)), limits.totalMillis);
    request.on('socket', (socket) => {
      heard = bytesSince(socket);
      limitConnect(request, socket, limits.connectMillis, () => fail(new ExchangeError('connect-timeout', true)));
    });
    request.on('error', (error: NodeJS.ErrnoException) => {
      // A refused client certificate arrives after the handshake, as an alert in place of an answer (TLS 1.3).
      if (/^(ERR_SSL|EPROTO)/.test(error.code ?? '')) fail(new ExchangeError('connect', false));
      else fail(new ExchangeError(heard() ? 'broken-off' : 'connect', !heard()));
    });
    request.on('response', (answer) => {
      void collect(answer, limits.bodyBytes).then((whole) => settle(() => resolve(whole)), fail);
    });
    signal.addEventListener('abort', abort);
    // Last, so that a request given up before it began has its error listener.
    if (signal.aborted) abort();
    else request.end(body);
  });
}

function bytesSince(socket: Socket): () => boolean {
  const before = socket.connecting ? undefined : socket.bytesRead;
  // Over TLS the handshake's bytes count as well, so a fresh connection has heard only what its answer brings after it.
  let start = before;
  if (start === undefined) socket.once('encrypted' in socket ? 'secureConnect' : 'connect', () => (start = socket.bytesRead));
  return () => start !== undefined && socket.bytesRead > start;
}

function limitConnect(request: ClientRequest, socket: Socket, millis: number, late: () => void): void {
  if (!socket.connecting) return;
  const timer = setTimeout(late, millis);
  const stop = (): void => clearTimeout(timer);
  socket.once('encrypted' in socket ? 'secureConnect' : 'connect', stop);
  request.once('close', stop);
}

async function collect(answer: IncomingMessage, most: number): Promise<ExchangeAnswer> {
  if (Number(answer.headers['content-length'] ?? 0) > most) throw new ExchangeError('too-large', false);
  const chunks: Buffer[] = [];
  let size = 0;
  try {
    for await (const chunk of answer as AsyncIterable<Buffer>) {
      size += chunk.length;
      if (size > most) break;
      chunks.push(chunk);
    }
  } catch {
    throw new ExchangeError('broken-off', false);
  }
  if (size > most) throw new ExchangeError('too-large', false);
  return { status: answer.statusCode ?? 0, mediaType: (answer.headers['content-type'] ?? '').toLowerCase(), encoding: answer.headers['content-encoding'] ?? 'identity', body: Buffer.concat(chunks) };
}
