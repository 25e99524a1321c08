import { HOUR_MILLIS, instantAfter, shanghaiDate, type Instant } from './instant';
import type { Purpose } from './purpose';
import { KEY_CAPACITIES } from './signatory';
import { ANY_RECIPIENT, type Letter, type LetterIdentity, type Registration, type Transition } from './statement';
import type { Template } from './template';
import { CALENDAR_PERIOD_WORDS, CAPACITY_WORDS, GRANT_ACTION_WORDS, GRANULARITY_WORDS, PURPOSE_WORDS, type WordLanguage, type Words } from './words';

/** The names in force of what a statement names by id: participants and catalogue items. What isn't named is shown by its id. */
export interface LetterNames {
  readonly participants: Readonly<Record<string, Words>>;
  readonly items: Readonly<Record<string, Words>>;
}

/** What the letter to read is made of besides its statement. */
export interface LetterContext {
  /** Who signs, with name and code: off the ledger. */
  readonly identity: LetterIdentity;
  readonly names: LetterNames;
  readonly network: string;
  readonly signedAt: Instant;
}

/** A letter as people read it. */
export interface LetterText {
  readonly title: string;
  readonly text: string;
}

const PLACEHOLDER = /\{([A-Za-z]+)\}/g;
const SHANGHAI_OFFSET_MILLIS = 8 * HOUR_MILLIS;
/** Between the entries of a sentence's list. */
const COMMA: Words = { zh: '、', en: ', ' };

/**
 * The letter to read (授权书): one pure function of template, statement and identity, so that whoever holds the three reads the
 * same letter. Placeholders of the template's text are filled in once; what a name contains is never expanded.
 */
export function letterText(template: Pick<Template, 'titleZh' | 'titleEn' | 'textZh' | 'textEn'>, letter: Letter, context: LetterContext, language: WordLanguage): LetterText {
  const values = letterValues(letter, context, language);
  const text = language === 'zh' ? template.textZh : template.textEn;
  const title = language === 'zh' ? template.titleZh : template.titleEn;
  return { title, text: text.replace(PLACEHOLDER, (whole, name: string) => values.get(name) ?? whole) };
}

function letterValues(letter: Letter, context: LetterContext, language: WordLanguage): ReadonlyMap<string, string> {
  const { identity, names, network, signedAt } = context;
  const nameOf = (id: string): string => names.participants[id]?.[language] ?? id;
  return new Map([
    ['principalName', identity.name],
    ['principalCode', identity.creditCode],
    ['recipientName', letter.recipient === ANY_RECIPIENT ? anyRecipient(nameOf(letter.platform), language) : nameOf(letter.recipient)],
    ['platformName', nameOf(letter.platform)],
    ['conduitClause', letter.conduit === undefined ? '' : conduitClause(nameOf(letter.conduit), language)],
    ['itemList', itemList(letter, names, language)],
    ['purposeWords', PURPOSE_WORDS[letter.purpose][language]],
    ['periodFrom', shanghaiTime(letter.from, language)],
    ['periodUntil', shanghaiTime(letter.until, language)],
    ['endsWhen', ENDS_WHEN[letter.purpose][language]],
    ['limits', limitsOf(letter, language)],
    ['retentionDays', String(letter.retentionDays)],
    ['signatoryName', identity.signatories.map((one) => one.name).join(COMMA[language])],
    ['signatoryCapacity', identity.signatories.map((one) => capacityWords(one.capacity, language)).join(COMMA[language])],
    ['signedDate', shanghaiDate(signedAt)],
    ['network', network],
  ]);
}

/** What ends a grant of each purpose before its period does (domain.md, Loan). */
const ENDS_WHEN: Readonly<Record<Purpose, Words>> = {
  PRE_LOAN: { zh: '贷款申请被拒绝、被撤回或者贷款发放', en: 'the loan is refused, withdrawn or drawn' },
  APPROVAL: { zh: '贷款申请被拒绝、被撤回或者贷款发放', en: 'the loan is refused, withdrawn or drawn' },
  POST_LOAN: { zh: '贷款结清', en: 'the loan is settled' },
  RISK_MONITORING: { zh: '授权人注销', en: 'the principal is deregistered' },
  EVALUATION: { zh: '授权人注销', en: 'the principal is deregistered' },
  DISPUTE_RESOLUTION: { zh: '授权人注销', en: 'the principal is deregistered' },
};

function anyRecipient(platform: string, language: WordLanguage): string {
  return language === 'zh' ? `经${platform}准入的任一接入机构` : `any institution admitted by ${platform}`;
}

function conduitClause(conduit: string, language: WordLanguage): string {
  return language === 'zh' ? `信息经由${conduit}传递,${conduit}不得留存或者使用。` : `The information passes through ${conduit}, which neither keeps nor uses it.`;
}

function itemList(letter: Letter, names: LetterNames, language: WordLanguage): string {
  return letter.items
    .map(({ code, version, granularity, separateConsent }, index) => {
      const name = names.items[code]?.[language] ?? code;
      const tick = separateConsent ? (language === 'zh' ? '【已单独同意】' : ' [consented to separately]') : '';
      const words = GRANULARITY_WORDS[granularity][language];
      return language === 'zh' ? `(${index + 1})${name}(${code},第${version}版):${words}${tick}` : `(${index + 1}) ${name} (${code}, version ${version}): ${words}${tick}`;
    })
    .join('\n');
}

function limitsOf({ oneTime, frequency, range }: Letter, language: WordLanguage): string {
  const often = oneTime ? { zh: '仅限一次', en: 'once only' }[language] : frequencyWords(frequency, language);
  const months = range === undefined ? { zh: '数据期间不限', en: 'all months' }[language] : rangeWords(range, language);
  return language === 'zh' ? `${often};${months}` : `${often}; ${months}`;
}

function frequencyWords(frequency: Letter['frequency'], language: WordLanguage): string {
  if (frequency === undefined) return { zh: '按需', en: 'as needed' }[language];
  const period = CALENDAR_PERIOD_WORDS[frequency.per][language];
  return language === 'zh' ? `${period}不超过${frequency.times}次` : `at most ${frequency.times} times ${period}`;
}

function rangeWords({ from, to }: { readonly from: string; readonly to: string }, language: WordLanguage): string {
  return language === 'zh' ? `数据期间${from}至${to}` : `months ${from} to ${to}`;
}

function capacityWords(capacity: string, language: WordLanguage): string {
  const known = KEY_CAPACITIES.find((one) => one === capacity);
  return known === undefined ? capacity : CAPACITY_WORDS[known][language];
}

/** A time as people of Asia/Shanghai read it: `2026-03-01 16:00:00 (北京时间)`. */
export function shanghaiTime(at: Instant, language: WordLanguage): string {
  const local = instantAfter(at, SHANGHAI_OFFSET_MILLIS);
  const zone = language === 'zh' ? '北京时间' : 'Beijing time';
  return `${local.slice(0, 10)} ${local.slice(11, 19)} (${zone})`;
}

/** What an enterprise reads before it signs a transition: what, of which grant, on which version, why. */
export function transitionText(transition: Transition, { identity, network, signedAt }: LetterContext, language: WordLanguage): LetterText {
  const { grantId, grantVersion, action, reason } = transition;
  const verb = GRANT_ACTION_WORDS[action][language];
  if (language === 'zh') {
    return {
      title: `${verb}授权通知书`,
      text: `授权人${identity.name}(统一社会信用代码:${identity.creditCode})${verb}编号为${grantId}的授权(第${grantVersion}版)。原因代码:${reason}。账本编号:${network}。签署时间:${shanghaiTime(signedAt, 'zh')}。`,
    };
  }
  return {
    title: `Notice: ${verb} an authorization`,
    text: `The principal ${identity.name} (unified social credit code ${identity.creditCode}) acts to ${verb} the authorization ${grantId} at version ${grantVersion}. Reason code: ${reason}. Ledger: ${network}. Signed at ${shanghaiTime(signedAt, 'en')}.`,
  };
}

/** What an enterprise reads before it registers at a further platform. */
export function registrationText(registration: Registration, { identity, names, network, signedAt }: LetterContext, language: WordLanguage): LetterText {
  const platform = names.participants[registration.platform]?.[language] ?? registration.platform;
  if (language === 'zh') {
    return {
      title: '平台登记书',
      text: `${identity.name}(统一社会信用代码:${identity.creditCode})在${platform}登记。自登记起,该平台可以为其准备授权书、登记签名密钥(须经省级节点确认)、申报贷款和提出异议;登记不是授权,不提供任何信息。账本编号:${network}。签署时间:${shanghaiTime(signedAt, 'zh')}。`,
    };
  }
  return {
    title: 'Registration at a platform',
    text: `${identity.name} (unified social credit code ${identity.creditCode}) registers at ${platform}. From then on the platform may prepare letters for it, register signing keys (which the provincial node confirms), report loans and file disputes. A registration is no authorization: it releases no data. Ledger: ${network}. Signed at ${shanghaiTime(signedAt, 'en')}.`,
  };
}
