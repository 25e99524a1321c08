import { z } from 'zod';
import { defineItem } from './item-derivations';
import { monthOf } from './month-series';
import { amountFen, count, date, month, text } from './record-fields';
import { anyEntryAnswer, registerScore, registerSummary } from './register-rules';
import { activityRules, countedByMonth } from './series-rules';

const operation = z.strictObject({ period: month, orders: count, orderValueFen: amountFen, collectedFen: amountFen, workers: count });
const selfReport = z.strictObject({ topic: text, content: text, amountFen, reportedOn: date, hasCommitment: z.boolean() });

/** What enterprises give of their own will. */
export const VOLUNTARY_DERIVATIONS = {
  'OPS-01': defineItem(operation, {
    monthsOf: (entry) => monthOf(entry.period),
    countedAs: countedByMonth,
    rules: activityRules<z.infer<typeof operation>>({
      main: (entry) => entry.orderValueFen,
      mainName: 'meanOrderValueFen',
      totals: { totalCollectedFen: (entry) => entry.collectedFen },
    }),
  }),
  'SELF-01': defineItem(selfReport, {
    monthsOf: (entry) => monthOf(entry.reportedOn),
    rules: {
      ANSWER: anyEntryAnswer('Whether each report comes with its commitment.', 'COMMITMENT_MISSING', 'COMMITTED', (entry) => !entry.hasCommitment),
      SCORE: registerScore('300 points, 120 more for each report with its commitment.', 300, (entry) => (entry.hasCommitment ? 120 : 0)),
      SUMMARY: registerSummary({ counts: { committed: (entry) => entry.hasCommitment }, totals: { totalAmountFen: (entry) => entry.amountFen } }),
    },
  }),
} as const;
