import type { Ledger } from './ledger';

/** What came of examining a ledger: sentences for each thing that is wrong, and the figures behind them for the log. */
export interface Verification {
  readonly problems: readonly string[];
  readonly figures: object;
}

/** What a gateway needs of the ledger it runs on beyond the port. */
export interface LedgerHost extends Ledger {
  /** The network's id, which every signature names. */
  readonly network: string;
  /** The text of a block as the ledger's operator signed it (docs/formats/block.md); absent where blocks have another form. @throws RangeError past the head. */
  blockText?(number: number): Promise<string>;
  /** Examines what is stored, beside the running ledger, until `signal` aborts. What is damaged and can be made anew is. */
  verify(signal: AbortSignal): Promise<Verification>;
}
