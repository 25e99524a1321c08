import { sm2 } from 'sm-crypto-v2';
import { fromBase64url, hexToBytes, toBase64url, utf8ToBytes } from '../bytes';
import { DomainError } from '../errors';
import { assertSm2Signature, SM2, SM2_USER_ID, verifySm2 } from './sm2';
import { spkiOfPoint, toBigint, toBytes32 } from './spki-point';

// GM/T 0003.5, the example on the recommended curve.
const POINT =
  '0409f9df311e5421a150dd7d161e4bc5c672179fad1833fc076bb08ff356f35020ccea490ce26775a52dc6ea718cc1aa600aed05fbf35e084a6632f6072da9ad13';
const R = 'f5a03b0648d2c4630eeac513e1bb81a15944da3827d5b74143ac7eaceee720b3';
const S = 'b1b6aa29df212fd8763182bc0d421ca1bb9038fd1f7f42d4840b69c485bbc1aa';
const MESSAGE = utf8ToBytes('message digest');
const SPKI = spkiOfPoint(SM2, hexToBytes(POINT));
const KEY = toBase64url(SPKI);

function codeOf(signatureHex: string, key = KEY, message = MESSAGE): string {
  try {
    assertSm2Signature(key, message, toBase64url(hexToBytes(signatureHex)));
    return 'accepted';
  } catch (error) {
    if (error instanceof DomainError) return error.code;
    throw error;
  }
}

function hexOf(value: bigint): string {
  return Buffer.from(toBytes32(value)).toString('hex');
}

describe('SM2 signatures', () => {
  it('accepts the national vector', () => {
    expect(codeOf(R + S)).toBe('accepted');
  });

  it('refuses the national vector under another user id', () => {
    const signature = hexToBytes(R + S);
    expect(verifySm2(SPKI, MESSAGE, signature, SM2_USER_ID)).toBe(true);
    expect(verifySm2(SPKI, MESSAGE, signature, 'ALICE123@YAHOO.COM')).toBe(false);
    expect(verifySm2(SPKI, MESSAGE, signature, '')).toBe(false);
  });

  it('refuses a signature that was made under another user id', () => {
    const pair = sm2.generateKeyPairHex();
    const key = toBase64url(spkiOfPoint(SM2, hexToBytes(pair.publicKey)));
    const options = { hash: true, der: false, publicKey: pair.publicKey };
    expect(codeOf(sm2.doSignature(MESSAGE, pair.privateKey, { ...options, userId: SM2_USER_ID }), key)).toBe('accepted');
    expect(codeOf(sm2.doSignature(MESSAGE, pair.privateKey, { ...options, userId: '8765432187654321' }), key)).toBe('signature-invalid');
  });

  it('has no twin by negation: every pair of r, −r with s, −s but the signature is refused', () => {
    const r = toBigint(hexToBytes(R));
    const s = toBigint(hexToBytes(S));
    for (const [otherR, otherS] of [
      [r, SM2.n - s],
      [SM2.n - r, s],
      [SM2.n - r, SM2.n - s],
    ] as const) {
      expect(codeOf(hexOf(otherR) + hexOf(otherS))).toBe('signature-invalid');
    }
  });

  it('refuses r or s outside 1 … n − 1, r + s = n, and every length but 64 bytes', () => {
    for (const outside of [hexOf(0n), hexOf(SM2.n), 'f'.repeat(64)]) {
      expect(codeOf(outside + S)).toBe('signature-malformed');
      expect(codeOf(R + outside)).toBe('signature-malformed');
    }
    expect(codeOf(R + hexOf(SM2.n - toBigint(hexToBytes(R))))).toBe('signature-invalid');
    for (const other of [(R + S).slice(2), `${R}${S}00`, '', `3046022100${R}022100${S}`]) expect(codeOf(other)).toBe('signature-malformed');
  });

  it('refuses an altered message and a foreign key', () => {
    expect(codeOf(R + S, KEY, utf8ToBytes('message digesT'))).toBe('signature-invalid');
    const foreign = toBase64url(spkiOfPoint(SM2, hexToBytes(sm2.generateKeyPairHex().publicKey)));
    expect(codeOf(R + S, foreign)).toBe('signature-invalid');
  });

  it('refuses a key that is not an uncompressed SM2 point in SPKI DER', () => {
    const altered = (at: number, value: number): string => toBase64url(SPKI.map((byte, index) => (index === at ? value : byte)));
    expect(fromBase64url(KEY)).toEqual(SPKI);
    // the curve's OID, the point's format, the point itself
    for (const key of [altered(22, 0x2e), altered(26, 2), altered(90, 0x14), toBase64url(new Uint8Array([...SPKI, 0])), toBase64url(SPKI.slice(0, 90)), '']) {
      expect(codeOf(R + S, key)).toBe('signature-malformed');
    }
  });
});
