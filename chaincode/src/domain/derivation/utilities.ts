import { z } from 'zod';
import { defineItem } from './item-derivations';
import { monthOf } from './month-series';
import { amountFen, month, quantity } from './record-fields';
import { billRules, countedByMonth } from './series-rules';

const electricityBill = z.strictObject({ period: month, usedKwh: quantity, dueFen: amountFen, paidFen: amountFen, lateFeeFen: amountFen });
const volumeBill = z.strictObject({ period: month, usedCubicMetres: quantity, dueFen: amountFen, paidFen: amountFen });

const volumeItem = defineItem(volumeBill, {
  monthsOf: (bill) => monthOf(bill.period),
  countedAs: countedByMonth,
  rules: billRules<z.infer<typeof volumeBill>>({
    main: (bill) => bill.usedCubicMetres,
    mainName: 'meanUsedCubicMetres',
    due: (bill) => bill.dueFen,
    paid: (bill) => bill.paidFen,
    totals: { totalDueFen: (bill) => bill.dueFen, totalPaidFen: (bill) => bill.paidFen },
  }),
});

/** What suppliers of electricity, water and gas know. */
export const UTILITY_DERIVATIONS = {
  'UTL-01': defineItem(electricityBill, {
    monthsOf: (bill) => monthOf(bill.period),
    countedAs: countedByMonth,
    rules: billRules<z.infer<typeof electricityBill>>({
      main: (bill) => bill.usedKwh,
      mainName: 'meanUsedKwh',
      due: (bill) => bill.dueFen,
      paid: (bill) => bill.paidFen,
      totals: { totalDueFen: (bill) => bill.dueFen, totalPaidFen: (bill) => bill.paidFen, totalLateFeeFen: (bill) => bill.lateFeeFen },
    }),
  }),
  'UTL-02': volumeItem,
  'UTL-03': volumeItem,
} as const;
