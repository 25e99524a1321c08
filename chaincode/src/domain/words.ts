import type { Granularity } from './catalogue-item';
import type { ShownGrantState } from './grant-status';
import type { CalendarPeriod } from './instant';
import type { LoanState } from './loan';
import type { Purpose } from './purpose';
import type { KeyCapacity } from './signatory';
import type { GrantAction } from './statement';

/** How one member of a closed set is shown to people. */
export interface Words {
  readonly zh: string;
  readonly en: string;
}

/** The languages that people are shown. */
export type WordLanguage = keyof Words;

/** Purposes (domain.md, Purpose). */
export const PURPOSE_WORDS: Readonly<Record<Purpose, Words>> = {
  PRE_LOAN: { zh: '贷前调查', en: 'pre-loan enquiry' },
  APPROVAL: { zh: '贷时审查', en: 'examination at approval' },
  POST_LOAN: { zh: '贷后管理', en: 'post-loan management' },
  RISK_MONITORING: { zh: '风险监测', en: 'risk monitoring' },
  EVALUATION: { zh: '信用评价', en: 'credit evaluation' },
  DISPUTE_RESOLUTION: { zh: '纠纷处置', en: 'dispute resolution' },
};

/** What is made of the records. */
export const GRANULARITY_WORDS: Readonly<Record<Granularity, Words>> = {
  ANSWER: { zh: '核验结果', en: 'answer' },
  SCORE: { zh: '评价结果', en: 'score' },
  SUMMARY: { zh: '汇总信息', en: 'summary' },
  RAW: { zh: '原始明细', en: 'raw records' },
};

/** In which capacity someone signs. */
export const CAPACITY_WORDS: Readonly<Record<KeyCapacity, Words>> = {
  LEGAL_REPRESENTATIVE: { zh: '法定代表人', en: 'legal representative' },
  OPERATOR: { zh: '经营者', en: 'operator' },
  MANAGING_PARTNER: { zh: '执行事务合伙人', en: 'managing partner' },
  HANDLER: { zh: '经办人', en: 'handler under a mandate' },
  ADMINISTRATOR: { zh: '破产管理人', en: 'administrator in bankruptcy' },
  LIQUIDATOR: { zh: '清算组负责人', en: 'liquidator' },
  PERSON: { zh: '本人', en: 'the person' },
};

/** States of a grant as shown (domain.md, Words). */
export const GRANT_STATE_WORDS: Readonly<Record<ShownGrantState, Words>> = {
  ACTIVE: { zh: '有效', en: 'active' },
  SUSPENDED: { zh: '已暂停', en: 'suspended' },
  REVOKED: { zh: '已撤回', en: 'revoked' },
  EXPIRED: { zh: '已到期', en: 'expired' },
  SUPERSEDED: { zh: '已由新授权替代', en: 'superseded' },
  INAPPLICABLE: { zh: '已失效', en: 'inapplicable' },
};

/** What an enterprise does to a grant it gave. */
export const GRANT_ACTION_WORDS: Readonly<Record<GrantAction, Words>> = {
  REVOKE: { zh: '撤回', en: 'revoke' },
  SUSPEND: { zh: '暂停', en: 'suspend' },
  RESUME: { zh: '恢复', en: 'resume' },
};

/** Calendar periods of Asia/Shanghai. */
export const CALENDAR_PERIOD_WORDS: Readonly<Record<CalendarPeriod, Words>> = {
  DAY: { zh: '每日', en: 'a day' },
  WEEK: { zh: '每周', en: 'a week' },
  MONTH: { zh: '每月', en: 'a month' },
};

/** States of a loan as shown to people. */
export const LOAN_STATE_WORDS: Readonly<Record<LoanState, Words>> = {
  APPLIED: { zh: '已申请', en: 'applied for' },
  REFUSED: { zh: '已拒绝', en: 'refused' },
  WITHDRAWN: { zh: '已撤回', en: 'withdrawn' },
  APPROVED: { zh: '已批准', en: 'approved' },
  DRAWN: { zh: '已发放', en: 'drawn' },
  NORMAL: { zh: '正常', en: 'normal' },
  OVERDUE: { zh: '逾期', en: 'overdue' },
  SETTLED: { zh: '已结清', en: 'settled' },
  WRITTEN_OFF: { zh: '已核销', en: 'written off' },
};
