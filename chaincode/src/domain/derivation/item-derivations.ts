import type { z } from 'zod';
import type { Json } from '../canonical-json';
import { GRANULARITIES, type Granularity } from '../catalogue-item';
import { DomainError } from '../errors';
import type { Instant } from '../instant';
import type { WithheldBand } from './disclosure';
import { type MonthRange, rangeContains } from './month-series';

/** Most records that one derivation takes: one enterprise's, however long its range. */
export const MAX_RECORDS = 5_000;

/** What a recipient sees of an item: plain JSON, integers only. */
export type DerivedView = Readonly<Record<string, Json>>;

/** What a rule knows besides the records. */
export interface DerivationContext {
  /** The months asked for; the records are filtered by it already. */
  readonly range?: MonthRange | undefined;
  /** When the view is made. */
  readonly at: Instant;
}

/** A pure function from records to what a recipient sees. */
export interface DerivationRule<R> {
  /** Rises when the rule gives another answer for the same records. */
  readonly version: number;
  /** Fewest records (for a monthly series: months) it may be made from. */
  readonly fewestRecords: number;
  /** What it says and how, in one sentence, for the catalogue's readers. */
  readonly explanation: string;
  readonly from: (records: readonly R[], context: DerivationContext) => DerivedView;
}

/** Any rule, told without its records' type. */
export type RuleDescription = Pick<DerivationRule<never>, 'version' | 'fewestRecords' | 'explanation'>;

/** The record shape of a catalogue item and the rules that make views of it. */
export interface ItemDerivations<S extends z.ZodType = z.ZodType> {
  readonly record: S;
  readonly rules: Readonly<Partial<Record<Granularity, RuleDescription>>>;
  /**
   * The view at a granularity.
   * @returns undefined when the item has no rule for it.
   * @throws DomainError malformed-command when a record has another shape.
   */
  view(granularity: Granularity, records: readonly unknown[], context: DerivationContext): DerivedView | undefined;
}

/** How an item is described: see {@link ItemDerivations}. */
export interface ItemDefinition<S extends z.ZodType> {
  /** The months that a record speaks of; absent for a state without a period, which no range filters. */
  readonly monthsOf?: (record: z.infer<S>) => MonthRange | undefined;
  /** What counts as one record towards `fewestRecords`, by name; absent: each row. */
  readonly countedAs?: (record: z.infer<S>) => string;
  readonly rules: Readonly<Partial<Record<Exclude<Granularity, 'RAW'>, DerivationRule<z.infer<S>>>>>;
}

/** An item with its rules; RAW (原始明细) is the records of the range as they are. Whether RAW may leave is the decision's, not the rule's (gate C). */
export function defineItem<S extends z.ZodType>(record: S, definition: ItemDefinition<S>): ItemDerivations<S> {
  const rules: Readonly<Partial<Record<Granularity, DerivationRule<z.infer<S>>>>> = { ...definition.rules, RAW: rawRule() };
  return {
    record,
    rules,
    view: (granularity, records, context) => {
      const rule = rules[granularity];
      if (rule === undefined) return undefined;
      const inRange = recordsOf(record, records).filter((entry) => isInRange(definition.monthsOf?.(entry), context.range));
      const counted = definition.countedAs === undefined ? inRange.length : new Set(inRange.map(definition.countedAs)).size;
      if (counted < rule.fewestRecords) return withheld(granularity, counted === 0 ? 'NO_RECORD' : 'TOO_FEW_RECORDS');
      return rule.from(inRange, context);
    },
  };
}

/** A view that says only that there is no record, or that there are too few. */
export function withheld(granularity: Granularity, band: WithheldBand): DerivedView {
  return granularity === 'ANSWER' ? { answer: band } : { band };
}

/** True when the text names a granularity. */
export function isGranularity(text: string): text is Granularity {
  return GRANULARITIES.some((known) => known === text);
}

function rawRule<R>(): DerivationRule<R> {
  return { version: 1, fewestRecords: 0, explanation: 'The records as the provider gave them.', from: (records) => ({ records: records as readonly Json[] }) };
}

/** A period counts only when it lies wholly in the range: a year's figure would tell of months outside. */
function isInRange(months: MonthRange | undefined, range: MonthRange | undefined): boolean {
  return months === undefined || range === undefined || rangeContains(range, months);
}

function recordsOf<S extends z.ZodType>(schema: S, records: readonly unknown[]): z.infer<S>[] {
  if (records.length > MAX_RECORDS) throw DomainError.of('limit-exceeded', `more than ${MAX_RECORDS} records of one enterprise`);
  return records.map((record, index) => {
    const parsed = schema.safeParse(record);
    if (parsed.success) return parsed.data;
    const faults = parsed.error.issues.map((issue) => ({ pointer: `/${[index, ...issue.path].map(String).join('/')}`, detail: `the record breaks the rule ${issue.code}` }));
    throw DomainError.of('malformed-command', 'a record has not the shape that the catalogue item has', faults);
  });
}
