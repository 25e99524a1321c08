import type { CommittedBlock, Head } from '../ledger';
import { type BlockSource, DeliverError, deliverBlocks, newestBlock, type Reading } from './deliver';
import { decodeBlock } from './decode-block';
import type { Destination } from './proposal';

/** Pause before the next peer is tried, milliseconds: the first, and the longest. */
export const FIRST_PAUSE_MILLIS = 50;
export const LONGEST_PAUSE_MILLIS = 1_000;

/** A peer must say its newest block within so many milliseconds to be followed. */
export const NEWEST_MILLIS = 5_000;

/** What the follower works with. */
export interface FollowerOptions extends Reading, Destination {
  /** Peers in the order in which they are followed: the gateway's own organisation first. */
  readonly sources: readonly BlockSource[];
  /** Told of each block, in order, once. */
  readonly onBlock: (block: CommittedBlock) => void;
}

/**
 * Follows one peer's blocks from the newest on; when its stream breaks, another peer that is not behind, from the same position. Each block
 * must follow the one before by number and hash: a peer on another chain is left.
 */
export class BlockFollower {
  readonly #options: FollowerOptions;
  readonly #closing = new AbortController();
  #head: Head;
  #home: BlockSource;
  #stream = new AbortController();
  #following: Promise<void>;
  #lastFailure: unknown;

  private constructor(options: FollowerOptions, home: BlockSource, head: Head) {
    this.#options = options;
    this.#home = home;
    this.#head = head;
    this.#following = this.#follow();
  }

  /** Finds a peer that answers and follows it. @throws AggregateError with what each peer said when none does. */
  static async start(options: FollowerOptions): Promise<BlockFollower> {
    const failures: unknown[] = [];
    for (const source of options.sources) {
      try {
        return new BlockFollower(options, source, await newestOf(source, options));
      } catch (error) {
        failures.push(error);
      }
    }
    throw new AggregateError(failures, failures.map((failure) => (failure instanceof Error ? failure.message : String(failure))).join('; '));
  }

  /** The newest block that was told of. */
  get head(): Head {
    return this.#head;
  }

  /** The peer that is followed. */
  get home(): BlockSource {
    return this.#home;
  }

  /** Why the last stream broke, if one did. */
  get lastFailure(): unknown {
    return this.#lastFailure;
  }

  /** Leaves the present peer for another: it seems to have stopped. */
  suspect(): void {
    this.#stream.abort();
  }

  /** True when a peer has at least the newest block that was told of. */
  async isUpToDate(source: BlockSource): Promise<boolean> {
    const { block } = this.#head;
    return newestOf(source, this.#options).then((newest) => newest.block >= block, () => false);
  }

  /** Stored blocks from a number up to the head, from the peer that is followed; from another when it breaks off. */
  async *stored(from: number, signal: AbortSignal): AsyncGenerator<CommittedBlock> {
    const aborting = AbortSignal.any([signal, this.#closing.signal]);
    let next = from;
    for (let pause = FIRST_PAUSE_MILLIS; next <= this.#head.block && !aborting.aborted; pause = longer(pause)) {
      try {
        for await (const raw of deliverBlocks(this.#home, this.#options, { from: next, to: this.#head.block }, aborting)) {
          yield decodeBlock(raw, this.#options);
          next++;
          pause = FIRST_PAUSE_MILLIS;
        }
      } catch (error) {
        if (aborting.aborted) return;
        this.#lastFailure = error;
        await sleep(pause, aborting);
      }
    }
  }

  /** Ends every stream. */
  async close(): Promise<void> {
    this.#closing.abort();
    this.#stream.abort();
    await this.#following;
  }

  async #follow(): Promise<void> {
    let pause = FIRST_PAUSE_MILLIS;
    while (!this.#closing.signal.aborted) {
      const before = this.#head.block;
      try {
        await this.#followHome();
      } catch (error) {
        this.#lastFailure = error;
      }
      if (this.#closing.signal.aborted) return;
      pause = this.#head.block > before ? FIRST_PAUSE_MILLIS : longer(pause);
      await sleep(pause, this.#closing.signal);
      this.#home = await this.#nextHome();
    }
  }

  async #followHome(): Promise<void> {
    this.#stream = new AbortController();
    const signal = AbortSignal.any([this.#stream.signal, this.#closing.signal]);
    for await (const raw of deliverBlocks(this.#home, this.#options, { from: this.#head.block + 1 }, signal)) {
      const block = decodeBlock(raw, this.#options);
      if (block.block !== this.#head.block + 1 || block.previousHash !== this.#head.hash) {
        throw new DeliverError(`block ${block.block} of ${this.#home.name} does not follow block ${this.#head.block}: this peer shows another chain`);
      }
      this.#head = { block: block.block, hash: block.hash, time: block.time };
      this.#options.onBlock(block);
    }
  }

  /** The next peer in order that is not behind; the present one when there is none. */
  async #nextHome(): Promise<BlockSource> {
    const { sources } = this.#options;
    const present = sources.indexOf(this.#home);
    for (let step = 1; step <= sources.length; step++) {
      const source = sources[(present + step) % sources.length];
      if (source !== undefined && (await this.isUpToDate(source))) return source;
      if (this.#closing.signal.aborted) break;
    }
    return this.#home;
  }
}

async function newestOf(source: BlockSource, options: FollowerOptions): Promise<Head> {
  const { block, hash, time } = decodeBlock(await newestBlock(source, options, AbortSignal.timeout(NEWEST_MILLIS)), options);
  return { block, hash, time };
}

function longer(pause: number): number {
  return Math.min(pause * 2, LONGEST_PAUSE_MILLIS);
}

/** Resolves after a while, at once when the signal aborts. */
export function sleep(millis: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) return resolve();
    const end = (): void => {
      clearTimeout(timer);
      signal.removeEventListener('abort', end);
      resolve();
    };
    const timer = setTimeout(end, millis);
    signal.addEventListener('abort', end, { once: true });
  });
}
