import { createPrivateKey, createPublicKey, generateKeyPairSync, sign, verify } from 'node:crypto';
import fc from 'fast-check';
import { createKeyPair, createSigner, isKeyOfCertificate, isLowS, normaliseSignature, verifySignedMessage } from './signing';
import { aCaller, anAuthority } from './testing/builders';

const ORDER = 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n;
const MESSAGE = new TextEncoder().encode('a message');

function values(der: Uint8Array): { r: bigint; s: bigint } {
  const bytes = Buffer.from(der);
  const rLength = bytes.readUInt8(3);
  const r = BigInt(`0x${bytes.subarray(4, 4 + rLength).toString('hex')}`);
  return { r, s: BigInt(`0x${bytes.subarray(6 + rLength).toString('hex')}`) };
}

/** DER of two integers given as content bytes in hex, so that a test can also write what DER forbids. */
function derOf(r: string, s: string): Buffer {
  const body = [r, s].map((hex) => `02${(hex.length / 2).toString(16).padStart(2, '0')}${hex}`).join('');
  return Buffer.from(`30${(body.length / 2).toString(16).padStart(2, '0')}${body}`, 'hex');
}

function content(value: bigint): string {
  const hex = value.toString(16);
  const even = hex.length % 2 === 0 ? hex : `0${hex}`;
  return /^[89a-f]/.test(even) ? `00${even}` : even;
}

test('every signature is low in S, strict DER and right for any other verifier', async () => {
  const { privateKey, publicKey } = createKeyPair();
  const signMessage = createSigner(privateKey);
  const key = createPublicKey(publicKey);
  for (let i = 0; i < 300; i++) {
    const message = Buffer.from(`message ${i}`);
    const der = await signMessage(message);
    expect(values(der).s <= ORDER / 2n).toBe(true);
    expect(verify('sha256', message, key, der)).toBe(true);
    expect(verifySignedMessage(key, message, der)).toBe(true);
  }
});

test('a signature with its higher S is refused, though it is mathematically right, until it is normalised', async () => {
  const { privateKey, publicKey } = createKeyPair();
  const key = createPublicKey(publicKey);
  const low = await createSigner(privateKey)(MESSAGE);
  const { r, s } = values(low);
  const high = derOf(content(r), content(ORDER - s));
  expect(verify('sha256', MESSAGE, key, high)).toBe(true);
  expect(verifySignedMessage(key, MESSAGE, high)).toBe(false);
  expect(isLowS(high)).toBe(false);
  expect(isLowS(low)).toBe(true);
  expect(normaliseSignature(high)).toEqual(low);
  expect(normaliseSignature(low)).toEqual(low);
});

test('only one encoding of a signature is accepted', async () => {
  const { privateKey, publicKey } = createKeyPair();
  const key = createPublicKey(publicKey);
  const der = Buffer.from(await createSigner(privateKey)(MESSAGE));
  const { r, s } = values(der);
  const [rHex, sHex] = [content(r), content(s)];
  const body = der.subarray(2);
  const others = [
    derOf(`00${rHex}`, sHex),
    derOf(rHex, `00${sHex}`),
    Buffer.concat([der, Buffer.from([0])]),
    Buffer.concat([Buffer.from([0x30, 0x81, body.length]), body]),
    Buffer.concat([Buffer.from([0x30, 0x80]), body, Buffer.from([0, 0])]),
    Buffer.concat([Buffer.from([0x31]), der.subarray(1)]),
    Buffer.concat([Buffer.from([0x30, body.length + 3]), body, Buffer.from([2, 1, 1])]),
    der.subarray(0, der.length - 1),
    Buffer.alloc(0),
    sign('sha256', MESSAGE, { key: createPrivateKey(privateKey), dsaEncoding: 'ieee-p1363' }),
  ];
  for (const other of others) expect(verifySignedMessage(key, MESSAGE, other)).toBe(false);
  expect(verifySignedMessage(key, MESSAGE, der)).toBe(true);
});

test('values out of range are refused', () => {
  const key = createPublicKey(createKeyPair().publicKey);
  for (const [r, s] of [
    ['00', '01'],
    ['01', '00'],
    [content(ORDER), '01'],
    ['01', content(ORDER)],
    ['ff', '01'],
    ['', '01'],
  ] as const) {
    expect(verifySignedMessage(key, MESSAGE, derOf(r, s))).toBe(false);
    expect(normaliseSignature(derOf(r, s))).toBeUndefined();
  }
});

test('any bytes are answered with true or false, never with an error, and any change of a signature is refused', async () => {
  const { privateKey, publicKey } = createKeyPair();
  const key = createPublicKey(publicKey);
  const der = await createSigner(privateKey)(MESSAGE);
  fc.assert(fc.property(fc.uint8Array({ maxLength: 90 }), (bytes) => !verifySignedMessage(key, MESSAGE, bytes)));
  fc.assert(
    fc.property(fc.nat({ max: der.length - 1 }), fc.integer({ min: 1, max: 255 }), (at, flip) => {
      const changed = Uint8Array.from(der);
      changed[at] = (changed[at] ?? 0) ^ flip;
      return !verifySignedMessage(key, MESSAGE, changed);
    }),
  );
});

test('verifies by certificate, and refuses another key, another message and another curve', async () => {
  const { authority } = await anAuthority();
  const caller = await aCaller(authority);
  const other = await aCaller(authority);
  const der = await createSigner(caller.privateKey)(MESSAGE);
  expect(verifySignedMessage(caller.certificate, MESSAGE, der)).toBe(true);
  expect(verifySignedMessage(other.certificate, MESSAGE, der)).toBe(false);
  expect(verifySignedMessage(caller.certificate, Buffer.from('another'), der)).toBe(false);
  expect(isKeyOfCertificate(caller.privateKey, caller.certificate)).toBe(true);
  expect(isKeyOfCertificate(other.privateKey, caller.certificate)).toBe(false);
  expect(() => verifySignedMessage('no certificate', MESSAGE, der)).toThrow(TypeError);
  const p384 = generateKeyPairSync('ec', { namedCurve: 'P-384' }).privateKey.export({ type: 'pkcs8', format: 'pem' });
  expect(() => createSigner(p384.toString())).toThrow(new TypeError('The key is not a P-256 key.'));
  expect(() => createSigner('no key')).toThrow(new TypeError('The private key is not a readable, unencrypted PEM key.'));
});
