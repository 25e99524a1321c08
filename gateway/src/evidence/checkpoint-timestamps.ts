import { epochMillis, instantOf, toBase64, utf8ToBytes, HOUR_MILLIS, type Instant } from '@kesu/chaincode/domain';
import type { PrivateJournal } from '@kesu/network';
import type { Logger } from 'pino';
import type { Clock } from '../clock';
import { GatewayError } from '../gateway-error';
import type { CheckpointPublisher } from '../evidence-log';

/** Table and keys of the private journal: the newest timestamped checkpoint, and since when one has been wanted. */
const TABLE = 'checkpoint-timestamps';
const NEWEST = 'newest';
const SINCE = 'since';

/** A new timestamp is asked for when this part of the grace has passed. */
const ASKED_WITHIN = 8;

/** A checkpoint with the token over its text: at `at` an authority outside had seen the log as it then was. */
export interface TimestampedCheckpoint {
  readonly checkpoint: string;
  /** The RFC 3161 token's DER in base64. */
  readonly token: string;
  /** This gateway's time before it asked. */
  readonly at: Instant;
}

/** With what checkpoints are timestamped. */
export interface TimestampOptions {
  readonly publisher: Pick<CheckpointPublisher, 'publish'>;
  /** Asks the configured authorities for a token over bytes. */
  readonly stampTime: (bytes: Uint8Array) => Promise<Uint8Array>;
  readonly store: PrivateJournal;
  readonly clock: Clock;
  readonly graceMillis: number;
  readonly log: Pick<Logger, 'warn'>;
}

/**
 * Timestamps the log's checkpoints by authorities outside, again and again: no release waits for its own timestamp, but when the newest is older than
 * the grace, nothing more is released, so that nobody can write a history of more than the grace anew unseen.
 */
export class CheckpointTimestamps {
  #newest: TimestampedCheckpoint | undefined;
  #failure: string | undefined;

  private constructor(
    private readonly options: TimestampOptions,
    private readonly since: number,
    newest: TimestampedCheckpoint | undefined,
  ) {
    this.#newest = newest;
  }

  /** Reads what was kept. The grace of a gateway that never had a timestamp runs from the first time that it was opened with an authority. */
  static async open(options: TimestampOptions): Promise<CheckpointTimestamps> {
    const { store, clock } = options;
    const kept = await store.get(TABLE, NEWEST);
    const since = await store.get(TABLE, SINCE);
    const now = instantOf(clock.now());
    if (since === undefined) await store.commit([{ table: TABLE, key: SINCE, value: Buffer.from(now) }]);
    return new CheckpointTimestamps(options, epochMillis(since?.toString('utf8') ?? now), kept === undefined ? undefined : (JSON.parse(kept.toString('utf8')) as TimestampedCheckpoint));
  }

  /** The newest timestamped checkpoint; undefined before the first. */
  get newest(): TimestampedCheckpoint | undefined {
    return this.#newest;
  }

  /** Has the log's head timestamped when it is time, also one that has not grown. A failure is told and tried again at the next call. */
  async stampDue(): Promise<void> {
    const { publisher, stampTime, store, clock, graceMillis, log } = this.options;
    const now = clock.now();
    if (this.#newest !== undefined && now - epochMillis(this.#newest.at) < graceMillis / ASKED_WITHIN) return;
    try {
      const { text } = await publisher.publish();
      const token = toBase64(await stampTime(utf8ToBytes(text)));
      const stamped: TimestampedCheckpoint = { checkpoint: text, token, at: instantOf(now) };
      await store.commit([{ table: TABLE, key: NEWEST, value: Buffer.from(JSON.stringify(stamped), 'utf8') }]);
      this.#newest = stamped;
      this.#failure = undefined;
    } catch (error) {
      this.#failure = error instanceof Error ? error.message : String(error);
      log.warn({ reason: this.#failure }, 'the checkpoint was not timestamped');
    }
  }

  /** @throws GatewayError not-ready when the newest timestamped checkpoint is older than the grace. */
  assertFresh(): void {
    const { clock, graceMillis } = this.options;
    const age = clock.now() - (this.#newest === undefined ? this.since : epochMillis(this.#newest.at));
    if (age <= graceMillis) return;
    const last = this.#newest === undefined ? 'no checkpoint was ever timestamped' : `the newest timestamped checkpoint is of ${this.#newest.at}`;
    throw GatewayError.of('not-ready', `${last}, longer ago than the grace of ${graceMillis / HOUR_MILLIS} h: nothing is released until a timestamp authority answers${this.#failure === undefined ? '' : ` (${this.#failure})`}`, { retryAfterSeconds: 60 });
  }
}
