import type { CommittedBlock } from './ledger';

/** So many of the newest blocks are kept decoded for the streams. */
export const RECENT_BLOCKS = 64;

/** Blocks from a number on, up to about the head, until the signal aborts. */
export type StoredBlocks = (from: number, signal: AbortSignal) => AsyncIterable<CommittedBlock>;

/** Delivers committed blocks: older ones from where they are stored, new ones as they come, without gap or repeat and in bounded memory. */
export class BlockFeed {
  readonly #stored: StoredBlocks;
  readonly #recent = new Map<number, CommittedBlock>();
  #head: number;
  #closed: Error | undefined;
  readonly #waiting = new Set<() => void>();

  /** @param head the newest block; −1 when there is none. */
  constructor(head: number, stored: StoredBlocks) {
    this.#head = head;
    this.#stored = stored;
  }

  /** Makes the next block known. */
  publish(block: CommittedBlock): void {
    this.#recent.set(block.block, block);
    this.#recent.delete(block.block - RECENT_BLOCKS);
    this.#head = block.block;
    this.#wake();
  }

  /** Ends every stream with an error. */
  close(error: Error): void {
    this.#closed = error;
    this.#wake();
  }

  /** See `Ledger.blocks`. */
  async *blocks(from: number, signal: AbortSignal): AsyncGenerator<CommittedBlock> {
    if (!Number.isSafeInteger(from) || from < 0) throw new RangeError(`a block is numbered from 0: ${from}`);
    let next = from;
    while (!signal.aborted) {
      if (this.#closed !== undefined) throw this.#closed;
      const recent = this.#recent.get(next);
      if (recent !== undefined) {
        yield recent;
        next++;
      } else if (next <= this.#head) {
        for await (const block of this.#stored(next, signal)) {
          if (signal.aborted) return;
          yield block;
          next = block.block + 1;
        }
      } else await this.#change(signal);
    }
  }

  #change(signal: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      const wake = (): void => {
        this.#waiting.delete(wake);
        signal.removeEventListener('abort', wake);
        resolve();
      };
      this.#waiting.add(wake);
      signal.addEventListener('abort', wake, { once: true });
    });
  }

  #wake(): void {
    for (const wake of [...this.#waiting]) wake();
  }
}
