import { z } from 'zod';
import { LOAN_STATES } from '../loan';
import { defineItem } from './item-derivations';
import { monthOf } from './month-series';
import { amountFen, count, date, text } from './record-fields';
import { anyEntryAnswer, isCurrent, registerScore, registerSummary } from './register-rules';

const support = z.discriminatedUnion('entry', [
  z.strictObject({ entry: z.literal('SUBSIDY'), name: text, amountFen, grantedOn: date }),
  z.strictObject({ entry: z.literal('GUARANTEE'), guarantor: text, amountFen, until: date }),
]);
const loanFeedback = z.strictObject({
  loanReference: text,
  product: text,
  state: z.enum(LOAN_STATES),
  appliedOn: date,
  creditLineFen: amountFen,
  drawnFen: amountFen,
  repaidFen: amountFen,
  overdueFen: amountFen,
  overdueDays: count,
});
const insurance = z.strictObject({ insurance: z.enum(['CROP', 'LIVESTOCK', 'GREENHOUSE', 'LOAN_GUARANTEE']), insuredFen: amountFen, validFrom: date, validUntil: date, claims: count, claimedFen: amountFen });
const security = z.strictObject({ registrationNumber: text, security: z.enum(['RECEIVABLES', 'INVENTORY', 'EQUIPMENT', 'LEASE', 'OTHER']), collateral: text, registeredOn: date, until: date });

/** Subsidies, guarantees, loans, insurance and security in movables. */
export const FINANCING_DERIVATIONS = {
  'PRO-02': defineItem(support, {
    rules: {
      ANSWER: anyEntryAnswer('Whether a guarantee is outstanding.', 'GUARANTEED', 'SUBSIDY_ONLY', (entry, context) => entry.entry === 'GUARANTEE' && isCurrent(entry.until, context)),
      SCORE: registerScore('400 points, 150 more for each subsidy, 50 for each guarantee.', 400, (entry) => (entry.entry === 'SUBSIDY' ? 150 : 50)),
      SUMMARY: registerSummary({
        counts: { subsidies: (entry) => entry.entry === 'SUBSIDY', guarantees: (entry) => entry.entry === 'GUARANTEE' },
        totals: {
          totalSubsidyFen: (entry) => (entry.entry === 'SUBSIDY' ? entry.amountFen : 0),
          totalGuaranteedFen: (entry) => (entry.entry === 'GUARANTEE' ? entry.amountFen : 0),
        },
      }),
    },
  }),
  'FIN-01': defineItem(loanFeedback, {
    monthsOf: (entry) => monthOf(entry.appliedOn),
    rules: {
      ANSWER: anyEntryAnswer('Whether a loan is or was overdue.', 'OVERDUE', 'NOT_OVERDUE', (entry) => entry.overdueDays > 0 || entry.overdueFen > 0 || entry.state === 'WRITTEN_OFF'),
      SCORE: registerScore('500 points, 100 more for each loan without a day overdue, 150 less for one overdue, 500 less for one written off.', 500, (entry) => {
        if (entry.state === 'WRITTEN_OFF') return -500;
        return entry.overdueDays > 0 ? -150 : 100;
      }),
      SUMMARY: registerSummary({
        counts: { drawn: (entry) => entry.drawnFen > 0, overdue: (entry) => entry.overdueDays > 0 },
        totals: { totalCreditLineFen: (entry) => entry.creditLineFen, totalDrawnFen: (entry) => entry.drawnFen, totalOverdueFen: (entry) => entry.overdueFen },
      }),
    },
  }),
  'INS-01': defineItem(insurance, {
    rules: {
      ANSWER: anyEntryAnswer('Whether an insurance is in force.', 'INSURED', 'EXPIRED', (entry, context) => isCurrent(entry.validUntil, context)),
      SCORE: registerScore('600 points, 120 more for each insurance without a claim, 80 less for one with claims.', 600, (entry) => (entry.claims === 0 ? 120 : -80)),
      SUMMARY: registerSummary({
        counts: { withClaims: (entry) => entry.claims > 0 },
        totals: { totalInsuredFen: (entry) => entry.insuredFen, totalClaimedFen: (entry) => entry.claimedFen },
      }),
    },
  }),
  'PBC-01': defineItem(security, {
    rules: { ANSWER: anyEntryAnswer('Whether a security in movables is registered at present.', 'ENCUMBERED', 'EXPIRED_ONLY', (entry, context) => isCurrent(entry.until, context)) },
  }),
} as const;
