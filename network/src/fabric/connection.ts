import type { Duplex } from 'node:stream';
import type { Client as FabricClient, Committer, Endorser, Eventer } from 'fabric-common';
import type { NetworkPlace } from './connection-profile';

/** A connection that failed is tried anew after so many milliseconds at the earliest. */
export const RECONNECT_MILLIS = 500;

/** How long a connection may take, milliseconds. */
export const CONNECT_MILLIS = 3_000;

/** How long a peer may take to endorse and an orderer to accept, milliseconds. */
export const REQUEST_MILLIS = 15_000;

/** fabric-common's connection to one service of a node, with what its types leave out. */
type Service = (Endorser | Committer | Eventer) & { readonly connected: boolean; resetConnection(): Promise<void> };

/**
 * One long-lived connection to a service of a peer or orderer. gRPC itself comes back after a restart; what this adds is the first
 * connection to a node that was down, tried by one caller at a time. Nothing is ever opened twice, so nothing leaks.
 */
export class Connection<S extends Endorser | Committer | Eventer> {
  readonly #service: S & Service;
  #connecting: Promise<void> | undefined;
  #failedAt = 0;
  #isClosed = false;

  constructor(
    readonly place: NetworkPlace,
    client: FabricClient,
    service: S,
  ) {
    this.#service = service as S & Service;
    // No keepalive of our own: a peer cuts off clients that ping more often than its minimal interval.
    this.#service.setEndpoint(
      client.newEndpoint({
        url: place.url,
        pem: place.tlsRoots.join('\n'),
        'ssl-target-name-override': place.hostname,
        'grpc-wait-for-ready-timeout': CONNECT_MILLIS,
        requestTimeout: REQUEST_MILLIS,
        'grpc.initial_reconnect_backoff_ms': 100,
        'grpc.max_reconnect_backoff_ms': 1_000,
      }),
    );
  }

  /** The service, connected. @throws Error when the node can't be reached. */
  async ready(): Promise<S> {
    if (this.#isClosed) throw new Error(`the connection to ${this.place.name} is closed`);
    if (!this.#service.connected) await this.#connect();
    return this.#service;
  }

  /** Ends the connection. */
  close(): void {
    this.#isClosed = true;
    this.#service.disconnect();
  }

  #connect(): Promise<void> {
    if (Date.now() - this.#failedAt < RECONNECT_MILLIS) return Promise.reject(new Error(`${this.place.name} at ${this.place.url} does not answer`));
    this.#connecting ??= this.#service
      .resetConnection()
      .catch((error: unknown) => {
        this.#failedAt = Date.now();
        throw error;
      })
      .finally(() => {
        this.#connecting = undefined;
        if (this.#isClosed) this.#service.disconnect();
      });
    return this.#connecting;
  }
}

/** The deliver service of a peer as gRPC makes it: several streams go over one connection. */
export interface DeliverService {
  deliver(): Duplex & { cancel(): void };
}

/** The deliver service behind a connected eventer, which itself knows only one stream. */
export function deliverServiceOf(eventer: Eventer): DeliverService {
  return (eventer as Eventer & { readonly service: DeliverService }).service;
}
