import type { Identity } from '@kesu/certs';
import type { OperationOutcome, RequestedRelease, ResultOf } from '@kesu/chaincode';
import { bytesToHex, canonicalJson, DomainError, MAX_BATCH, SECOND_MILLIS } from '@kesu/chaincode/domain';
import { LedgerError } from '@kesu/network';
import { GatewayError } from '../gateway-error';
import type { Done } from '../ledger-client';
import { abandonment, settleBatch, type BatchParts } from './batch-settlement';
import { pendingBatch, WaitingCaller, type LedgerAnswer, type RecordedBatch, type WaitingRelease } from './release-batch';
import type { PendingBatch } from './release-journal';

/** Transactions of one sender that are on their way at the same time. */
export const BATCHES_IN_FLIGHT = 2;
/** Most bytes of requests in one transaction: below the longest command of the contract. */
export const BATCH_BYTES = 1_800_000;
/** Most requests that wait; more are refused, so that a ledger that stands still doesn't fill the memory. */
export const MOST_WAITING = 10_000;
/** How long a single request that keeps losing races is tried. */
export const SINGLE_TRIES_MILLIS = 5 * SECOND_MILLIS;
/** How long a caller waits while the outcome of its batch is unknown. */
export const UNKNOWN_MILLIS = 10 * SECOND_MILLIS;
/** Pauses between attempts to close an operation: the first, and the longest. */
const CLOSE_PAUSES_MILLIS = { first: 50, longest: 2_000 } as const;
/** How long the projection is waited for after an unknown outcome became definite. */
const PROJECTION_MILLIS = 10 * SECOND_MILLIS;

/** How a {@link GroupCommit} may be tuned; all have a default. */
export interface GroupCommitOptions {
  readonly batchesInFlight?: number;
  /** Milliseconds on a clock that only counts on; durations, never instants, are taken from it. */
  readonly elapsed?: () => number;
  readonly unknownMillis?: number;
  readonly singleTriesMillis?: number;
}

interface Batch {
  readonly pending: PendingBatch;
  readonly callers: readonly WaitingCaller[];
}

/**
 * Group commit of one sender's releases: what waits at the same time shares one transaction (architecture.md, "Group commit").
 *
 * A batch is written into the private journal under its operation before its first submit. It is endorsed again whole once when it
 * lost a race, then halved under new operations; a single request is tried for 5 s. While an outcome is unknown the operation
 * is closed until one of both is committed (rule 5). Owners' transitions don't pass here and never wait behind it.
 */
export class GroupCommit {
  #queue: WaitingCaller[] = [];
  #inFlight = 0;
  #scheduled = false;
  #stopped = false;
  /** Grants that limit their uses, by the number of batches in flight or unknown that hold them. */
  readonly #busyGrants = new Map<string, number>();
  readonly #underWay = new Set<Promise<void>>();
  readonly #wakeUps = new Set<() => void>();
  readonly #elapsed: () => number;

  constructor(
    private readonly parts: BatchParts,
    readonly sender: string,
    private readonly options: GroupCommitOptions = {},
  ) {
    this.#elapsed = options.elapsed ?? (() => performance.now());
  }

  /**
   * Records one request, together with those that wait.
   * @throws DomainError when the contract refused this request; GatewayError ledger-unavailable when it certainly has no effect,
   *   outcome-unknown when that isn't known yet.
   */
  record(waiting: WaitingRelease): Promise<LedgerAnswer> {
    if (this.#stopped) return Promise.reject(unavailable('the gateway is stopping'));
    if (this.#queue.length >= MOST_WAITING) return Promise.reject(unavailable('too many releases wait for the ledger'));
    const caller = new WaitingCaller(waiting);
    this.#queue.push(caller);
    this.#schedule();
    return caller.answer;
  }

  /** Waits for every batch whose outcome can be known; the others stay in the journal for the next start. */
  async close(): Promise<void> {
    this.#stopped = true;
    for (const caller of this.#queue.splice(0)) caller.reject(unavailable('the gateway is stopping'));
    for (const wakeUp of this.#wakeUps) wakeUp();
    while (this.#underWay.size > 0) await Promise.allSettled([...this.#underWay]);
  }

  /** Once per turn of the loop, so that requests of the same turn go together. */
  #schedule(): void {
    if (this.#scheduled) return;
    this.#scheduled = true;
    setImmediate(() => {
      this.#scheduled = false;
      this.#pump();
    });
  }

  #pump(): void {
    while (this.#inFlight < (this.options.batchesInFlight ?? BATCHES_IN_FLIGHT)) {
      const callers = this.#take();
      if (callers.length === 0) return;
      this.#inFlight += 1;
      const grants = grantsOf(callers);
      this.#hold(grants, 1);
      this.#track(
        this.#run(callers).finally(() => {
          this.#inFlight -= 1;
          this.#hold(grants, -1);
          this.#schedule();
        }),
      );
    }
  }

  #hold(grants: ReadonlySet<string>, by: 1 | -1): void {
    for (const grant of grants) {
      const held = (this.#busyGrants.get(grant) ?? 0) + by;
      if (held > 0) this.#busyGrants.set(grant, held);
      else this.#busyGrants.delete(grant);
    }
  }

  #track(work: Promise<void>): void {
    this.#underWay.add(work);
    void work.finally(() => this.#underWay.delete(work));
  }

  /** What waits now, in order: up to a transaction's limits, without grants that limit their uses and are on their way. */
  #take(): WaitingCaller[] {
    const taken: WaitingCaller[] = [];
    const left: WaitingCaller[] = [];
    let bytes = 0;
    let isFull = false;
    for (const caller of this.#queue) {
      const { limitedGrant, requested } = caller.waiting;
      const isBusy = limitedGrant !== undefined && this.#busyGrants.has(limitedGrant);
      const size: number = isBusy || isFull ? 0 : sizeOf(requested);
      isFull ||= taken.length >= MAX_BATCH || (taken.length > 0 && bytes + size > BATCH_BYTES);
      if (isBusy || isFull) left.push(caller);
      else {
        taken.push(caller);
        bytes += size;
      }
    }
    this.#queue = left;
    return taken;
  }

  async #run(callers: readonly WaitingCaller[]): Promise<void> {
    const identity = this.parts.identityOf(this.sender);
    if (identity === undefined) return rejectAll(callers, GatewayError.of('not-allowed', `this gateway holds no identity of ${this.sender}`));
    const batch = this.#batchOf(callers);
    try {
      const sealed = callers.flatMap(({ waiting }) => waiting.sealed?.changes ?? []);
      await this.parts.journal.commit([...sealed, ...this.parts.journal.beginChanges(batch.pending)]);
    } catch (error) {
      return rejectAll(callers, unavailable('the private journal takes no more entries', error));
    }
    await this.#submit(identity, batch);
  }

  #batchOf(callers: readonly WaitingCaller[]): Batch {
    return { pending: pendingBatch(bytesToHex(this.parts.random(16)), this.sender, callers), callers };
  }

  async #submit(identity: Identity, batch: Batch): Promise<void> {
    const { pending, callers } = batch;
    const command = { operation: pending.operation, requests: callers.map(({ waiting }) => waiting.requested) };
    const begun = this.#elapsed();
    for (let attempt = 0; ; attempt++) {
      let done: Done<'releases:record'>;
      try {
        done = await this.parts.ledger.submitOnce(identity, 'releases:record', command);
      } catch (error) {
        if (!(error instanceof LedgerError) || error.kind !== 'conflict') return this.#afterError(identity, batch, error);
        if (callers.length > 1 && attempt >= 1) return this.#halve(identity, batch);
        const isOver = this.#elapsed() - begun >= (this.options.singleTriesMillis ?? SINGLE_TRIES_MILLIS);
        if (callers.length === 1 && isOver) return this.#abandon(batch, unavailable('the request kept losing races on the ledger', error));
        continue;
      }
      return this.#settle(batch, { ...done, releases: done.result.releases });
    }
  }

  /** Two batches of half the size under new operations: the old one lost its race, so that it can't take effect. */
  async #halve(identity: Identity, { pending, callers }: Batch): Promise<void> {
    const half = Math.ceil(callers.length / 2);
    const halves = [this.#batchOf(callers.slice(0, half)), this.#batchOf(callers.slice(half))];
    const { journal } = this.parts;
    try {
      await journal.commit([journal.endChange(pending.operation), ...halves.flatMap((batch) => journal.beginChanges(batch.pending))]);
    } catch (error) {
      return rejectAll(callers, unavailable('the private journal takes no more entries', error));
    }
    for (const batch of halves) await this.#submit(identity, batch);
  }

  async #afterError(identity: Identity, batch: Batch, error: unknown): Promise<void> {
    if (error instanceof DomainError) {
      if (error.code === 'malformed-command' && batch.callers.length > 1) return this.#halve(identity, batch);
      return this.#abandon(batch, error.code === 'claimed-time-out-of-bounds' ? unavailable("the gateway's clock and the ledger's differ by more than 30 s: set the clock", error) : error);
    }
    if (error instanceof LedgerError && error.kind === 'unavailable') return this.#abandon(batch, unavailable('the ledger can not be reached', error));
    this.#track(this.#closeUntilKnown(identity, batch, error));
  }

  async #abandon(batch: Batch, error: Error): Promise<void> {
    await this.parts.journal.commit(abandonment(this.parts, batch.pending)).catch((failure: unknown) => this.parts.log.error({ error: failure }, 'the journal refused a change'));
    rejectAll(batch.callers, error);
  }

  async #settle({ pending, callers }: Batch, recorded: RecordedBatch): Promise<void> {
    try {
      const settled = await settleBatch(this.parts, pending, recorded, (index) => callers[index]?.hasLeft === false);
      for (const [index, caller] of callers.entries()) {
        const own = settled[index];
        if (own !== undefined && 'answer' in own) caller.resolve(own.answer);
        else caller.reject(own?.error ?? unavailable('the request has no answer'));
      }
    } catch (error) {
      this.parts.log.error({ error, operation: pending.operation }, 'a recorded batch could not be kept; it is settled at the next start');
      rejectAll(callers, unavailable('the release is recorded, but its receipt could not be kept: nothing is delivered', error));
    }
  }

  /** Rule 5: an error doesn't mean "not done". Whichever of operation and close commits first wins. Grants with a limit stay busy. */
  async #closeUntilKnown(identity: Identity, batch: Batch, error: unknown): Promise<void> {
    const { callers, pending } = batch;
    const grants = grantsOf(callers);
    this.#hold(grants, 1);
    const limit = setTimeout(() => rejectEach(callers, outcomeUnknown), this.options.unknownMillis ?? UNKNOWN_MILLIS).unref();
    try {
      const closed = await this.#closed(identity, pending.operation);
      if (closed === undefined) return rejectEach(callers, outcomeUnknown);
      if (closed.outcome.kind !== 'DONE') return await this.#abandon(batch, unavailable('the ledger did not answer, and the request was closed: it has no effect', error));
      await this.#settle(batch, await recordedBatchOf(this.parts, pending.operation, closed.outcome, closed.block));
    } catch (failure) {
      this.parts.log.error({ error: failure, operation: pending.operation }, 'an operation stays unknown; it is settled at the next start');
      rejectEach(callers, outcomeUnknown);
    } finally {
      clearTimeout(limit);
      this.#hold(grants, -1);
      this.#schedule();
    }
  }

  /** Asks until there is an answer; undefined when the gateway stops before. */
  async #closed(identity: Identity, operation: string): Promise<{ outcome: OperationOutcome; block: number } | undefined> {
    for (let pause: number = CLOSE_PAUSES_MILLIS.first; !this.#stopped; pause = Math.min(2 * pause, CLOSE_PAUSES_MILLIS.longest)) {
      try {
        return await closeOperation(this.parts, identity, operation);
      } catch {
        await this.#pause(pause);
      }
    }
    return undefined;
  }

  async #pause(millis: number): Promise<void> {
    let wakeUp: () => void = () => undefined;
    const timer = await new Promise<NodeJS.Timeout>((resolve) => {
      const running: NodeJS.Timeout = setTimeout(() => resolve(running), millis);
      wakeUp = () => resolve(running);
      this.#wakeUps.add(wakeUp);
    });
    clearTimeout(timer);
    this.#wakeUps.delete(wakeUp);
  }
}

/** Closes an operation or learns what it became. @throws LedgerError. */
export async function closeOperation(parts: Pick<BatchParts, 'ledger'>, identity: Identity, operation: string): Promise<{ outcome: OperationOutcome; block: number }> {
  const { result, head } = await parts.ledger.submit(identity, 'operations:close', { operation });
  return { outcome: result, block: head.block };
}

/** A recorded batch that the ledger told of afterwards, with its position from the projection. */
export async function recordedBatchOf(parts: Pick<BatchParts, 'readModel'>, operation: string, outcome: Extract<OperationOutcome, { kind: 'DONE' }>, block: number): Promise<RecordedBatch> {
  await parts.readModel.waitFor(block, AbortSignal.timeout(PROJECTION_MILLIS));
  const stored = parts.readModel.operation(operation);
  if (stored === undefined) throw new Error('the projection does not hold an operation that the ledger holds');
  const { position, head, claimedTime } = stored;
  return { releases: (outcome.result as ResultOf<'releases:record'>).releases, position, head, claimedTime };
}

function sizeOf(requested: RequestedRelease): number {
  return Buffer.byteLength(canonicalJson(requested));
}

function grantsOf(callers: readonly WaitingCaller[]): ReadonlySet<string> {
  return new Set(callers.flatMap(({ waiting }) => waiting.limitedGrant ?? []));
}

function rejectAll(callers: readonly WaitingCaller[], error: Error): void {
  for (const caller of callers) caller.reject(error);
}

function rejectEach(callers: readonly WaitingCaller[], errorOf: (caller: WaitingCaller) => Error): void {
  for (const caller of callers) caller.reject(errorOf(caller));
}

/** The answer of I8: ask by the key until it is definite. */
export function outcomeUnknown({ waiting }: Pick<WaitingCaller, 'waiting'>): GatewayError {
  const operationKey = waiting.requested.idempotencyKey;
  return GatewayError.of('outcome-unknown', 'the ledger has not said whether the release is recorded; nothing is delivered: ask for the operation by its key', { operationKey, retryAfterSeconds: 5 });
}

function unavailable(detail: string, cause?: unknown): GatewayError {
  return GatewayError.of('ledger-unavailable', detail, { retryAfterSeconds: 5, ...(cause === undefined ? {} : { cause }) });
}
