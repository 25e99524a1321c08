import { z } from 'zod';
import { ENTERPRISE_STATES } from '../enterprise';
import { bandedMean, coarseBasisPoints, countBand, pointsFor, scoreOf } from './disclosure';
import { defineItem, type DerivationRule } from './item-derivations';
import { basisPoints, monthsOfYear, trendBasisPoints } from './month-series';
import { amountFen, count, date, signedFen, text, year } from './record-fields';
import { anyEntryAnswer, onRecordAnswer, registerScore, registerSummary } from './register-rules';
import { bandJson } from './series-rules';

const registration = z.strictObject({
  name: text,
  creditCode: z.string().regex(/^[0-9A-Z]{18}$/),
  kind: text,
  address: text,
  registeredCapitalFen: amountFen,
  state: z.enum(ENTERPRISE_STATES),
  foundedOn: date,
});

const ownership = z.discriminatedUnion('entry', [
  z.strictObject({ entry: z.literal('SHAREHOLDING'), holder: text, contributionFen: amountFen, shareBasisPoints: z.int().min(0).max(10_000) }),
  z.strictObject({ entry: z.literal('CHANGE'), matter: text, before: text, after: text, changedOn: date }),
  z.strictObject({ entry: z.literal('BRANCH'), name: text, registeredOn: date }),
]);

const equityPledge = z.strictObject({ pledgor: text, pledgee: text, pledgedFen: amountFen, registeredOn: date, state: z.enum(['VALID', 'CANCELLED']) });

const keyPerson = z.strictObject({ name: text, post: text });

const identityCheck = z.strictObject({ post: text, documentKind: z.enum(['IDENTITY_CARD', 'PASSPORT', 'RESIDENCE_PERMIT']), result: z.enum(['MATCH', 'MISMATCH', 'NOT_CHECKED']), checkedOn: date });

const annualReport = z.strictObject({ year, totalAssetsFen: amountFen, totalRevenueFen: amountFen, totalProfitFen: signedFen, staff: count });
type AnnualReport = z.infer<typeof annualReport>;

function byYear(reports: readonly AnnualReport[], value: (report: AnnualReport) => number): ReadonlyMap<string, number> {
  return new Map([...reports].sort((a, b) => a.year - b.year).map((report) => [String(report.year), value(report)]));
}

const reportScore: DerivationRule<AnnualReport> = {
  version: 1,
  fewestRecords: 2,
  explanation: 'Points for years with a profit (400), growth of revenue (300) and return on assets up to 20 % (300).',
  from: (reports) => {
    const assets = reports.reduce((sum, report) => sum + report.totalAssetsFen, 0);
    const profit = reports.reduce((sum, report) => sum + report.totalProfitFen, 0);
    return {
      score: scoreOf(
        pointsFor(400, reports.filter((report) => report.totalProfitFen > 0).length, reports.length),
        pointsFor(300, trendBasisPoints(byYear(reports, (report) => report.totalRevenueFen)) + 5_000, 10_000),
        pointsFor(300, basisPoints(profit, assets), 2_000),
      ),
    };
  },
};

const reportSummary: DerivationRule<AnnualReport> = {
  version: 1,
  fewestRecords: 3,
  explanation: 'Means over the years as bands of a fixed ladder, trend of revenue in steps of 5 %, years with a profit.',
  from: (reports) => ({
    years: reports.length,
    profitableYears: reports.filter((report) => report.totalProfitFen > 0).length,
    meanTotalAssetsFen: bandJson(bandedMean(reports.map((report) => report.totalAssetsFen))),
    meanTotalRevenueFen: bandJson(bandedMean(reports.map((report) => report.totalRevenueFen))),
    meanTotalProfitFen: bandJson(bandedMean(reports.map((report) => report.totalProfitFen))),
    meanStaff: countBand(Math.trunc(reports.reduce((sum, report) => sum + report.staff, 0) / reports.length)),
    revenueTrendBasisPoints: coarseBasisPoints(trendBasisPoints(byYear(reports, (report) => report.totalRevenueFen))),
  }),
};

/** What the market regulation authority registers. */
export const REGISTRATION_DERIVATIONS = {
  'REG-01': defineItem(registration, {
    rules: { ANSWER: anyEntryAnswer('Whether the enterprise is registered as operating.', 'OPERATING', 'NOT_OPERATING', (entry) => entry.state === 'OPERATING') },
  }),
  'REG-02': defineItem(ownership, {
    rules: { ANSWER: anyEntryAnswer('Whether shareholders, changes or branches are registered.', 'CHANGED', 'UNCHANGED', (entry) => entry.entry === 'CHANGE') },
  }),
  'REG-03': defineItem(equityPledge, {
    rules: { ANSWER: anyEntryAnswer('Whether equity is pledged at present.', 'PLEDGED', 'NOT_PLEDGED', (pledge) => pledge.state === 'VALID') },
  }),
  'REG-04A': defineItem(keyPerson, { rules: { ANSWER: onRecordAnswer() } }),
  'REG-04B': defineItem(identityCheck, {
    rules: {
      ANSWER: anyEntryAnswer('Whether the identity documents of all key personnel match.', 'NOT_ALL_MATCH', 'ALL_MATCH', (check) => check.result !== 'MATCH'),
      SCORE: registerScore('1000 points, less 400 for a document that does not match and 150 for one not checked.', 1_000, (check) => ({ MATCH: 0, MISMATCH: -400, NOT_CHECKED: -150 })[check.result]),
      SUMMARY: registerSummary({ counts: { matches: (check) => check.result === 'MATCH', mismatches: (check) => check.result === 'MISMATCH' } }),
    },
  }),
  'REG-05': defineItem(annualReport, {
    monthsOf: (report) => monthsOfYear(report.year),
    countedAs: (report) => String(report.year),
    rules: {
      ANSWER: {
        version: 1,
        fewestRecords: 2,
        explanation: 'Whether the enterprise made a profit in all, some or none of the years.',
        from: (reports) => ({ answer: profitAnswer(reports) }),
      },
      SCORE: reportScore,
      SUMMARY: reportSummary,
    },
  }),
} as const;

function profitAnswer(reports: readonly AnnualReport[]): string {
  const profitable = reports.filter((report) => report.totalProfitFen > 0).length;
  if (profitable === reports.length) return 'PROFIT_IN_ALL_YEARS';
  return profitable > 0 ? 'PROFIT_IN_SOME_YEARS' : 'PROFIT_IN_NO_YEAR';
}
