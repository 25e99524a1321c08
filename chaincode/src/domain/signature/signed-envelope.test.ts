import { DomainError } from '../errors';
import { assertEnvelopeInTime, envelopeBytes, type SignedEnvelope, signedEnvelopeSchema } from './signed-envelope';

const SIGNED_AT = '2026-03-01T08:00:00.000Z';
const SIGNED_AT_MILLIS = Date.parse(SIGNED_AT);
const MINUTE = 60_000;
const DAY = 24 * 60 * MINUTE;

function anEnvelope(change: Partial<SignedEnvelope> = {}): SignedEnvelope {
  return {
    type: 'kesu-statement-set',
    network: '0123456789abcdef0123456789abcdef',
    statements: ['a'.repeat(64)],
    nonce: 'AAECAwQFBgcICQoLDA0ODw',
    signedAt: SIGNED_AT,
    submitBefore: at(DAY),
    ...change,
  };
}

function at(offset: number): string {
  return new Date(SIGNED_AT_MILLIS + offset).toISOString();
}

function outcome(envelope: SignedEnvelope, offset: number, resumption = false): string {
  try {
    assertEnvelopeInTime(envelope, SIGNED_AT_MILLIS + offset, { resumption });
    return 'in time';
  } catch (error) {
    if (error instanceof DomainError) return `${error.code}: ${error.detail}`;
    throw error;
  }
}

describe('the signed envelope', () => {
  it('is signed as its RFC 8785 form', () => {
    expect(Buffer.from(envelopeBytes(anEnvelope())).toString('utf8')).toBe(
      `{"network":"0123456789abcdef0123456789abcdef","nonce":"AAECAwQFBgcICQoLDA0ODw","signedAt":"2026-03-01T08:00:00.000Z","statements":["${'a'.repeat(64)}"],"submitBefore":"2026-03-02T08:00:00.000Z","type":"kesu-statement-set"}`,
    );
  });

  it('holds 1 to 20 statements, and nothing but its members', () => {
    const isAccepted = (change: object): boolean => signedEnvelopeSchema.safeParse({ ...anEnvelope(), ...change }).success;
    const digests = (count: number): string[] => Array.from({ length: count }, (_, index) => index.toString(16).padStart(64, '0'));
    expect([{}, { statements: digests(20) }].map(isAccepted)).toEqual([true, true]);
    const refused = [
      { statements: [] },
      { statements: digests(21) },
      { statements: ['A'.repeat(64)] },
      { statements: ['a'.repeat(63)] },
      { type: 'kesu-statement' },
      { network: '0123456789ABCDEF0123456789ABCDEF' },
      { network: '0123' },
      { nonce: 'AAECAwQFBgcICQoLDA0ODx' },
      { nonce: 'AAECAwQFBgcICQoLDA0O' },
      { nonce: 'AAECAwQFBgcICQoLDA0ODw==' },
      { signedAt: '2026-03-01T08:00:00Z' },
      { submitBefore: '2026-02-29T08:00:00.000Z' },
      { signedAt: undefined },
      { more: 1 },
    ];
    expect(refused.filter(isAccepted)).toEqual([]);
  });

  it('is in time from 30 seconds before signedAt until just before submitBefore', () => {
    expect([-30_000, 0, DAY - 1].map((offset) => outcome(anEnvelope(), offset))).toEqual(['in time', 'in time', 'in time']);
    expect(outcome(anEnvelope(), -30_001)).toBe('statement-expired: the claimed time is more than 30 seconds before signedAt');
    expect(outcome(anEnvelope(), DAY)).toBe('statement-expired: the claimed time is not before submitBefore');
    expect(outcome(anEnvelope(), Number.NaN)).toMatch(/^statement-expired: /);
  });

  it('may be submitted for 24 hours at most, and for 10 minutes when it resumes a grant', () => {
    expect(outcome(anEnvelope({ submitBefore: at(DAY + 1) }), 0)).toBe('statement-expired: submitBefore is more than 24 hours after signedAt');
    expect(outcome(anEnvelope({ submitBefore: at(10 * MINUTE) }), 0, true)).toBe('in time');
    expect(outcome(anEnvelope({ submitBefore: at(10 * MINUTE + 1) }), 0, true)).toBe('statement-expired: submitBefore is more than 10 minutes (a resumption) after signedAt');
    expect(outcome(anEnvelope({ submitBefore: at(0) }), -1)).toBe('statement-expired: submitBefore is not after signedAt');
  });
});
