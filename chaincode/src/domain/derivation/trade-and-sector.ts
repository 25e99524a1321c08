import { z } from 'zod';
import { defineItem } from './item-derivations';
import { monthOf, monthsOfYear } from './month-series';
import { amountFen, count, date, month, quantity, text, year } from './record-fields';
import { anyEntryAnswer, isCurrent, onRecordAnswer, registerScore, registerSummary } from './register-rules';
import { activityRules, countedByMonth } from './series-rules';

const customsRating = z.strictObject({ registrationCode: text, rating: z.enum(['ADVANCED_CERTIFIED', 'REGISTERED', 'DISCREDITED']), ratedOn: date });
const foreignTrade = z.strictObject({ period: month, importsFen: amountFen, exportsFen: amountFen, declarations: count });
const operator = z.strictObject({ operatorKind: z.enum(['COOPERATIVE', 'FAMILY_FARM', 'LEADING_ENTERPRISE']), modelLevel: z.enum(['NONE', 'COUNTY', 'MUNICIPAL', 'PROVINCIAL', 'NATIONAL']), year });
const farming = z.strictObject({ year, transferredAreaSquareMetres: quantity, subsidy: text, subsidyFen: amountFen });
const environment = z.strictObject({ year, rating: z.enum(['GREEN', 'BLUE', 'YELLOW', 'RED', 'BLACK']), permitNumber: text.optional(), permitValidUntil: date.optional() });
const construction = z.discriminatedUnion('entry', [
  z.strictObject({ entry: z.literal('QUALIFICATION'), qualification: text, grade: text, validUntil: date }),
  z.strictObject({ entry: z.literal('PROJECT'), project: text, contractFen: amountFen, startedOn: date, completedOn: date.optional() }),
]);
const award = z.strictObject({ project: text, awardedFen: amountFen, awardedOn: date, performance: z.enum(['GOOD', 'SATISFACTORY', 'POOR', 'NOT_RATED']) });

/** Customs, agriculture, environment, construction and public procurement. */
export const SECTOR_DERIVATIONS = {
  'CUS-01': defineItem(customsRating, {
    rules: { ANSWER: anyEntryAnswer('Whether the enterprise is discredited at customs.', 'DISCREDITED', 'NOT_DISCREDITED', (entry) => entry.rating === 'DISCREDITED') },
  }),
  'CUS-02': defineItem(foreignTrade, {
    monthsOf: (entry) => monthOf(entry.period),
    countedAs: countedByMonth,
    rules: activityRules<z.infer<typeof foreignTrade>>({
      main: (entry) => entry.importsFen + entry.exportsFen,
      mainName: 'meanTurnoverFen',
      totals: { totalImportsFen: (entry) => entry.importsFen, totalExportsFen: (entry) => entry.exportsFen },
    }),
  }),
  'AGR-01': defineItem(operator, { rules: { ANSWER: onRecordAnswer() } }),
  'AGR-02': defineItem(farming, {
    monthsOf: (entry) => monthsOfYear(entry.year),
    rules: {
      ANSWER: anyEntryAnswer('Whether the enterprise farms transferred land.', 'TRANSFERRED_LAND', 'NO_TRANSFERRED_LAND', (entry) => entry.transferredAreaSquareMetres > 0),
      SCORE: registerScore('300 points, 150 more for each subsidy drawn and 50 for each year with transferred land.', 300, (entry) => (entry.subsidyFen > 0 ? 150 : 0) + (entry.transferredAreaSquareMetres > 0 ? 50 : 0)),
      SUMMARY: registerSummary({
        counts: { subsidised: (entry) => entry.subsidyFen > 0 },
        totals: { totalSubsidyFen: (entry) => entry.subsidyFen },
      }),
    },
  }),
  'ENV-01': defineItem(environment, {
    monthsOf: (entry) => monthsOfYear(entry.year),
    rules: { ANSWER: anyEntryAnswer('Whether a year was rated red or black.', 'POOR_RATING', 'NO_POOR_RATING', (entry) => entry.rating === 'RED' || entry.rating === 'BLACK') },
  }),
  'CON-01': defineItem(construction, {
    rules: { ANSWER: anyEntryAnswer('Whether a qualification is in force.', 'QUALIFIED', 'NOT_QUALIFIED', (entry, context) => entry.entry === 'QUALIFICATION' && isCurrent(entry.validUntil, context)) },
  }),
  'PRO-01': defineItem(award, { monthsOf: (entry) => monthOf(entry.awardedOn), rules: { ANSWER: onRecordAnswer() } }),
} as const;
