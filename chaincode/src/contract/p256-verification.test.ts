import { generateKeyPairSync, sign, type KeyObject } from 'node:crypto';
import { fromBase64url, toBase64url, toLowS64, utf8ToBytes } from '../domain';
import { P256Verification } from './p256-verification';

const bytes = (text: string): Uint8Array => fromBase64url(text) ?? new Uint8Array();

function signer() {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'prime256v1' });
  return { publicKey: toBase64url(publicKey.export({ format: 'der', type: 'spki' })), privateKey };
}

function signedBy({ publicKey, privateKey }: { publicKey: string; privateKey: KeyObject }, text: string) {
  return { publicKey, text, signature: toBase64url(toLowS64(sign('sha256', Buffer.from(text), privateKey))) };
}

describe('verifications that were prepared', () => {
  const [one, two] = [signer(), signer()];
  const right = ['a', 'b', 'c'].map((text) => signedBy(one, text));
  const wrong = [
    { ...signedBy(one, 'd'), text: 'e' },
    { ...signedBy(one, 'f'), publicKey: two.publicKey },
    { ...signedBy(one, 'g'), signature: signedBy(one, 'h').signature },
    { ...signedBy(one, 'i'), signature: 'AAAA' },
    { ...signedBy(one, 'j'), publicKey: toBase64url(new Uint8Array(91)) },
  ];
  const ask = (verification: P256Verification, { publicKey, text, signature }: (typeof right)[number]) => verification.verify(bytes(publicKey), utf8ToBytes(text), bytes(signature));

  it('answer as those that were not', async () => {
    const prepared = new P256Verification();
    await prepared.prepare([...right, ...wrong]);
    for (const verification of [prepared, new P256Verification()]) {
      expect(right.map((signed) => ask(verification, signed))).toEqual([true, true, true]);
      expect(wrong.map((signed) => ask(verification, signed))).toEqual([false, false, false, false, false]);
    }
  });

  it('answer for their own key, message and signature only', async () => {
    const prepared = new P256Verification();
    await prepared.prepare(right);
    const [a, b] = right as [(typeof right)[number], (typeof right)[number]];
    for (const mixed of [{ ...a, text: 'b' }, { ...a, signature: b.signature }, { ...a, publicKey: two.publicKey }]) expect(ask(prepared, mixed)).toBe(false);
  });
});
