import { CATALOGUE, catalogueItemOf } from './catalogue';
import { organisationsOf } from './organisations';

describe('the starting information-sharing list', () => {
  test('has 45 items with unique codes', () => {
    expect(CATALOGUE).toHaveLength(45);
    expect(new Set(CATALOGUE.map((item) => item.code)).size).toBe(45);
    expect(CATALOGUE.filter((item) => !/^[A-Z]{2,5}-\d{2}[A-Z]?$/.test(item.code))).toEqual([]);
  });

  test('names a provider that takes part for every item', () => {
    const providers = organisationsOf('provider').map((provider) => provider.id);
    expect(CATALOGUE.filter((item) => !providers.includes(item.provider))).toEqual([]);
  });

  test('says in both languages what each item contains, within the limits of a catalogue item', () => {
    for (const item of CATALOGUE) {
      expect([item.nameZh, item.contentZh].every((text) => /\p{Script=Han}/u.test(text))).toBe(true);
      expect([item.nameEn, item.contentEn].every((text) => text.length > 3 && !/\p{Script=Han}/u.test(text))).toBe(true);
    }
  });

  test('marks class and cadence as assumptions', () => {
    expect(CATALOGUE.filter((item) => !item.basis.includes('assumed'))).toEqual([]);
  });

  test('keeps tax, contributions and utilities closed to raw records and operating information exploratory', () => {
    const closed = CATALOGUE.filter((item) => item.class === 'AUTHORIZED_NO_RAW').map((item) => item.code);
    expect(closed).toEqual(['TAX-03', 'TAX-04', 'SOC-02', 'HPF-02', 'UTL-01', 'UTL-02', 'UTL-03', 'CUS-02']);
    expect(CATALOGUE.filter((item) => item.class === 'EXPLORATORY').map((item) => item.code)).toEqual(['OPS-01']);
    expect(catalogueItemOf('REG-04B').subject).toBe('PERSON');
  });

  test('gives a due date to what authorities owe', () => {
    expect(CATALOGUE.filter((item) => item.dueDate === undefined).map((item) => item.code)).toEqual(['FIN-01', 'OPS-01', 'SELF-01']);
    expect(() => catalogueItemOf('NONE-01')).toThrow(RangeError);
  });
});
