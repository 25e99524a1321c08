import { z } from 'zod';
import { bandedMean, bandedSum, countBand, pointsFor, scoreOf } from './disclosure';
import { defineItem, type DerivationRule } from './item-derivations';
import { monthsOfYear, trendBasisPoints } from './month-series';
import { amountFen, count, date, text, year } from './record-fields';
import { anyEntryAnswer, isCurrent, onRecordAnswer, registerScore, registerSummary } from './register-rules';
import { bandJson } from './series-rules';

const industrialRight = z.strictObject({ right: z.enum(['INVENTION', 'UTILITY_MODEL', 'DESIGN', 'TRADEMARK']), number: text, name: text, state: z.enum(['IN_FORCE', 'PENDING', 'LAPSED']), registeredOn: date });
const copyright = z.strictObject({ registrationNumber: text, workName: text, registeredOn: date, isPledged: z.boolean(), pledgedFen: amountFen });
const recognition = z.strictObject({ recognition: text, number: text, validFrom: date, validUntil: date });
const research = z.strictObject({ year, researchSpendingFen: amountFen, projects: count, contracts: count, contractValueFen: amountFen });
type Research = z.infer<typeof research>;
const specialised = z.strictObject({ level: z.enum(['NATIONAL', 'PROVINCIAL', 'MUNICIPAL']), year });

const researchScore: DerivationRule<Research> = {
  version: 1,
  fewestRecords: 2,
  explanation: 'Points for years with spending (400), its trend (300) and projects, 60 each up to five (300).',
  from: (records) => {
    const spending = new Map([...records].sort((a, b) => a.year - b.year).map((entry) => [String(entry.year), entry.researchSpendingFen]));
    return {
      score: scoreOf(
        pointsFor(400, records.filter((entry) => entry.researchSpendingFen > 0).length, records.length),
        pointsFor(300, trendBasisPoints(spending) + 5_000, 10_000),
        pointsFor(300, records.reduce((sum, entry) => sum + entry.projects, 0), 5),
      ),
    };
  },
};

const researchSummary: DerivationRule<Research> = {
  version: 1,
  fewestRecords: 3,
  explanation: 'Mean spending and total contract value as bands of a fixed ladder, projects as a band.',
  from: (records) => ({
    years: records.length,
    meanResearchSpendingFen: bandJson(bandedMean(records.map((entry) => entry.researchSpendingFen))),
    totalContractValueFen: bandJson(bandedSum(records.map((entry) => entry.contractValueFen))),
    projects: countBand(records.reduce((sum, entry) => sum + entry.projects, 0)),
  }),
};

/** Intellectual property and technology. */
export const INNOVATION_DERIVATIONS = {
  'IP-01': defineItem(industrialRight, {
    rules: { ANSWER: anyEntryAnswer('Whether a patent or trademark is in force.', 'IN_FORCE', 'NONE_IN_FORCE', (entry) => entry.state === 'IN_FORCE') },
  }),
  'IP-02': defineItem(copyright, {
    rules: {
      ANSWER: anyEntryAnswer('Whether a registered copyright is free of pledge.', 'FREE_COPYRIGHT', 'PLEDGED_ONLY', (entry) => !entry.isPledged),
      SCORE: registerScore('400 points, 100 more for each registered work, half of it for a pledged one.', 400, (entry) => (entry.isPledged ? 50 : 100)),
      SUMMARY: registerSummary({ counts: { pledged: (entry) => entry.isPledged }, totals: { totalPledgedFen: (entry) => entry.pledgedFen } }),
    },
  }),
  'TEC-01': defineItem(recognition, {
    rules: { ANSWER: anyEntryAnswer('Whether a recognition is in force.', 'IN_FORCE', 'NONE_IN_FORCE', (entry, context) => isCurrent(entry.validUntil, context)) },
  }),
  'TEC-02': defineItem(research, {
    monthsOf: (entry) => monthsOfYear(entry.year),
    countedAs: (entry) => String(entry.year),
    rules: {
      ANSWER: anyEntryAnswer('Whether the enterprise spent on research and development in any of the years.', 'RESEARCH', 'NO_RESEARCH', (entry) => entry.researchSpendingFen > 0),
      SCORE: researchScore,
      SUMMARY: researchSummary,
    },
  }),
  'TEC-03': defineItem(specialised, { rules: { ANSWER: onRecordAnswer() } }),
} as const;
