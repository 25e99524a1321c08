import { inChinese, ruleInChinese } from './chinese-sentences';

describe('a check’s sentence in Chinese', () => {
  it('keeps what the check filled in', () => {
    expect(inChinese('18 events; complete up to leaf 35 at most, nothing is said of what came after')).toBe('18 项事件；至多完整到第 35 叶，其后情况不在证明之列');
  });

  it('is said piece by piece where the check joins several, a piece without words as it is', () => {
    expect(inChinese('signature T by A; checkpoint U by B (a development authority: it proves no time to others)')).toBe('签名 T，A；检查点 U，B（开发用时间戳机构，对他人不证明时间）');
    expect(inChinese('not revoked in the list of T; something new')).toBe('在 T 的列表中未被吊销；something new');
  });

  it('takes the more particular of two templates', () => {
    expect(inChinese('grant → REVOKE; REVOKED up to leaf 35 (entry ab), nothing is said of what came after')).toBe('grant → REVOKE；REVOKED，至第 35 叶（条目 ab）为止，其后情况不在证明之列');
    expect(inChinese('kesu-release-proof-1: r1.0, PERMIT, to bank at T')).toBe('kesu-release-proof-1：r1.0，PERMIT，提供给 bank，T');
  });

  it('is unknown where no template fits the whole', () => {
    expect(inChinese('2 requests and more')).toBeUndefined();
  });
});

it.each([
  ['人民法院在线诉讼规则 art. 16; EN 319 162-1 A.4', '人民法院在线诉讼规则第16条; EN 319 162-1 A.4'],
  ['人民法院在线诉讼规则 art. 17(1)–(2)', '人民法院在线诉讼规则第17条(1)–(2)'],
  ['征信业管理条例 arts. 13–14', '征信业管理条例第13–14条'],
])('a rule is named as Chinese courts write it: %s', (rule, zh) => {
  expect(ruleInChinese(rule)).toBe(zh);
});
