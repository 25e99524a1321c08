import { z } from 'zod';

/** A point in time as text: RFC 3339, UTC, milliseconds, e.g. `2026-03-01T08:00:00.000Z`. Texts of this form sort by time. */
export type Instant = string;

/** Milliseconds in a second, a minute, an hour and a day. */
export const SECOND_MILLIS = 1_000;
export const MINUTE_MILLIS = 60 * SECOND_MILLIS;
export const HOUR_MILLIS = 60 * MINUTE_MILLIS;
export const DAY_MILLIS = 24 * HOUR_MILLIS;

const FORM = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}\.\d{3}Z$/;
const SHANGHAI_OFFSET_MILLIS = 8 * HOUR_MILLIS;

/** Accepts an {@link Instant} that exists in the calendar. */
export const instantSchema = z
  .string()
  .refine((text) => millisOf(text) !== undefined, 'not a time of the form 2026-03-01T08:00:00.000Z')
  .meta({ description: 'RFC 3339 time in UTC with milliseconds', format: 'date-time', example: '2026-03-01T08:00:00.000Z' });

/** Milliseconds since 1970 of an instant; undefined when the text is none. */
function millisOf(text: string): number | undefined {
  if (!FORM.test(text)) return undefined;
  const [year, month, day] = [digits(text, 0, 4), digits(text, 5, 7), digits(text, 8, 10)];
  const [hour, minute, second, milli] = [digits(text, 11, 13), digits(text, 14, 16), digits(text, 17, 19), digits(text, 20, 23)];
  if (month < 1 || month > 12 || day < 1 || day > daysInMonth(year, month) || hour > 23 || minute > 59 || second > 59) return undefined;
  return daysFromCivil(year, month, day) * DAY_MILLIS + hour * HOUR_MILLIS + minute * MINUTE_MILLIS + second * SECOND_MILLIS + milli;
}

/** The number that the decimal digits from `start` to before `end` write. */
function digits(text: string, start: number, end: number): number {
  let value = 0;
  for (let at = start; at < end; at++) value = value * 10 + text.charCodeAt(at) - 48;
  return value;
}

/**
 * Milliseconds since 1970 of an instant.
 * @throws TypeError when the text is no instant.
 */
export function epochMillis(instant: Instant): number {
  const millis = millisOf(instant);
  if (millis === undefined) throw new TypeError(`not an instant: ${instant}`);
  return millis;
}

/** The instant of a number of milliseconds since 1970 (years 0 to 9999). */
export function instantOf(millis: number): Instant {
  const { year, month, day } = civilFromDays(Math.floor(millis / DAY_MILLIS));
  const inDay = millis - Math.floor(millis / DAY_MILLIS) * DAY_MILLIS;
  const hour = Math.floor(inDay / HOUR_MILLIS);
  const minute = Math.floor(inDay / MINUTE_MILLIS) % 60;
  const second = Math.floor(inDay / SECOND_MILLIS) % 60;
  return `${pad(year, 4)}-${pad(month, 2)}-${pad(day, 2)}T${pad(hour, 2)}:${pad(minute, 2)}:${pad(second, 2)}.${pad(inDay % SECOND_MILLIS, 3)}Z`;
}

/** The instant `millis` after (or before, when negative) another. */
export function instantAfter(instant: Instant, millis: number): Instant {
  return instantOf(epochMillis(instant) + millis);
}

/** True when `at` lies in the half-open period `[from, until)`. */
export function periodContains(period: { readonly from: Instant; readonly until: Instant }, at: Instant): boolean {
  return period.from <= at && at < period.until;
}

/** The calendar periods a frequency may count in, in Asia/Shanghai. */
export const CALENDAR_PERIODS = ['DAY', 'WEEK', 'MONTH'] as const;
export type CalendarPeriod = (typeof CALENDAR_PERIODS)[number];

/** The name of the calendar period of Asia/Shanghai that holds `at`: `2026-03-01`, `2026-03` or the Monday `W2026-02-23`. */
export function calendarPeriodOf(at: Instant, period: CalendarPeriod): string {
  const days = Math.floor((epochMillis(at) + SHANGHAI_OFFSET_MILLIS) / DAY_MILLIS);
  if (period === 'WEEK') return `W${dateOf(days - ((days + 3) % 7))}`;
  return period === 'DAY' ? dateOf(days) : dateOf(days).slice(0, 7);
}

/** The date in Asia/Shanghai at an instant, `2026-03-01`. */
export function shanghaiDate(at: Instant): string {
  return calendarPeriodOf(at, 'DAY');
}

function dateOf(days: number): string {
  const { year, month, day } = civilFromDays(days);
  return `${pad(year, 4)}-${pad(month, 2)}-${pad(day, 2)}`;
}

function pad(value: number, width: number): string {
  return String(value).padStart(width, '0');
}

function isLeap(year: number): boolean {
  return (year % 4 === 0 && year % 100 !== 0) || year % 400 === 0;
}

function daysInMonth(year: number, month: number): number {
  if (month === 2) return isLeap(year) ? 29 : 28;
  return [4, 6, 9, 11].includes(month) ? 30 : 31;
}

/** Days since 1970-01-01 of a date of the proleptic Gregorian calendar; years begin in March so that leap days come last. */
function daysFromCivil(year: number, month: number, day: number): number {
  const y = month <= 2 ? year - 1 : year;
  const era = Math.floor(y / 400);
  const yearOfEra = y - era * 400;
  const dayOfYear = Math.floor((153 * ((month + 9) % 12) + 2) / 5) + day - 1;
  return era * 146097 + yearOfEra * 365 + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100) + dayOfYear - 719468;
}

function civilFromDays(days: number): { year: number; month: number; day: number } {
  const shifted = days + 719468;
  const era = Math.floor(shifted / 146097);
  const dayOfEra = shifted - era * 146097;
  const yearOfEra = Math.floor((dayOfEra - Math.floor(dayOfEra / 1460) + Math.floor(dayOfEra / 36524) - Math.floor(dayOfEra / 146096)) / 365);
  const dayOfYear = dayOfEra - (365 * yearOfEra + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100));
  const marchMonth = Math.floor((5 * dayOfYear + 2) / 153);
  const month = marchMonth < 10 ? marchMonth + 3 : marchMonth - 9;
  const day = dayOfYear - Math.floor((153 * marchMonth + 2) / 5) + 1;
  return { year: yearOfEra + era * 400 + (month <= 2 ? 1 : 0), month, day };
}
