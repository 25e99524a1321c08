import { z } from 'zod';
import { defineItem } from './item-derivations';
import { monthOf } from './month-series';
import { amountFen, date, text } from './record-fields';
import { anyEntryAnswer, registerScore, registerSummary } from './register-rules';

const defaulter = z.strictObject({ caseNumber: text, court: text, performance: z.enum(['NONE', 'PARTIAL', 'FULL']), publishedOn: date });
const judgment = z.strictObject({ caseNumber: text, court: text, cause: text, role: z.enum(['PLAINTIFF', 'DEFENDANT']), outcome: text, enforcedFen: amountFen, decidedOn: date });
const suit = z.strictObject({
  caseNumber: text,
  court: text,
  cause: text,
  role: z.enum(['PLAINTIFF', 'DEFENDANT']),
  preservation: z.enum(['NONE', 'FREEZE', 'SEIZURE']),
  preservedFen: amountFen,
  filedOn: date,
});

/** What the courts know. */
export const JUDICIAL_DERIVATIONS = {
  'JUD-01': defineItem(defaulter, {
    rules: { ANSWER: anyEntryAnswer('Whether the enterprise is a judgment defaulter that has not performed in full.', 'DEFAULTER', 'PERFORMED', (entry) => entry.performance !== 'FULL') },
  }),
  'JUD-02': defineItem(judgment, {
    monthsOf: (entry) => monthOf(entry.decidedOn),
    rules: { ANSWER: anyEntryAnswer('Whether the enterprise was the defendant of a judgment.', 'DEFENDANT', 'PLAINTIFF_ONLY', (entry) => entry.role === 'DEFENDANT') },
  }),
  'JUD-03': defineItem(suit, {
    monthsOf: (entry) => monthOf(entry.filedOn),
    rules: {
      ANSWER: anyEntryAnswer('Whether a suit against the enterprise has been filed.', 'SUED', 'PLAINTIFF_ONLY', (entry) => entry.role === 'DEFENDANT'),
      SCORE: registerScore('1000 points, less 120 for each suit against the enterprise and 250 for each with its property preserved.', 1_000, (entry) => {
        if (entry.role === 'PLAINTIFF') return 0;
        return entry.preservation === 'NONE' ? -120 : -250;
      }),
      SUMMARY: registerSummary({
        counts: { asDefendant: (entry) => entry.role === 'DEFENDANT', withPreservation: (entry) => entry.preservation !== 'NONE' },
        totals: { preservedFen: (entry) => entry.preservedFen },
      }),
    },
  }),
} as const;
