import type { Identity } from '@kesu/certs';

/** Where something stands on the ledger: the transaction's block, its index in the block, its id. */
export interface TransactionPosition {
  readonly block: number;
  readonly index: number;
  readonly txId: string;
}

/** The newest committed block: its number, its hash (lower-case hex) and when it was written (RFC 3339 UTC, milliseconds). */
export interface Head {
  readonly block: number;
  readonly hash: string;
  readonly time: string;
}

/** One call of a contract. The wire rule: exactly one JSON string in (RFC 8785 form), one JSON string out. */
export interface Call {
  /** Who calls. Part of each call: an adapter keeps no identity of its own. */
  readonly identity: Identity;
  /** A name of `transactions.ts`, e.g. `grants:submit`. */
  readonly transaction: string;
  readonly command: string;
}

/** What a submitted call became. */
export interface Committed {
  /** Whole, wherever the transaction holds it. */
  readonly result: string;
  readonly position: TransactionPosition;
  /** The head that holds the transaction's block. */
  readonly head: Head;
  /** The claimed time of the transaction (RFC 3339 UTC, milliseconds). */
  readonly claimedTime: string;
}

/** What a read answered, and the head it was answered from. A read is advice, never authority. */
export interface Evaluated {
  readonly result: string;
  readonly asOf: Head;
}

/** Why a transaction counts or doesn't: VALID, or the code of its invalidity (as Fabric names them). */
export const VALIDITIES = ['VALID', 'MVCC_READ_CONFLICT', 'PHANTOM_READ_CONFLICT', 'DUPLICATE_TXID', 'BAD_CREATOR', 'ENDORSEMENT_POLICY_FAILURE', 'OTHER_INVALID'] as const;
export type Validity = (typeof VALIDITIES)[number];

/** One write of a transaction; `value` is absent for a deletion. */
export interface Write {
  readonly key: string;
  readonly value?: string;
}

/** A committed transaction, valid or not: an invalid one stays in its block. */
export interface LedgerTransaction {
  readonly txId: string;
  readonly index: number;
  readonly validity: Validity;
  readonly mspId: string;
  /** The caller's certificate, PEM. */
  readonly certificate: string;
  readonly claimedTime: string;
  readonly transaction: string;
  readonly command: string;
  readonly result: string;
  readonly writes: readonly Write[];
  /** The payload of the transaction's one event, which `eventsOf` reads; absent when it set none. */
  readonly events?: string;
}

/** A committed block, numbered from 0, as the `blocks` stream delivers it. */
export interface CommittedBlock extends Head {
  readonly previousHash: string;
  readonly transactions: readonly LedgerTransaction[];
}

/** Why a ledger can't answer. `conflict`: it lost a race, ask again. `outcome-unknown`: it may or may not be committed. */
export type LedgerErrorKind = 'unavailable' | 'conflict' | 'outcome-unknown';

/** The ledger, not a rule, stood in the way. A rule's no is a `DomainError` and is never retried. */
export class LedgerError extends Error {
  override readonly name = 'LedgerError';

  constructor(
    readonly kind: LedgerErrorKind,
    message: string,
    options?: ErrorOptions,
  ) {
    super(message, options);
  }
}

/**
 * The port to a ledger. Two adapters: the embedded ledger and Hyperledger Fabric; `conformance.ts` states each promise
 * as a test and runs on both.
 */
export interface Ledger {
  /**
   * Runs a transaction and resolves only when it is committed VALID.
   * @throws DomainError when a rule said no; LedgerError otherwise.
   */
  submit(call: Call): Promise<Committed>;
  /**
   * Runs a transaction without recording it.
   * @throws DomainError when a rule said no; LedgerError `unavailable`.
   */
  evaluate(call: Call): Promise<Evaluated>;
  /** Committed blocks from number `from` on, in order, without gap or repeat; waits for new ones until `signal` aborts. */
  blocks(from: number, signal: AbortSignal): AsyncIterable<CommittedBlock>;
  /** The newest committed block. */
  head(): Promise<Head>;
  /** Answers what is under way, then releases every resource. Calls made later fail as `unavailable`. */
  close(): Promise<void>;
}
