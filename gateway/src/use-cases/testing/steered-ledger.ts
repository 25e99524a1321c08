import type { Call, Committed, CommittedBlock, EmbeddedLedger, Evaluated, Head, Ledger } from '@kesu/network';

/** Points at which a test may hold a call, or let it fail. */
export interface Steering {
  beforeEndorse?(call: Call): Promise<void> | void;
  /** Endorsed, not yet ordered: a held endorsement. */
  beforeCommit?(call: Call): Promise<void> | void;
  /** Committed, the answer not yet told: throwing loses it. */
  afterCommit?(call: Call, committed: Committed): Promise<void> | void;
}

/** The embedded ledger with its halves of `submit` steered by a test. */
export class SteeredLedger implements Ledger {
  steering: Steering = {};
  /** Names of the transactions that were committed, in order. */
  readonly committed: string[] = [];
  /** How many calls were submitted. */
  submits = 0;

  constructor(readonly embedded: () => EmbeddedLedger) {}

  async submit(call: Call): Promise<Committed> {
    this.submits += 1;
    await this.steering.beforeEndorse?.(call);
    const endorsement = await this.embedded().endorse(call);
    await this.steering.beforeCommit?.(call);
    const committed = await this.embedded().commit(endorsement);
    this.committed.push(call.transaction);
    await this.steering.afterCommit?.(call, committed);
    return committed;
  }

  evaluate(call: Call): Promise<Evaluated> {
    return this.embedded().evaluate(call);
  }

  blocks(from: number, signal: AbortSignal): AsyncIterable<CommittedBlock> {
    return this.embedded().blocks(from, signal);
  }

  head(): Promise<Head> {
    return this.embedded().head();
  }

  close(): Promise<void> {
    return this.embedded().close();
  }
}

/** A gate that a test opens. */
export class Gate {
  readonly opened: Promise<void>;
  /** Resolves when somebody stands before the gate. */
  readonly reached: Promise<void>;
  #open: () => void = () => undefined;
  #reach: () => void = () => undefined;

  constructor() {
    this.opened = new Promise((resolve) => (this.#open = resolve));
    this.reached = new Promise((resolve) => (this.#reach = resolve));
  }

  /** Waits until the gate is open. */
  pass(): Promise<void> {
    this.#reach();
    return this.opened;
  }

  open(): void {
    this.#open();
  }
}
