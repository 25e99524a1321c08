import canonicalize from 'canonicalize';
import fc from 'fast-check';
import { canonicalJson, isCanonicalJson } from './canonical-json';

const VALUE = fc.letrec((tie) => ({
  value: fc.oneof({ maxDepth: 4 }, fc.constant(null), fc.boolean(), fc.maxSafeInteger().map((n) => n + 0), fc.string({ unit: 'binary' }), fc.array(tie('value')), fc.dictionary(fc.string({ unit: 'binary' }), tie('value'))),
})).value;

describe('canonical JSON', () => {
  it('sorts members by UTF-16 units, as RFC 8785 section 3.2.3 does', () => {
    expect(canonicalJson({ '€': 1, '\r': 2, '\u05d3': 3, 1: 4, '😀': 5, '\u0080': 6, 'ö': 7 })).toBe('{"\\r":2,"1":4,"\u0080":6,"ö":7,"€":1,"😀":5,"\u05d3":3}'.replace('"€":1,"😀":5,"\u05d3":3', '"\u05d3":3,"€":1,"😀":5'));
  });

  it('escapes as RFC 8785 section 3.2.2.2 does', () => {
    expect(canonicalJson('€$\u000f\nA\'B"\\\\"/')).toBe('"€$\\u000f\\nA\'B\\"\\\\\\\\\\"/"');
    expect(canonicalJson([null, true, false, { numbers: [0, -1, 9007199254740991] }])).toBe('[null,true,false,{"numbers":[0,-1,9007199254740991]}]');
  });

  it('is one text for each value, which reads back as that value', () => {
    fc.assert(
      fc.property(VALUE, (value) => {
        const text = canonicalJson(value);
        expect(isCanonicalJson(text)).toBe(true);
        expect(canonicalJson(JSON.parse(text))).toBe(text);
      }),
    );
  });

  it('writes what another implementation writes', () => {
    fc.assert(
      fc.property(VALUE, (value) => {
        expect(canonicalJson(value)).toBe(canonicalize(value));
      }),
      { numRuns: 2_000 },
    );
  });

  it('keeps NFC and NFD apart', () => {
    expect(canonicalJson('é'.normalize('NFC'))).not.toBe(canonicalJson('é'.normalize('NFD')));
  });

  it.each(['{"b":1,"a":2}', '{"a":1,"a":1}', '{"a":1 }', '-0', '1e0', '1.0', '1.5', '9007199254740993', '\ufeff1', '"\\u0041"', '"\\ud800"', '{"a":1}\n', '', '[1,]', 'undefined', '"\\/"'])('refuses %j', (text) => {
    expect(isCanonicalJson(text)).toBe(false);
  });

  it.each([[1.5], [-0], [Number.NaN], [Infinity], [2 ** 53], ['\ud800'], [{ '\ud800': 1 }], [[undefined]], [new Date(0)], [() => 1], [10n], [undefined]])('refuses to write %p', (value) => {
    expect(() => canonicalJson(value)).toThrow(TypeError);
  });

  it('takes undefined members as absent', () => {
    expect(canonicalJson({ a: undefined, b: [] })).toBe('{"b":[]}');
  });

  it('refuses what is nested beyond the reader without falling over', () => {
    expect(isCanonicalJson('['.repeat(1_000_000))).toBe(false);
    expect(typeof isCanonicalJson('['.repeat(200_000) + ']'.repeat(200_000))).toBe('boolean');
  });
});
