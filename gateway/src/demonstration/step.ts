import type { DenyReason, DisputeState, EnterpriseState, Frequency, Granularity, KeyCapacity, LoanState, Purpose, ReleaseBasis } from '@kesu/chaincode/domain';

/** An item at a granularity. */
export interface PlannedItem {
  readonly code: string;
  readonly granularity: Granularity;
  /** The tick of its own, where the law asks for one. */
  readonly separateConsent?: true;
}

/** A range of months counted back from the month in which the demonstration starts: `{from: 24, to: 1}` is the two years before. */
export interface MonthsBack {
  readonly from: number;
  readonly to: number;
}

/** A letter to be signed, one recipient and one purpose. Days count from the start and may have no minutes: a period begins and ends at 00:00 of a day. */
export interface LetterPlan {
  /** Names the grant in later steps. */
  readonly grant: string;
  readonly enterprise: string;
  readonly template: string;
  readonly purpose: Purpose;
  readonly platform: string;
  /** 秦信融, where the platform connects through it. */
  readonly conduit?: string;
  /** An institution, the platform itself, or any that the platform admitted. */
  readonly recipient: string | 'ANY';
  readonly items: readonly PlannedItem[];
  readonly loan?: string;
  readonly oneTime: boolean;
  readonly frequency?: Frequency;
  readonly rangeMonthsBack?: MonthsBack;
  readonly retentionDays: number;
  /** Absent: from the instant of signing. */
  readonly fromDay?: number;
  readonly untilDay: number;
  readonly supersedes?: string;
}

/** What a requester asks for. */
export interface ReleaseAsk {
  readonly enterprise: string;
  /** A participant; the enterprise's slug for its own query (SELF). */
  readonly requester: string;
  readonly recipient: string;
  readonly basis: ReleaseBasis;
  readonly purpose: Purpose;
  readonly items: readonly PlannedItem[];
  readonly grant?: string;
  readonly loan?: string;
  readonly rangeMonthsBack?: MonthsBack;
  /** The conduit that passes on what it received; the node sends unless given. */
  readonly sender?: string;
  /** The name of the release that this one continues. */
  readonly continues?: string;
}

/** Stages of the demonstration's cases: the enforceable debt from its deed on, and the lawsuit that a refusal opens. */
export type CaseStage = 'NOTARIZED' | 'ENFORCEMENT_REQUESTED' | 'VERIFYING' | 'ENFORCEMENT_CERTIFIED' | 'ENFORCEMENT_FILED' | 'ENFORCEMENT_REFUSED' | 'LITIGATION';

/** What happens in a step; the verbs are closed, and one executor carries out stories and scenario alike. */
export type StepAction =
  | { readonly verb: 'REGISTER'; readonly enterprise: string }
  | { readonly verb: 'GRANT'; readonly letters: readonly LetterPlan[]; readonly signedBy: readonly KeyCapacity[] }
  | { readonly verb: 'REVOKE' | 'SUSPEND' | 'RESUME'; readonly enterprise: string; readonly grant: string; readonly signedBy: readonly KeyCapacity[]; readonly reason: string }
  | { readonly verb: 'CHECK'; readonly ask: ReleaseAsk; readonly expect: 'PERMIT' | DenyReason }
  | { readonly verb: 'RELEASE'; readonly release: string; readonly ask: ReleaseAsk }
  | { readonly verb: 'DENY'; readonly ask: ReleaseAsk; readonly reason: DenyReason }
  | { readonly verb: 'LOAN'; readonly loan: string; readonly enterprise: string; readonly recipient: string; readonly platform: string; readonly product: string; readonly to: LoanState; readonly amountFen?: number; readonly repaidFen?: number }
  | { readonly verb: 'REQUEST'; readonly request: string; readonly enterprise: string; readonly platform: string; readonly recipient: string; readonly template: string; readonly purpose: Purpose; readonly items: readonly PlannedItem[]; readonly loan?: string; readonly untilDay: number }
  | { readonly verb: 'DECLINE'; readonly request: string; readonly enterprise: string }
  | { readonly verb: 'ENTERPRISE_STATE'; readonly enterprise: string; readonly to: EnterpriseState }
  | { readonly verb: 'SUCCEED'; readonly enterprise: string; readonly successor: string }
  | { readonly verb: 'CHANGE_REPRESENTATIVE'; readonly enterprise: string }
  | { readonly verb: 'MANDATE'; readonly enterprise: string; readonly act: 'GIVE' | 'REVOKE'; readonly mandate: string; readonly templates: readonly string[]; readonly longestPeriodDays: number; readonly untilDay: number; readonly signedBy: readonly KeyCapacity[] }
  | { readonly verb: 'DISPUTE'; readonly dispute: string; readonly enterprise: string; readonly platform: string; readonly item: string; readonly to: DisputeState }
  | { readonly verb: 'PARTICIPANT'; readonly participant: string; readonly to: 'SUSPENDED' | 'ADMITTED' | 'EXITED'; readonly successor?: string }
  | { readonly verb: 'BATCH'; readonly batch: string; readonly item: string; readonly to: 'ACCEPTED' | 'WITHDRAWN' }
  | { readonly verb: 'WITHDRAW_ITEM'; readonly item: string }
  | { readonly verb: 'WITHDRAW_TEMPLATE'; readonly template: string; readonly forExisting: boolean }
  | { readonly verb: 'CASE'; readonly case: string; readonly enterprise: string; readonly loan: string; readonly recipient: string; readonly platform: string; readonly to: CaseStage };

/** A step at its time: `day` days and `minute` minutes (0 to 1,439) after the start. */
export type Step = StepAction & { readonly day: number; readonly minute: number };

/** The days that the demonstration covers; its start lies so many days back. */
export const DEMONSTRATION_DAYS = 90;

/** Steps in the order in which they happen; steps of one minute keep the order given. */
export function inOrder(steps: readonly Step[]): readonly Step[] {
  return steps
    .map((step, index) => ({ step, index }))
    .sort((a, b) => a.step.day - b.step.day || a.step.minute - b.step.minute || a.index - b.index)
    .map(({ step }) => step);
}
