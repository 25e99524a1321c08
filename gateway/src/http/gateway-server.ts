import { randomUUID } from 'node:crypto';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { performance } from 'node:perf_hooks';
import type { ReleaseParts } from '../use-cases/release-parts';
import { createApp } from './app';
import { Authenticator } from './authenticator';
import { checkHandler } from './check-handler';
import type { HttpOptions } from './http-options';
import { HEADERS_MILLIS, KEEP_ALIVE_MILLIS, MAX_CONNECTIONS, MAX_HEADER_BYTES, REQUEST_MILLIS, STOP_MILLIS, UNREAD_MILLIS } from './limits';
import { Metrics } from './metrics';
import { openApiDocument } from './openapi';
import { beginContext, contextOf } from './request-context';
import { noteFailure, requestLog } from './request-log';
import type { HttpParts } from './route';
import { ROUTES } from './routes';

/** The HTTP side of a gateway: a server that isn't listening yet, and how to stop it without loss. */
export interface GatewayServer {
  /** Call `listen` on it. */
  readonly server: Server;
  /**
   * Stops accepting, lets what runs finish (for `STOP_MILLIS` at most) and waits until the outcomes of what was sent are recorded.
   * The parts stay open: they are the caller's to close.
   */
  stop(): Promise<void>;
}

/** Puts the HTTP API (api.md) before the use cases. */
export function createGatewayServer(parts: ReleaseParts, options: HttpOptions): GatewayServer {
  const authenticator = new Authenticator(parts, options);
  const metrics = new Metrics();
  let document: object | undefined;
  const httpParts: HttpParts = { ...parts, options, authenticator, metrics, openApi: () => (document ??= openApiDocument(ROUTES, options.origin)) };
  const ready = authenticator.ready().then(() => httpParts);
  ready.catch(() => undefined);
  const failed = (error: unknown, requestId: string): void => noteFailure(parts.log, error, requestId);
  const underWay = new Set<Promise<unknown>>();
  const app = createApp({ options, authenticator, metrics, routes: ROUTES, ready: () => ready, underWay, failed });
  const isCheck = checkHandler({ parts, authenticator, metrics, origin: options.origin, failed });
  const log = requestLog(parts.log);
  const running = new Set<ServerResponse>();
  const server = createServer({ maxHeaderSize: MAX_HEADER_BYTES, headersTimeout: HEADERS_MILLIS, requestTimeout: REQUEST_MILLIS, keepAliveTimeout: KEEP_ALIVE_MILLIS }, (request, response) => {
    if (isCheck(request, response)) return;
    beginContext(request, response, randomUUID());
    running.add(response);
    response.once('close', () => running.delete(response));
    observe(metrics, request, response);
    log(request, response);
    app(request, response);
  });
  server.maxConnections = MAX_CONNECTIONS;
  return { server, stop: () => stopServer({ server, running, underWay, parts, metrics }, options.stopMillis ?? STOP_MILLIS) };
}

function observe(metrics: Metrics, request: IncomingMessage, response: ServerResponse): void {
  const begun = performance.now();
  response.once('finish', () => metrics.request(request.method ?? '', contextOf(request).route ?? 'none', response.statusCode, (performance.now() - begun) / 1000));
}

interface Running {
  readonly server: Server;
  readonly running: ReadonlySet<ServerResponse>;
  readonly underWay: ReadonlySet<Promise<unknown>>;
  readonly parts: ReleaseParts;
  readonly metrics: Metrics;
}

/**
 * While the server stops: cuts a connection whose client takes nothing of an answer that waits for it, so that it holds nobody up. What of the
 * answer was not taken is settled as for a broken connection. @returns how to end the watching.
 */
function cutUnread(running: ReadonlySet<ServerResponse>): () => void {
  const waiting = new Map<ServerResponse, { readonly bytes: number; readonly since: number }>();
  const look = (): void => {
    const now = performance.now();
    for (const response of running) {
      const bytes = response.socket?.writableLength ?? 0;
      const before = waiting.get(response);
      if (bytes === 0) waiting.delete(response);
      else if (before?.bytes !== bytes) waiting.set(response, { bytes, since: now });
      else if (now - before.since >= UNREAD_MILLIS) response.socket?.destroy();
    }
  };
  const timer = setInterval(look, UNREAD_MILLIS / 4);
  return () => clearInterval(timer);
}

async function stopServer({ server, running, underWay, parts, metrics }: Running, millis: number): Promise<void> {
  for (const response of running) if (!response.headersSent) response.setHeader('connection', 'close');
  const closed = server.listening ? new Promise<void>((resolve) => server.close(() => resolve())) : Promise.resolve();
  server.closeIdleConnections();
  const timer = setTimeout(() => server.closeAllConnections(), millis);
  const stopCutting = cutUnread(running);
  await closed;
  stopCutting();
  clearTimeout(timer);
  // What was sent is settled behind its answer: wait for it before the ledger is closed.
  await Promise.allSettled(underWay);
  await parts.outcomes.flush();
  metrics.clear();
}
