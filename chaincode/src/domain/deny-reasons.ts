/**
 * Why a release is refused: closed and ordered; a denial names the first that applies. The order is part of the law of
 * the ledger: the decision's rules are tried in it.
 */
export const DENY_REASONS = [
  'no-grant',
  'grant-revoked',
  'grant-superseded',
  'grant-suspended',
  'grant-not-yet-valid',
  'grant-expired',
  'grant-inapplicable',
  'enterprise-not-active',
  'recipient-not-covered',
  'recipient-must-be-named',
  'personal-consent-missing',
  'item-not-covered',
  'granularity-not-covered',
  'raw-forbidden',
  'purpose-not-covered',
  'loan-reference-missing',
  'loan-closed',
  'range-not-covered',
  'frequency-exceeded',
  'already-used',
  'route-not-allowed',
  'basis-not-allowed',
  'participant-not-admitted',
  'assessment-expired',
  'item-withdrawn',
  'template-withdrawn',
  'source-not-accepted',
] as const;

/** One of {@link DENY_REASONS}. */
export type DenyReason = (typeof DENY_REASONS)[number];
