import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { DAY_MILLIS, epochMillis, instantOf } from '../instant';
import { codeOf } from '../testing/builders';
import { assertTermsAgree, debtTermsSchema, type DebtTerms } from './debt-terms';
import { sumOwed, type Debt, type Figure } from './sum-owed';

interface Vector {
  readonly name: string;
  readonly debt: Debt;
  readonly repayments: readonly Figure[];
  readonly on: string;
  readonly owed: Readonly<Record<string, unknown>> & { readonly allocated: readonly (readonly number[])[] };
}

const VECTORS = JSON.parse(readFileSync(join(__dirname, '../../../vectors/sum-owed.json'), 'utf8')) as readonly Vector[];

describe('the sum owed', () => {
  it.each(VECTORS.map((vector) => [vector.name, vector] as const))('%s', (_name, { debt, repayments, on, owed: { allocated, ...owed } }) => {
    expect(debtTermsSchema.safeParse(debt.terms).success).toBe(true);
    assertTermsAgree(debt.terms);
    const { repayments: paid, ...sum } = sumOwed(debt, repayments, on);
    expect(sum).toEqual({ on, ...owed });
    expect(paid.map((one) => [one.toExpensesFen, one.toInterestFen, one.toOverdueInterestFen, one.toPrincipalFen, one.surplusFen])).toEqual(allocated);
  });

  it('keeps the source of each repayment, in order of dates', () => {
    const [debt] = VECTORS.map((vector) => vector.debt);
    const figure = (on: string, version: number): Figure => ({ on, amountFen: 100, source: { kind: 'LOAN_EVENT', loanRef: '10'.repeat(16), version } });
    expect(sumOwed(debt as Debt, [figure('2026-03-01', 9), figure('2026-02-01', 8)], '2026-04-01').repayments.map(({ source }) => source)).toEqual([figure('', 8).source, figure('', 9).source]);
  });

  it('refuses figures before the draw and after the day', () => {
    const [debt] = VECTORS.map((vector) => vector.debt) as [Debt];
    const figure = (on: string): Figure => ({ on, amountFen: 1, source: { kind: 'ITEM', volume: 1, item: 1 } });
    expect(codeOf(() => sumOwed(debt, [figure('2025-12-31')], '2026-04-01'))).toBe('period-invalid');
    expect(codeOf(() => sumOwed(debt, [figure('2026-04-02')], '2026-04-01'))).toBe('period-invalid');
    expect(codeOf(() => sumOwed(debt, [], '2025-12-31'))).toBe('period-invalid');
  });

  it('is what a walk day by day finds, and no fen is lost', () => {
    const day = fc.integer({ min: 0, max: 700 });
    const terms = fc.record({
      parts: fc.array(fc.tuple(day, fc.integer({ min: 1, max: 90_000_000 })), { minLength: 1, maxLength: 5 }),
      ratePpm: fc.integer({ min: 0, max: 240_000 }),
      overdueRatePpm: fc.integer({ min: 0, max: 240_000 }),
      dayBasis: fc.constantFrom(360 as const, 365 as const),
      allocation: fc.constantFrom('LAW' as const, 'PRINCIPAL_FIRST' as const),
    });
    const paid = fc.array(fc.tuple(day, fc.integer({ min: 1, max: 60_000_000 })), { maxLength: 6 });
    fc.assert(
      fc.property(terms, paid, fc.array(fc.tuple(day, fc.integer({ min: 1, max: 500_000 })), { maxLength: 2 }), fc.option(day, { nil: undefined }), ({ parts, ...rest }, repayments, expenses, accelerated) => {
        const due = [...new Map(parts).entries()].sort((a, b) => a[0] - b[0]);
        const instalments = due.map(([on, principalFen]) => ({ dueOn: dateOf(on), principalFen }));
        const principalFen = instalments.reduce((total, one) => total + one.principalFen, 0);
        const figure = ([on, amountFen]: readonly [number, number]): Figure => ({ on: dateOf(on), amountFen, source: { kind: 'ITEM', volume: 1, item: 1 } });
        const debt: Debt = { terms: { ...rest, principalFen, instalments, guaranteed: false }, drawn: figure([0, principalFen]), acceleratedOn: accelerated === undefined ? undefined : dateOf(accelerated), expenses: expenses.map(figure) };
        const sum = sumOwed(debt, repayments.map(figure), dateOf(700));
        expect({ principal: sum.principalFen, interest: sum.interestFen, overdue: sum.overdueInterestFen, expenses: sum.expensesFen, outstanding: sum.outstandingFen }).toEqual(dayByDay(debt, repayments.map(figure), 700));
        for (const one of sum.repayments) expect(one.toExpensesFen + one.toInterestFen + one.toOverdueInterestFen + one.toPrincipalFen + one.surplusFen).toBe(one.amountFen);
      }),
      { numRuns: 60 },
    );
  });
});

describe('the terms of a debt', () => {
  const terms: DebtTerms = { principalFen: 10, ratePpm: 1, overdueRatePpm: 1, dayBasis: 360, allocation: 'LAW', guaranteed: false, instalments: [{ dueOn: '2026-01-01', principalFen: 4 }, { dueOn: '2026-02-01', principalFen: 6 }] };

  it('agree with themselves', () => {
    expect(codeOf(() => assertTermsAgree(terms))).toBe('not refused');
    expect(codeOf(() => assertTermsAgree({ ...terms, principalFen: 11 }))).toBe('sum-mismatch');
    expect(codeOf(() => assertTermsAgree({ ...terms, instalments: [...terms.instalments].reverse() }))).toBe('period-invalid');
  });

  it('are integers and dates of the calendar, under the highest rate', () => {
    const isTerms = (change: object): boolean => debtTermsSchema.safeParse({ ...terms, ...change }).success;
    expect([isTerms({}), isTerms({ ratePpm: 240_001 }), isTerms({ ratePpm: 0.5 }), isTerms({ dayBasis: 364 }), isTerms({ instalments: [{ dueOn: '2026-02-30', principalFen: 10 }] })]).toEqual([true, false, false, false, false]);
  });
});

function dateOf(day: number): string {
  return instantOf(epochMillis('2026-01-01T00:00:00.000Z') + day * DAY_MILLIS).slice(0, 10);
}

/** Interest one day after the other, as whole units of a fen ÷ (10^6 × basis). */
function dayByDay({ terms, drawn, acceleratedOn, expenses }: Debt, repayments: readonly Figure[], last: number): object {
  const unit = 1_000_000n * BigInt(terms.dayBasis);
  let [principal, interest, overdue, costs] = [drawn.amountFen, 0n, 0n, 0];
  const lateOn = (date: string): number => {
    if (acceleratedOn !== undefined && acceleratedOn <= date) return principal;
    const due = terms.instalments.filter((one) => one.dueOn < date).reduce((total, one) => total + one.principalFen, 0);
    return Math.min(principal, Math.max(0, due - (drawn.amountFen - principal)));
  };
  for (let day = 0; day <= last; day++) {
    const date = dateOf(day);
    costs += expenses.filter((one) => one.on === date).reduce((total, one) => total + one.amountFen, 0);
    for (const { amountFen } of repayments.filter((one) => one.on === date)) {
      let left = amountFen;
      const pay = (most: number): number => {
        const part = Math.min(left, most);
        left -= part;
        return part;
      };
      costs -= pay(costs);
      if (terms.allocation === 'PRINCIPAL_FIRST') principal -= pay(principal);
      interest -= BigInt(pay(Number(interest / unit))) * unit;
      overdue -= BigInt(pay(Number(overdue / unit))) * unit;
      principal -= pay(principal);
    }
    if (day === last) break;
    const late = lateOn(date);
    interest += BigInt(principal - late) * BigInt(terms.ratePpm);
    overdue += BigInt(late) * BigInt(terms.overdueRatePpm);
  }
  return { principal: lateOn(dateOf(last)), interest: Number(interest / unit), overdue: Number(overdue / unit), expenses: costs, outstanding: principal };
}
