import { z } from 'zod';
import { DomainError } from './errors';
import { instantSchema } from './instant';
import { fenSchema, idSchema, nameSchema, participantIdSchema } from './primitives';
import type { Purpose } from './purpose';

/** The life of a loan as recipients report it (任务 9). */
export const LOAN_STATES = ['APPLIED', 'REFUSED', 'WITHDRAWN', 'APPROVED', 'DRAWN', 'NORMAL', 'OVERDUE', 'SETTLED', 'WRITTEN_OFF'] as const;
export type LoanState = (typeof LOAN_STATES)[number];

/** A loan or an application for one. */
export const loanSchema = z.strictObject({
  /** An opaque reference; the bank's own number stays with the bank. */
  ref: idSchema,
  enterprise: idSchema,
  recipient: participantIdSchema,
  platform: participantIdSchema,
  product: nameSchema,
  state: z.enum(LOAN_STATES),
  amountFen: fenSchema.optional(),
  repaidFen: fenSchema.optional(),
  changedAt: instantSchema,
  version: z.int().min(1),
});
export type Loan = z.infer<typeof loanSchema>;

const NEXT: Readonly<Record<LoanState, readonly LoanState[]>> = {
  APPLIED: ['REFUSED', 'WITHDRAWN', 'APPROVED'],
  REFUSED: [],
  WITHDRAWN: [],
  APPROVED: ['WITHDRAWN', 'DRAWN'],
  DRAWN: ['NORMAL', 'OVERDUE', 'SETTLED'],
  NORMAL: ['NORMAL', 'OVERDUE', 'SETTLED'],
  OVERDUE: ['OVERDUE', 'NORMAL', 'SETTLED', 'WRITTEN_OFF'],
  SETTLED: [],
  WRITTEN_OFF: [],
};

/**
 * The loan in its next state. NORMAL and OVERDUE may be reported again, with the sum repaid.
 * @throws DomainError state-conflict.
 */
export function moveLoan(loan: Loan, to: LoanState, report: { readonly amountFen?: number | undefined; readonly repaidFen?: number | undefined; readonly at: string }): Loan {
  if (!NEXT[loan.state].includes(to)) throw DomainError.of('state-conflict', `the loan is ${loan.state} and can't become ${to}`);
  const amounts = {
    ...(report.amountFen === undefined ? {} : { amountFen: report.amountFen }),
    ...(report.repaidFen === undefined ? {} : { repaidFen: report.repaidFen }),
  };
  return { ...loan, ...amounts, state: to, changedAt: report.at, version: loan.version + 1 };
}

/** The id under which a report of a loan stays: `<ref>.<version>`. */
export function loanReportId({ ref, version }: Pick<Loan, 'ref' | 'version'>): string {
  return `${ref}.${version}`;
}

const LIVE_FOR: Readonly<Partial<Record<Purpose, readonly LoanState[]>>> = {
  PRE_LOAN: ['APPLIED', 'APPROVED'],
  APPROVAL: ['APPLIED', 'APPROVED'],
  POST_LOAN: ['DRAWN', 'NORMAL', 'OVERDUE', 'WRITTEN_OFF'],
};

/**
 * True when the loan still carries the purpose: pre-loan and approval end when refused, withdrawn or drawn, post-loan
 * when settled. A written-off loan is still owed.
 */
export function loanCarriesPurpose(loan: Loan, purpose: Purpose): boolean {
  return LIVE_FOR[purpose]?.includes(loan.state) ?? true;
}

/** True when a grant for the purpose can be given now: post-loan consent may be signed with the contract, before the draw. */
export function loanAllowsGrant(loan: Loan, purpose: Purpose): boolean {
  return loanCarriesPurpose(loan, purpose) || (purpose === 'POST_LOAN' && loan.state === 'APPROVED');
}
