import { canonicalJson } from './canonical-json';
import { grantIdOf, letterSchema, statementDigest, statementSchema } from './statement';
import { aLetter } from './testing/builders';

const TRANSITION = { kind: 'TRANSITION' as const, enterprise: 'e1'.repeat(16), grantId: '90'.repeat(16), grantVersion: 1, action: 'REVOKE' as const, reason: 'principal-decided', identityDigest: 'd'.repeat(64), salt: 'A'.repeat(43) };

describe('a statement', () => {
  it('has the digest it always had (golden)', () => {
    expect(statementDigest(aLetter())).toBe('ac64d261b374793345de34e1b981ba772a7314041e0dfe9a1e702ceb3a2c5afb');
    expect(statementDigest(TRANSITION)).toBe('fd36c771291ba904a691a88b9740dc3fa2d8876cb43a3421b64e3953ca4563ba');
    expect(grantIdOf(aLetter())).toBe('ac64d261b374793345de34e1b981ba772a7314041e0dfe9a1e702ceb3a2c5afb'.slice(0, 32));
  });

  it('has another digest when any one member differs', () => {
    const letter: Record<string, unknown> = { ...aLetter() };
    const digests = Object.keys(letter).map((member) => statementDigest({ ...letter, [member]: 'other' } as never));
    expect(new Set([statementDigest(aLetter()), ...digests]).size).toBe(digests.length + 1);
  });

  it('holds neither name nor code', () => {
    expect(Object.keys(letterSchema.shape).filter((member) => /name|code|phone|signator/i.test(member))).toEqual([]);
    expect(canonicalJson(aLetter())).not.toMatch(/[一-鿿]/);
  });

  it('is read strictly: no further member, no letter without its terms', () => {
    expect(statementSchema.safeParse(aLetter()).success).toBe(true);
    expect(statementSchema.safeParse(TRANSITION).success).toBe(true);
    expect(statementSchema.safeParse({ ...aLetter(), note: 'x' }).success).toBe(false);
    expect(statementSchema.safeParse({ ...aLetter(), items: [] }).success).toBe(false);
    expect(statementSchema.safeParse({ ...TRANSITION, reason: '张三 called' }).success).toBe(false);
    expect(statementSchema.safeParse({ ...TRANSITION, action: 'DELETE' }).success).toBe(false);
  });
});
