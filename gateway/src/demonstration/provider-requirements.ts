import type { Requirement } from '@kesu/chaincode/domain';
import { catalogueItemOf } from './catalogue';

/** What every provider demands of a letter that names one of its items (任务 11), and what sensitive items demand on top. */
export const REQUIREMENTS = {
  'NAMED-PARTIES': {
    id: 'NAMED-PARTIES',
    zh: '授权书须载明授权人全称及统一社会信用代码、被授权人和经由平台。',
    en: 'The letter names the principal in full with its credit code, the recipient and the platform.',
  },
  'ITEMS-GRANULARITY': {
    id: 'ITEMS-GRANULARITY',
    zh: '授权书须逐项列明信息项及提供形态。',
    en: 'The letter lists each item with the form in which it is provided.',
  },
  'PURPOSE-PERIOD': {
    id: 'PURPOSE-PERIOD',
    zh: '授权书须载明使用目的、起止时间和提前终止的情形。',
    en: 'The letter states purpose, beginning and end, and what ends it earlier.',
  },
  'RETENTION-DELETION': {
    id: 'RETENTION-DELETION',
    zh: '授权书须载明保存期限和期满删除的义务。',
    en: 'The letter states how long data are kept and that they are deleted then.',
  },
  'NO-ONWARD': {
    id: 'NO-ONWARD',
    zh: '信息不得用于融资支持以外的活动,不得转提供。',
    en: 'The data serve nothing but financing support and are not passed on.',
  },
  'WITHDRAWAL': {
    id: 'WITHDRAWAL',
    zh: '授权书须告知撤回、异议和投诉的途径。',
    en: 'The letter tells how to withdraw, dispute and complain.',
  },
  'NO-RAW': {
    id: 'NO-RAW',
    zh: '本信息项不得以原始明细形态对外提供。',
    en: 'This item is never provided as raw records.',
  },
  'SEPARATE-CONSENT': {
    id: 'SEPARATE-CONSENT',
    zh: '涉及个人信息的,须由本人单独同意,并告知不利后果。',
    en: "Where personal information is concerned, the person consents separately and is told of adverse consequences.",
  },
  'NO-TRADE-SECRET': {
    id: 'NO-TRADE-SECRET',
    zh: '经营类信息须由企业单独勾选,且不得包含商业秘密。',
    en: 'Operating information needs its own tick and contains no trade secret.',
  },
} as const satisfies Readonly<Record<string, Requirement>>;

/** One of {@link REQUIREMENTS}. */
export type RequirementId = keyof typeof REQUIREMENTS;

const OF_ALL: readonly RequirementId[] = ['NAMED-PARTIES', 'ITEMS-GRANULARITY', 'PURPOSE-PERIOD', 'RETENTION-DELETION', 'NO-ONWARD', 'WITHDRAWAL'];

/** The requirements of an item's provider: none for a public item, which needs no letter. */
export function requirementsOf(code: string): readonly Requirement[] {
  const item = catalogueItemOf(code);
  if (item.class === 'PUBLIC') return [];
  const ids = [...OF_ALL];
  if (item.class === 'AUTHORIZED_NO_RAW') ids.push('NO-RAW');
  if (item.subject !== 'ENTERPRISE') ids.push('SEPARATE-CONSENT');
  if (item.class === 'EXPLORATORY') ids.push('NO-TRADE-SECRET');
  return ids.map((id) => REQUIREMENTS[id]);
}
