import * as fc from 'fast-check';
import { calendarPeriodOf, epochMillis, instantOf, instantSchema, periodContains } from './instant';

describe('instants', () => {
  it('agree with the platform calendar from year 1 to 9999', () => {
    fc.assert(
      fc.property(fc.integer({ min: -62_135_596_800_000, max: 253_402_300_799_999 }), (millis) => {
        const text = new Date(millis).toISOString();
        expect(instantOf(millis)).toBe(text);
        expect(epochMillis(text)).toBe(millis);
      }),
      { numRuns: 2000 },
    );
  });

  it.each(['2026-02-29T00:00:00.000Z', '2026-13-01T00:00:00.000Z', '2026-01-01T24:00:00.000Z', '2026-01-01T00:00:60.000Z', '2026-01-01T00:00:00Z', '2026-01-01T00:00:00.000+08:00', '2026-04-31T00:00:00.000Z'])(
    'refuse %s',
    (text) => {
      expect(instantSchema.safeParse(text).success).toBe(false);
    },
  );

  it('hold a period half open', () => {
    const period = { from: '2026-01-01T00:00:00.000Z', until: '2026-01-02T00:00:00.000Z' };
    expect(periodContains(period, period.from)).toBe(true);
    expect(periodContains(period, '2026-01-01T23:59:59.999Z')).toBe(true);
    expect(periodContains(period, period.until)).toBe(false);
  });

  it('count days, weeks and months in Asia/Shanghai', () => {
    expect(calendarPeriodOf('2026-02-28T15:59:59.999Z', 'DAY')).toBe('2026-02-28');
    expect(calendarPeriodOf('2026-02-28T16:00:00.000Z', 'DAY')).toBe('2026-03-01');
    expect(calendarPeriodOf('2026-02-28T16:00:00.000Z', 'MONTH')).toBe('2026-03');
    expect(calendarPeriodOf('2026-03-01T15:59:59.999Z', 'WEEK')).toBe('W2026-02-23');
    expect(calendarPeriodOf('2026-03-01T16:00:00.000Z', 'WEEK')).toBe('W2026-03-02');
  });
});
