import { isOlderThanEvent } from './timestamp';

describe('a timestamp', () => {
  it('covers an event of the second that it states', () => {
    expect(isOlderThanEvent('2026-11-25T18:41:46.000Z', '2026-11-25T18:41:46.999Z')).toBe(false);
  });

  it('covers an event whose claimed time runs 30 s ahead of an honest clock, and none further ahead', () => {
    expect(isOlderThanEvent('2026-11-25T18:41:46.000Z', '2026-11-25T18:42:17.000Z')).toBe(false);
    expect(isOlderThanEvent('2026-11-25T18:41:46.000Z', '2026-11-25T18:42:17.001Z')).toBe(true);
  });
});
