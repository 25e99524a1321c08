import { z } from 'zod';
import { defineItem } from './item-derivations';
import { amountFen, date, quantity, text } from './record-fields';
import { anyEntryAnswer, registerScore, registerSummary } from './register-rules';

const property = z.strictObject({
  unitNumber: text,
  title: z.enum(['OWNED', 'CO_OWNED', 'USE_RIGHT']),
  use: text,
  areaSquareMetres: quantity,
  registeredOn: date,
  isMortgaged: z.boolean(),
  mortgagedFen: amountFen,
  isSeized: z.boolean(),
});
const landGrant = z.strictObject({ contractNumber: text, use: text, areaSquareMetres: quantity, grantedOn: date, idleness: z.enum(['NOT_IDLE', 'SUSPECTED', 'FOUND']) });

/** What the registries of real estate and land know. */
export const REAL_ESTATE_DERIVATIONS = {
  'RE-01': defineItem(property, {
    rules: {
      ANSWER: anyEntryAnswer('Whether the enterprise has real estate free of mortgage and seizure.', 'FREE_PROPERTY', 'ENCUMBERED_ONLY', (entry) => !entry.isMortgaged && !entry.isSeized),
      SCORE: registerScore('400 points, 200 more for each free property, 50 for each mortgaged one, 300 less for each seized one.', 400, (entry) => {
        if (entry.isSeized) return -300;
        return entry.isMortgaged ? 50 : 200;
      }),
      SUMMARY: registerSummary({
        counts: { mortgaged: (entry) => entry.isMortgaged, seized: (entry) => entry.isSeized },
        totals: { totalAreaSquareMetres: (entry) => entry.areaSquareMetres, totalMortgagedFen: (entry) => entry.mortgagedFen },
      }),
    },
  }),
  'RE-02': defineItem(landGrant, {
    rules: { ANSWER: anyEntryAnswer('Whether granted land was found idle.', 'IDLE_LAND', 'NO_IDLE_LAND', (entry) => entry.idleness === 'FOUND') },
  }),
} as const;
