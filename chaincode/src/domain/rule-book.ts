import { z } from 'zod';
import { itemRuleSchema } from './catalogue-item';
import { PARTICIPANT_ROLES } from './participant';
import { idSchema, itemCodeSchema, participantIdSchema } from './primitives';
import { PURPOSES, purposeRuleSchema, type Purpose, type PurposeRule } from './purpose';
import { passkeyOriginSchema } from './signatory';
import { templateRuleSchema } from './template';

/** What the node decided for everyone; each change is a transaction of its own. */
export const policySchema = z.strictObject({
  /** Longest period of a grant to any admitted institution, days. */
  anyRecipientLongestDays: z.int().min(1).max(365),
  /** How long a replaced key waits after its notice, hours. */
  keyReplacementWaitHours: z.int().min(1).max(720),
  /** After how long a release without outcome shows as UNRESOLVED, minutes. */
  unresolvedAfterMinutes: z.int().min(1).max(100_000),
  /** Items for which gate C is open: RAW may reach an institution. */
  rawOpenItems: z.array(itemCodeSchema).max(200),
  /** Where enterprises sign with passkeys. */
  passkeyOrigins: z.array(passkeyOriginSchema).max(10),
  /** The platform through which others may be connected (秦信融). */
  qinxinrong: participantIdSchema.optional(),
});
export type Policy = z.infer<typeof policySchema>;

/** The one record that every release reads: written only by the node's decisions, no counter or last-seen in it. */
export const ruleBookSchema = z.strictObject({
  /** The random id in the ledger's first transaction; each signature names it. */
  network: idSchema,
  node: participantIdSchema,
  nodeMspId: z.string(),
  /** Organisations (MSPs) known at creation. */
  organisations: z.array(z.string()).min(1).max(100),
  policy: policySchema,
  purposes: z.record(z.enum(PURPOSES), purposeRuleSchema),
  items: z.record(itemCodeSchema, itemRuleSchema),
  /** By `ID@version`. */
  templates: z.record(z.string(), templateRuleSchema),
  /** A participant counts only when it is listed here. */
  participants: z.record(participantIdSchema, z.strictObject({ role: z.enum(PARTICIPANT_ROLES), mspId: z.string() })),
  version: z.int().min(1),
});
export type RuleBook = z.infer<typeof ruleBookSchema>;

/** The policy a ledger starts with. */
export function initialPolicy(passkeyOrigins: Policy['passkeyOrigins']): Policy {
  return { anyRecipientLongestDays: 30, keyReplacementWaitHours: 72, unresolvedAfterMinutes: 30, rawOpenItems: [], passkeyOrigins };
}

/** The purposes a ledger starts with and their caps. */
export function initialPurposes(): Record<Purpose, PurposeRule> {
  return {
    PRE_LOAN: { longestPeriodDays: 90, highestFrequency: { times: 2, per: 'DAY' }, longestRangeMonths: 36, granularities: ['ANSWER', 'SCORE', 'SUMMARY', 'RAW'], needsLoan: true },
    APPROVAL: { longestPeriodDays: 90, highestFrequency: { times: 2, per: 'DAY' }, longestRangeMonths: 36, granularities: ['ANSWER', 'SCORE', 'SUMMARY', 'RAW'], needsLoan: true },
    POST_LOAN: { longestPeriodDays: 1_825, highestFrequency: { times: 1, per: 'DAY' }, longestRangeMonths: 60, granularities: ['ANSWER', 'SCORE', 'SUMMARY'], needsLoan: true },
    RISK_MONITORING: { longestPeriodDays: 365, highestFrequency: { times: 1, per: 'DAY' }, longestRangeMonths: 24, granularities: ['ANSWER', 'SCORE'], needsLoan: false },
    EVALUATION: { longestPeriodDays: 365, highestFrequency: { times: 1, per: 'DAY' }, longestRangeMonths: 36, granularities: ['ANSWER', 'SCORE', 'SUMMARY'], needsLoan: false },
    DISPUTE_RESOLUTION: { longestPeriodDays: 730, highestFrequency: { times: 5, per: 'DAY' }, longestRangeMonths: 60, granularities: ['ANSWER', 'SCORE', 'SUMMARY', 'RAW'], needsLoan: false },
  };
}
