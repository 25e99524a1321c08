import { instantOf } from '@kesu/chaincode/domain';
import { CLOCK_BEHIND_MILLIS, DELIVERY_MILLIS, isDeliverable } from './deliveries';

const CLAIMED = Date.UTC(2026, 5, 15);
const UNTIL = CLAIMED + 10 * DELIVERY_MILLIS;

/** Whether a release may be sent that was seen committed, and is looked at, so many milliseconds after its claimed time. */
function mayBeSent(seenAfter: number, lookedAtAfter: number): boolean {
  const row = { claimedTime: instantOf(CLAIMED), seenAt: instantOf(CLAIMED + seenAfter), until: instantOf(UNTIL) };
  return isDeliverable(row, CLAIMED + lookedAtAfter);
}

describe('what may be sent (I4)', () => {
  it.each([
    ['seen at once', true, 0, 0],
    ['seen 60 s after its claimed time', true, 60_000, 60_000],
    ['seen later than that', false, 60_001, 60_001],
    ['seen in time and sent again later', true, 1, 5 * 60_000],
    ['looked at before its period ends', true, 1, 10 * 60_000 - 1],
    ['looked at when its period ends', false, 1, 10 * 60_000],
    ['looked at by a clock 30 s behind', true, 0, -30_000],
    ['looked at by a clock further behind', false, 0, -30_001],
  ])('is a release %s: %s', (_how, expected, seenAfter, lookedAtAfter) => {
    expect([DELIVERY_MILLIS, CLOCK_BEHIND_MILLIS]).toEqual([60_000, 30_000]);
    expect(mayBeSent(seenAfter, lookedAtAfter)).toBe(expected);
  });

  it('has no end where the release has no period', () => {
    expect(isDeliverable({ claimedTime: instantOf(CLAIMED), seenAt: instantOf(CLAIMED) }, UNTIL)).toBe(true);
  });
});
