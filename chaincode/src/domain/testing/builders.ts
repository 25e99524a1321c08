import type { CatalogueItem, ItemRule } from '../catalogue-item';
import type { Enterprise } from '../enterprise';
import type { Grant } from '../grant';
import { REQUIRED_PLACEHOLDERS } from '../letter-contents';
import type { Loan } from '../loan';
import type { Participant } from '../participant';
import { initialPolicy, initialPurposes, type RuleBook } from '../rule-book';
import type { Signatories, SigningKey } from '../signatory';
import type { Letter } from '../statement';
import type { Template, TemplateRule } from '../template';

export const AT = '2026-06-15T02:00:00.000Z';
export const PAST = '2025-01-01T00:00:00.000Z';
export const FUTURE = '2030-01-01T00:00:00.000Z';
export const DIGEST = 'd'.repeat(64);
export const ENTERPRISE_REF = 'e1'.repeat(16);
export const LOAN_REF = '10'.repeat(16);
export const REPRESENTATIVE = 'f0'.repeat(16);

/** A company in operation at `city-platform`. */
export function anEnterprise(change: Partial<Enterprise> = {}): Enterprise {
  return { ref: ENTERPRISE_REF, kind: 'COMPANY', region: '619901', industry: 'C13', size: 'SMALL', state: 'OPERATING', representative: REPRESENTATIVE, representativeSince: PAST, platforms: ['city-platform'], marks: [], version: 1, ...change };
}

/** An admitted participant; a platform has assessments until {@link FUTURE}. */
export function aParticipant(id: string, role: Participant['role'], change: Partial<Participant> = {}): Participant {
  const assessment = (assessor: string) => ({ assessor, documentDigest: DIGEST, at: PAST, until: FUTURE });
  const assessments = role === 'platform' ? { SECURITY: assessment('assessor-one'), AUTHORIZATION: assessment('assessor-two') } : {};
  return { id, role, names: [{ from: '2022-09-02', zh: id, en: id }], mspId: 'NodeMSP', state: 'ADMITTED', regions: [], platforms: role === 'recipient' ? ['city-platform'] : [], assessments, documentDigest: DIGEST, keys: [], version: 1, ...change };
}

/** What the rule book keeps of a connected item of `tax-bureau`. */
export function anItemRule(change: Partial<ItemRule> = {}): ItemRule {
  return { version: 1, coveredSince: 1, class: 'AUTHORIZED', subject: 'ENTERPRISE', mode: 'COLLECTED', provider: 'tax-bureau', state: 'CONNECTED', ...change };
}

/** A connected catalogue item. */
export function anItem(code: string, change: Partial<CatalogueItem> = {}): CatalogueItem {
  return { ...anItemRule(), code, nameZh: '示例', nameEn: 'Example', contentZh: '示例', contentEn: '', route: 'PROVINCIAL', cadence: 'monthly', requirements: [], ...change };
}

const EVERY = ['ANSWER', 'SCORE', 'SUMMARY', 'RAW'] as const;
const STRONG = ['DEVICE_PASSKEY', 'CERTIFICATE'] as const;
const WEAK = [...STRONG, 'SYNCED_PASSKEY', 'BROWSER_KEY'] as const;

/** A published template rule: TAX-01, TAX-02, PER-01 and OPS-01 at every granularity; weak keys for ANSWER and SCORE only. */
export function aTemplateRule(change: Partial<TemplateRule> = {}): TemplateRule {
  return {
    id: 'PRE-LOAN',
    version: 1,
    digest: DIGEST,
    state: 'PUBLISHED',
    rawApproved: ['TAX-01', 'TAX-03'],
    withdrawnForExisting: false,
    purposes: ['PRE_LOAN', 'POST_LOAN', 'EVALUATION', 'DISPUTE_RESOLUTION'],
    items: ['TAX-01', 'TAX-02', 'TAX-03', 'PER-01', 'OPS-01'].map((code) => ({ code, granularities: [...EVERY] })),
    longestPeriodDays: 60,
    longestRetentionDays: 365,
    highestFrequency: { times: 2, per: 'DAY' },
    authority: [['LEGAL_REPRESENTATIVE'], ['OPERATOR'], ['HANDLER', 'MANAGING_PARTNER']],
    means: { ANSWER: [...WEAK], SCORE: [...WEAK], SUMMARY: [...STRONG], RAW: [...STRONG] },
    ...change,
  };
}

const FILLED_IN = REQUIRED_PLACEHOLDERS.map((name) => `{${name}}`).join(' ');
/** Texts that hold what every letter holds, in one clause. */
export const WHOLE_TEXT_ZH = `1 授权 ${FILLED_IN} 撤回 异议 投诉 不利后果`;
export const WHOLE_TEXT_EN = `1 Authorization ${FILLED_IN} withdraw dispute complain consequences`;

/** A draft with two languages. */
export function aTemplate(change: Partial<Template> = {}): Template {
  const { rawApproved: _rawApproved, ...terms } = aTemplateRule();
  return { ...terms, state: 'DRAFT', titleZh: '授权书', titleEn: 'Letter', textZh: WHOLE_TEXT_ZH, textEn: WHOLE_TEXT_EN, meets: [], approvals: [], ...change };
}

/** A rule book of {@link aTemplateRule} and its items. */
export function aRuleBook(change: Partial<RuleBook> = {}): RuleBook {
  return {
    network: '0123456789abcdef'.repeat(2),
    node: 'provincial-node',
    nodeMspId: 'NodeMSP',
    organisations: ['NodeMSP'],
    policy: initialPolicy([]),
    purposes: initialPurposes(),
    items: { 'TAX-01': anItemRule(), 'TAX-02': anItemRule({ mode: 'QUERY' }), 'TAX-03': anItemRule({ class: 'AUTHORIZED_NO_RAW' }), 'PER-01': anItemRule({ subject: 'PERSON' }), 'OPS-01': anItemRule({ class: 'EXPLORATORY' }) },
    templates: { 'PRE-LOAN@1': aTemplateRule() },
    participants: {},
    version: 1,
    ...change,
  };
}

/** A confirmed certificate key of the legal representative. */
export function aSigningKey(change: Partial<SigningKey> = {}): SigningKey {
  return { keyId: 'c1'.repeat(16), holder: REPRESENTATIVE, capacity: 'LEGAL_REPRESENTATIVE', algorithm: 'P256', means: 'CERTIFICATE', publicKey: 'A'.repeat(122), binding: 'CA_CERTIFICATE', evidenceDigest: DIGEST, registeredBy: 'city-platform', state: 'CONFIRMED', from: PAST, until: FUTURE, ...change };
}

/** The record of those keys. */
export function someSignatories(keys: readonly SigningKey[] = [aSigningKey()], change: Partial<Signatories> = {}): Signatories {
  return { ref: ENTERPRISE_REF, keys: [...keys], mandates: [], version: 1, ...change };
}

/** A loan that was applied for. */
export function aLoan(change: Partial<Loan> = {}): Loan {
  return { ref: LOAN_REF, enterprise: ENTERPRISE_REF, recipient: 'example-bank', platform: 'city-platform', product: 'CREDIT-1', state: 'APPLIED', changedAt: PAST, version: 1, ...change };
}

/** A lawful letter to `example-bank` for 30 days. */
export function aLetter(change: Partial<Letter> = {}): Letter {
  return {
    kind: 'LETTER',
    template: { id: 'PRE-LOAN', version: 1, digest: DIGEST },
    enterprise: ENTERPRISE_REF,
    platform: 'city-platform',
    recipient: 'example-bank',
    items: [{ code: 'TAX-01', version: 1, granularity: 'SCORE', separateConsent: false }],
    purpose: 'PRE_LOAN',
    loanRef: LOAN_REF,
    oneTime: false,
    frequency: { times: 2, per: 'DAY' },
    retentionDays: 365,
    from: AT,
    until: '2026-07-15T02:00:00.000Z',
    identityDigest: DIGEST,
    salt: 'A'.repeat(43),
    ...change,
  };
}

/** An active grant of {@link aLetter}. */
export function aGrant(change: Partial<Grant> = {}): Grant {
  const { kind: _kind, template: _template, supersedes: _supersedes, viewDigest: _viewDigest, identityDigest: _identityDigest, salt: _salt, ...terms } = aLetter();
  return { ...terms, id: '90'.repeat(16), template: 'PRE-LOAN@1', state: 'ACTIVE', version: 1, personSigned: false, givenAt: AT, changedAt: AT, ...change };
}

/** The object without a member. */
export function without<T extends object, K extends keyof T>(value: T, member: K): Omit<T, K> {
  const { [member]: _removed, ...rest } = value;
  return rest;
}

/** The code with which `act` is refused; fails when it isn't. */
export function codeOf(act: () => unknown): string {
  try {
    act();
  } catch (error) {
    if (error instanceof Error && 'code' in error) return String(error.code);
    throw error;
  }
  return 'not refused';
}
