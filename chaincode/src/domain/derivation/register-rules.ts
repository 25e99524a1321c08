import type { Json } from '../canonical-json';
import { shanghaiDate } from '../instant';
import { bandedSum, countBand, scoreOf } from './disclosure';
import type { DerivationContext, DerivationRule } from './item-derivations';
import { bandJson } from './series-rules';

/** Fewest entries of a register that a summary may be made from. */
export const FEWEST_ENTRIES = 3;

/** True when a term `until` (a date, inclusive) has not ended on the date of `at` in Asia/Shanghai. */
export function isCurrent(until: string, context: DerivationContext): boolean {
  return shanghaiDate(context.at) <= until;
}

/** 核验结果 that an entry stands in a register: `ON_RECORD`, else `NO_RECORD`. Made from any number of entries: that there is none is an answer. */
export function onRecordAnswer<R>(): DerivationRule<R> {
  return {
    version: 1,
    fewestRecords: 0,
    explanation: 'Whether the register has any entry.',
    from: (records) => ({ answer: records.length > 0 ? 'ON_RECORD' : 'NO_RECORD' }),
  };
}

/**
 * 核验结果 whether an entry with a property stands in a register.
 * @param explanation what is asked, one sentence.
 * @param yes the answer when an entry has the property; `no` when there are entries and none has it.
 */
export function anyEntryAnswer<R>(explanation: string, yes: string, no: string, holds: (record: R, context: DerivationContext) => boolean): DerivationRule<R> {
  return {
    version: 1,
    fewestRecords: 0,
    explanation,
    from: (records, context) => {
      if (records.length === 0) return { answer: 'NO_RECORD' };
      return { answer: records.some((record) => holds(record, context)) ? yes : no };
    },
  };
}

/** What the summary of a register tells: counts of entries with a property and totals of amounts, by name. */
export interface RegisterDescription<R> {
  readonly counts: Readonly<Record<string, (record: R) => boolean>>;
  readonly totals?: Readonly<Record<string, (record: R) => number>>;
}

/** 汇总信息 of a register: how many entries, how many with each property, totals; all as bands. */
export function registerSummary<R>(description: RegisterDescription<R>): DerivationRule<R> {
  return {
    version: 1,
    fewestRecords: FEWEST_ENTRIES,
    explanation: 'Number of entries, entries with each property and total amounts, all as bands; a total that fewer than three entries make up is withheld.',
    from: (records) => ({
      entries: countBand(records.length),
      ...mapped(description.counts, (holds) => countBand(records.filter(holds).length)),
      ...mapped(description.totals ?? {}, (value) => bandJson(bandedSum(records.map(value)))),
    }),
  };
}

/**
 * 评价结果 of a register, 0 to 1000.
 * @param start points before any entry counts.
 * @param points what one entry adds or takes.
 */
export function registerScore<R>(explanation: string, start: number, points: (record: R, context: DerivationContext) => number): DerivationRule<R> {
  return {
    version: 1,
    fewestRecords: FEWEST_ENTRIES,
    explanation,
    from: (records, context) => ({ score: scoreOf(start, ...records.map((record) => points(record, context))) }),
  };
}

function mapped<V>(entries: Readonly<Record<string, V>>, to: (value: V) => Json): Record<string, Json> {
  return Object.fromEntries(Object.entries(entries).map(([name, value]) => [name, to(value)]));
}
