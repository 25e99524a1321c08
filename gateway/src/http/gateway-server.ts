import { createServer, type Server } from 'node:http';
import type { GatewayParts } from '../gateway-parts';
import type { HttpOptions } from './http-options';

/** The HTTP side of a gateway: a server that isn't listening yet, and how to stop it without loss. */
export interface GatewayServer {
  /** Call `listen` on it. */
  readonly server: Server;
  /** Stops accepting, finishes what runs, settles outcomes. The parts stay open: they are the caller's to close. */
  stop(): Promise<void>;
}

/** Puts the HTTP API of `docs` before the use cases. */
export function createGatewayServer(_parts: GatewayParts, _options: HttpOptions): GatewayServer {
  const server = createServer();
  return { server, stop: () => new Promise((resolve, reject) => server.close((error) => (error === undefined ? resolve() : reject(error)))) };
}
