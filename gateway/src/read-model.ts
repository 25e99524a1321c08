import type { Acknowledgement, DomainEvent, Grant, OperationRecord, OutcomeRecord, RecordKinds, Release, RuleBook, SignedStatement, UseCounter } from '@kesu/chaincode/domain';
import type { Head } from '@kesu/network';

/** The head up to which the projection has folded the ledger. Every answer from it carries one. */
export type AsOf = Head;

/** Where an event stands: its transaction's block and index, its number in the transaction, the transaction's id. */
export interface Position {
  readonly block: number;
  readonly index: number;
  readonly item: number;
  readonly txId: string;
}

/** A record with the position and claimed time of the event that set it. */
export interface Stored<T> {
  readonly record: T;
  readonly position: Position;
  readonly claimedTime: string;
}

/** One page, newest first; `next` is the cursor of the following one, absent on the last. */
export interface Page<T> {
  readonly entries: readonly T[];
  readonly next?: string;
}

/** How much of a list, from where. `limit` 1 to 100. */
export interface PageRequest {
  readonly limit: number;
  readonly cursor?: string;
  /** Which enterprises the reader sees; all unless given. What is about no enterprise is seen. */
  readonly sees?: ((enterprise: string) => boolean) | undefined;
}

/** What a list of records is restricted to; members that a kind hasn't are refused by the caller. */
export interface RecordFilter {
  readonly enterprise?: string;
  readonly platform?: string;
  readonly recipient?: string;
  readonly provider?: string;
  readonly authority?: string;
  readonly state?: string;
}

/** A release with what became of it. */
export interface TracedRelease {
  readonly release: Release;
  readonly position: Position;
  readonly outcome?: OutcomeRecord;
  readonly acknowledgement?: Acknowledgement;
}

/** The directions a release can be traced in (来源可溯、去向可查). */
export const TRACE_AXES = ['enterprise', 'provider', 'platform', 'recipient'] as const;
export type TraceAxis = (typeof TRACE_AXES)[number];

/** What a trace is restricted to: claimed times `[from, until)`. */
export interface TraceFilter {
  readonly from?: string;
  readonly until?: string;
  readonly decision?: 'PERMIT' | 'DENY';
}

/** An operation as the ledger recorded it. */
export interface StoredOperation {
  readonly record: OperationRecord;
  readonly position: Omit<Position, 'item'>;
  readonly head: Head;
  readonly claimedTime: string;
}

/** Counts that follow from the ledger up to a height, recomputable by anyone. */
export interface Statistics {
  readonly asOf: AsOf;
  readonly transactions: number;
  readonly invalidTransactions: number;
  readonly enterprises: number;
  readonly grantsGiven: number;
  readonly grantsRevoked: number;
  readonly permits: number;
  readonly denials: Readonly<Record<string, number>>;
  readonly outcomes: Readonly<Record<string, number>>;
}

/** A block as the explorer shows it: no commands, no records. */
export interface BlockSummary {
  readonly block: number;
  readonly hash: string;
  readonly previousHash: string;
  readonly time: string;
  readonly transactions: readonly { readonly index: number; readonly txId: string; readonly transaction: string; readonly validity: string; readonly mspId: string; readonly claimedTime: string }[];
}

/**
 * What the projection answers: the fold of the ledger up to {@link asOf} (I11). Reads are synchronous; a stored value that
 * doesn't verify throws and turns readiness red, it is never served.
 */
export interface ReadModel {
  asOf(): AsOf;
  /** Resolves when the projection has folded block `block`; rejects when `signal` aborts. */
  waitFor(block: number, signal: AbortSignal): Promise<void>;
  ruleBook(): RuleBook | undefined;
  record<K extends keyof RecordKinds>(kind: K, id: string): Stored<RecordKinds[K]> | undefined;
  list<K extends keyof RecordKinds>(kind: K, filter: RecordFilter, page: PageRequest): Page<Stored<RecordKinds[K]>>;
  /** Grants of an enterprise in any state, newest first; all of them (an enterprise has at most thousands). */
  grantsOf(enterprise: string): readonly Grant[];
  counter(grantId: string): UseCounter | undefined;
  letter(grantId: string): SignedStatement | undefined;
  /** Every event about one record, oldest first: a grant's history, a loan's, a dispute's. */
  history<K extends keyof RecordKinds>(kind: K, id: string): readonly { readonly event: DomainEvent; readonly position: Position; readonly claimedTime: string }[];
  release(id: string): TracedRelease | undefined;
  trace(axis: TraceAxis, id: string, filter: TraceFilter, page: PageRequest): Page<TracedRelease>;
  operation(operation: string): StoredOperation | undefined;
  block(number: number): BlockSummary | undefined;
  statistics(): Statistics;
  /** The counts up to a block that is folded. @throws GatewayError not-found for a later one. */
  statisticsAt(height: number): Statistics;
}
