import { z } from 'zod';
import { DomainError } from './errors';
import { instantSchema, type Instant } from './instant';
import { idSchema, itemCodeSchema, participantIdSchema, pseudonymSchema } from './primitives';
import type { Purpose } from './purpose';

/** Kinds of enterprises: company, 个体工商户, 合作社, 家庭农场. */
export const ENTERPRISE_KINDS = ['COMPANY', 'INDIVIDUAL_BUSINESS', 'COOPERATIVE', 'FAMILY_FARM'] as const;

/** States in the registry: 存续 ⇄ 歇业 → 吊销, 清算, 破产 → 注销. */
export const ENTERPRISE_STATES = ['OPERATING', 'DORMANT', 'LICENCE_REVOKED', 'LIQUIDATING', 'BANKRUPT', 'DEREGISTERED'] as const;
export type EnterpriseState = (typeof ENTERPRISE_STATES)[number];

/** Sizes (中型, 小型, 微型). */
export const ENTERPRISE_SIZES = ['MEDIUM', 'SMALL', 'MICRO'] as const;

/** A 异议标注: from `since` on each release of the item (or batch) carries it until it is cancelled. */
export const disputeMarkSchema = z.strictObject({
  disputeId: idSchema,
  item: itemCodeSchema,
  batchId: idSchema.optional(),
  since: instantSchema,
  /** A note stays after an investigation that could not determine (无法确认). */
  undetermined: z.boolean(),
});
export type DisputeMark = z.infer<typeof disputeMarkSchema>;

/** The enterprise the data are about (信息主体). Its name and code are nowhere on the ledger (I16). */
export const enterpriseSchema = z.strictObject({
  /** A random 128-bit id. */
  ref: idSchema,
  kind: z.enum(ENTERPRISE_KINDS),
  region: z.string().regex(/^\d{6}$/, 'not a six-digit region code'),
  industry: z.string().regex(/^[A-T]\d{0,4}$/, 'not an industry code of GB/T 4754'),
  size: z.enum(ENTERPRISE_SIZES),
  state: z.enum(ENTERPRISE_STATES),
  /** Pseudonym of the person whom the registry names as legal representative, operator or managing partner. */
  representative: pseudonymSchema,
  representativeSince: instantSchema,
  /** Platforms that registered it. */
  platforms: z.array(participantIdSchema).min(1).max(20),
  predecessor: idSchema.optional(),
  successor: idSchema.optional(),
  marks: z.array(disputeMarkSchema).max(100),
  version: z.int().min(1),
});
export type Enterprise = z.infer<typeof enterpriseSchema>;

const NEXT: Readonly<Record<EnterpriseState, readonly EnterpriseState[]>> = {
  OPERATING: ['DORMANT', 'LICENCE_REVOKED', 'LIQUIDATING', 'BANKRUPT', 'DEREGISTERED'],
  DORMANT: ['OPERATING', 'LICENCE_REVOKED', 'LIQUIDATING', 'BANKRUPT', 'DEREGISTERED'],
  LICENCE_REVOKED: ['LIQUIDATING', 'BANKRUPT', 'DEREGISTERED'],
  LIQUIDATING: ['BANKRUPT', 'DEREGISTERED'],
  BANKRUPT: ['DEREGISTERED'],
  DEREGISTERED: [],
};

/**
 * The enterprise in the state that the registry shows.
 * @throws DomainError state-conflict.
 */
export function moveEnterprise(enterprise: Enterprise, to: EnterpriseState): Enterprise {
  if (!NEXT[enterprise.state].includes(to)) throw DomainError.of('state-conflict', `an enterprise that is ${enterprise.state} can't become ${to}`);
  return { ...enterprise, state: to, version: enterprise.version + 1 };
}

const AFTER_TROUBLE: readonly Purpose[] = ['POST_LOAN', 'DISPUTE_RESOLUTION'];
const IN_TROUBLE: readonly EnterpriseState[] = ['LICENCE_REVOKED', 'LIQUIDATING', 'BANKRUPT'];

/** True when the enterprise's state lets data be released for the purpose under a grant it once gave. */
export function stateAllowsRelease(state: EnterpriseState, purpose: Purpose): boolean {
  if (state === 'DEREGISTERED') return false;
  return !IN_TROUBLE.includes(state) || AFTER_TROUBLE.includes(purpose);
}

/** True when the enterprise may give a new grant for the purpose: 吊销 and 清算 only for post-loan and disputes, 注销 never. */
export function stateAllowsGrant(state: EnterpriseState, purpose: Purpose): boolean {
  return stateAllowsRelease(state, purpose);
}

/** The open marks that a release of the item carries. */
export function marksOn(enterprise: Enterprise, item: string, batchId: string | undefined): string[] {
  return enterprise.marks.filter((mark) => mark.item === item && (mark.batchId === undefined || mark.batchId === batchId)).map((mark) => mark.disputeId);
}

/** The enterprise with its registry-named representative replaced from `at` on. */
export function replaceRepresentative(enterprise: Enterprise, representative: string, at: Instant): Enterprise {
  return { ...enterprise, representative, representativeSince: at, version: enterprise.version + 1 };
}
