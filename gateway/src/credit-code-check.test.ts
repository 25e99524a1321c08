import { hasCreditCodeForm, isCreditCode } from './credit-code-check';

describe('a unified social credit code', () => {
  test('is accepted with its right check character', () => {
    expect(isCreditCode('91350100M000100Y43')).toBe(true);
  });

  test('is refused with any other check character', () => {
    const others = [...'0123456789ABCDEFGHJKLMNPQRTUWXY'].filter((c) => c !== '3');
    expect(others.filter((c) => isCreditCode(`91350100M000100Y4${c}`))).toEqual([]);
  });

  test.each(['', '91350100M000100Y4', '91350100M000100Y430', '91350100m000100y43', '91350100I000100Y43', ' 91350100M000100Y43'])('is refused as %p', (text) => {
    expect(isCreditCode(text)).toBe(false);
    expect(hasCreditCodeForm(text)).toBe(false);
  });

  test('keeps its form when only the check character is wrong', () => {
    expect(hasCreditCodeForm('91350100M000100Y44')).toBe(true);
    expect(isCreditCode('91350100M000100Y44')).toBe(false);
  });
});
