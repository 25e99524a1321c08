import fc from 'fast-check';
import { countUse, giveUseBack, UNUSED, usesInPeriod } from './use-counter';
import { aGrant } from './testing/builders';

const DAILY = aGrant({ frequency: { times: 2, per: 'DAY' } });
const { frequency: _frequency, ...unlimited } = aGrant();
const ONCE = { ...unlimited, oneTime: true };
const NIGHT = '2026-06-15T15:59:59.999Z';
const MIDNIGHT = '2026-06-15T16:00:00.000Z';

describe('the use counter', () => {
  it('starts again at midnight in Shanghai', () => {
    const counted = countUse(DAILY, countUse(DAILY, UNUSED, 'r.0', NIGHT), 'r.1', NIGHT);
    expect([usesInPeriod(DAILY, counted, NIGHT), usesInPeriod(DAILY, counted, MIDNIGHT)]).toEqual([2, 0]);
    expect(countUse(DAILY, counted, 'r.2', MIDNIGHT)).toEqual({ period: '2026-06-16', times: 1 });
  });

  it('gives a use back in its own period only', () => {
    const counted = countUse(DAILY, UNUSED, 'r.0', NIGHT);
    expect(giveUseBack(DAILY, counted, 'r.0', NIGHT).times).toBe(0);
    const next = countUse(DAILY, counted, 'r.1', MIDNIGHT);
    expect(giveUseBack(DAILY, next, 'r.0', NIGHT)).toEqual(next);
  });

  it('gives a one-time use back to the release that used it alone', () => {
    const used = countUse(ONCE, UNUSED, 'r.0', NIGHT);
    expect(used.usedBy).toBe('r.0');
    expect(giveUseBack(ONCE, used, 'r.9', NIGHT).usedBy).toBe('r.0');
    expect(giveUseBack(ONCE, used, 'r.0', NIGHT)).toEqual({ times: 0 });
  });

  it('never counts below nothing, and counts what was used and not given back', () => {
    fc.assert(
      fc.property(fc.array(fc.boolean(), { maxLength: 30 }), (uses) => {
        let counter = UNUSED;
        let expected = 0;
        for (const isUse of uses) {
          counter = isUse ? countUse(DAILY, counter, 'r.0', NIGHT) : giveUseBack(DAILY, counter, 'r.0', NIGHT);
          expected = isUse ? expected + 1 : Math.max(0, expected - 1);
          expect(usesInPeriod(DAILY, counter, NIGHT)).toBe(counter.period === undefined ? 0 : expected);
        }
      }),
    );
  });
});
