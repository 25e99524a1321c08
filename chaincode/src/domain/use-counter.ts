import { z } from 'zod';
import type { Grant } from './grant';
import { calendarPeriodOf, type Instant } from './instant';

/** What was released under a grant with a limit. A key of its own, so that releases don't write the grant. */
export const useCounterSchema = z.strictObject({
  /** The one release of a one-time grant. */
  usedBy: z.string().optional(),
  /** The calendar period that `times` counts. */
  period: z.string().optional(),
  times: z.int().min(0),
});
export type UseCounter = z.infer<typeof useCounterSchema>;

/** A counter before the first use. */
export const UNUSED: UseCounter = { times: 0 };

/** The number of PERMITs in the calendar period that holds `at`. */
export function usesInPeriod(grant: Grant, counter: UseCounter, at: Instant): number {
  // Nothing was counted: no matter in which period.
  if (grant.frequency === undefined || counter.times === 0) return 0;
  return counter.period === calendarPeriodOf(at, grant.frequency.per) ? counter.times : 0;
}

/** The counter after a PERMIT at `at`. */
export function countUse(grant: Grant, counter: UseCounter, releaseId: string, at: Instant): UseCounter {
  const used = grant.oneTime ? { usedBy: releaseId } : {};
  if (grant.frequency === undefined) return { ...used, times: counter.times + 1 };
  return { ...used, period: calendarPeriodOf(at, grant.frequency.per), times: usesInPeriod(grant, counter, at) + 1 };
}

/** The counter with the use of a release that failed before its first byte given back. */
export function giveUseBack(grant: Grant, counter: UseCounter, releaseId: string, releasedAt: Instant): UseCounter {
  const { usedBy, ...rest } = counter;
  const kept = usedBy === undefined || usedBy === releaseId ? {} : { usedBy };
  const samePeriod = grant.frequency === undefined || counter.period === calendarPeriodOf(releasedAt, grant.frequency.per);
  return { ...rest, ...kept, times: samePeriod ? Math.max(0, counter.times - 1) : counter.times };
}
