import { BoundedCache } from './bounded-cache';

describe('the cache of decoded values', () => {
  it('keeps no more than its bound', () => {
    const cache = new BoundedCache(100);
    for (let n = 0; n < 1_000; n++) cache.set(`${n}`, n, 10);
    const kept = Array.from({ length: 1_000 }, (_, n) => cache.get(`${n}`)).filter((value) => value !== undefined);
    expect(kept.length).toBeGreaterThan(0);
    expect(kept.length).toBeLessThanOrEqual(12);
  });

  it('keeps what is asked for again and again', () => {
    const cache = new BoundedCache(100);
    cache.set('hot', 'value', 10);
    for (let n = 0; n < 1_000; n++) {
      cache.set(`${n}`, n, 10);
      expect(cache.get('hot')).toBe('value');
    }
  });

  it('answers the newest value and none that was dropped, of both generations', () => {
    const cache = new BoundedCache(40);
    for (const key of ['a', 'b', 'c']) cache.set(key, `${key}1`, 10);
    cache.set('a', 'a2', 10);
    cache.delete('b');
    expect([cache.get('a'), cache.get('b'), cache.get('c')]).toEqual(['a2', undefined, 'c1']);
  });
});
