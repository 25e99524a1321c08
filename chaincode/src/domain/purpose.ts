import { z } from 'zod';
import { CALENDAR_PERIODS } from './instant';
import { GRANULARITIES } from './catalogue-item';
import { daysSchema } from './primitives';

/** What data may be used for; anything but financing support is unlawful (任务 12). */
export const PURPOSES = ['PRE_LOAN', 'APPROVAL', 'POST_LOAN', 'RISK_MONITORING', 'EVALUATION', 'DISPUTE_RESOLUTION'] as const;
export type Purpose = (typeof PURPOSES)[number];

/** A highest number of releases in each calendar period of Asia/Shanghai. */
export const frequencySchema = z.strictObject({ times: z.int().min(1).max(10_000), per: z.enum(CALENDAR_PERIODS) });
export type Frequency = z.infer<typeof frequencySchema>;

/** The caps of a purpose. */
export const purposeRuleSchema = z.strictObject({
  longestPeriodDays: daysSchema,
  highestFrequency: frequencySchema,
  longestRangeMonths: z.int().min(1).max(240),
  granularities: z.array(z.enum(GRANULARITIES)).min(1).max(4),
  needsLoan: z.boolean(),
});
export type PurposeRule = z.infer<typeof purposeRuleSchema>;

const PER_MONTH: Readonly<Record<Frequency['per'], number>> = { DAY: 31, WEEK: 5, MONTH: 1 };

/** True when `frequency` allows no more releases in a month than `highest`. */
export function frequencyIsWithin(frequency: Frequency, highest: Frequency): boolean {
  return frequency.times * PER_MONTH[frequency.per] <= highest.times * PER_MONTH[highest.per];
}

/** The number of months of an inclusive range. */
export function monthsIn(range: { readonly from: string; readonly to: string }): number {
  const [fromYear, fromMonth] = range.from.split('-').map(Number) as [number, number];
  const [toYear, toMonth] = range.to.split('-').map(Number) as [number, number];
  return (toYear - fromYear) * 12 + toMonth - fromMonth + 1;
}
