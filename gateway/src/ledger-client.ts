import type { Identity } from '@kesu/certs';
import type { CommandOf, ResultOf, TransactionName } from '@kesu/chaincode';
import { canonicalJson } from '@kesu/chaincode/domain';
import { LedgerError, type Committed, type Evaluated, type Ledger } from '@kesu/network';

/** A committed transaction with its decoded result. */
export interface Done<N extends TransactionName> extends Omit<Committed, 'result'> {
  readonly result: ResultOf<N>;
}

/** A read with its decoded result. */
export interface Read<N extends TransactionName> extends Omit<Evaluated, 'result'> {
  readonly result: ResultOf<N>;
}

/** How often a transaction that lost a race is submitted again; its operation makes each repeat safe. */
export const CONFLICT_REPEATS = 8;

/** The typed way to the ledger: names and commands of `transactions.ts` in, decoded results out. */
export class LedgerClient {
  constructor(readonly ledger: Ledger) {}

  /**
   * Submits once.
   * @throws DomainError, LedgerError.
   */
  async submitOnce<N extends TransactionName>(identity: Identity, transaction: N, command: CommandOf<N>): Promise<Done<N>> {
    const committed = await this.ledger.submit({ identity, transaction, command: canonicalJson(command) });
    return { ...committed, result: JSON.parse(committed.result) as ResultOf<N> };
  }

  /** Submits, again when it lost a race; the command's operation keeps it to one effect. */
  async submit<N extends TransactionName>(identity: Identity, transaction: N, command: CommandOf<N>): Promise<Done<N>> {
    for (let repeat = 0; ; repeat++) {
      try {
        return await this.submitOnce(identity, transaction, command);
      } catch (error) {
        const lostRace = error instanceof LedgerError && error.kind === 'conflict';
        if (!lostRace || repeat >= CONFLICT_REPEATS) throw error;
      }
    }
  }

  /** Runs a transaction without recording it: a read, or a dry run. */
  async evaluate<N extends TransactionName>(identity: Identity, transaction: N, command: CommandOf<N>): Promise<Read<N>> {
    const evaluated = await this.ledger.evaluate({ identity, transaction, command: canonicalJson(command) });
    return { ...evaluated, result: JSON.parse(evaluated.result) as ResultOf<N> };
  }
}

