import { assertDraftIsLawful, openRequirements, providersConcerned, publishTemplate, templateRuleOf } from './template';
import { anItem, aTemplate, codeOf } from './testing/builders';

const TAX = anItem('TAX-01', { requirements: [{ id: 'R-1', zh: '须告知', en: 'must tell' }] });
const CATALOGUE = new Map([['TAX-01', TAX], ['TAX-03', anItem('TAX-03', { class: 'AUTHORIZED_NO_RAW', provider: 'other-bureau' })], ['REG-01', anItem('REG-01', { class: 'PUBLIC', provider: 'registry' })]]);
const ITEMS = [{ code: 'TAX-01', granularities: ['RAW' as const] }, { code: 'REG-01', granularities: ['RAW' as const] }];
const MEETS = [{ item: 'TAX-01', requirement: 'R-1', clause: '3.1' }];
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
