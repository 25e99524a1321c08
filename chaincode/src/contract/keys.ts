import type { Loan, OperationRecord, RecordKinds, SignedStatement, UseCounter, OutcomeRecord, Acknowledgement, Instant } from '../domain';

/** Every kind of state and the type of its values. */
export interface StateKinds extends RecordKinds {
  /** A grant's letter with its signatures, apart from the small record that releases read. */
  letter: SignedStatement;
  /** A loan as one report left it, by `<ref>.<version>`: evidence links to it, and what is owed follows from all of them. */
  'loan-report': Loan;
  'use-counter': UseCounter;
  outcome: OutcomeRecord;
  acknowledgement: Acknowledgement;
  /** By the id of a release to a conduit: the release that passed it on. */
  'passed-on': { readonly by: string };
  operation: OperationRecord;
  nonce: { readonly usedAt: Instant };
}

/** A kind of state. */
export type StateKind = keyof StateKinds;

/** The id of the one rule book. */
export const RULE_BOOK_ID = 'current';

/** The key of a record: the only place where keys are built. ASCII, `kind/id`. */
export function stateKey(kind: StateKind, id: string): string {
  return `${kind}/${id}`;
}
