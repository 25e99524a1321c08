import type { CommittedBlock, Head } from '@kesu/network';

/** Committed blocks that a test plays as far as it likes: what a projection needs of a ledger. */
export class BlockTape {
  #played = 0;
  readonly #waiting = new Set<() => void>();

  constructor(readonly all: readonly CommittedBlock[]) {}

  /** Commits further blocks, up to and without number `until`. */
  play(until: number): void {
    this.#played = Math.min(Math.max(this.#played, until), this.all.length);
    for (const wake of [...this.#waiting]) wake();
  }

  async head(): Promise<Head> {
    const { block = -1, hash = '', time = '' } = this.all[this.#played - 1] ?? {};
    return { block, hash, time };
  }

  async *blocks(from: number, signal: AbortSignal): AsyncGenerator<CommittedBlock> {
    for (let next = from; !signal.aborted; ) {
      const block = next < this.#played ? this.all[next] : undefined;
      if (block === undefined) await this.#change(signal);
      else {
        yield block;
        next++;
      }
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
}
