import { doubledMember } from '@kesu/chaincode/domain';
import fc from 'fast-check';
import { parseStrictJson } from './json-body';

const bytes = (text: string) => Buffer.from(text, 'utf8');
const codeOf = (act: () => unknown): string => {
  try {
    act();
    return 'read';
  } catch (error) {
    return (error as { code: string }).code;
  }
};

/** JSON written with members in any order, spaces, escapes and now and then one twice. */
const written = fc.letrec<{ value: string; object: string; list: string; name: string }>((tie) => ({
  name: fc.oneof(fc.constantFrom('a', 'b', '\\u0061', '__proto__', 'toString', ':', '{', '\\"', '\\\\', 'é').map((name) => `"${name}"`)),
  list: fc.array(tie('value'), { maxLength: 3 }).map((entries) => `[${entries.join(' ,')}]`),
  object: fc.array(fc.tuple(tie('name'), tie('value')), { maxLength: 4 }).map((members) => `{${members.map(([name, value]) => `${name} :${value}`).join(',')}}`),
  value: fc.oneof({ depthSize: 'small', withCrossShrink: true }, fc.constantFrom('1', 'true', 'null', '"x:y"', '"\\\\"', '"{\\""'), tie('list'), tie('object')),
})).value;

describe('the strict reader', () => {
  it('reads what JSON.parse reads, unless a member stands twice', () => {
    fc.assert(
      fc.property(written, (text) => {
        fc.pre(text.length < 2_000);
        if (doubledMember(text) === undefined) expect(parseStrictJson(bytes(text))).toEqual(JSON.parse(text));
        else expect(codeOf(() => parseStrictJson(bytes(text)))).toBe('malformed-body');
      }),
      { numRuns: 2_000 },
    );
  });

  it('refuses every text that JSON.parse refuses', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), written.chain((text) => fc.nat(text.length).map((at) => text.slice(0, at)))), (text) => {
        let isJson = true;
        try {
          JSON.parse(text);
        } catch {
          isJson = false;
        }
        if (!isJson) expect(codeOf(() => parseStrictJson(bytes(text)))).toBe('malformed-body');
      }),
      { numRuns: 1_000 },
    );
  });

  it('reads twenty levels and refuses one more', () => {
    const nested = (levels: number) => `${'{"a":['.repeat(levels / 2)}${']}'.repeat(levels / 2)}`;
    expect(codeOf(() => parseStrictJson(bytes(nested(20))))).toBe('read');
    expect(codeOf(() => parseStrictJson(bytes(nested(22))))).toBe('malformed-body');
    expect(codeOf(() => parseStrictJson(bytes(`{"a":"${'['.repeat(50)}"}`)))).toBe('read');
  });

  it('refuses half surrogate pairs in values and names, and reads whole ones', () => {
    for (const text of ['["\\ud83d"]', '{"\\udc00":1}', '["a\\ud800b"]']) expect(codeOf(() => parseStrictJson(bytes(text)))).toBe('malformed-body');
    expect(parseStrictJson(bytes('["\\ud83d\\ude00"]'))).toEqual(['😀']);
  });
});
