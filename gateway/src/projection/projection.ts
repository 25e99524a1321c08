import { setImmediate, setTimeout } from 'node:timers/promises';
import type { DomainEvent, Grant, Participant, RecordKinds, RuleBook, SignedStatement, UseCounter } from '@kesu/chaincode/domain';
import { RULE_BOOK_ID } from '@kesu/chaincode';
import type { CommittedBlock, Ledger } from '@kesu/network';
import type { Logger } from 'pino';
import { GatewayError } from '../gateway-error';
import type { AsOf, BlockSummary, Page, PageRequest, Position, ReadModel, RecordFilter, Statistics, Stored, StoredOperation, TracedRelease, TraceAxis, TraceFilter } from '../read-model';
import { foldBlock } from './block-fold';
import { ProjectionDamage, ProjectionStopped } from './projection-error';
import { readBlock, readCounter, readGrantsOf, readHistory, readLetter, readList, readOperation, readRecord, readRelease, readStatistics, readTrace } from './projection-reads';
import { ProjectionStore } from './projection-store';

/** What a projection is opened with. */
export interface ProjectionOptions {
  /** Derived data: may be removed at any time while nobody has it open. */
  readonly directory: string;
  readonly ledger: Pick<Ledger, 'blocks' | 'head'>;
  readonly log: Pick<Logger, 'info' | 'warn' | 'error'>;
}

/** Whether the projection follows the ledger. STOPPED turns readiness red: it may still answer, but lags for good. */
export type ProjectionState = { readonly state: 'FOLLOWING' } | { readonly state: 'STOPPED'; readonly reason: string };

interface Waiter {
  readonly block: number;
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
}

/** The stored values are checked in the background, so many after each pause of so many milliseconds. */
const CHECKED_AT_ONCE = 256;
const CHECK_PAUSE_MILLIS = 5;
/** After so many of them requests come first: a request waits for no more. */
const CHECKED_IN_A_ROW = 32;

/** So many milliseconds of folding without a pause let requests wait no longer. */
const LONGEST_FOLD_MILLIS = 10;

/**
 * The fold of the ledger into `level` (architecture.md, "Inside gateway/"). Follows the blocks from its own position on; a
 * block's records and the position become visible together, so that it neither skips nor repeats one (I11).
 */
export class Projection implements ReadModel {
  readonly #options: ProjectionOptions;
  readonly #store: ProjectionStore;
  readonly #closing = new AbortController();
  readonly #waiters = new Set<Waiter>();
  /** Records that nearly every request reads and that are few, by kind and id: a key made for each read would cost more than the read. */
  readonly #kept = { participant: new Map<string, Stored<Participant>>(), 'rule-book': new Map<string, Stored<RuleBook>>() };
  #state: ProjectionState = { state: 'FOLLOWING' };
  #following: Promise<void> = Promise.resolve();
  #checking: Promise<void> = Promise.resolve();

  private constructor(options: ProjectionOptions, store: ProjectionStore) {
    this.#options = options;
    this.#store = store;
  }

  /**
   * Opens the projection and begins to follow; what is damaged or belongs to another ledger is thrown away and folded again.
   * Resolves when at least one block is folded: {@link caughtUp} waits for the head.
   * @throws ProjectionStopped when the ledger's first block can't be folded; StoreLockedError when another process has it open.
   */
  static async open(options: ProjectionOptions): Promise<Projection> {
    const store = await openStore(options);
    const projection = new Projection(options, store);
    projection.#following = projection.#follow();
    try {
      await projection.waitFor(0, projection.#closing.signal);
    } catch (error) {
      await projection.close();
      throw error;
    }
    projection.#checking = projection.#checkStored();
    return projection;
  }

  /** Whether the projection follows. */
  get status(): ProjectionState {
    return this.#state;
  }

  /** Resolves when everything that is committed now is folded. @throws ProjectionStopped. */
  async caughtUp(signal: AbortSignal = this.#closing.signal): Promise<AsOf> {
    const { block } = await this.#options.ledger.head();
    await this.waitFor(block, signal);
    return this.asOf();
  }

  /** Resolves when everything that is folded is on disk. */
  written(): Promise<void> {
    return this.#store.written();
  }

  asOf(): AsOf {
    const position = this.#store.position;
    if (position === undefined) throw new ProjectionStopped('no block is folded');
    return position;
  }

  waitFor(block: number, signal: AbortSignal): Promise<void> {
    if ((this.#store.position?.block ?? -1) >= block) return Promise.resolve();
    if (this.#state.state === 'STOPPED') return Promise.reject(new ProjectionStopped(this.#state.reason));
    return new Promise((resolve, reject) => {
      const settle = (done: () => void) => (): void => {
        this.#waiters.delete(waiter);
        signal.removeEventListener('abort', abort);
        done();
      };
      const abort = (): void => waiter.reject(signal.reason);
      const waiter: Waiter = { block, resolve: settle(resolve), reject: (error) => settle(() => reject(error instanceof Error ? error : new Error(String(error))))() };
      this.#waiters.add(waiter);
      if (signal.aborted) abort();
      else signal.addEventListener('abort', abort, { once: true });
    });
  }

  ruleBook(): RuleBook | undefined {
    return this.record('rule-book', RULE_BOOK_ID)?.record;
  }

  record<K extends keyof RecordKinds>(kind: K, id: string): Stored<RecordKinds[K]> | undefined {
    if (!isKept(kind)) return this.#read(() => readRecord(this.#store, kind, id));
    const ofKind = this.#kept[kind] as Map<string, Stored<RecordKinds[K]>>;
    const kept = ofKind.get(id);
    if (kept !== undefined) return kept;
    const stored = this.#read(() => readRecord(this.#store, kind, id));
    if (stored !== undefined) ofKind.set(id, stored);
    return stored;
  }

  list<K extends keyof RecordKinds>(kind: K, filter: RecordFilter, page: PageRequest): Page<Stored<RecordKinds[K]>> {
    return this.#read(() => readList(this.#store, kind, filter, page));
  }

  grantsOf(enterprise: string): readonly Grant[] {
    return this.#read(() => readGrantsOf(this.#store, enterprise));
  }

  counter(grantId: string): UseCounter | undefined {
    return this.#read(() => readCounter(this.#store, grantId));
  }

  letter(grantId: string): SignedStatement | undefined {
    return this.#read(() => readLetter(this.#store, grantId));
  }

  history<K extends keyof RecordKinds>(kind: K, id: string): readonly { readonly event: DomainEvent; readonly position: Position; readonly claimedTime: string }[] {
    return this.#read(() => readHistory(this.#store, kind, id));
  }

  release(id: string): TracedRelease | undefined {
    return this.#read(() => readRelease(this.#store, id));
  }

  trace(axis: TraceAxis, id: string, filter: TraceFilter, page: PageRequest): Page<TracedRelease> {
    return this.#read(() => readTrace(this.#store, axis, id, filter, page));
  }

  operation(operation: string): StoredOperation | undefined {
    return this.#read(() => readOperation(this.#store, operation));
  }

  block(number: number): BlockSummary | undefined {
    return this.#read(() => readBlock(this.#store, number));
  }

  statistics(): Statistics {
    return this.statisticsAt(this.asOf().block);
  }

  /**
   * The statistics up to a block that is folded.
   * @throws GatewayError not-found for a later one.
   */
  statisticsAt(height: number): Statistics {
    const statistics = this.#read(() => readStatistics(this.#store, height));
    if (statistics === undefined) throw GatewayError.of('not-found', `block ${height} is not in the projection, which is at ${this.asOf().block}`);
    return statistics;
  }

  /** Ends the following, writes what is folded and closes. */
  async close(): Promise<void> {
    this.#closing.abort(new ProjectionStopped('the projection is closed'));
    await this.#following;
    await this.#checking;
    await this.#store.close();
  }

  /** Every read passes here: damage turns readiness red. */
  #read<T>(read: () => T): T {
    try {
      return read();
    } catch (error) {
      if (error instanceof ProjectionDamage) this.#stop(error);
      throw error;
    }
  }

  async #follow(): Promise<void> {
    try {
      let pausedAt = performance.now();
      for await (const block of this.#options.ledger.blocks((this.#store.position?.block ?? -1) + 1, this.#closing.signal)) {
        if (this.#closing.signal.aborted || this.#state.state === 'STOPPED') return;
        this.#fold(block);
        await this.#store.ready();
        if (performance.now() - pausedAt < LONGEST_FOLD_MILLIS) continue;
        await setImmediate();
        pausedAt = performance.now();
      }
    } catch (error) {
      this.#stop(error);
    }
  }

  /** Reads every stored value once, slowly: damage is found before it is asked for. */
  async #checkStored(): Promise<void> {
    const { signal } = this.#closing;
    try {
      let checked = 0;
      for await (const { stored } of this.#store.entries()) {
        if (stored === undefined) throw new ProjectionDamage('a value fails its checksum');
        if (++checked % CHECKED_AT_ONCE === 0) await setTimeout(CHECK_PAUSE_MILLIS, undefined, { signal, ref: false });
        else if (checked % CHECKED_IN_A_ROW === 0) await setImmediate();
        if (signal.aborted) return;
      }
      await this.#store.vouch();
    } catch (error) {
      this.#stop(error);
    }
  }

  #fold(block: CommittedBlock): void {
    assertFollows(block, this.#store.position);
    const { hash, time } = block;
    const changed: [string, string][] = [];
    const forgotten: string[] = [];
    const listener = { recordChanged: (kind: string, id: string) => void changed.push([kind, id]), forget: (key: string) => void forgotten.push(key) };
    this.#store.fold({ block: block.block, hash, time }, (draft) => foldBlock(block, draft, listener));
    for (const [kind, id] of changed) if (isKept(kind)) this.#kept[kind].delete(id);
    for (const key of forgotten) this.#store.forget(key);
    this.#store.writeBehind();
    for (const waiter of [...this.#waiters]) if (waiter.block <= block.block) waiter.resolve();
  }

  #stop(error: unknown): void {
    if (this.#state.state === 'STOPPED' || this.#closing.signal.aborted) return;
    const reason = error instanceof Error ? error.message : String(error);
    if (error instanceof ProjectionDamage) this.#store.condemn();
    this.#state = { state: 'STOPPED', reason };
    this.#options.log.error({ reason, block: this.#store.position?.block }, 'the projection stopped');
    for (const waiter of [...this.#waiters]) waiter.reject(new ProjectionStopped(reason, { cause: error }));
  }
}

function isKept(kind: string): kind is 'participant' | 'rule-book' {
  return kind === 'participant' || kind === 'rule-book';
}

/** @throws ProjectionStopped when the block isn't the one behind the position; ProjectionDamage when it is another ledger's. */
function assertFollows({ block, previousHash }: CommittedBlock, position: AsOf | undefined): void {
  const expected = (position?.block ?? -1) + 1;
  if (block !== expected) throw new ProjectionStopped(`the ledger sent block ${block} instead of ${expected}`);
  if (position !== undefined && previousHash !== position.hash) throw new ProjectionDamage(`block ${block} doesn't follow the block that was folded before it`);
}

/** Opens the store; a damaged one is thrown away, as everything in it can be folded again. */
async function openStore({ directory, ledger, log }: ProjectionOptions): Promise<ProjectionStore> {
  try {
    const store = await ProjectionStore.open(directory);
    if (await standsOn(ledger, store.position)) return store;
    await store.close();
    throw new ProjectionDamage('it stands on a block that the ledger has not');
  } catch (error) {
    if (!(error instanceof ProjectionDamage)) throw error;
    log.warn({ reason: error.message }, 'the projection is folded again from the first block');
    await ProjectionStore.remove(directory);
    return ProjectionStore.open(directory);
  }
}

/** Whether the ledger can hold the position; an older one's hash is compared when the next block comes. */
async function standsOn(ledger: ProjectionOptions['ledger'], position: AsOf | undefined): Promise<boolean> {
  const head = await ledger.head();
  return position === undefined || position.block < head.block || (position.block === head.block && position.hash === head.hash);
}
