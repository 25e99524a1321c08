import { demonstrationStart, timeOf } from './demonstration-sources';
import { ScenarioClock } from './scenario-clock';

describe('the clock of a scenario', () => {
  it('stands until it is moved, and goes forward only', () => {
    const clock = new ScenarioClock(1_000);
    clock.moveTo(1_000);
    clock.moveTo(5_000);
    expect([clock.now(), clock.at]).toEqual([5_000, '1970-01-01T00:00:05.000Z']);
    expect(() => clock.moveTo(4_999)).toThrow(RangeError);
  });

  it("is the machine's from its release on", () => {
    let now = 9_000;
    const clock = new ScenarioClock(1_000, { now: () => now });
    clock.release();
    now = 9_500;
    expect(clock.now()).toBe(9_500);
    expect(() => clock.moveTo(20_000)).toThrow(RangeError);
  });

  it('is not released into the past', () => {
    const clock = new ScenarioClock(10_000, { now: () => 9_000 });
    expect(() => clock.release()).toThrow(RangeError);
    expect(clock.now()).toBe(10_000);
  });
});

describe("the demonstration's start", () => {
  it('is midnight in Asia/Shanghai 90 days before', () => {
    expect(demonstrationStart(Date.UTC(2026, 10, 23, 15, 59, 59, 999))).toBe('2026-08-24T16:00:00.000Z');
    expect(demonstrationStart(Date.UTC(2026, 10, 23, 16))).toBe('2026-08-25T16:00:00.000Z');
    expect(timeOf('2026-08-24T16:00:00.000Z', { day: 1, minute: 600 })).toBe('2026-08-26T02:00:00.000Z');
  });
});
