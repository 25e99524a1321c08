import { readFileSync } from 'node:fs';
import { request } from 'node:https';
import { connect } from 'node:tls';

/** How it is seen that a process answers. */
export type HealthCheck =
  | {
      readonly kind: 'https';
      readonly port: number;
      readonly path: string;
      readonly roots: string;
      readonly client?: ClientFiles;
      /** Further TLS ports that must be open: a peer's or orderer's operations answer before its own service listens. */
      readonly alsoOpen?: readonly number[];
    }
  | { readonly kind: 'tls'; readonly port: number; readonly roots: string; readonly client: ClientFiles };

/** Paths of a client's certificate and key. */
export interface ClientFiles {
  readonly certificate: string;
  readonly privateKey: string;
}

/** An answer over HTTPS. */
export interface HttpsAnswer {
  readonly status: number;
  readonly body: string;
}

/** One attempt may take this long, milliseconds. */
const ATTEMPT_MILLIS = 2_000;
const LOOPBACK = '127.0.0.1';

/** Gets a path from a port on loopback; the server's certificate is verified. */
export function httpsGet({ port, path, roots, client }: Omit<Extract<HealthCheck, { kind: 'https' }>, 'kind' | 'alsoOpen'>): Promise<HttpsAnswer> {
  return new Promise((resolve, reject) => {
    const options = { host: LOOPBACK, port, path, ca: readFileSync(roots), timeout: ATTEMPT_MILLIS, agent: false, ...clientOptions(client) };
    const call = request(options, (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('end', () => resolve({ status: response.statusCode ?? 0, body: Buffer.concat(chunks).toString('utf8') }));
      response.on('error', reject);
    });
    call.on('timeout', () => call.destroy(new Error(`no answer within ${ATTEMPT_MILLIS} ms`)));
    call.on('error', reject);
    call.end();
  });
}

function clientOptions(client: ClientFiles | undefined): object {
  return client === undefined ? {} : { cert: readFileSync(client.certificate), key: readFileSync(client.privateKey) };
}

/** Shakes hands with a TLS server on loopback, both sides authenticated. A server that refuses the client says so after the handshake. */
function tlsHandshake({ port, roots, client }: Extract<HealthCheck, { kind: 'tls' }>): Promise<void> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host: LOOPBACK, port, ca: readFileSync(roots), ALPNProtocols: ['h2'], timeout: ATTEMPT_MILLIS, ...clientOptions(client) });
    socket.on('timeout', () => socket.destroy(new Error(`no answer within ${ATTEMPT_MILLIS} ms`)));
    socket.on('error', reject);
    // HTTP/2 begins with the server's settings: with TLS 1.3 only they show that it took our certificate.
    socket.on('data', () => {
      socket.destroy();
      resolve();
    });
    socket.on('close', () => reject(new Error('the connection was closed')));
  });
}

/** Reaches a TLS server on loopback and verifies it. */
function tlsReach(port: number, roots: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host: LOOPBACK, port, ca: readFileSync(roots), ALPNProtocols: ['h2', 'http/1.1'], timeout: ATTEMPT_MILLIS });
    socket.on('timeout', () => socket.destroy(new Error(`no answer on port ${port} within ${ATTEMPT_MILLIS} ms`)));
    socket.on('error', reject);
    socket.on('secureConnect', () => {
      socket.destroy();
      resolve();
    });
  });
}

/** Looks once. @returns undefined when the process answers as it should, else what is wrong. */
export async function whatAils(check: HealthCheck): Promise<string | undefined> {
  try {
    if (check.kind === 'tls') {
      await tlsHandshake(check);
      return undefined;
    }
    const { status, body } = await httpsGet(check);
    if (status !== 200) return `it answers ${status} ${body.slice(0, 200)}`;
    await Promise.all((check.alsoOpen ?? []).map((port) => tlsReach(port, check.roots)));
    return undefined;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}
