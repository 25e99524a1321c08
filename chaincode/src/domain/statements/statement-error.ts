/** Why a statement is not believed. */
export const STATEMENT_ERROR_CODES = ['statement-malformed', 'fact-not-proven', 'event-differs', 'subject-differs', 'chain-broken', 'facts-missing', 'summary-differs', 'decision-differs'] as const;
export type StatementErrorCode = (typeof STATEMENT_ERROR_CODES)[number];

/** A statement says what its proofs don't. */
export class StatementError extends Error {
  override readonly name = 'StatementError';

  constructor(
    readonly code: StatementErrorCode,
    readonly detail: string,
  ) {
    super(`${code}: ${detail}`);
  }
}
