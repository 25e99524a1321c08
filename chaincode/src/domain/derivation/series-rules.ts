import { bandedMean, bandedSum, coarseBasisPoints, pointsFor, scoreOf } from './disclosure';
import type { Json } from '../canonical-json';
import type { DerivationRule } from './item-derivations';
import { coverageOf, seriesOf, staleMonths, sumOf, trendBasisPoints } from './month-series';

/** A record of one month. */
export interface MonthRecord {
  readonly period: string;
}

/** What is due and paid in a month. Absent parts of the rules fall away for series that have no bill (orders, customs). */
export interface SeriesDescription<R extends MonthRecord> {
  /** The figure whose size and trend tell about the business: use, turnover, base. */
  readonly main: (record: R) => number;
  /** Name of the monthly mean of `main` in the summary, unit last, e.g. `meanUsedKwh`. */
  readonly mainName: string;
  readonly due?: (record: R) => number;
  readonly paid?: (record: R) => number;
  /** Further totals in the summary by name. */
  readonly totals?: Readonly<Record<string, (record: R) => number>>;
}

/** Fewest months of each rule over a monthly series. */
export const FEWEST_MONTHS = { ANSWER: 3, SCORE: 6, SUMMARY: 6 } as const;

/** Months in which less was paid than due. */
export function monthsShort<R extends MonthRecord>(records: readonly R[], description: SeriesDescription<R>): number {
  const { due, paid } = description;
  if (due === undefined || paid === undefined) return 0;
  return [...seriesOf(records, (record) => record.period, (record) => Math.max(0, due(record) - paid(record))).values()].filter((short) => short > 0).length;
}

/** How a month counts towards the fewest records: several rows of one month are one. */
export function countedByMonth(record: MonthRecord): string {
  return record.period;
}

/**
 * 核验结果 of bills: `PAID_IN_FULL` when nothing is short in any month, `SHORT_SOMETIMES` up to a quarter of the months, else `SHORT_OFTEN`.
 */
export function billAnswer<R extends MonthRecord>(description: SeriesDescription<R>): DerivationRule<R> {
  return {
    version: 1,
    fewestRecords: FEWEST_MONTHS.ANSWER,
    explanation: 'Whether the bills of the months were paid in full, short in at most a quarter of the months, or more often.',
    from: (records) => {
      const { monthsCovered } = coverageOf(records.map(countedByMonth));
      const short = monthsShort(records, description);
      if (short === 0) return { answer: 'PAID_IN_FULL' };
      return { answer: short * 4 <= monthsCovered ? 'SHORT_SOMETIMES' : 'SHORT_OFTEN' };
    },
  };
}

/** 核验结果 of activity: `ACTIVE` when at least half of the spanned months have a figure above zero, else `SPORADIC`. */
export function activityAnswer<R extends MonthRecord>(description: SeriesDescription<R>): DerivationRule<R> {
  return {
    version: 1,
    fewestRecords: FEWEST_MONTHS.ANSWER,
    explanation: 'Whether at least half of the months from the first to the last show activity.',
    from: (records) => {
      const { monthsSpanned } = coverageOf(records.map(countedByMonth));
      const active = [...seriesOf(records, countedByMonth, description.main).values()].filter((value) => value > 0).length;
      return { answer: active * 2 >= monthsSpanned ? 'ACTIVE' : 'SPORADIC' };
    },
  };
}

/**
 * 评价结果 of a monthly series, 0 to 1000: 300 for months covered without a gap, 400 for months paid in full (for series without a bill: months with
 * activity), 300 for the trend (−50 % gives none, no change half, +50 % all), less 50 for each month beyond three that the last record is old.
 */
export function seriesScore<R extends MonthRecord>(description: SeriesDescription<R>): DerivationRule<R> {
  return {
    version: 1,
    fewestRecords: FEWEST_MONTHS.SCORE,
    explanation: 'Points for months covered (300), months paid in full or active (400) and trend (300), less for records older than three months.',
    from: (records, { at, range }) => {
      const { monthsCovered, monthsSpanned, lastMonth } = coverageOf(records.map(countedByMonth));
      const main = seriesOf(records, countedByMonth, description.main);
      const good = description.due === undefined ? [...main.values()].filter((value) => value > 0).length : monthsCovered - monthsShort(records, description);
      return {
        score: scoreOf(
          pointsFor(300, monthsCovered, monthsSpanned),
          pointsFor(400, good, monthsCovered),
          pointsFor(300, trendBasisPoints(main) + 5_000, 10_000),
          -50 * Math.max(0, staleMonths(lastMonth, at, range) - 3),
        ),
      };
    },
  };
}

/** 汇总信息 of a monthly series: coverage, the monthly mean of the main figure as a band, its trend in steps of 5 %, totals as bands, months short. */
export function seriesSummary<R extends MonthRecord>(description: SeriesDescription<R>): DerivationRule<R> {
  return {
    version: 1,
    fewestRecords: FEWEST_MONTHS.SUMMARY,
    explanation: 'Months covered and missing, monthly mean and totals as bands of a fixed ladder, trend in steps of 5 %, months paid short.',
    from: (records) => {
      const { monthsCovered, gapMonths } = coverageOf(records.map(countedByMonth));
      const main = seriesOf(records, countedByMonth, description.main);
      return {
        monthsCovered,
        gapMonths,
        [description.mainName]: bandJson(bandedMean(main.values())),
        trendBasisPoints: coarseBasisPoints(sumOf(main) === 0 ? 0 : trendBasisPoints(main)),
        ...totalsOf(records, description),
        ...(description.due === undefined ? {} : { monthsShort: monthsShort(records, description) }),
      };
    },
  };
}

function totalsOf<R extends MonthRecord>(records: readonly R[], description: SeriesDescription<R>): Record<string, Json> {
  const entries = Object.entries(description.totals ?? {});
  return Object.fromEntries(entries.map(([name, value]) => [name, bandJson(bandedSum(seriesOf(records, countedByMonth, value).values()))]));
}

/** A band as plain JSON. */
export function bandJson(band: object): Json {
  return { ...band } as Json;
}

/** All three rules of a series of bills. */
export function billRules<R extends MonthRecord>(description: SeriesDescription<R>) {
  return { ANSWER: billAnswer(description), SCORE: seriesScore(description), SUMMARY: seriesSummary(description) };
}

/** All three rules of a series without bills. */
export function activityRules<R extends MonthRecord>(description: SeriesDescription<R>) {
  return { ANSWER: activityAnswer(description), SCORE: seriesScore(description), SUMMARY: seriesSummary(description) };
}
