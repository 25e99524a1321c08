import { DomainError } from './errors';
import { REQUIRED_PLACEHOLDERS } from './letter-contents';
import { assertDraftIsLawful, openRequirements, providersConcerned, publishTemplate, templateRuleOf, type Template } from './template';
import { anItem, aTemplate, codeOf, WHOLE_TEXT_EN, WHOLE_TEXT_ZH } from './testing/builders';

const TAX = anItem('TAX-01', { requirements: [{ id: 'R-1', zh: '须告知', en: 'must tell' }] });
const CATALOGUE = new Map([['TAX-01', TAX], ['TAX-03', anItem('TAX-03', { class: 'AUTHORIZED_NO_RAW', provider: 'other-bureau' })], ['REG-01', anItem('REG-01', { class: 'PUBLIC', provider: 'registry' })]]);
const ITEMS = [{ code: 'TAX-01', granularities: ['RAW' as const] }, { code: 'REG-01', granularities: ['RAW' as const] }];
const MEETS = [{ item: 'TAX-01', requirement: 'R-1', clause: '1' }];
const APPROVALS = [{ provider: 'tax-bureau', rawApproved: ['TAX-01'] }];

describe('a template', () => {
  it('offers no item that the catalogue lacks or withdrew, and no RAW of AUTHORIZED_NO_RAW', () => {
    expect(() => assertDraftIsLawful(aTemplate({ items: ITEMS, meets: MEETS }), CATALOGUE)).not.toThrow();
    expect(codeOf(() => assertDraftIsLawful(aTemplate({ items: [{ code: 'XXX-01', granularities: ['ANSWER'] }] }), CATALOGUE))).toBe('item-not-available');
    expect(codeOf(() => assertDraftIsLawful(aTemplate({ items: ITEMS }), new Map([['TAX-01', anItem('TAX-01', { state: 'WITHDRAWN' })]])))).toBe('item-not-available');
    expect(codeOf(() => assertDraftIsLawful(aTemplate({ items: [{ code: 'TAX-03', granularities: ['RAW'] }] }), CATALOGUE))).toBe('template-not-applicable');
    expect(codeOf(() => assertDraftIsLawful(aTemplate({ items: ITEMS, meets: [{ item: 'TAX-01', requirement: 'R-9', clause: '1' }] }), CATALOGUE))).toBe('template-not-applicable');
  });

  it('is published with every requirement met and every provider concerned approving', () => {
    const draft = aTemplate({ items: ITEMS, meets: MEETS, approvals: APPROVALS });
    expect(publishTemplate(draft, CATALOGUE).state).toBe('PUBLISHED');
    expect(codeOf(() => publishTemplate({ ...draft, meets: [] }, CATALOGUE))).toBe('requirement-open');
    expect(codeOf(() => publishTemplate({ ...draft, approvals: [] }, CATALOGUE))).toBe('requirement-open');
    expect(codeOf(() => publishTemplate({ ...draft, state: 'PUBLISHED' }, CATALOGUE))).toBe('state-conflict');
    expect(openRequirements({ ...draft, meets: [] }, CATALOGUE)).toEqual(['TAX-01 R-1']);
  });

  it('concerns the providers of its items that are not public', () => {
    expect(providersConcerned(aTemplate({ items: [...ITEMS, { code: 'TAX-03', granularities: ['ANSWER'] }] }), CATALOGUE)).toEqual(['other-bureau', 'tax-bureau']);
  });

  it('leaves its texts out of the rule book', () => {
    const rule = templateRuleOf(aTemplate({ approvals: APPROVALS }));
    expect(rule.rawApproved).toEqual(['TAX-01']);
    expect(Object.keys(rule)).not.toEqual(expect.arrayContaining(['textZh']));
  });
});

describe('a letter', () => {
  const faultsOf = (change: Partial<Template>, catalogue = CATALOGUE) => {
    try {
      assertDraftIsLawful(aTemplate({ items: ITEMS, meets: MEETS, ...change }), catalogue);
      return [];
    } catch (error) {
      if (!(error instanceof DomainError) || error.code !== 'template-not-applicable') throw error;
      return error.faults.map(({ pointer, detail }) => `${pointer} ${detail}`);
    }
  };

  it.each(REQUIRED_PLACEHOLDERS)('holds {%s} in both languages', (name) => {
    expect(faultsOf({ textZh: WHOLE_TEXT_ZH.replace(`{${name}}`, '') })).toEqual([`/template/textZh lacks {${name}}`]);
    expect(faultsOf({ textEn: WHOLE_TEXT_EN.replace(`{${name}}`, '') })).toEqual([`/template/textEn lacks {${name}}`]);
  });

  it('tells how to withdraw, to dispute and to complain, and holds no brace that nothing fills in', () => {
    expect(faultsOf({})).toEqual([]);
    expect(faultsOf({ textZh: WHOLE_TEXT_ZH.replace('撤回', '') })).toEqual(["/template/textZh doesn't tell how to withdraw"]);
    expect(faultsOf({ textEn: WHOLE_TEXT_EN.replace('dispute', '') })).toEqual(["/template/textEn doesn't tell how to dispute"]);
    expect(faultsOf({ textZh: WHOLE_TEXT_ZH.replace('投诉', '') })).toEqual(["/template/textZh doesn't tell how to complain"]);
    expect(faultsOf({ textZh: `${WHOLE_TEXT_ZH} {phoneNumber}` })).toEqual(['/template/textZh holds {phoneNumber}, which nothing fills in']);
  });

  it('with personal items tells adverse consequences', () => {
    const personal = new Map([...CATALOGUE].map(([code, item]) => [code, { ...item, subject: 'PERSON' as const }]));
    expect(faultsOf({ textZh: WHOLE_TEXT_ZH.replace('不利后果', '') })).toEqual([]);
    expect(faultsOf({ textZh: WHOLE_TEXT_ZH.replace('不利后果', '') }, personal)).toEqual(["/template/textZh doesn't tell adverse consequences"]);
    expect(faultsOf({ textEn: WHOLE_TEXT_EN.replace('consequences', '') }, personal)).toEqual(["/template/textEn doesn't tell adverse consequences"]);
  });

  it('has each clause that is said to meet a requirement, under its number', () => {
    const meets = MEETS.map((met) => ({ ...met, clause: '7' }));
    expect(faultsOf({ meets })).toEqual(['/template/textZh has no clause 7', '/template/textEn has no clause 7']);
    expect(faultsOf({ meets, textZh: `${WHOLE_TEXT_ZH}\n7. 条款`, textEn: `${WHOLE_TEXT_EN}\n7. Clause` })).toEqual([]);
    expect(faultsOf({ meets, textZh: `${WHOLE_TEXT_ZH}\n77. 条款`, textEn: `${WHOLE_TEXT_EN}\n17. Clause` })).toHaveLength(2);
  });
});
