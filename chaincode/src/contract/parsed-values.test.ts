import { ParsedValues } from './parsed-values';

const bytes = (value: unknown): Buffer => Buffer.from(JSON.stringify(value));

describe('parsed values', () => {
  it('are parsed once for the same bytes and anew for others, of one ledger or of two', () => {
    const values = new ParsedValues(2);
    const first = values.parse(bytes({ version: 1 }));
    expect(values.parse(bytes({ version: 1 }))).toBe(first);
    expect(values.parse(bytes({ version: 2 }))).toEqual({ version: 2 });
    expect([values.parse(bytes({ version: 1 })), values.parse(bytes({ version: 3 })), values.parse(bytes({ version: 1 }))]).toEqual([first, { version: 3 }, first]);
    expect(values.parse(bytes({ version: 1 }))).toBe(first);
    expect(values.parse(bytes({ version: 2 }))).toEqual({ version: 2 });
  });

  it('do not follow bytes that change behind them', () => {
    const values = new ParsedValues(2);
    const given = bytes({ version: 1 });
    values.parse(given);
    given[given.length - 2] = 0x32;
    expect(values.parse(given)).toEqual({ version: 2 });
    expect(values.parse(bytes({ version: 1 }))).toEqual({ version: 1 });
  });

  it('cannot be changed by a transaction for the next', () => {
    const value = new ParsedValues(1).parse(bytes({ items: { a: { state: 'CONNECTED' } } })) as { items: Record<string, { state: string }> };
    expect(() => Object.assign(value.items['a'] ?? {}, { state: 'WITHDRAWN' })).toThrow(TypeError);
    expect(() => (value.items['b'] = { state: 'CONNECTED' })).toThrow(TypeError);
  });
});
