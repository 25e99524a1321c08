import { present } from './present';

describe('present', () => {
  it('keeps the members that have a value, null, false, 0 and an empty text among them, in their order', () => {
    const kept = present({ b: 1, gone: undefined, a: null, no: false, zero: 0, text: '' });
    expect(kept).toEqual({ b: 1, a: null, no: false, zero: 0, text: '' });
    expect(Object.keys(kept)).toEqual(['b', 'a', 'no', 'zero', 'text']);
    expect('gone' in kept).toBe(false);
  });
});
