import { setImmediate } from 'node:timers/promises';
import { bytesEqual, canonicalJson, consistencyPath, decodeLeaf, encodeEntryBundle, eventsOf, hexToBytes, inclusionPath, merkleRoot, nodesOverTiles, TILE_WIDTH, tileWidthAt, type DomainEvent, type LeafPointer, type LogLeaf, type NodeAt, type TilePlace, type TreeHead } from '@kesu/chaincode/domain';
import type { CommittedBlock, Ledger } from '@kesu/network';
import type { Logger } from 'pino';
import { ProjectionDamage } from '../projection/projection-error';
import { ProjectionStore } from '../projection/projection-store';
import { hashHex } from './hash-hex';
import { LogDisagreement, LogStopped } from './log-error';
import { foldIntoStore, isOwnEntry, storedEntries, storedIndexOf, storedLeaf, storedNewestOfSubject, storedSize, storedTile, tileBytes } from './log-store';

/** What a log is opened with. */
export interface EvidenceLogOptions {
  /** Derived data: may be removed at any time while nobody has it open. */
  readonly directory: string;
  readonly ledger: Pick<Ledger, 'blocks' | 'head'>;
  readonly network: string;
  readonly log: Pick<Logger, 'info' | 'warn' | 'error'>;
}

/** Whether the log follows the ledger; STOPPED turns readiness red. */
export type LogStatus = { readonly state: 'FOLLOWING' } | { readonly state: 'STOPPED'; readonly reason: string };

/** An event with its leaf. */
export interface LoggedEvent {
  readonly index: number;
  readonly entry: string;
  readonly leaf: LogLeaf;
  /** The leaf's one text. */
  readonly text: string;
  readonly event: DomainEvent;
}

/** An event's position on the ledger. */
export interface EventPosition {
  readonly block: number;
  readonly index: number;
  readonly item: number;
}

/** So many milliseconds of folding without a pause let requests wait no longer. */
const LONGEST_FOLD_MILLIS = 10;

/**
 * The log of one organisation, recomputed from its own ledger (docs/formats/log.md): leaves, tiles and what the fold remembers lie in
 * `level`, each block's with the position in one batch, each value checked when it is read. Damaged or foreign, it is made anew.
 */
export class EvidenceLog {
  readonly #options: EvidenceLogOptions;
  readonly #store: ProjectionStore;
  readonly #closing = new AbortController();
  readonly #waiters = new Set<() => void>();
  #status: LogStatus = { state: 'FOLLOWING' };
  #following: Promise<void> = Promise.resolve();

  private constructor(options: EvidenceLogOptions, store: ProjectionStore) {
    this.#options = options;
    this.#store = store;
  }

  /** Opens the log and begins to follow. @throws StoreLockedError when another process has it open. */
  static async open(options: EvidenceLogOptions): Promise<EvidenceLog> {
    const log = new EvidenceLog(options, await openStore(options));
    log.#following = log.#follow();
    return log;
  }

  get network(): string {
    return this.#options.network;
  }

  get status(): LogStatus {
    return this.#status;
  }

  /** Leaves of all blocks that are folded. */
  get size(): number {
    return this.#read(() => storedSize(this.#store));
  }

  /** The newest folded block; −1 before the first. */
  get block(): number {
    return this.#store.position?.block ?? -1;
  }

  /** The log's head. */
  head(): TreeHead {
    return this.headAt(this.size);
  }

  /** The tree at an earlier size. @throws RangeError beyond the log's. */
  headAt(size: number): TreeHead {
    if (size > this.size) throw new RangeError(`the log has ${this.size} leaves, not ${size}`);
    return { size, root: this.#read(() => merkleRoot(size, this.#nodes())) };
  }

  /** The inclusion path of a leaf in the tree of `size` leaves. @throws RangeError. */
  inclusion(index: number, size: number): Uint8Array[] {
    if (size > this.size) throw new RangeError(`the log has ${this.size} leaves, not ${size}`);
    return this.#read(() => inclusionPath(index, size, this.#nodes()));
  }

  /** The consistency path between two sizes. @throws RangeError. */
  consistency(from: number, to: number): Uint8Array[] {
    if (to > this.size) throw new RangeError(`the log has ${this.size} leaves, not ${to}`);
    return this.#read(() => consistencyPath(from, to, this.#nodes()));
  }

  /** A tile's or an entry bundle's bytes, partial as wide as the place says; undefined when the log has none. */
  tile({ level, index, width }: TilePlace): Uint8Array | undefined {
    if (tileWidthAt(level, index, this.size) < width) return undefined;
    return this.#read(() => (level === 'entries' ? encodeEntryBundle(storedEntries(this.#store, index * TILE_WIDTH, width)) : tileBytes(storedTile(this.#store, level, index).slice(0, width))));
  }

  /** The number of the leaf at a position. */
  indexOf(position: EventPosition): number | undefined {
    return this.#read(() => storedIndexOf(this.#store, position));
  }

  /** The newest leaf about an enterprise: where its chain of leaves begins. */
  newestOfSubject(ref: string): LeafPointer | undefined {
    return this.#read(() => storedNewestOfSubject(this.#store, ref));
  }

  /** A leaf with its event, read from the ledger and compared with what the leaf says of it. */
  async event(index: number): Promise<LoggedEvent | undefined> {
    const stored = this.#read(() => storedLeaf(this.#store, index));
    if (stored === undefined) return undefined;
    const tileHash = this.#read(() => storedTile(this.#store, 0, Math.floor(index / TILE_WIDTH))[index % TILE_WIDTH]);
    if (!isOwnEntry(stored, tileHash)) throw this.stop(new ProjectionDamage(`leaf ${index} is not the one of its tile`));
    const leaf = decodeLeaf(stored.text);
    const event = eventAt(await this.#blockAt(leaf.position.block), leaf.position);
    if (event === undefined || hashHex(canonicalJson(event)) !== leaf.eventDigest) throw this.stop(new LogDisagreement(`the event of leaf ${index} is not the ledger's`));
    return { index, entry: stored.entry, leaf, text: stored.text, event };
  }

  /** Resolves when the log has at least so many leaves; rejects when the signal aborts or the log stopped. */
  async reaches(size: number, signal: AbortSignal): Promise<void> {
    await this.#until(() => this.size >= size, signal);
  }

  /** Resolves when the block is folded. */
  async follows(block: number, signal: AbortSignal): Promise<void> {
    await this.#until(() => this.block >= block, signal);
  }

  /** Resolves when everything that is committed now is folded. */
  async caughtUp(signal: AbortSignal = this.#closing.signal): Promise<void> {
    const { block } = await this.#options.ledger.head();
    await this.follows(block, signal);
  }

  /** Stops for good and tells why: readiness turns red. @returns the reason, to be thrown. */
  stop(reason: Error): Error {
    if (this.#status.state === 'STOPPED' || this.#closing.signal.aborted) return reason;
    if (reason instanceof ProjectionDamage) this.#store.condemn();
    this.#status = { state: 'STOPPED', reason: reason.message };
    this.#options.log.error({ reason: reason.message, block: this.block }, 'the evidence log stopped');
    for (const wake of [...this.#waiters]) wake();
    return reason;
  }

  async close(): Promise<void> {
    this.#closing.abort(new LogStopped('the log is closed'));
    for (const wake of [...this.#waiters]) wake();
    await this.#following;
    await this.#store.close();
  }

  #nodes(): NodeAt {
    return nodesOverTiles((level, index) => storedTile(this.#store, level, index).map(hexToBytes));
  }

  #read<T>(read: () => T): T {
    try {
      return read();
    } catch (error) {
      throw error instanceof ProjectionDamage ? this.stop(error) : error;
    }
  }

  async #until(isReached: () => boolean, signal: AbortSignal): Promise<void> {
    while (!isReached()) {
      if (this.#status.state === 'STOPPED') throw new LogStopped(this.#status.reason);
      signal.throwIfAborted();
      this.#closing.signal.throwIfAborted();
      await this.#woken(signal);
    }
  }

  #woken(signal: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      const wake = (): void => {
        this.#waiters.delete(wake);
        signal.removeEventListener('abort', wake);
        resolve();
      };
      this.#waiters.add(wake);
      signal.addEventListener('abort', wake, { once: true });
    });
  }

  async #follow(): Promise<void> {
    try {
      let pausedAt = performance.now();
      for await (const block of this.#options.ledger.blocks(this.block + 1, this.#closing.signal)) {
        if (this.#closing.signal.aborted || this.#status.state === 'STOPPED') return;
        this.#fold(block);
        await this.#store.ready();
        if (performance.now() - pausedAt < LONGEST_FOLD_MILLIS) continue;
        await setImmediate();
        pausedAt = performance.now();
      }
    } catch (error) {
      this.stop(error instanceof Error ? error : new Error(String(error)));
    }
  }

  #fold(block: CommittedBlock): void {
    const position = this.#store.position;
    if (block.block !== this.block + 1) throw new LogStopped(`the ledger sent block ${block.block} instead of ${this.block + 1}`);
    if (position !== undefined && block.previousHash !== position.hash) throw new ProjectionDamage(`block ${block.block} doesn't follow the block that was folded before it`);
    foldIntoStore(this.#store, block, this.#options.network);
    this.#store.writeBehind();
    for (const wake of [...this.#waiters]) wake();
  }

  async #blockAt(number: number): Promise<CommittedBlock> {
    const reading = new AbortController();
    try {
      for await (const block of this.#options.ledger.blocks(number, reading.signal)) return block;
    } finally {
      reading.abort();
    }
    throw new LogStopped(`the ledger gave no block ${number}`);
  }
}

function eventAt(block: CommittedBlock, { index, item, txId }: LogLeaf['position']): DomainEvent | undefined {
  const transaction = block.transactions.find((one) => one.index === index && one.txId === txId);
  return transaction === undefined ? undefined : eventsOf(transaction)[item];
}

/** True when two trees of one size have one root. */
export function isSameHead(a: TreeHead, b: TreeHead): boolean {
  return a.size === b.size && bytesEqual(a.root, b.root);
}

/** Opens the store; a damaged one is thrown away, as everything in it follows from the ledger. */
async function openStore({ directory, ledger, log }: EvidenceLogOptions): Promise<ProjectionStore> {
  try {
    const store = await ProjectionStore.open(directory);
    const head = await ledger.head();
    const { position } = store;
    if (position === undefined || position.block < head.block || (position.block === head.block && position.hash === head.hash)) return store;
    await store.close();
    throw new ProjectionDamage('it stands on a block that the ledger has not');
  } catch (error) {
    if (!(error instanceof ProjectionDamage)) throw error;
    log.warn({ reason: error.message }, 'the evidence log is folded again from the first block');
    await ProjectionStore.remove(directory);
    return ProjectionStore.open(directory);
  }
}
