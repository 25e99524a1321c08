import { z } from 'zod';
import { bandedMean, coarseBasisPoints, pointsFor, scoreOf } from './disclosure';
import { defineItem, type DerivationRule } from './item-derivations';
import { basisPoints, monthOf, monthsOfYear, quarterEnding, seriesOf, trendBasisPoints } from './month-series';
import { amountFen, date, month, signedFen, text, year } from './record-fields';
import { anyEntryAnswer } from './register-rules';
import { bandJson, billRules, countedByMonth } from './series-rules';

const taxNotice = z.discriminatedUnion('entry', [
  z.strictObject({ entry: z.literal('GRADE_A'), year }),
  z.strictObject({ entry: z.literal('ARREARS'), taxKind: text, balanceFen: amountFen, announcedOn: date }),
  z.strictObject({ entry: z.literal('VIOLATION'), fact: text, decidedOn: date }),
]);

const taxGrade = z.strictObject({ year, grade: z.enum(['A', 'B', 'M', 'C', 'D']) });
type TaxGrade = z.infer<typeof taxGrade>;
const GRADE_POINTS = { A: 1_000, B: 800, M: 600, C: 300, D: 0 } as const;

const taxDeclaration = z.strictObject({
  period: month,
  taxKind: z.enum(['VAT', 'CORPORATE_INCOME_TAX', 'PERSONAL_BUSINESS_INCOME_TAX', 'SURCHARGES']),
  declaredFen: amountFen,
  paidFen: amountFen,
  /** Turnover invoiced under VAT in the month; 0 on the rows of other taxes. */
  invoicedFen: amountFen,
});

const statement = z.strictObject({
  /** Last month of the quarter. */
  period: z.string().regex(/^\d{4}-(03|06|09|12)$/),
  currentAssetsFen: amountFen,
  totalAssetsFen: amountFen,
  currentLiabilitiesFen: amountFen,
  totalLiabilitiesFen: amountFen,
  ownersEquityFen: signedFen,
  revenueFen: amountFen,
  costFen: amountFen,
  expensesFen: amountFen,
  totalProfitFen: signedFen,
  incomeTaxFen: amountFen,
  netProfitFen: signedFen,
});
type FinancialStatement = z.infer<typeof statement>;

const gradeAnswer: DerivationRule<TaxGrade> = {
  version: 1,
  fewestRecords: 1,
  explanation: 'Whether the latest grade is B or better, M, or below; the grade itself is not told.',
  from: (grades) => {
    const latest = [...grades].sort((a, b) => b.year - a.year)[0]?.grade ?? 'M';
    if (latest === 'A' || latest === 'B') return { answer: 'B_OR_BETTER' };
    return { answer: latest === 'M' ? 'M' : 'BELOW_M' };
  },
};

const gradeScore: DerivationRule<TaxGrade> = {
  version: 1,
  fewestRecords: 2,
  explanation: 'Mean of the points of the years: A 1000, B 800, M 600, C 300, D 0.',
  from: (grades) => ({ score: scoreOf(Math.trunc(grades.reduce((sum, { grade }) => sum + GRADE_POINTS[grade], 0) / grades.length)) }),
};

const gradeSummary: DerivationRule<TaxGrade> = {
  version: 1,
  fewestRecords: 3,
  explanation: 'In how many of the years the grade was B or better, and in how many below M.',
  from: (grades) => ({
    years: grades.length,
    yearsAtLeastB: grades.filter(({ grade }) => GRADE_POINTS[grade] >= GRADE_POINTS.B).length,
    yearsBelowM: grades.filter(({ grade }) => GRADE_POINTS[grade] < GRADE_POINTS.M).length,
  }),
};

function total(statements: readonly FinancialStatement[], value: (statement: FinancialStatement) => number): number {
  return statements.reduce((sum, entry) => sum + value(entry), 0);
}

function mean(statements: readonly FinancialStatement[], value: (statement: FinancialStatement) => number) {
  return bandJson(bandedMean(statements.map(value)));
}

function revenueTrend(statements: readonly FinancialStatement[]): number {
  return trendBasisPoints(seriesOf(statements, countedByMonth, (entry) => entry.revenueFen));
}

function debtRatio(statements: readonly FinancialStatement[]): number {
  return basisPoints(total(statements, (entry) => entry.totalLiabilitiesFen), total(statements, (entry) => entry.totalAssetsFen));
}

const statementAnswer: DerivationRule<FinancialStatement> = {
  version: 1,
  fewestRecords: 4,
  explanation: 'Whether the quarters together made a profit.',
  from: (statements) => ({ answer: total(statements, (entry) => entry.netProfitFen) > 0 ? 'PROFIT' : 'NO_PROFIT' }),
};

const statementScore: DerivationRule<FinancialStatement> = {
  version: 1,
  fewestRecords: 4,
  explanation: 'Points for debts below the assets (300), short-term assets up to twice the short-term debts (200), net margin up to 10 % (300), revenue trend (200).',
  from: (statements) => ({
    score: scoreOf(
      pointsFor(300, 10_000 - debtRatio(statements), 10_000),
      pointsFor(200, basisPoints(total(statements, (entry) => entry.currentAssetsFen), total(statements, (entry) => entry.currentLiabilitiesFen)), 20_000),
      pointsFor(300, basisPoints(total(statements, (entry) => entry.netProfitFen), total(statements, (entry) => entry.revenueFen)), 1_000),
      pointsFor(200, revenueTrend(statements) + 5_000, 10_000),
    ),
  }),
};

const statementSummary: DerivationRule<FinancialStatement> = {
  version: 1,
  fewestRecords: 4,
  explanation: 'Means over the quarters as bands of a fixed ladder, ratios and the trend of revenue in steps of 5 %.',
  from: (statements) => ({
    quarters: statements.length,
    meanRevenueFen: mean(statements, (entry) => entry.revenueFen),
    meanNetProfitFen: mean(statements, (entry) => entry.netProfitFen),
    meanTotalAssetsFen: mean(statements, (entry) => entry.totalAssetsFen),
    debtRatioBasisPoints: coarseBasisPoints(debtRatio(statements)),
    netMarginBasisPoints: coarseBasisPoints(basisPoints(total(statements, (entry) => entry.netProfitFen), total(statements, (entry) => entry.revenueFen))),
    revenueTrendBasisPoints: coarseBasisPoints(revenueTrend(statements)),
  }),
};

/** What the tax service knows. */
export const TAX_DERIVATIONS = {
  'TAX-01': defineItem(taxNotice, {
    rules: { ANSWER: anyEntryAnswer('Whether arrears or a violation have been announced.', 'ADVERSE', 'NOTHING_ADVERSE', (entry) => entry.entry !== 'GRADE_A') },
  }),
  'TAX-02': defineItem(taxGrade, {
    monthsOf: (entry) => monthsOfYear(entry.year),
    countedAs: (entry) => String(entry.year),
    rules: { ANSWER: gradeAnswer, SCORE: gradeScore, SUMMARY: gradeSummary },
  }),
  'TAX-03': defineItem(taxDeclaration, {
    monthsOf: (entry) => monthOf(entry.period),
    countedAs: countedByMonth,
    rules: billRules<z.infer<typeof taxDeclaration>>({
      main: (entry) => entry.invoicedFen,
      mainName: 'meanInvoicedFen',
      due: (entry) => entry.declaredFen,
      paid: (entry) => entry.paidFen,
      totals: { totalInvoicedFen: (entry) => entry.invoicedFen, totalDeclaredFen: (entry) => entry.declaredFen, totalPaidFen: (entry) => entry.paidFen },
    }),
  }),
  'TAX-04': defineItem(statement, {
    monthsOf: (entry) => quarterEnding(entry.period),
    countedAs: countedByMonth,
    rules: { ANSWER: statementAnswer, SCORE: statementScore, SUMMARY: statementSummary },
  }),
} as const;
