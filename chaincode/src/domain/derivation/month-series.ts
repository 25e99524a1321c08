import { type Instant, shanghaiDate } from '../instant';

/** Calendar months from and to, both inclusive, `YYYY-MM`. */
export interface MonthRange {
  readonly from: string;
  readonly to: string;
}

/** Months since year 0, so that months can be subtracted. */
export function monthNumber(month: string): number {
  return Number(month.slice(0, 4)) * 12 + Number(month.slice(5, 7)) - 1;
}

/** The month of a number as {@link monthNumber} gives it. */
export function monthOfNumber(number: number): string {
  return `${String(Math.floor(number / 12)).padStart(4, '0')}-${String((number % 12) + 1).padStart(2, '0')}`;
}

/** The month in Asia/Shanghai at an instant. */
export function monthAt(at: Instant): string {
  return shanghaiDate(at).slice(0, 7);
}

/** How many months a range holds. */
export function monthsIn(range: MonthRange): number {
  return monthNumber(range.to) - monthNumber(range.from) + 1;
}

/** The months of a calendar year. */
export function monthsOfYear(year: number): MonthRange {
  const name = String(year).padStart(4, '0');
  return { from: `${name}-01`, to: `${name}-12` };
}

/** The quarter that ends with a month. */
export function quarterEnding(month: string): MonthRange {
  return { from: monthOfNumber(monthNumber(month) - 2), to: month };
}

/** One month as a range: the month of a date or the month itself. */
export function monthOf(dateOrMonth: string): MonthRange {
  const month = dateOrMonth.slice(0, 7);
  return { from: month, to: month };
}

/** True when every month of `inner` lies in `outer`. */
export function rangeContains(outer: MonthRange, inner: MonthRange): boolean {
  return outer.from <= inner.from && inner.to <= outer.to;
}

/** `part` of `whole` in basis points, cut towards zero; exact for all safe integers. */
export function basisPoints(part: number, whole: number): number {
  return whole === 0 ? 0 : Number((BigInt(part) * 10_000n) / BigInt(whole));
}

/** A series by period: the sum of `value` over the records of each period, in order of the periods. */
export function seriesOf<R>(records: readonly R[], periodOf: (record: R) => string, value: (record: R) => number): ReadonlyMap<string, number> {
  const sums = new Map<string, number>();
  for (const record of [...records].sort((a, b) => (periodOf(a) < periodOf(b) ? -1 : 1))) {
    sums.set(periodOf(record), (sums.get(periodOf(record)) ?? 0) + value(record));
  }
  return sums;
}

/** The sum of a series. */
export function sumOf(series: ReadonlyMap<string, number>): number {
  return [...series.values()].reduce((sum, value) => sum + value, 0);
}

/** What a series of months spans: months with a record, months from the first to the last, and those without one between them. */
export interface Coverage {
  readonly monthsCovered: number;
  readonly monthsSpanned: number;
  readonly gapMonths: number;
  readonly lastMonth: string;
}

/**
 * How completely months are covered.
 * @param months at least one, `YYYY-MM`, in any order.
 * @throws TypeError when there is no month.
 */
export function coverageOf(months: readonly string[]): Coverage {
  const sorted = [...new Set(months)].sort();
  const [first, last] = [sorted[0], sorted.at(-1)];
  if (first === undefined || last === undefined) throw new TypeError('coverage of no month');
  const monthsSpanned = monthsIn({ from: first, to: last });
  return { monthsCovered: sorted.length, monthsSpanned, gapMonths: monthsSpanned - sorted.length, lastMonth: last };
}

/**
 * Change from the earlier half of a series to the later half, in basis points of the earlier; the middle value of an odd series counts in neither.
 * @returns 0 for fewer than two values; 10,000 when the earlier half is nothing and the later is something.
 */
export function trendBasisPoints(series: ReadonlyMap<string, number>): number {
  const values = [...series.values()];
  const half = Math.floor(values.length / 2);
  const earlier = values.slice(0, half).reduce((sum, value) => sum + value, 0);
  const later = values.slice(values.length - half).reduce((sum, value) => sum + value, 0);
  if (half === 0 || earlier === later) return 0;
  return earlier <= 0 ? 10_000 * Math.sign(later - earlier) : basisPoints(later - earlier, earlier);
}

/** How many months, up to the month before `at` (or the end of the range, when earlier), have passed since the last month with a record. */
export function staleMonths(lastMonth: string, at: Instant, range: MonthRange | undefined): number {
  const present = monthNumber(monthAt(at)) - 1;
  const end = range === undefined ? present : Math.min(present, monthNumber(range.to));
  return Math.max(0, end - monthNumber(lastMonth));
}
