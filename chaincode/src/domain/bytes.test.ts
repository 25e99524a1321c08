import fc from 'fast-check';
import { digestOf, fromBase64url, saltedDigest, sha256Hex, toBase64url } from './bytes';

describe('base64url', () => {
  it('writes what the platform writes, and reads it back', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
        const text = toBase64url(bytes);
        expect(text).toBe(Buffer.from(bytes).toString('base64url'));
        expect(fromBase64url(text)).toEqual(bytes);
      }),
    );
  });

  it.each(['A', 'AA=', 'AA==', 'A+', 'A/', 'AB', 'AAB', ' AA', 'AA\n', 'é', 'AAAAA'])('refuses %j: padding, other alphabets, spare bits, impossible lengths', (text) => {
    expect(fromBase64url(text)).toBeUndefined();
  });

  it('has one text for each value', () => {
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom(...'ABCXYZabcxyz0189-_+/=') , maxLength: 12 }), (text) => {
        const bytes = fromBase64url(text);
        if (bytes !== undefined) expect(toBase64url(bytes)).toBe(text);
      }),
    );
  });
});

describe('digests', () => {
  it('are those of SHA-256', () => {
    expect(sha256Hex('abc')).toBe('ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad');
    expect(digestOf({ b: 1, a: 2 })).toBe(sha256Hex('{"a":2,"b":1}'));
  });

  it('differ by their salt, which has 32 bytes', () => {
    expect(saltedDigest(new Uint8Array(32), 'x')).not.toBe(saltedDigest(new Uint8Array(32).fill(1), 'x'));
    expect(saltedDigest(new Uint8Array(32), 'x')).toBe(sha256Hex(Uint8Array.from([...new Uint8Array(32), 34, 120, 34])));
    expect(() => saltedDigest(new Uint8Array(31), 'x')).toThrow(TypeError);
  });
});
