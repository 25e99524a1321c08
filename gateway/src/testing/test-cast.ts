import type { CommandOf } from '@kesu/chaincode';
import { REQUIRED_PLACEHOLDERS, sha256Hex, type ParticipantRole } from '@kesu/chaincode/domain';

/** The instant at which test worlds begin: 2026-01-01T00:00:00.000Z, epoch milliseconds. */
export const START = Date.UTC(2026, 0, 1);

/** The ids of a test world's participants. */
export const CAST = { node: 'provincial-node', platform: 'platform-one', bank: 'bank-one', provider: 'tax-bureau' } as const;

/** One of the cast. */
export type CastMember = keyof typeof CAST;

/** Each member's role and organisation: institutions and providers hold certificates of the node's organisation. */
export const CAST_ROLES: Readonly<Record<CastMember, { readonly role: ParticipantRole; readonly mspId: string }>> = {
  node: { role: 'provincialNode', mspId: 'NodeMSP' },
  platform: { role: 'platform', mspId: 'PlatformMSP' },
  bank: { role: 'recipient', mspId: 'NodeMSP' },
  provider: { role: 'provider', mspId: 'NodeMSP' },
};

/** The three items: collected in batches, asked live, and public. All by {@link CAST}.provider. */
export const ITEMS = { collected: 'TAX-01', live: 'TAX-02', open: 'REG-01' } as const;

/** The template's id; its first version is published. */
export const TEMPLATE_ID = 'PRE-LOAN';

/** A digest of a document that nobody reads. */
export const DOCUMENT = sha256Hex('a document');

/** The three items as `catalogue:put-items` takes them. */
export function testItems(): CommandOf<'catalogue:put-items'>['items'] {
  const item = (code: string, nameZh: string, itemClass: 'AUTHORIZED' | 'PUBLIC', mode: 'COLLECTED' | 'QUERY') => ({
    code,
    nameZh,
    nameEn: `Item ${code}`,
    contentZh: nameZh,
    contentEn: '',
    class: itemClass,
    subject: 'ENTERPRISE' as const,
    mode,
    route: 'PROVINCIAL' as const,
    provider: CAST.provider,
    cadence: 'monthly',
    noWider: false,
    connected: true,
  });
  return [item(ITEMS.collected, '纳税信息', 'AUTHORIZED', 'COLLECTED'), item(ITEMS.live, '欠税信息', 'AUTHORIZED', 'QUERY'), item(ITEMS.open, '注册登记', 'PUBLIC', 'COLLECTED')];
}

/** The template as `templates:draft` takes it: PRE_LOAN to EVALUATION, one key of the legal representative suffices. */
export function testTemplate(): CommandOf<'templates:draft'>['template'] {
  const filledIn = REQUIRED_PLACEHOLDERS.map((name) => `{${name}}`).join(' ');
  const everyMeans = ['DEVICE_PASSKEY' as const, 'SYNCED_PASSKEY' as const, 'BROWSER_KEY' as const, 'CERTIFICATE' as const];
  return {
    id: TEMPLATE_ID,
    titleZh: '贷前授权书',
    titleEn: 'Pre-loan authorization',
    textZh: `1 授权 ${filledIn} 撤回 异议 投诉`,
    textEn: `1 Authorization ${filledIn} withdraw dispute complain`,
    meets: [],
    purposes: ['PRE_LOAN', 'APPROVAL', 'RISK_MONITORING', 'EVALUATION'],
    items: [
      { code: ITEMS.collected, granularities: ['ANSWER', 'SCORE', 'SUMMARY', 'RAW'] },
      { code: ITEMS.live, granularities: ['ANSWER', 'SCORE', 'SUMMARY', 'RAW'] },
    ],
    longestPeriodDays: 365,
    longestRetentionDays: 1_825,
    highestFrequency: { times: 2, per: 'DAY' },
    authority: [['LEGAL_REPRESENTATIVE'], ['OPERATOR']],
    means: { ANSWER: everyMeans, SCORE: everyMeans, SUMMARY: everyMeans, RAW: everyMeans },
  };
}
