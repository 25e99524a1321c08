import { assertLetterIsLawful, keysSufficientFor, periodDays, type LetterFacts } from './letter-rules';
import type { Letter } from './statement';
import { aLetter, aLoan, anEnterprise, anItemRule, aParticipant, aRuleBook, aSigningKey, aTemplateRule, AT, codeOf, LOAN_REF, someSignatories } from './testing/builders';

const ANY = { recipient: 'ANY', until: '2026-06-20T00:00:00.000Z' } as const;
const EVALUATION: Partial<Letter> = { purpose: 'EVALUATION', frequency: { times: 1, per: 'DAY' } };

function facts(change: Partial<LetterFacts> = {}): LetterFacts {
  const keys = [aSigningKey()];
  const participants = new Map([aParticipant('city-platform', 'platform'), aParticipant('other-platform', 'platform'), aParticipant('example-bank', 'recipient')].map((one) => [one.id, one]));
  return { at: AT, ruleBook: aRuleBook(), enterprise: anEnterprise(), signatories: someSignatories(keys), keys, loan: aLoan(), participants, ...change };
}

function signedBy(...keys: ReturnType<typeof aSigningKey>[]): Partial<LetterFacts> {
  return { keys, signatories: someSignatories(keys) };
}

function withParticipant(...changed: ReturnType<typeof aParticipant>[]): Partial<LetterFacts> {
  return { participants: new Map([...facts().participants, ...changed.map((one) => [one.id, one] as const)]) };
}

/** The platform is connected through 秦信融, which is what it is given as; absent where it takes no part. */
function throughConduit(...conduit: ReturnType<typeof aParticipant>[]): Partial<LetterFacts> {
  const ruleBook = aRuleBook({ policy: { ...aRuleBook().policy, qinxinrong: 'qinxinrong' } });
  return { ruleBook, ...withParticipant(aParticipant('city-platform', 'platform', { connectVia: 'QINXINRONG' }), ...conduit) };
}

function item(code: string, granularity: 'ANSWER' | 'SCORE' | 'SUMMARY' | 'RAW', separateConsent = false, version = 1) {
  return { code, version, granularity, separateConsent };
}

const KEY = aSigningKey();
const BUSINESS = { enterprise: anEnterprise({ kind: 'INDIVIDUAL_BUSINESS' }) };
const OPERATOR = aSigningKey({ capacity: 'OPERATOR' });
const PERSON = aSigningKey({ keyId: 'c2'.repeat(16), capacity: 'PERSON' });
const HANDLER = aSigningKey({ keyId: 'c3'.repeat(16), capacity: 'HANDLER', holder: 'ab'.repeat(16) });
const PARTNER = aSigningKey({ keyId: 'c4'.repeat(16), capacity: 'MANAGING_PARTNER' });
const MANDATE = { id: '77'.repeat(16), holder: HANDLER.holder, templates: ['PRE-LOAN'], longestPeriodDays: 30, from: '2026-01-01T00:00:00.000Z', until: '2026-12-31T00:00:00.000Z' };

function handlerSigns(mandate: Partial<typeof MANDATE & { revokedAt: string }> | undefined): Partial<LetterFacts> {
  const keys = [HANDLER, PARTNER];
  return { keys, signatories: someSignatories(keys, { mandates: mandate === undefined ? [] : [{ ...MANDATE, ...mandate }] }) };
}

const LAWFUL: readonly (readonly [string, Partial<Letter>, Partial<LetterFacts>?])[] = [
  ['the plainest letter', {}],
  ['the longest period that template and purpose allow', { until: '2026-08-14T02:00:00.000Z' }],
  ['the longest retention', { retentionDays: 365 }],
  ['a letter to the platform itself', { recipient: 'city-platform' }],
  ['any institution, answers and scores', { ...EVALUATION, ...ANY, items: [item('TAX-01', 'ANSWER'), item('TAX-01', 'SCORE')] }],
  ['30 days to any institution', { ...EVALUATION, recipient: 'ANY', until: '2026-07-15T02:00:00.000Z' }],
  ['RAW with its tick', { items: [item('TAX-01', 'RAW', true)] }],
  ['an EXPLORATORY item with its tick', { items: [item('OPS-01', 'ANSWER', true)] }],
  ['a personal item signed by the person', { items: [item('PER-01', 'ANSWER', true)] }, signedBy(KEY, PERSON)],
  ['an individual business signed by its operator', {}, { ...BUSINESS, ...signedBy(OPERATOR) }],
  ['a personal item of an individual business signed by its operator', { items: [item('PER-01', 'ANSWER', true)] }, { ...BUSINESS, ...signedBy(OPERATOR) }],
  ['a handler with a mandate and a partner', {}, handlerSigns({})],
  ['a bankrupt firm by its administrator', { purpose: 'POST_LOAN', frequency: { times: 1, per: 'DAY' } }, { enterprise: anEnterprise({ state: 'BANKRUPT' }), loan: aLoan({ state: 'NORMAL' }), ...signedBy(aSigningKey({ capacity: 'ADMINISTRATOR' })) }],
  ['a firm in liquidation by its liquidator', { purpose: 'POST_LOAN', frequency: { times: 1, per: 'DAY' } }, { enterprise: anEnterprise({ state: 'LIQUIDATING' }), loan: aLoan({ state: 'NORMAL' }), ...signedBy(aSigningKey({ capacity: 'LIQUIDATOR' })) }],
  ['post-loan consent signed with the contract, before the draw', { purpose: 'POST_LOAN', frequency: { times: 1, per: 'DAY' } }, { loan: aLoan({ state: 'APPROVED' }) }],
  ['one-time without a frequency', { oneTime: true, frequency: undefined as never }],
  ['an older version that the present one is no wider than', {}, { ruleBook: aRuleBook({ items: { 'TAX-01': anItemRule({ version: 3, coveredSince: 1 }) } }) }],
  ['a conduit where the platform is connected through 秦信融', { conduit: 'qinxinrong' }, throughConduit(aParticipant('qinxinrong', 'platform'))],
];

const REFUSED: readonly (readonly [string, string, Partial<Letter>, Partial<LetterFacts>?])[] = [
  ['participant-not-active', 'a conduit that takes no part', { conduit: 'qinxinrong' }, throughConduit()],
  ['participant-not-active', 'a conduit that is suspended', { conduit: 'qinxinrong' }, throughConduit(aParticipant('qinxinrong', 'platform', { state: 'SUSPENDED' }))],
  ['participant-not-active', 'a conduit without assessments in force', { conduit: 'qinxinrong' }, throughConduit(aParticipant('qinxinrong', 'platform', { assessments: {} }))],
  ['template-not-applicable', 'a template that is not published', {}, { ruleBook: aRuleBook({ templates: { 'PRE-LOAN@1': aTemplateRule({ state: 'WITHDRAWN' }) } }) }],
  ['template-not-applicable', 'an unknown template version', { template: { id: 'PRE-LOAN', version: 2, digest: 'd'.repeat(64) } }],
  ['template-not-applicable', 'another text of the template', { template: { id: 'PRE-LOAN', version: 1, digest: 'e'.repeat(64) } }],
  ['purpose-not-applicable', 'a purpose that the template is not for', { purpose: 'APPROVAL' }],
  ['enterprise-not-eligible', 'an enterprise with a successor', {}, { enterprise: anEnterprise({ successor: 'ee'.repeat(16) }) }],
  ...(['LICENCE_REVOKED', 'LIQUIDATING', 'BANKRUPT', 'DEREGISTERED'] as const).map((state) => ['enterprise-not-eligible', `pre-loan by an enterprise that is ${state}`, {}, { enterprise: anEnterprise({ state }) }] as const),
  ['enterprise-not-eligible', 'post-loan by a deregistered enterprise', { purpose: 'POST_LOAN', frequency: { times: 1, per: 'DAY' } }, { enterprise: anEnterprise({ state: 'DEREGISTERED' }), loan: aLoan({ state: 'NORMAL' }) }],
  ['period-invalid', 'a period that ends when it begins', { until: AT }],
  ['period-invalid', 'a period that is over', { from: '2026-05-01T00:00:00.000Z', until: AT }],
  ['limit-exceeded', 'a millisecond longer than the template allows', { until: '2026-08-14T02:00:00.001Z' }],
  ['limit-exceeded', 'longer than the purpose allows', { until: '2026-09-13T02:00:00.001Z' }, { ruleBook: aRuleBook({ templates: { 'PRE-LOAN@1': aTemplateRule({ longestPeriodDays: 1000 }) } }) }],
  ['limit-exceeded', '30 days and a millisecond to any institution', { ...EVALUATION, recipient: 'ANY', until: '2026-07-15T02:00:00.001Z' }],
  ['limit-exceeded', 'retention longer than the template allows', { retentionDays: 366 }],
  ['limit-exceeded', 'a frequency higher than the template allows', { frequency: { times: 3, per: 'DAY' } }],
  ['limit-exceeded', 'a frequency higher than the purpose allows', { purpose: 'EVALUATION', frequency: { times: 2, per: 'DAY' } }],
  ['limit-exceeded', 'neither one-time nor a frequency', { frequency: undefined as never }],
  ['limit-exceeded', 'a range longer than the purpose allows', { range: { from: '2023-01', to: '2026-01' } }],
  ['participant-not-active', 'an unknown platform', { platform: 'no-platform' }],
  ['participant-not-active', 'a platform where the enterprise is not registered', { platform: 'other-platform' }],
  ['participant-not-active', 'a suspended platform', {}, withParticipant(aParticipant('city-platform', 'platform', { state: 'SUSPENDED' }))],
  ['participant-not-active', 'a platform whose assessment ended', {}, withParticipant(aParticipant('city-platform', 'platform', { assessments: {} }))],
  ['participant-not-active', 'an unknown recipient', { recipient: 'no-bank' }],
  ['participant-not-active', 'a recipient that another platform admitted', {}, withParticipant(aParticipant('example-bank', 'recipient', { platforms: ['other-platform'] }))],
  ['participant-not-active', 'a suspended recipient', {}, withParticipant(aParticipant('example-bank', 'recipient', { state: 'SUSPENDED' }))],
  ['participant-not-active', 'a regulator as recipient', {}, withParticipant(aParticipant('example-bank', 'regulator', { platforms: ['city-platform'] }))],
  ['statement-mismatch', 'a conduit of a platform that has none', { conduit: 'qinxinrong' }],
  ['statement-mismatch', 'no conduit where the platform is connected through 秦信融', {}, { ruleBook: aRuleBook({ policy: { ...aRuleBook().policy, qinxinrong: 'qinxinrong' } }), ...withParticipant(aParticipant('city-platform', 'platform', { connectVia: 'QINXINRONG' })) }],
  ['item-not-available', 'an unknown item', { items: [item('XXX-01', 'ANSWER')] }],
  ['item-not-available', 'a withdrawn item', {}, { ruleBook: aRuleBook({ items: { 'TAX-01': anItemRule({ state: 'WITHDRAWN' }) } }) }],
  ['item-not-available', 'a version before a wider one', {}, { ruleBook: aRuleBook({ items: { 'TAX-01': anItemRule({ version: 2, coveredSince: 2 }) } }) }],
  ['item-not-available', 'a version to come', { items: [item('TAX-01', 'SCORE', false, 2)] }],
  ['template-not-applicable', 'a granularity that the template does not offer', {}, { ruleBook: aRuleBook({ templates: { 'PRE-LOAN@1': aTemplateRule({ items: [{ code: 'TAX-01', granularities: ['ANSWER'] }] }) } }) }],
  ['template-not-applicable', 'a granularity that the purpose does not have', { purpose: 'POST_LOAN', frequency: { times: 1, per: 'DAY' }, items: [item('TAX-01', 'RAW', true)] }, { loan: aLoan({ state: 'NORMAL' }) }],
  ['template-not-applicable', 'RAW that the provider did not approve', { items: [item('TAX-02', 'RAW', true)] }],
  ['template-not-applicable', 'RAW of an item that never leaves raw', { items: [item('TAX-03', 'RAW', true)] }],
  ['consent-missing', 'RAW without its tick', { items: [item('TAX-01', 'RAW')] }],
  ['consent-missing', 'an EXPLORATORY item without its tick', { items: [item('OPS-01', 'ANSWER')] }],
  ['consent-missing', 'a personal item without its tick', { items: [item('PER-01', 'ANSWER')] }, signedBy(KEY, PERSON)],
  ['consent-missing', 'a personal item without the signature of the person', { items: [item('PER-01', 'ANSWER', true)] }],
  ['consent-missing', 'a personal summary that the person signed with a key for answers only', { items: [item('PER-01', 'SUMMARY', true)] }, signedBy(KEY, aSigningKey({ ...PERSON, means: 'BROWSER_KEY' }))],
  ['consent-missing', 'an individual business without the signature of its person', {}, { ...BUSINESS, ...signedBy(KEY) }],
  ['consent-missing', 'a personal item signed by the operator of a company', { items: [item('PER-01', 'ANSWER', true)] }, signedBy(OPERATOR)],
  ['statement-mismatch', 'an item that stands twice', { items: [item('TAX-01', 'SCORE'), item('TAX-01', 'SCORE')] }],
  ['recipient-must-be-named', 'any institution for an individual business', { ...EVALUATION, ...ANY }, { ...BUSINESS, ...signedBy(OPERATOR) }],
  ['recipient-must-be-named', 'any institution for a personal item', { ...EVALUATION, ...ANY, items: [item('PER-01', 'ANSWER', true)] }, signedBy(KEY, PERSON)],
  ['recipient-must-be-named', 'any institution for a summary', { ...EVALUATION, ...ANY, items: [item('TAX-01', 'SUMMARY')] }],
  ['loan-required', 'a purpose that needs a loan without one', { loanRef: undefined as never }],
  ['loan-required', 'a loan that the ledger does not know', {}, { loan: undefined }],
  ['loan-required', 'a loan of another enterprise', {}, { loan: aLoan({ enterprise: 'ee'.repeat(16) }) }],
  ['loan-required', 'a loan at another bank', {}, { loan: aLoan({ recipient: 'other-bank' }) }],
  ['loan-required', 'a loan through another platform', {}, { loan: aLoan({ platform: 'other-platform' }) }],
  ['loan-required', 'a foreign loan named where none is needed', { ...EVALUATION, loanRef: LOAN_REF }, { loan: aLoan({ enterprise: 'ee'.repeat(16) }) }],
  ...(['REFUSED', 'WITHDRAWN', 'DRAWN', 'SETTLED'] as const).map((state) => ['loan-required', `pre-loan on a loan that is ${state}`, {}, { loan: aLoan({ state }) }] as const),
  ['loan-required', 'post-loan on an application', { purpose: 'POST_LOAN', frequency: { times: 1, per: 'DAY' } }, { loan: aLoan({ state: 'APPLIED' }) }],
  ['signing-key-insufficient', 'a summary by a browser key', { items: [item('TAX-01', 'SUMMARY')] }, signedBy(aSigningKey({ means: 'BROWSER_KEY' }))],
  ['signing-key-insufficient', 'a score and a summary by a synced passkey', { items: [item('TAX-01', 'SCORE'), item('TAX-01', 'SUMMARY')] }, signedBy(aSigningKey({ means: 'SYNCED_PASSKEY' }))],
  ['authority-insufficient', 'a partner without the handler', {}, signedBy(PARTNER)],
  ['authority-insufficient', 'a person alone', {}, signedBy(PERSON)],
  ['authority-insufficient', 'a strong key of the wrong capacity beside a weak one of the right', { items: [item('TAX-01', 'SUMMARY')] }, signedBy(aSigningKey({ means: 'BROWSER_KEY' }), PERSON)],
  ['authority-insufficient', 'a handler without a mandate', {}, handlerSigns(undefined)],
  ['authority-insufficient', 'a handler with a mandate for another template', {}, handlerSigns({ templates: ['OTHER'] })],
  ['authority-insufficient', 'a handler with a mandate for shorter periods', {}, handlerSigns({ longestPeriodDays: 29 })],
  ['authority-insufficient', 'a handler whose mandate was revoked', {}, handlerSigns({ revokedAt: '2026-06-01T00:00:00.000Z' })],
  ['authority-insufficient', 'a handler whose mandate ends this instant', {}, handlerSigns({ until: AT })],
  ['authority-insufficient', 'a handler with the mandate of another', {}, handlerSigns({ holder: 'cd'.repeat(16) })],
  ['authority-insufficient', 'a bankrupt firm without its administrator', { purpose: 'POST_LOAN', frequency: { times: 1, per: 'DAY' } }, { enterprise: anEnterprise({ state: 'BANKRUPT' }), loan: aLoan({ state: 'NORMAL' }) }],
];

function letterOf(change: Partial<Letter>): Letter {
  const letter = aLetter(change);
  const named = Object.entries(letter).filter(([, value]) => value !== undefined);
  return Object.fromEntries(named) as unknown as Letter;
}

describe('a letter is lawful:', () => {
  it.each(LAWFUL.map(([name, change, among]) => ({ name, change, among })))('$name', ({ change, among }) => {
    expect(() => assertLetterIsLawful(letterOf({ ...(change.purpose === 'EVALUATION' ? { loanRef: undefined as never } : {}), ...change }), facts(among))).not.toThrow();
  });
});

describe('a letter is refused:', () => {
  it.each(REFUSED.map(([code, name, change, among]) => ({ code, name, change, among })))('$code for $name', ({ code, change, among }) => {
    expect(codeOf(() => assertLetterIsLawful(letterOf({ ...(change.purpose === 'EVALUATION' && change.loanRef === undefined ? { loanRef: undefined as never } : {}), ...change }), facts(among)))).toBe(code);
  });

  it('counts a begun day of a period as a whole one', () => {
    expect(periodDays({ from: AT, until: '2026-06-16T02:00:00.000Z' })).toBe(1);
    expect(periodDays({ from: AT, until: '2026-06-16T02:00:00.001Z' })).toBe(2);
  });

  it('takes of the keys only those that suffice for every granularity', () => {
    const weak = aSigningKey({ means: 'BROWSER_KEY' });
    expect(keysSufficientFor({ items: [item('TAX-01', 'SCORE')] }, aTemplateRule(), [weak, KEY])).toEqual([weak, KEY]);
    expect(keysSufficientFor({ items: [item('TAX-01', 'SCORE'), item('TAX-02', 'SUMMARY')] }, aTemplateRule(), [weak, KEY])).toEqual([KEY]);
  });
});
