import { bytesToHex, DomainError, MAX_BATCH, type ErrorCode, type Outcome } from '@kesu/chaincode/domain';
import type { GatewayParts } from '../gateway-parts';
import type { ReleaseJournal } from './release-journal';

/** What became of a release, as its sender reports it. */
export interface ReportedOutcome {
  readonly releaseId: string;
  readonly outcome: Outcome;
  /** Bytes of the body that left. */
  readonly bytesSent: number;
  /** A reason code. */
  readonly reason?: string;
}

/** How long outcomes wait for a ledger that can't be reached before they are tried again, milliseconds. */
export const OUTCOME_RETRY_MILLIS = 1_000;

/** Refusals that no repeat changes. */
const FINAL: readonly ErrorCode[] = ['already-exists', 'not-found', 'not-yours', 'malformed-command'];

interface Waiting {
  readonly sender: string;
  readonly reported: ReportedOutcome;
}

/**
 * Outcomes on their way to the ledger: reported without waiting, recorded in batches behind the answers. Each stands in the journal
 * until it is recorded, so that a crash loses none; only a crash between the last byte and the journal leaves UNRESOLVED, which is true.
 */
export class Outcomes {
  #waiting: Waiting[] = [];
  readonly #keeping = new Set<Promise<void>>();
  #recording: Promise<void> | undefined;
  #retry: NodeJS.Timeout | undefined;
  #stopped = false;

  constructor(
    private readonly parts: Pick<GatewayParts, 'ledger' | 'random' | 'identityOf' | 'log'>,
    private readonly journal: ReleaseJournal,
  ) {}

  /** Takes an outcome; it is recorded soon, together with others. */
  report(sender: string, reported: ReportedOutcome): void {
    this.#waiting.push({ sender, reported });
    this.#start();
  }

  /** Takes an outcome that is recorded only after `kept`, the journal's word that it will be, also over a crash. */
  reportAfter(kept: Promise<unknown>, sender: string, reported: ReportedOutcome): void {
    const keeping = kept
      .catch((error: unknown) => this.parts.log.error({ error }, 'the journal refused a change'))
      .then(() => this.report(sender, reported))
      .finally(() => this.#keeping.delete(keeping));
    this.#keeping.add(keeping);
  }

  /** Resolves when everything reported so far is recorded, or waits for a ledger that can't be reached. */
  async flush(): Promise<void> {
    await Promise.all(this.#keeping);
    if (this.#waiting.length > 0) this.#start();
    while (this.#recording !== undefined) await this.#recording;
  }

  /** Records what waits, once, and stops trying again. */
  async close(): Promise<void> {
    await this.flush();
    this.#stopped = true;
    clearTimeout(this.#retry);
  }

  #start(): void {
    if (this.#stopped) return;
    this.#recording ??= Promise.resolve()
      .then(() => this.#recordAll())
      .finally(() => (this.#recording = undefined));
  }

  async #recordAll(): Promise<void> {
    while (this.#waiting.length > 0) {
      const [first] = this.#waiting;
      const batch = this.#waiting.filter(({ sender }) => sender === first?.sender).slice(0, MAX_BATCH);
      this.#waiting = this.#waiting.filter((entry) => !batch.includes(entry));
      const left = await this.#record(batch);
      if (left.length === 0) continue;
      this.#waiting.unshift(...left);
      return this.#tryLater();
    }
  }

  #tryLater(): void {
    if (this.#stopped) return;
    clearTimeout(this.#retry);
    this.#retry = setTimeout(() => this.#start(), OUTCOME_RETRY_MILLIS).unref();
  }

  /** @returns what must be tried again. A repeat under another operation is refused as already there, and so dropped. */
  async #record(batch: readonly Waiting[]): Promise<readonly Waiting[]> {
    const sender = batch[0]?.sender ?? '';
    const identity = this.parts.identityOf(sender);
    if (identity === undefined) return [];
    try {
      await this.parts.ledger.submit(identity, 'releases:record-outcomes', { operation: bytesToHex(this.parts.random(16)), outcomes: batch.map(({ reported }) => reported) });
    } catch (error) {
      if (!(error instanceof DomainError) || !FINAL.includes(error.code)) return batch;
      return this.#withoutRefused(batch, error);
    }
    await this.#forget(batch);
    return [];
  }

  async #withoutRefused(batch: readonly Waiting[], error: DomainError): Promise<readonly Waiting[]> {
    if (batch.length === 1) {
      if (error.code !== 'already-exists') this.parts.log.warn({ code: error.code, releaseId: batch[0]?.reported.releaseId }, 'an outcome was refused');
      await this.#forget(batch);
      return [];
    }
    const half = Math.ceil(batch.length / 2);
    return [...(await this.#record(batch.slice(0, half))), ...(await this.#record(batch.slice(half)))];
  }

  async #forget(batch: readonly Waiting[]): Promise<void> {
    const kept = batch.map(({ reported }) => this.journal.outcomeChange(reported.releaseId, undefined));
    await this.journal.commit(kept).catch((error: unknown) => this.parts.log.error({ error }, 'the journal refused a change'));
  }
}
