import { DENY_REASONS, instantOf } from '@kesu/chaincode/domain';
import fc from 'fast-check';
import { decisionSchema, decisionsText, decisionText } from './decision-text';

const hex = (digits: number) => fc.string({ unit: fc.constantFrom(...'0123456789abcdef'), minLength: digits, maxLength: digits });
const instants = fc.integer({ min: 0, max: 4_000_000_000_000 }).map(instantOf);
const heads = fc.record({ block: fc.nat(), hash: hex(64), time: instants });
const answers = (asOf: fc.Arbitrary<{ readonly block: number; readonly hash: string; readonly time: string }>) =>
  fc.record({ decision: fc.boolean(), reason: fc.constantFrom(...DENY_REASONS), grantId: hex(32), until: instants, asOf }, { requiredKeys: ['decision', 'asOf'] });

describe('the text of a decision', () => {
  it('is what JSON.stringify writes, whichever head was written before', () => {
    fc.assert(
      fc.property(fc.array(heads, { minLength: 1, maxLength: 3 }).chain((known) => fc.array(answers(fc.constantFrom(...known)), { maxLength: 6 })), (list) => {
        const whole = list.map(({ decision, asOf, ...context }) => ({ decision, context: { ...context, asOf } }));
        for (const [index, answer] of list.entries()) {
          const text = decisionText(answer);
          expect(JSON.parse(text)).toEqual(whole[index]);
          expect(decisionSchema.strict().safeParse(JSON.parse(text)).success).toBe(true);
          expect(text).toMatch(/^[\x20-\x7e]+$/);
          expect(text).not.toMatch(/\s/);
        }
        expect(JSON.parse(decisionsText(list))).toEqual({ evaluations: whole });
      }),
      { numRuns: 500 },
    );
  });
});
