import { hasCreditCodeForm, isCreditCode } from '../credit-code-check';
import { checkCharacterOf, CREDIT_CODE_PREFIX, makeCreditCode, makeCreditCodeEndingInZero, makeMisissuedCreditCode, organisationCheckCharacterOf, type CreditCodeKind } from './credit-code';
import { SeededRandom } from './seed';

const KINDS = Object.keys(CREDIT_CODE_PREFIX) as CreditCodeKind[];

describe('demonstration credit codes', () => {
  test.each(KINDS)('for a %s are valid by another implementation, begin with the prefix of the kind and lie in region 6199xx', (kind) => {
    const random = new SeededRandom(1);
    for (let i = 0; i < 500; i++) {
      const code = makeCreditCode(random, kind, '619907');
      expect(code.slice(0, 8)).toBe(`${CREDIT_CODE_PREFIX[kind]}619907`);
      expect(isCreditCode(code)).toBe(true);
    }
  });

  test('the check character is that of a known code', () => {
    expect(checkCharacterOf('91350100M000100Y4')).toBe('3');
  });

  test('the organisation part has its own check character', () => {
    expect(organisationCheckCharacterOf('D2143569')).toBe('X');
  });

  test('one can end in the check character 0', () => {
    const code = makeCreditCodeEndingInZero(new SeededRandom(2), 'COMPANY', '619901');
    expect(code.endsWith('0')).toBe(true);
    expect(isCreditCode(code)).toBe(true);
  });

  test('a misissued one has the form and fails the check character', () => {
    const random = new SeededRandom(3);
    for (let i = 0; i < 200; i++) {
      const code = makeMisissuedCreditCode(random, 'COMPANY', '619901');
      expect(hasCreditCodeForm(code)).toBe(true);
      expect(isCreditCode(code)).toBe(false);
    }
  });

  test('no code is made for a region that exists', () => {
    expect(() => makeCreditCode(new SeededRandom(4), 'COMPANY', '610100')).toThrow(TypeError);
  });
});
