import { assertLettersAreWhole, LETTER_PLACEHOLDERS, type Template } from '@kesu/chaincode/domain';
import { CATALOGUE, catalogueItemOf } from './catalogue';
import { requirementsOf } from './provider-requirements';
import { TEMPLATES, templateOf } from './templates';

const PURPOSES = ['PRE_LOAN', 'APPROVAL', 'POST_LOAN', 'RISK_MONITORING', 'EVALUATION', 'DISPUTE_RESOLUTION'];

const numbersIn = (text: string): number[] => [...text.matchAll(/^(\d+)\. /gm)].map((match) => Number(match[1]));

describe('the five templates', () => {
  test('are five, and every purpose has one', () => {
    expect(TEMPLATES.map((template) => template.id)).toEqual(['FIRST-LOAN', 'LOAN-APPROVAL', 'POST-LOAN', 'EVALUATION', 'OPERATING-INFORMATION']);
    expect(PURPOSES.filter((purpose) => !TEMPLATES.some((template) => template.purposes.some((own) => own === purpose)))).toEqual([]);
  });

  test('offer every non-public item somewhere and no public one', () => {
    const offered = new Set(TEMPLATES.flatMap((template) => template.items.map((item) => item.code)));
    const nonPublic = CATALOGUE.filter((item) => item.class !== 'PUBLIC').map((item) => item.code);
    expect([...offered].sort()).toEqual([...nonPublic].sort());
  });

  test.each(TEMPLATES)('$id offers each item once and never as raw records what the catalogue keeps closed', (template) => {
    const codes = template.items.map((item) => item.code);
    expect(new Set(codes).size).toBe(codes.length);
    for (const { code, granularities } of template.items) {
      expect(new Set(granularities).size).toBe(granularities.length);
      if (catalogueItemOf(code).class === 'AUTHORIZED_NO_RAW') expect(granularities).not.toContain('RAW');
    }
  });

  test.each(TEMPLATES)('$id leaves no requirement of a provider open', (template) => {
    const open = template.items.flatMap(({ code }) =>
      requirementsOf(code).filter((requirement) => !template.meets.some((met) => met.item === code && met.requirement === requirement.id)),
    );
    expect(open).toEqual([]);
    expect(template.meets.length).toBeLessThanOrEqual(200);
  });

  test.each(TEMPLATES)('$id meets each requirement with a clause that exists in both languages', (template) => {
    for (const { clause } of template.meets) {
      expect(numbersIn(template.textZh)).toContain(Number(clause));
      expect(numbersIn(template.textEn)).toContain(Number(clause));
    }
  });

  test.each(TEMPLATES)('$id is numbered from 1 without a gap, equally in zh and en', (template) => {
    const numbers = numbersIn(template.textZh);
    expect(numbers).toEqual(numbers.map((_, index) => index + 1));
    expect(numbers.length).toBeGreaterThanOrEqual(15);
    expect(numbersIn(template.textEn)).toEqual(numbers);
  });

  test.each(TEMPLATES)('$id uses every known placeholder, in both languages, and no other brace', (template) => {
    for (const text of [template.textZh, template.textEn]) {
      const used = [...text.matchAll(/\{([^{}]*)\}/g)].map((match) => match[1]);
      expect([...new Set(used)].sort()).toEqual([...LETTER_PLACEHOLDERS].sort());
      expect(text.replace(/\{[a-zA-Z]+\}/g, '')).not.toMatch(/[{}]/);
    }
  });

  test.each(TEMPLATES)('$id tells of withdrawal (撤回, never 撤销), dispute, complaint and adverse consequences', (template) => {
    for (const word of ['授权人', '被授权人', '经由平台', '撤回', '异议', '投诉', '不利后果', '保存', '签署身份', '签署日期']) expect(template.textZh).toContain(word);
    expect(template.textZh).not.toContain('撤销');
    for (const word of ['Principal', 'Recipient', 'withdraw', 'dispute', 'complain', 'Adverse consequences', 'Retention', 'capacity', 'date']) expect(template.textEn).toContain(word);
  });

  test.each(TEMPLATES)('$id lets synced and browser keys give answers and scores only', (template) => {
    for (const granularity of ['SUMMARY', 'RAW'] as const) {
      expect(template.means[granularity]).not.toContain('BROWSER_KEY');
      expect(template.means[granularity]).not.toContain('SYNCED_PASSKEY');
    }
    expect(template.means.ANSWER).toContain('BROWSER_KEY');
  });

  test.each(TEMPLATES)('$id stays within the limits of a template record', (template) => {
    expect(template.textZh.length).toBeLessThanOrEqual(8000);
    expect(template.textEn.length).toBeLessThanOrEqual(16000);
    expect(template.titleZh.length).toBeLessThanOrEqual(80);
    expect(template.authority.length).toBeLessThanOrEqual(8);
    expect(template.version).toBe(1);
  });

  test('an unknown template is refused', () => {
    expect(() => templateOf('NOTHING')).toThrow(RangeError);
  });
});

describe("the demonstration's letters", () => {
  it.each(TEMPLATES.map((template) => [template.id, template] as const))('of %s hold what every letter holds', (_id, template) => {
    const catalogue = new Map(CATALOGUE.map(({ basis: _basis, ...item }) => [item.code, { ...item, version: 1, coveredSince: 1, state: 'CONNECTED' as const, requirements: [] }]));
    const draft: Template = { ...template, state: 'DRAFT', approvals: [], digest: '0'.repeat(64), withdrawnForExisting: false };
    expect(() => assertLettersAreWhole(draft, catalogue)).not.toThrow();
  });
});
