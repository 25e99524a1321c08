import { DomainError } from '../errors';
import type { Instant } from '../instant';
import { DERIVATIONS, isDerivedItemCode } from './derivations';
import { type DerivedView, isGranularity } from './item-derivations';
import type { MonthRange } from './month-series';

/** What a recipient may see of an item, and by which rule it was made. */
export interface Derived {
  readonly data: DerivedView;
  /** `<item>/<granularity>/<version>`, e.g. `TAX-03/SUMMARY/1`. */
  readonly ruleId: string;
  readonly fewestRecords: number;
}

/**
 * Makes of an item's records what a granularity shows (domain.md, Gates). Pure: the same input gives the same view.
 *
 * @param records rows as the provider gave them, each of the item's record shape; at most 5,000.
 * @param options.range months, inclusive: only records that lie wholly in it count.
 * @param options.at when the view is made; terms and staleness are judged at it.
 * @throws DomainError item-not-available for an item or granularity without a rule; malformed-command for a record of another
 *   shape; limit-exceeded for too many.
 */
export function derive(itemCode: string, granularity: string, records: readonly unknown[], options: { readonly range?: MonthRange | undefined; readonly at: Instant }): Derived {
  if (!isDerivedItemCode(itemCode) || !isGranularity(granularity)) throw DomainError.of('item-not-available', 'no rule makes this granularity of this item');
  const item = DERIVATIONS[itemCode];
  const rule = item.rules[granularity];
  const data = item.view(granularity, records, options);
  if (rule === undefined || data === undefined) throw DomainError.of('item-not-available', `item ${itemCode} is not given as ${granularity}`);
  return { data, ruleId: `${itemCode}/${granularity}/${rule.version}`, fewestRecords: rule.fewestRecords };
}

/** The granularities that an item is given at; none for an unknown item. */
export function granularitiesOf(itemCode: string): string[] {
  return isDerivedItemCode(itemCode) ? Object.keys(DERIVATIONS[itemCode].rules).filter(isGranularity) : [];
}
