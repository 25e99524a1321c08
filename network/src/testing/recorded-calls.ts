import { DomainError } from '@kesu/chaincode/domain';
import type { Call, Committed, CommittedBlock, Evaluated, Head } from '../ledger';
import { LedgerError } from '../ledger';
import type { WorldLedger } from './ledger-world';

/** A call as it was submitted, and what became of it. */
export interface RecordedCall {
  readonly call: Call;
  /** Epoch milliseconds. */
  readonly claimedTime: number;
  /** `done` with the result, or `refused` with the code. */
  readonly outcome: string;
}

/** A ledger that keeps every call submitted to it, with the time it claimed and what was answered, so that another ledger can be asked the same. */
export class RecordingLedger implements WorldLedger {
  readonly calls: RecordedCall[] = [];

  constructor(readonly ledger: WorldLedger) {}

  get network(): string {
    return this.ledger.network;
  }

  async submit(call: Call): Promise<Committed> {
    const claimedTime = Date.now();
    const submitting = this.ledger.submit(call, { claimedTime });
    this.calls.push({ call, claimedTime, outcome: await outcomeOf(submitting) });
    return submitting;
  }

  evaluate(call: Call): Promise<Evaluated> {
    return this.ledger.evaluate(call);
  }

  blocks(from: number, signal: AbortSignal): AsyncIterable<CommittedBlock> {
    return this.ledger.blocks(from, signal);
  }

  head(): Promise<Head> {
    return this.ledger.head();
  }

  close(): Promise<void> {
    return this.ledger.close();
  }
}

/** What became of a call, in one line. @throws LedgerError when the ledger stood in the way: then there is nothing to compare. */
export async function outcomeOf(submitting: Promise<Committed>): Promise<string> {
  try {
    return `done ${(await submitting).result}`;
  } catch (error) {
    if (error instanceof LedgerError) throw error;
    if (!(error instanceof DomainError)) throw error;
    return `refused ${error.code}`;
  }
}
