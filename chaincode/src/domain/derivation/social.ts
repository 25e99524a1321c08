import { z } from 'zod';
import { countBand, pointsFor, scoreOf } from './disclosure';
import { defineItem, type DerivationRule } from './item-derivations';
import { monthNumber, monthAt, monthOf } from './month-series';
import { amountFen, count, month } from './record-fields';
import { anyEntryAnswer } from './register-rules';
import { billRules, countedByMonth } from './series-rules';

/** The five kinds of social insurance. */
export const INSURANCES = ['PENSION', 'MEDICAL', 'UNEMPLOYMENT', 'WORK_INJURY', 'MATERNITY'] as const;

const insuranceStatus = z.strictObject({ insurance: z.enum(INSURANCES), state: z.enum(['INSURED', 'SUSPENDED', 'NOT_INSURED']), insuredPersons: count, consecutiveMonths: count });
type InsuranceStatus = z.infer<typeof insuranceStatus>;

const contribution = z.strictObject({ period: month, insurance: z.enum(INSURANCES), baseFen: amountFen, dueFen: amountFen, paidFen: amountFen, arrearsFen: amountFen });

const fundStatus = z.strictObject({ state: z.enum(['PAYING', 'SUSPENDED', 'NOT_OPENED']), contributors: count, paidUntil: month.optional() });
type FundStatus = z.infer<typeof fundStatus>;

const fundContribution = z.strictObject({ period: month, dueFen: amountFen, paidFen: amountFen, arrearsMonths: count });

const insuranceSummary: DerivationRule<InsuranceStatus> = {
  version: 1,
  fewestRecords: 3,
  explanation: 'How many kinds of insurance are in force, and bands of the mean number insured and of the mean months paid without a gap.',
  from: (records) => ({
    kindsInForce: records.filter((entry) => entry.state === 'INSURED').length,
    meanInsuredPersons: countBand(meanOf(records, (entry) => entry.insuredPersons)),
    meanConsecutiveMonths: countBand(meanOf(records, (entry) => entry.consecutiveMonths)),
  }),
};

const insuranceScore: DerivationRule<InsuranceStatus> = {
  version: 1,
  fewestRecords: 3,
  explanation: 'Points for kinds of insurance in force (600) and months paid without a gap up to 36 (400).',
  from: (records) => ({
    score: scoreOf(
      pointsFor(600, records.filter((entry) => entry.state === 'INSURED').length, records.length),
      pointsFor(400, meanOf(records, (entry) => entry.consecutiveMonths), 36),
    ),
  }),
};

function meanOf<R>(records: readonly R[], value: (record: R) => number): number {
  return Math.trunc(records.reduce((sum, record) => sum + value(record), 0) / records.length);
}

/** An enterprise has one housing fund account, so its summary can't be an aggregate over rows: it tells coarse bands only. */
const fundSummary: DerivationRule<FundStatus> = {
  version: 1,
  fewestRecords: 1,
  explanation: 'State of the account, band of the number of contributors, and whether the last payment is older than three months.',
  from: (records, { at }) => ({
    state: records.some((entry) => entry.state === 'PAYING') ? 'PAYING' : 'NOT_PAYING',
    contributors: countBand(records.reduce((sum, entry) => sum + entry.contributors, 0)),
    paidWithinThreeMonths: records.some((entry) => monthsBehind(entry, at) <= 3),
  }),
};

const fundScore: DerivationRule<FundStatus> = {
  version: 1,
  fewestRecords: 1,
  explanation: '500 points for an account that pays, 500 for a payment within three months, 250 within twelve.',
  from: (records, { at }) => {
    const behind = Math.min(...records.map((entry) => monthsBehind(entry, at)));
    const recency = behind <= 12 ? 250 : 0;
    return { score: scoreOf(records.some((entry) => entry.state === 'PAYING') ? 500 : 0, behind <= 3 ? 500 : recency) };
  },
};

function monthsBehind(entry: FundStatus, at: string): number {
  return entry.paidUntil === undefined ? 1_000 : monthNumber(monthAt(at)) - monthNumber(entry.paidUntil);
}

/** What the social security authorities and the housing funds know. */
export const SOCIAL_DERIVATIONS = {
  'SOC-01': defineItem(insuranceStatus, {
    rules: {
      ANSWER: anyEntryAnswer('Whether the enterprise insures its people at present.', 'INSURED', 'NOT_INSURED', (entry) => entry.state === 'INSURED'),
      SCORE: insuranceScore,
      SUMMARY: insuranceSummary,
    },
  }),
  'SOC-02': defineItem(contribution, {
    monthsOf: (entry) => monthOf(entry.period),
    countedAs: countedByMonth,
    rules: billRules<z.infer<typeof contribution>>({
      main: (entry) => (entry.insurance === 'PENSION' ? entry.baseFen : 0),
      mainName: 'meanBaseFen',
      due: (entry) => entry.dueFen,
      paid: (entry) => entry.paidFen,
      totals: { totalDueFen: (entry) => entry.dueFen, totalPaidFen: (entry) => entry.paidFen, totalArrearsFen: (entry) => entry.arrearsFen },
    }),
  }),
  'HPF-01': defineItem(fundStatus, {
    rules: {
      ANSWER: anyEntryAnswer('Whether the enterprise pays into a housing fund at present.', 'PAYING', 'NOT_PAYING', (entry) => entry.state === 'PAYING'),
      SCORE: fundScore,
      SUMMARY: fundSummary,
    },
  }),
  'HPF-02': defineItem(fundContribution, {
    monthsOf: (entry) => monthOf(entry.period),
    countedAs: countedByMonth,
    rules: billRules<z.infer<typeof fundContribution>>({
      main: (entry) => entry.dueFen,
      mainName: 'meanDueFen',
      due: (entry) => entry.dueFen,
      paid: (entry) => entry.paidFen,
      totals: { totalPaidFen: (entry) => entry.paidFen },
    }),
  }),
} as const;
