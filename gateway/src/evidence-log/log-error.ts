/** Two views of the log can't both be right: somebody's ledger or log was changed. Never cosigned, told loudly, kept for people. */
export class LogDisagreement extends Error {
  override readonly name = 'LogDisagreement';
}

/** The log follows the ledger no longer: a block can't be folded, a stored value is damaged, or views disagree. */
export class LogStopped extends Error {
  override readonly name = 'LogStopped';
}
