import { generateKeyPairSync, sign } from 'node:crypto';
import { verifyP256WithNode } from '../../contract/verify-p256-node';
import { fromBase64url, hexToBytes, toBase64url, utf8ToBytes } from '../bytes';
import { DomainError } from '../errors';
import { assertP256Signature, P256, p256SpkiOf, toLowS64, type VerifyP256 } from './p256';
import { toBigint, toBytes32 } from './spki-point';
import { verifyP256WithNoble } from './verify-p256-with-noble';
import vectors from '../../../vectors/p256.json';

const VERIFIERS: readonly (readonly [string, VerifyP256])[] = [
  ['node:crypto', verifyP256WithNode],
  ['noble-curves', verifyP256WithNoble],
];

function codeOf(act: () => unknown): string {
  try {
    act();
    return 'valid';
  } catch (error) {
    if (error instanceof DomainError) return error.code;
    throw error;
  }
}

function bytesOf(base64url: string): Uint8Array {
  const bytes = fromBase64url(base64url);
  if (bytes === undefined) throw new Error(`the vector holds no base64url: ${base64url}`);
  return bytes;
}

describe.each(VERIFIERS)('P-256 vectors with %s', (_name, verifyP256) => {
  it.each(vectors.cases)('$name: $outcome', ({ publicKey, message, signature, outcome }) => {
    expect(codeOf(() => assertP256Signature(publicKey, hexToBytes(message), signature, verifyP256))).toBe(outcome);
  });

  it.each(vectors.cases)('$name: the bare verifier answers $verifies', ({ publicKey, message, signature, verifies }) => {
    expect(verifyP256(bytesOf(publicKey), hexToBytes(message), bytesOf(signature))).toBe(verifies);
  });
});

describe('what is decided before a verifier is asked', () => {
  it('refuses every malformed vector and high S even if the verifier says yes', () => {
    for (const { publicKey, message, signature, outcome } of vectors.cases) {
      const code = codeOf(() => assertP256Signature(publicKey, hexToBytes(message), signature, () => true));
      expect(code).toBe(outcome === 'signature-invalid' ? 'valid' : outcome);
    }
  });

  it('takes s = n/2 rounded down as low and the next as high', () => {
    const [first] = vectors.cases;
    const signatureWith = (s: bigint): string => toBase64url(new Uint8Array([...toBytes32(1n), ...toBytes32(s)]));
    const codeWith = (s: bigint): string => codeOf(() => assertP256Signature(first?.publicKey ?? '', new Uint8Array(), signatureWith(s), () => true));
    expect(codeWith(P256.n / 2n)).toBe('valid');
    expect(codeWith(P256.n / 2n + 1n)).toBe('signature-not-low-s');
  });
});

describe('toLowS64', () => {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'prime256v1' });
  const key = publicKey.export({ format: 'der', type: 'spki' }).toString('base64url');
  const message = utf8ToBytes('letters');

  it.each(['der', 'ieee-p1363'] as const)('brings every signature in %s to the one form that is accepted', (dsaEncoding) => {
    let changed = 0;
    for (let round = 0; round < 64; round++) {
      const made = sign('sha256', message, { key: privateKey, dsaEncoding });
      const low = toLowS64(made);
      if (!Buffer.from(low).equals(made)) changed++;
      expect(codeOf(() => assertP256Signature(key, message, toBase64url(low), verifyP256WithNoble))).toBe('valid');
      expect(toLowS64(low)).toEqual(low);
    }
    expect(changed).toBeGreaterThan(0);
  });

  it.each([
    ['a byte behind it', '300602010102010100'],
    ['a byte inside the sequence', '300702010102010100'],
    ['a negative r', '3006020181020101'],
    ['a padded r', '300702020001020101'],
    ['an r of 34 bytes', `30270222${'01'.repeat(34)}020101`],
    ['a length in long form', '308106020101020101'],
    ['an integer of no bytes', '30080200020401010101'],
    ['a sequence length that is too short', '3005020101020101'],
    ['another tag', '3106020101020101'],
    ['r = 0', '3006020100020101'],
    ['s = 0', '3006020101020100'],
    ['an r past the end', '3006020601020101'],
    ['nothing', ''],
    ['63 bytes', '01'.repeat(63)],
    ['64 bytes of zero', '00'.repeat(64)],
  ])('refuses DER with %s', (_name, hex) => {
    expect(codeOf(() => toLowS64(hexToBytes(hex)))).toBe('signature-malformed');
  });

  it('reads the shortest DER and keeps both integers', () => {
    const low = toLowS64(hexToBytes('3006020101020102'));
    expect([toBigint(low.slice(0, 32)), toBigint(low.slice(32))]).toEqual([1n, 2n]);
  });
});

describe('a key on the wire', () => {
  it('is remembered so that nobody who changes what he was given changes it for the next', () => {
    const publicKey = generateKeyPairSync('ec', { namedCurve: 'P-256' }).publicKey.export({ type: 'spki', format: 'der' }).toString('base64url');
    for (let time = 0; time < 3; time++) {
      const given = p256SpkiOf(publicKey);
      expect(toBase64url(given)).toBe(publicKey);
      given.fill(0);
    }
  });
});
