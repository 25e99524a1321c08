import { SeededRandom } from './seed';

const draw = (random: SeededRandom, count: number): number[] => Array.from({ length: count }, () => random.next());

describe('seeded random numbers', () => {
  test('repeat exactly for one seed and differ for another', () => {
    expect(draw(new SeededRandom(7), 50)).toEqual(draw(new SeededRandom(7), 50));
    expect(draw(new SeededRandom(7), 50)).not.toEqual(draw(new SeededRandom(8), 50));
  });

  test('a stream depends on its name, not on what was drawn before', () => {
    const fresh = new SeededRandom(7);
    const used = new SeededRandom(7);
    draw(used, 13);
    expect(draw(used.stream('names'), 9)).toEqual(draw(fresh.stream('names'), 9));
    expect(draw(fresh.stream('names'), 9)).not.toEqual(draw(fresh.stream('codes'), 9));
  });

  test('integers reach both ends and are about evenly spread', () => {
    const random = new SeededRandom(1);
    const counts = new Map<number, number>();
    for (let i = 0; i < 7000; i++) {
      const value = random.integer(-3, 3);
      counts.set(value, (counts.get(value) ?? 0) + 1);
    }
    expect([...counts.keys()].sort((a, b) => a - b)).toEqual([-3, -2, -1, 0, 1, 2, 3]);
    for (const count of counts.values()) expect(Math.abs(count - 1000)).toBeLessThan(150);
  });

  test('an empty range or list is refused', () => {
    const random = new SeededRandom(1);
    expect(() => random.integer(2, 1)).toThrow(RangeError);
    expect(() => random.integer(0.5, 1.5)).toThrow(RangeError);
    expect(() => random.pick([])).toThrow(RangeError);
    expect(() => random.pickWeighted([{ value: 'never', weight: 0 }])).toThrow(RangeError);
  });

  test('weights decide the shares', () => {
    const random = new SeededRandom(2);
    const drawn = Array.from({ length: 4000 }, () => random.pickWeighted([{ value: 'a', weight: 3 }, { value: 'b', weight: 1 }, { value: 'never', weight: 0 }]));
    expect(drawn.filter((value) => value === 'a').length).toBeGreaterThan(2850);
    expect(drawn.filter((value) => value === 'a').length).toBeLessThan(3150);
    expect(drawn).not.toContain('never');
  });

  test('shuffling keeps every entry and leaves the list given alone', () => {
    const entries = Array.from({ length: 30 }, (_, index) => index);
    const shuffled = new SeededRandom(3).shuffled(entries);
    expect(shuffled).not.toEqual(entries);
    expect([...shuffled].sort((a, b) => a - b)).toEqual(entries);
    expect(entries[0]).toBe(0);
  });

  test('an id is lower-case hex of the length asked for', () => {
    expect(new SeededRandom(4).hexId()).toMatch(/^[0-9a-f]{32}$/);
    expect(new SeededRandom(4).hexId(8)).toMatch(/^[0-9a-f]{16}$/);
  });
});
