/**
 * What keeps a single record out of what is made from many (domain.md, Gates: "below that it answers with a band").
 *
 * 1. Fewest records: a rule answers `NO_RECORD` or `TOO_FEW_RECORDS` below its number, whatever the records say.
 * 2. Bands: an aggregate leaves as the step of a fixed ladder that it lies on, never as a number.
 * 3. Dominance: an aggregate to which fewer than three periods contribute, or one of which is more than 80 % of it, says so instead.
 * 4. Ratios leave in steps of 500 basis points, scores in steps of 10.
 *
 * A band also limits what two answers over neighbouring ranges tell about the month between them.
 */

/** Why a figure is not given. */
export const WITHHELD_BANDS = ['NO_RECORD', 'TOO_FEW_RECORDS'] as const;
export type WithheldBand = (typeof WITHHELD_BANDS)[number];

/** An aggregate lies in `[atLeast, below)`. */
export interface AmountBand {
  readonly atLeast: number;
  readonly below: number;
}

/** An aggregate as it leaves: its band, or that too few periods make it up. */
export type BandedAggregate = AmountBand | { readonly band: WithheldBand };

/** Fewest periods that must contribute to an aggregate. */
export const FEWEST_CONTRIBUTIONS = 3;
/** Most of an aggregate that one period may make up, basis points. */
export const MOST_OF_AGGREGATE_BASIS_POINTS = 8_000;
/** Steps in which ratios leave, basis points. */
export const RATIO_STEP_BASIS_POINTS = 500;
/** The lowest step of the ladder: everything from nothing to below it is one band. */
export const LOWEST_STEP = 10_000;

const MANTISSAS = [10, 15, 20, 30, 50, 70] as const;

/** The band that an amount lies in: the ladder 1, 1.5, 2, 3, 5, 7, 10 … from {@link LOWEST_STEP} up, mirrored below zero. */
export function amountBand(amount: number): AmountBand {
  if (amount < 0) {
    const mirrored = ladderStep(-amount - 1);
    return { atLeast: 0 - mirrored.below, below: 0 - mirrored.atLeast };
  }
  return ladderStep(amount);
}

function ladderStep(amount: number): AmountBand {
  if (amount < LOWEST_STEP) return { atLeast: 0, below: LOWEST_STEP };
  let unit = LOWEST_STEP / 10;
  while (amount >= unit * 100) unit *= 10;
  let atLeast = unit * 10;
  for (const mantissa of MANTISSAS) {
    if (amount < unit * mantissa) return { atLeast, below: unit * mantissa };
    atLeast = unit * mantissa;
  }
  return { atLeast, below: unit * 100 };
}

/** The sum of contributions as it may leave; a sum of nothing but zeros lies in the lowest band. */
export function bandedSum(contributions: Iterable<number>): BandedAggregate {
  const values = [...contributions].filter((value) => value !== 0);
  const sum = values.reduce((total, value) => total + value, 0);
  if (values.length > 0 && !isSharedBySeveral(values)) return { band: 'TOO_FEW_RECORDS' };
  return amountBand(sum);
}

/** The mean of contributions (cut to an integer) as it may leave. */
export function bandedMean(contributions: Iterable<number>): BandedAggregate {
  const values = [...contributions];
  const contributing = values.filter((value) => value !== 0);
  if (values.length === 0) return { band: 'NO_RECORD' };
  if (contributing.length > 0 && !isSharedBySeveral(contributing)) return { band: 'TOO_FEW_RECORDS' };
  return amountBand(Math.trunc(values.reduce((total, value) => total + value, 0) / values.length) + 0);
}

function isSharedBySeveral(values: readonly number[]): boolean {
  const total = values.reduce((sum, value) => sum + Math.abs(value), 0);
  const largest = values.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
  return values.length >= FEWEST_CONTRIBUTIONS && BigInt(largest) * 10_000n <= BigInt(total) * BigInt(MOST_OF_AGGREGATE_BASIS_POINTS);
}

/** A ratio as it leaves: to the nearest step of {@link RATIO_STEP_BASIS_POINTS}, within −100 % to +200 %. */
export function coarseBasisPoints(ratio: number): number {
  const bounded = Math.min(20_000, Math.max(-10_000, ratio));
  return Math.round(bounded / RATIO_STEP_BASIS_POINTS) * RATIO_STEP_BASIS_POINTS + 0;
}

/** Bands that counts of people, cases or rights leave in. */
export const COUNT_BANDS = ['NONE', 'FROM_1_TO_2', 'FROM_3_TO_5', 'FROM_6_TO_10', 'FROM_11_TO_20', 'FROM_21_TO_50', 'FROM_51_TO_100', 'FROM_101_TO_300', 'OVER_300'] as const;
export type CountBand = (typeof COUNT_BANDS)[number];

const COUNT_LIMITS = [0, 2, 5, 10, 20, 50, 100, 300] as const;

/** The band of a count. */
export function countBand(count: number): CountBand {
  const at = COUNT_LIMITS.findIndex((limit) => count <= limit);
  return COUNT_BANDS[at < 0 ? COUNT_LIMITS.length : at] ?? 'OVER_300';
}

/** Parts of a score added up, kept within 0 to 1000 and rounded to tens. */
export function scoreOf(...parts: readonly number[]): number {
  const sum = parts.reduce((total, part) => total + part, 0);
  return Math.min(1_000, Math.max(0, Math.round(sum / 10) * 10));
}

/** `points` in proportion to `ratio` of `full` (both basis points or counts), none below nothing and all above full. */
export function pointsFor(points: number, ratio: number, full: number): number {
  return Math.trunc((points * Math.min(full, Math.max(0, ratio))) / full);
}
