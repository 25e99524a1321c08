import { verifyP256WithNode } from '../../contract/verify-p256-node';
import { utf8ToBytes, fromBase64url, toBase64url } from '../bytes';
import { DomainError } from '../errors';
import { P256 } from './p256';
import { toBigint, toBytes32 } from './spki-point';
import { AUTHENTICATOR_FLAGS } from './passkey';
import { createTestSigner, TEST_BINDING, TEST_SIGNER_KINDS, type TestSigner } from './testing';
import { signatureProofSchema, verifyStatementSignature, assertVerificationKey, type ProofParts, type VerificationKey } from './verify-statement-signature';
import { RIGHT_FLAGS, softwarePasskey } from './testing/software-passkey';
import { verifyP256WithNoble } from './verify-p256-with-noble';

const KEY_ID = '0123456789abcdef0123456789abcdef';
const BYTES = utf8ToBytes('{"type":"kesu-statement-set"}');

function outcome(key: VerificationKey, proof: ProofParts, bytes = BYTES): string {
  const answers = [verifyP256WithNode, verifyP256WithNoble].map((verifyP256) => {
    try {
      verifyStatementSignature({ key, bytes, proof }, verifyP256);
      return 'accepted';
    } catch (error) {
      if (error instanceof DomainError) return `${error.code}: ${error.detail}`;
      throw error;
    }
  });
  expect(answers[0]).toBe(answers[1]);
  return answers[0] ?? '';
}

function edited(text: string | undefined, edit: (bytes: Uint8Array) => Uint8Array): string {
  return toBase64url(edit(fromBase64url(text ?? '') ?? new Uint8Array()));
}

/** The same proof with one bit of one part turned. */
function* bitFlips(proof: ProofParts): Generator<ProofParts & { readonly turned: string }> {
  for (const part of ['signature', 'authenticatorData', 'clientDataJSON'] as const) {
    const bytes = fromBase64url(proof[part] ?? '') ?? new Uint8Array();
    for (let bit = 0; bit < bytes.length * 8; bit++) {
      const turned = bytes.map((byte, index) => (index === bit >> 3 ? byte ^ (1 << (bit & 7)) : byte));
      yield { ...proof, [part]: toBase64url(turned), turned: `${part} bit ${bit}` };
    }
  }
}

function accepts(signer: TestSigner, proof: ProofParts): boolean {
  try {
    verifyStatementSignature({ key: signer, bytes: BYTES, proof }, verifyP256WithNode);
    return true;
  } catch (error) {
    if (error instanceof DomainError && error.code.startsWith('signature-')) return false;
    throw error;
  }
}

describe('a signature over statements', () => {
  it.each(TEST_SIGNER_KINDS)('is accepted from a %s key over the signed bytes', (kind) => {
    const signer = createTestSigner(kind);
    assertVerificationKey(signer);
    const proof = signer.sign(BYTES);
    expect(outcome(signer, proof)).toBe('accepted');
    expect(signatureProofSchema.safeParse({ keyId: KEY_ID, ...proof }).success).toBe(true);
  });

  it.each(TEST_SIGNER_KINDS)('of a %s key is refused over other bytes, and by another key of the kind', (kind) => {
    const signer = createTestSigner(kind);
    const replayed = outcome(signer, signer.sign(utf8ToBytes('other')));
    expect(replayed).toMatch(kind === 'PASSKEY' ? /^signature-invalid: challenge is not/ : /^signature-invalid: .* over these bytes$/);
    expect(outcome(createTestSigner(kind), signer.sign(BYTES))).toMatch(/^signature-invalid: .* over these bytes$/);
  });

  it.each(TEST_SIGNER_KINDS)('of a %s key is refused with a byte behind it or one fewer', (kind) => {
    const signer = createTestSigner(kind);
    const proof = signer.sign(BYTES);
    const longer = { ...proof, signature: edited(proof.signature, (bytes) => new Uint8Array([...bytes, 0])) };
    const shorter = { ...proof, signature: edited(proof.signature, (bytes) => bytes.slice(0, 63)) };
    expect(outcome(signer, longer)).toBe('signature-malformed: a signature has 64 bytes, not 65');
    expect(outcome(signer, shorter)).toBe('signature-malformed: a signature has 64 bytes, not 63');
    expect(outcome(signer, { ...proof, signature: `${proof.signature}==` })).toBe('signature-malformed: the signature is not base64url without padding');
  });

  it.each(['P256', 'PASSKEY'] as const)('of a %s key is refused with high S', (kind) => {
    const signer = createTestSigner(kind);
    const proof = signer.sign(BYTES);
    const signature = edited(proof.signature, (bytes) => new Uint8Array([...bytes.slice(0, 32), ...toBytes32(P256.n - toBigint(bytes.slice(32)))]));
    expect(outcome(signer, { ...proof, signature })).toMatch(/^signature-not-low-s: /);
  });

  it('is verified by the algorithm of the registered key alone', () => {
    const p256 = createTestSigner('P256');
    const sm2 = createTestSigner('SM2');
    expect(outcome(sm2, p256.sign(BYTES))).toMatch(/^signature-invalid: the SM2 signature/);
    expect(outcome(p256, sm2.sign(BYTES))).toMatch(/^signature-(invalid: the P-256 signature|not-low-s|malformed)/);
    expect(outcome({ ...p256, algorithm: 'SM2' }, p256.sign(BYTES))).toBe('signature-malformed: the public key is not a SM2 key in SPKI DER with an uncompressed point');
    expect(outcome({ ...sm2, algorithm: 'P256' }, sm2.sign(BYTES))).toBe('signature-malformed: the public key is not a P-256 key in SPKI DER with an uncompressed point');
  });

  it('needs the members of an assertion for a passkey and refuses them for every other key', () => {
    const passkey = createTestSigner('PASSKEY');
    const proof = passkey.sign(BYTES);
    const { signature, authenticatorData = '', clientDataJSON = '' } = proof;
    for (const part of [{ signature }, { signature, authenticatorData }, { signature, clientDataJSON }]) {
      expect(outcome(passkey, part)).toMatch(/^signature-malformed: a passkey's proof needs/);
    }
    for (const kind of ['P256', 'SM2'] as const) {
      const signer = createTestSigner(kind);
      for (const extra of [{ authenticatorData }, { clientDataJSON }]) {
        expect(outcome(signer, { ...signer.sign(BYTES), ...extra })).toMatch(/^signature-malformed: .* belong to passkeys only$/);
      }
    }
  });

  it('is refused when the registered key contradicts itself', () => {
    const passkey = createTestSigner('PASSKEY');
    const p256 = createTestSigner('P256');
    const sm2 = createTestSigner('SM2');
    for (const key of [{ ...passkey, passkey: undefined }, { ...p256, passkey: TEST_BINDING }, { ...p256, means: 'SYNCED_PASSKEY' } as const]) {
      expect(outcome(key, p256.sign(BYTES))).toMatch(/^signature-malformed: origin and rpId belong to a passkey/);
      expect(() => assertVerificationKey(key)).toThrow('signature-malformed');
    }
    expect(outcome({ ...sm2, means: 'DEVICE_PASSKEY', passkey: TEST_BINDING }, passkey.sign(BYTES))).toBe('signature-malformed: a passkey is a P-256 key');
  });

  it('is on the wire a key id, a signature and the two members of an assertion, bounded, and nothing else', () => {
    const proof = { keyId: KEY_ID, ...createTestSigner('PASSKEY').sign(BYTES) };
    const zeros = (count: number): string => toBase64url(new Uint8Array(count));
    const isAccepted = (change: object): boolean => signatureProofSchema.safeParse({ ...proof, ...change }).success;
    const accepted = [{}, { authenticatorData: undefined, clientDataJSON: undefined }, { authenticatorData: zeros(1024) }, { clientDataJSON: zeros(2048) }];
    const refused = [
      { keyId: 'k1' },
      { keyId: undefined },
      { signature: undefined },
      { signature: '' },
      { signature: `${proof.signature}==` },
      { signature: zeros(193) },
      { authenticatorData: zeros(1025) },
      { clientDataJSON: zeros(2049) },
      { clientDataJSON: '{}' },
      { algorithm: 'P256' },
    ];
    expect(accepted.filter((change) => !isAccepted(change))).toEqual([]);
    expect(refused.filter(isAccepted)).toEqual([]);
  });

  it.each(TEST_SIGNER_KINDS)('of a %s key is refused with any one bit of any part turned', (kind) => {
    const signer = createTestSigner(kind);
    const proof = signer.sign(BYTES);
    const accepted: string[] = [];
    let tried = 0;
    for (const { turned, ...flipped } of bitFlips(proof)) {
      tried++;
      if (accepts(signer, flipped)) accepted.push(turned);
    }
    expect(accepted).toEqual([]);
    expect(tried).toBeGreaterThanOrEqual(512);
  });
});

describe('a passkey that may be copied', () => {
  const BACKUP_ELIGIBLE = RIGHT_FLAGS | AUTHENTICATOR_FLAGS.backupEligible;
  const passkey = softwarePasskey(TEST_BINDING);
  const keyOf = (means: VerificationKey['means']): VerificationKey => ({ algorithm: 'P256', means, publicKey: passkey.publicKey, passkey: TEST_BINDING });

  it.each([BACKUP_ELIGIBLE, BACKUP_ELIGIBLE | AUTHENTICATOR_FLAGS.backedUp])('does not sign as one bound to its device (flags %d)', (flags) => {
    const proof = { ...passkey.assert(BYTES, { flags }) };
    expect(outcome(keyOf('DEVICE_PASSKEY'), proof)).toMatch(/^signing-key-insufficient: .*SYNCED_PASSKEY/);
    expect(outcome(keyOf('SYNCED_PASSKEY'), proof)).toBe('accepted');
  });

  it('is told from one that stays on its device by that flag alone', () => {
    const proof = { ...passkey.assert(BYTES) };
    expect([outcome(keyOf('DEVICE_PASSKEY'), proof), outcome(keyOf('SYNCED_PASSKEY'), proof)]).toEqual(['accepted', 'accepted']);
  });
});
