const INSTANT = /^(\d{4})-(\d{2})-(\d{2})T(\d{2}):(\d{2}):(\d{2})\.(\d{3})Z$/;
const DAYS_OF_MONTH = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31] as const;

/**
 * Epoch milliseconds of an RFC 3339 instant in UTC with milliseconds (`2026-01-31T08:00:00.000Z`, years from 1970).
 * Written out because domain code has no `Date`.
 * @returns undefined for every other text: impossible days, leap seconds, other offsets.
 */
export function instantMillis(text: string): number | undefined {
  const match = INSTANT.exec(text);
  if (match === null) return undefined;
  const [year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0, millis = 0] = match.slice(1).map(Number);
  if (year < 1970 || day < 1 || day > daysOfMonth(year, month)) return undefined;
  if (hour > 23 || minute > 59 || second > 59) return undefined;
  return (((daysBefore(year, month) + day - 1) * 24 + hour) * 60 + minute) * 60_000 + second * 1000 + millis;
}

function isLeap(year: number): boolean {
  return (year % 4 === 0 && year % 100 !== 0) || year % 400 === 0;
}

function daysOfMonth(year: number, month: number): number {
  return month === 2 && isLeap(year) ? 29 : (DAYS_OF_MONTH[month - 1] ?? 0);
}

/** Days from 1970-01-01 to the first of the month. */
function daysBefore(year: number, month: number): number {
  const past = year - 1;
  let days = year * 365 + Math.floor(past / 4) - Math.floor(past / 100) + Math.floor(past / 400) - EPOCH_DAYS;
  for (let each = 1; each < month; each++) days += daysOfMonth(year, each);
  return days;
}

const EPOCH_DAYS = 1970 * 365 + Math.floor(1969 / 4) - Math.floor(1969 / 100) + Math.floor(1969 / 400);
