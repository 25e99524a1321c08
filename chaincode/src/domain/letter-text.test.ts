import { letterText, transitionText, type LetterContext } from './letter-text';
import type { Letter } from './statement';

const LETTER: Letter = {
  kind: 'LETTER',
  template: { id: 'PRE-LOAN', version: 1, digest: 'a'.repeat(64) },
  enterprise: '0'.repeat(32),
  platform: 'platform-one',
  recipient: 'bank-one',
  items: [
    { code: 'TAX-01', version: 1, granularity: 'ANSWER', separateConsent: false },
    { code: 'REG-05', version: 2, granularity: 'RAW', separateConsent: true },
  ],
  purpose: 'PRE_LOAN',
  oneTime: false,
  frequency: { times: 2, per: 'MONTH' },
  range: { from: '2025-01', to: '2025-12' },
  retentionDays: 180,
  from: '2026-01-01T00:00:00.000Z',
  until: '2026-03-31T16:00:00.000Z',
  identityDigest: 'b'.repeat(64),
  salt: 'A'.repeat(43),
};

const CONTEXT: LetterContext = {
  identity: { name: '示范{itemList}公司', creditCode: '916199001234567890', signatories: [{ name: '张示范', capacity: 'LEGAL_REPRESENTATIVE' }] },
  names: { participants: { 'bank-one': { zh: '示范农商银行', en: 'Demonstration Bank' } }, items: { 'TAX-01': { zh: '纳税信息', en: 'Tax paid' } } },
  network: '1'.repeat(32),
  signedAt: '2026-01-01T18:30:00.000Z',
};

const TEMPLATE = { titleZh: '授权书', titleEn: 'Letter', textZh: '{principalName}|{recipientName}|{platformName}|{conduitClause}|{itemList}|{purposeWords}|{periodUntil}|{limits}|{signatoryName}|{signatoryCapacity}|{signedDate}|{unknown}', textEn: '{limits}; ends when {endsWhen}; {signatoryCapacity}' };

describe('the letter to read', () => {
  it('is filled in once: what a name contains is never expanded', () => {
    expect(letterText(TEMPLATE, LETTER, CONTEXT, 'zh')).toEqual({
      title: '授权书',
      text: '示范{itemList}公司|示范农商银行|platform-one||(1)纳税信息(TAX-01,第1版):核验结果\n(2)REG-05(REG-05,第2版):原始明细【已单独同意】|贷前调查|2026-04-01 00:00:00 (北京时间)|每月不超过2次;数据期间2025-01至2025-12|张示范|法定代表人|2026-01-02|{unknown}',
    });
  });

  it('says in English what it says in Chinese', () => {
    expect(letterText(TEMPLATE, LETTER, CONTEXT, 'en').text).toBe('at most 2 times a month; months 2025-01 to 2025-12; ends when the loan is refused, withdrawn or drawn; legal representative');
  });

  it('names any institution of a platform, a conduit and a single use', () => {
    const letter: Letter = { ...LETTER, recipient: 'ANY', conduit: 'qinxinrong', oneTime: true };
    const text = letterText({ ...TEMPLATE, textEn: '{recipientName} / {conduitClause} / {limits}' }, letter, CONTEXT, 'en').text;
    expect(text).toBe('any institution admitted by platform-one / The information passes through qinxinrong, which neither keeps nor uses it. / once only; months 2025-01 to 2025-12');
  });

  it('of a transition names grant, version and reason', () => {
    const { text } = transitionText({ kind: 'TRANSITION', enterprise: LETTER.enterprise, grantId: '2'.repeat(32), grantVersion: 3, action: 'REVOKE', reason: 'principal-decided', identityDigest: LETTER.identityDigest, salt: LETTER.salt }, CONTEXT, 'zh');
    expect(text).toContain(`撤回编号为${'2'.repeat(32)}的授权(第3版)。原因代码:principal-decided`);
  });
});
