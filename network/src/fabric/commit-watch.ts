import type { CommittedBlock, Head, Validity } from '../ledger';

/** Where a transaction that was waited for stands, what Fabric made of it, and what it answered. */
export interface Seen {
  readonly head: Head;
  readonly index: number;
  readonly validity: Validity;
  readonly result: string;
}

/** Tells each waiting call of its transaction when the one block stream shows it. The first of an id counts: a later one is a duplicate. */
export class CommitWatch {
  readonly #waiting = new Map<string, (seen: Seen) => void>();

  /** Waits for a transaction that is yet to be sent. `seen` resolves when a block holds it, to undefined after `millis` or when `end` is called. */
  wait(txId: string, millis: number): { readonly seen: Promise<Seen | undefined>; end(): void } {
    let finish: (seen: Seen | undefined) => void = () => undefined;
    const seen = new Promise<Seen | undefined>((resolve) => {
      const timer = setTimeout(() => finish(undefined), millis);
      finish = (found) => {
        clearTimeout(timer);
        this.#waiting.delete(txId);
        resolve(found);
      };
    });
    this.#waiting.set(txId, finish);
    return { seen, end: () => finish(undefined) };
  }

  /** Looks through a new block. */
  follow({ block, hash, time, transactions }: CommittedBlock): void {
    if (this.#waiting.size === 0) return;
    for (const { txId, index, validity, result } of transactions) this.#waiting.get(txId)?.({ head: { block, hash, time }, index, validity, result });
  }
}
