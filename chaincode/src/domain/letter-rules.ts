import { itemVersionIsCovered, needsSeparateConsent, type ItemRule } from './catalogue-item';
import { stateAllowsGrant, type Enterprise } from './enterprise';
import { DomainError } from './errors';
import { DAY_MILLIS, epochMillis, type Instant } from './instant';
import { loanAllowsGrant, type Loan } from './loan';
import { assessmentsHold, type Participant } from './participant';
import { frequencyIsWithin, monthsIn, type PurposeRule } from './purpose';
import type { RuleBook } from './rule-book';
import { authorityIsReached, capacitiesSigned, type KeyCapacity, type Signatories, type SigningKey } from './signatory';
import { ANY_RECIPIENT, type Letter, type LetterItem } from './statement';
import { templateKey, templateOffers, type TemplateRule } from './template';

/** What a letter is measured against. */
export interface LetterFacts {
  readonly at: Instant;
  readonly ruleBook: RuleBook;
  readonly enterprise: Enterprise;
  readonly signatories: Signatories;
  /** The keys whose signatures over the set verified, each live. */
  readonly keys: readonly SigningKey[];
  readonly loan: Loan | undefined;
  readonly participants: ReadonlyMap<string, Participant>;
}

/**
 * Refuses a letter that the law, its template or its purpose doesn't allow.
 * @throws DomainError naming the rule.
 */
export function assertLetterIsLawful(letter: Letter, facts: LetterFacts): void {
  const template = templateOf(letter, facts.ruleBook);
  const purpose = facts.ruleBook.purposes[letter.purpose];
  assertPurpose(letter, template, facts);
  assertPeriod(letter, template, purpose, facts);
  assertParties(letter, facts);
  for (const item of letter.items) assertItem(item, letter, template, purpose, facts);
  assertItemsAreDistinct(letter);
  assertPersonConsents(letter, template, facts);
  assertRecipientIsNamed(letter, facts);
  assertLoan(letter, purpose, facts);
  assertAuthority(letter, template, facts);
}

/** True when the person whom personal items are about signed: a PERSON key, or the operator who is the individual business. */
export function personHasSigned(enterprise: Enterprise, keys: readonly SigningKey[]): boolean {
  return keys.some((key) => key.capacity === 'PERSON' || (enterprise.kind === 'INDIVIDUAL_BUSINESS' && key.capacity === 'OPERATOR'));
}

/** Of keys that signed those whose means suffice for every granularity that the letter names (least key assurance). */
export function keysSufficientFor<K extends Pick<SigningKey, 'means'>>(letter: Pick<Letter, 'items'>, template: Pick<TemplateRule, 'means'>, keys: readonly K[]): K[] {
  return keys.filter((key) => letter.items.every((item) => template.means[item.granularity].includes(key.means)));
}

function templateOf(letter: Letter, ruleBook: RuleBook): TemplateRule {
  const template = ruleBook.templates[templateKey(letter.template)];
  if (template?.state !== 'PUBLISHED') throw DomainError.of('template-not-applicable', `template ${templateKey(letter.template)} is not published`);
  if (template.digest !== letter.template.digest) throw DomainError.of('template-not-applicable', "the letter's template digest is not the published one");
  return template;
}

function assertPurpose(letter: Letter, template: TemplateRule, { enterprise }: LetterFacts): void {
  if (!template.purposes.includes(letter.purpose)) throw DomainError.of('purpose-not-applicable', `template ${template.id} is not for ${letter.purpose}`);
  if (enterprise.successor !== undefined) throw DomainError.of('enterprise-not-eligible', 'the enterprise has a successor: grants are given under the new reference');
  if (!stateAllowsGrant(enterprise.state, letter.purpose)) {
    throw DomainError.of('enterprise-not-eligible', `an enterprise that is ${enterprise.state} can't give a grant for ${letter.purpose}`);
  }
}

/** Length of a letter's period in days, begun days counted whole. */
export function periodDays(letter: Pick<Letter, 'from' | 'until'>): number {
  return Math.ceil((epochMillis(letter.until) - epochMillis(letter.from)) / DAY_MILLIS);
}

function assertPeriod(letter: Letter, template: TemplateRule, purpose: PurposeRule, { at, ruleBook }: LetterFacts): void {
  const { range } = letter;
  if (letter.until <= letter.from || letter.until <= at) throw DomainError.of('period-invalid', 'the period ends before it begins or lies in the past');
  const any = letter.recipient === ANY_RECIPIENT ? ruleBook.policy.anyRecipientLongestDays : Number.MAX_SAFE_INTEGER;
  const longest = Math.min(template.longestPeriodDays, purpose.longestPeriodDays, any);
  if (periodDays(letter) > longest) throw DomainError.of('limit-exceeded', `the period is longer than ${longest} days`, [{ pointer: '/until', detail: `at most ${longest} days after from` }]);
  if (letter.retentionDays > template.longestRetentionDays) throw DomainError.of('limit-exceeded', `retention is longer than ${template.longestRetentionDays} days`);
  assertFrequency(letter, template, purpose);
  if (range !== undefined && monthsIn(range) > purpose.longestRangeMonths) throw DomainError.of('limit-exceeded', `the range is longer than ${purpose.longestRangeMonths} months`);
}

function assertFrequency({ frequency, oneTime }: Letter, template: TemplateRule, purpose: PurposeRule): void {
  if (frequency !== undefined && !(frequencyIsWithin(frequency, template.highestFrequency) && frequencyIsWithin(frequency, purpose.highestFrequency))) {
    throw DomainError.of('limit-exceeded', 'the frequency is higher than template and purpose allow');
  }
  if (!oneTime && frequency === undefined) throw DomainError.of('limit-exceeded', 'a letter is one-time or states its frequency');
}

function assertParties(letter: Letter, { participants, ruleBook, enterprise, at }: LetterFacts): void {
  const platform = participants.get(letter.platform);
  if (platform?.role !== 'platform' || platform.state !== 'ADMITTED' || !assessmentsHold(platform, at)) throw DomainError.of('participant-not-active', `${letter.platform} is no admitted platform with assessments in force`);
  if (!enterprise.platforms.includes(letter.platform)) throw DomainError.of('participant-not-active', `the enterprise is not registered at ${letter.platform}`);
  const conduit = platform.connectVia === 'QINXINRONG' ? ruleBook.policy.qinxinrong : undefined;
  if (letter.conduit !== conduit) throw DomainError.of('statement-mismatch', conduit === undefined ? 'this platform has no conduit' : `the letter must name the conduit ${conduit}`);
  if (conduit !== undefined) assertConduit(participants.get(conduit), conduit, at);
  assertRecipient(letter, participants);
}

function assertConduit(conduit: Participant | undefined, id: string, at: Instant): void {
  if (conduit?.role !== 'platform' || conduit.state !== 'ADMITTED' || !assessmentsHold(conduit, at)) throw DomainError.of('participant-not-active', `the conduit ${id} is no admitted platform with assessments in force`);
}

function assertRecipient(letter: Letter, participants: ReadonlyMap<string, Participant>): void {
  if (letter.recipient === ANY_RECIPIENT || letter.recipient === letter.platform) return;
  const recipient = participants.get(letter.recipient);
  if (recipient?.role !== 'recipient' || recipient.state !== 'ADMITTED' || !recipient.platforms.includes(letter.platform)) {
    throw DomainError.of('participant-not-active', `${letter.recipient} is no institution admitted by ${letter.platform}`);
  }
}

function assertItem(item: LetterItem, letter: Letter, template: TemplateRule, purpose: PurposeRule, { ruleBook }: LetterFacts): void {
  const rule = ruleBook.items[item.code];
  if (rule === undefined || !isInCatalogue(rule, item.version)) throw DomainError.of('item-not-available', `item ${item.code} version ${item.version} is not in the catalogue now`);
  if (!templateOffers(template, item.code, item.granularity) || !purpose.granularities.includes(item.granularity)) {
    throw DomainError.of('template-not-applicable', `template ${template.id} offers no ${item.granularity} of ${item.code} for ${letter.purpose}`);
  }
  if (item.granularity === 'RAW' && (rule.class === 'AUTHORIZED_NO_RAW' || !template.rawApproved.includes(item.code))) {
    throw DomainError.of('template-not-applicable', `raw records of ${item.code} can't be granted: its class or its provider doesn't allow it`);
  }
  if (needsSeparateConsent(rule, item.granularity) && !item.separateConsent) throw DomainError.of('consent-missing', `item ${item.code} needs a separate tick`);
}

function isInCatalogue(rule: ItemRule, version: number): boolean {
  return rule.state !== 'WITHDRAWN' && itemVersionIsCovered(rule, version);
}

function assertItemsAreDistinct(letter: Letter): void {
  const seen = new Set(letter.items.map((item) => `${item.code} ${item.granularity}`));
  if (seen.size !== letter.items.length) throw DomainError.of('statement-mismatch', 'an item stands twice at the same granularity');
}

/** True when the law asks for the person: personal items, and whatever an individual business grants (个人信息保护法 14, 23, 29). */
function concernsAPerson(letter: Letter, { enterprise, ruleBook }: LetterFacts): boolean {
  return enterprise.kind === 'INDIVIDUAL_BUSINESS' || letter.items.some((item) => ruleBook.items[item.code]?.subject === 'PERSON');
}

function assertPersonConsents(letter: Letter, template: TemplateRule, facts: LetterFacts): void {
  if (concernsAPerson(letter, facts) && !personHasSigned(facts.enterprise, keysSufficientFor(letter, template, facts.keys))) {
    throw DomainError.of('consent-missing', "individual businesses and personal items need the person's own signature in the same set, by a key that suffices for what is granted");
  }
}

function assertRecipientIsNamed(letter: Letter, facts: LetterFacts): void {
  if (letter.recipient !== ANY_RECIPIENT) return;
  if (concernsAPerson(letter, facts)) throw DomainError.of('recipient-must-be-named', 'individual businesses and personal items name each recipient');
  if (letter.items.some((item) => item.granularity !== 'ANSWER' && item.granularity !== 'SCORE')) {
    throw DomainError.of('recipient-must-be-named', 'only ANSWER and SCORE may be granted to any admitted institution');
  }
}

function assertLoan(letter: Letter, purpose: PurposeRule, { loan, enterprise }: LetterFacts): void {
  if (!purpose.needsLoan && letter.loanRef === undefined) return;
  if (letter.loanRef === undefined || loan === undefined) throw DomainError.of('loan-required', `${letter.purpose} needs a loan reference`);
  const parties = loan.enterprise === enterprise.ref && loan.platform === letter.platform && (loan.recipient === letter.recipient || letter.recipient === letter.platform);
  if (!parties) throw DomainError.of('loan-required', "the loan is not one of this enterprise with the letter's parties");
  if (!loanAllowsGrant(loan, letter.purpose)) throw DomainError.of('loan-required', `a loan that is ${loan.state} carries no ${letter.purpose}`);
}

function assertAuthority(letter: Letter, template: TemplateRule, { signatories, keys, enterprise, at }: LetterFacts): void {
  const sufficient = keysSufficientFor(letter, template, keys);
  if (keys.length > 0 && sufficient.length === 0) {
    throw DomainError.of('signing-key-insufficient', 'the letter asks for a granularity that a key of this means may not grant: sign with a device-bound key or a certificate');
  }
  const signed: Set<KeyCapacity> = capacitiesSigned(signatories, sufficient, { templateId: template.id, periodDays: periodDays(letter) }, at);
  if (!authorityIsReached(template.authority, signed, enterprise)) {
    throw DomainError.of('authority-insufficient', `the template needs ${template.authority.map((together) => together.join(' and ')).join(', or ')}`);
  }
}
