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
  /**
   * A block whole, as text: of an embedded ledger as its operator signed it (docs/formats/block.md), of Fabric `common.Block` in base64.
   * @throws RangeError past the head; LedgerError.
   */
  blockText(number: number): Promise<string>;
  /** Examines what is stored, beside the running ledger, until `signal` aborts. What is damaged and can be made anew is. */
  verify(signal: AbortSignal): Promise<Verification>;
}
