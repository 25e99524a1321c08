/** How many days before a certificate's end people are told. */
export const EXPIRY_MARKS = [90, 30, 7] as const;

/** One of {@link EXPIRY_MARKS}. */
export type ExpiryMark = (typeof EXPIRY_MARKS)[number];

/** Where a certificate stands on the way to its end. `daysLeft` counts whole days, rounded down. */
export type ExpiryNotice =
  | { readonly kind: 'far'; readonly daysLeft: number }
  | { readonly kind: 'expiring'; readonly mark: ExpiryMark; readonly daysLeft: number }
  | { readonly kind: 'expired' };

const DAY = 86_400_000;

/**
 * The notice due for a certificate: the nearest mark that has been reached, which is so from the instant on that many
 * days before the end.
 * @param notAfter the last instant at which the certificate holds, epoch milliseconds.
 * @param at epoch milliseconds.
 */
export function expiryNotice(notAfter: number, at: number): ExpiryNotice {
  const left = notAfter - at;
  if (left < 0) return { kind: 'expired' };
  const daysLeft = Math.floor(left / DAY);
  const mark = EXPIRY_MARKS.findLast((days) => left <= days * DAY);
  return mark === undefined ? { kind: 'far', daysLeft } : { kind: 'expiring', mark, daysLeft };
}
