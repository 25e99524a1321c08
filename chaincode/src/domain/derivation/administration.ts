import { z } from 'zod';
import { defineItem } from './item-derivations';
import { monthOf } from './month-series';
import { amountFen, date, text } from './record-fields';
import { anyEntryAnswer, isCurrent, onRecordAnswer } from './register-rules';

const permit = z.strictObject({ documentNumber: text, content: text, authority: text, validFrom: date, validUntil: date });
const penalty = z.strictObject({ documentNumber: text, cause: text, result: text, fineFen: amountFen, authority: text, decidedOn: date });
const administrativeAct = z.strictObject({ act: z.enum(['COERCION', 'INSPECTION', 'REWARD']), documentNumber: text, content: text, authority: text, actedOn: date });
const listing = z.strictObject({ list: z.enum(['ABNORMAL', 'SERIOUS_BREACH']), cause: text, authority: text, listedOn: date, removedOn: date.optional() });
const honour = z.strictObject({ name: text, level: z.enum(['NATIONAL', 'PROVINCIAL', 'MUNICIPAL']), authority: text, awardedOn: date });

/** Administrative acts. All public. */
export const ADMINISTRATION_DERIVATIONS = {
  'ADM-01': defineItem(permit, {
    rules: { ANSWER: anyEntryAnswer('Whether a permit is in force.', 'IN_FORCE', 'NONE_IN_FORCE', (entry, context) => isCurrent(entry.validUntil, context)) },
  }),
  'ADM-02': defineItem(penalty, { monthsOf: (entry) => monthOf(entry.decidedOn), rules: { ANSWER: onRecordAnswer() } }),
  'ADM-03': defineItem(administrativeAct, {
    monthsOf: (entry) => monthOf(entry.actedOn),
    rules: { ANSWER: anyEntryAnswer('Whether a coercive measure was taken.', 'COERCION', 'NO_COERCION', (entry) => entry.act === 'COERCION') },
  }),
  'ADM-04': defineItem(listing, {
    rules: { ANSWER: anyEntryAnswer('Whether the enterprise is on a list at present.', 'LISTED', 'REMOVED', (entry) => entry.removedOn === undefined) },
  }),
  'ADM-05': defineItem(honour, { monthsOf: (entry) => monthOf(entry.awardedOn), rules: { ANSWER: onRecordAnswer() } }),
} as const;
