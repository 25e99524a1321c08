import type { Identity } from '@kesu/certs';
import type { PrivateJournal } from '@kesu/network';
import type { Logger } from 'pino';
import type { Clock } from './clock';
import type { DataSource } from './data-source';
import type { LedgerClient } from './ledger-client';
import type { ReadModel } from './read-model';

/** A participant's P-256 request key held in this gateway's wallet: only the demonstration's wallet holds others'. */
export interface HeldKey {
  readonly keyId: string;
  /** 64-byte r‖s with low S over the bytes. */
  sign(bytes: Uint8Array): Promise<Uint8Array>;
}

/** Everything that use cases work with. Made once, in `main.ts`. */
export interface GatewayParts {
  readonly clock: Clock;
  /** Cryptographically random bytes. */
  random(bytes: number): Uint8Array;
  readonly ledger: LedgerClient;
  readonly readModel: ReadModel;
  /** What blocks don't hold: subject map, letters' identities, salts, pending batches, outbox (architecture.md rule 4). */
  readonly store: PrivateJournal;
  /** The participant this gateway speaks for; in the demonstration the node. */
  readonly self: string;
  /** The wallet's identity of a participant; undefined when this gateway doesn't hold it. */
  identityOf(participantId: string): Identity | undefined;
  /** A request key that this gateway holds; undefined otherwise. */
  requestKeyOf(participantId: string): HeldKey | undefined;
  /** The data source that answers for a catalogue item; undefined when none is configured. */
  sourceOf(itemCode: string): DataSource | undefined;
  readonly log: Logger;
}
