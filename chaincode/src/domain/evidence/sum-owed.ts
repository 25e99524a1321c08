import { DomainError } from '../errors';
import { DAY_MILLIS, epochMillis, instantOf } from '../instant';
import { RATE_DENOMINATOR, type DebtTerms } from './debt-terms';

/** Where a figure comes from: a report of the loan on the ledger, or an item of a sealed volume. */
export type FigureSource = { readonly kind: 'LOAN_EVENT'; readonly loanRef: string; readonly version: number } | { readonly kind: 'ITEM'; readonly volume: number; readonly item: number };

/** Money that moved on a date of Asia/Shanghai. */
export interface Figure {
  readonly on: string;
  readonly amountFen: number;
  readonly source: FigureSource;
}

/** A debt as it came about: its terms, what was drawn when, whether all of it was called due, what its collection cost. */
export interface Debt {
  readonly terms: DebtTerms;
  /** The draw; its amount is the principal that bears interest. */
  readonly drawn: Figure;
  /** The date from which the whole principal is due (宣布提前到期). */
  readonly acceleratedOn?: string | undefined;
  readonly expenses: readonly Figure[];
}

/** How one repayment was allocated. */
export interface AllocatedRepayment extends Figure {
  readonly toExpensesFen: number;
  readonly toInterestFen: number;
  readonly toOverdueInterestFen: number;
  readonly toPrincipalFen: number;
  /** What was paid beyond the whole debt. */
  readonly surplusFen: number;
}

/** What is owed on a date, in fen. `principalFen` is the part that is due, `outstandingFen` all that wasn't repaid. */
export interface SumOwed {
  readonly on: string;
  readonly principalFen: number;
  readonly interestFen: number;
  readonly overdueInterestFen: number;
  readonly expensesFen: number;
  readonly totalFen: number;
  readonly outstandingFen: number;
  readonly repaidFen: number;
  readonly repayments: readonly AllocatedRepayment[];
}

/**
 * What is owed on date `on` (公证程序规则 55: what was performed is deducted). Exact in integers:
 *
 * 1. Days are dates of Asia/Shanghai; the day of the draw counts, the day of a payment doesn't (算头不算尾).
 * 2. A day's interest is principal × rate ÷ (10^6 × day basis), simple, never on interest. Principal that an instalment made due before
 *    the day and that wasn't repaid, or all of it from the day it was called due, bears `overdueRatePpm` instead of `ratePpm`.
 * 3. Fractions of a fen add up; whole fen are owed, the rest is dropped on date `on` only (in the debtor's favour).
 * 4. A repayment goes to expenses that arose up to its date, then in the order of the terms' {@link Allocation}. Repayments of a date keep their order.
 *
 * @throws DomainError period-invalid when a figure lies before the draw or after `on`.
 */
export function sumOwed(debt: Debt, repayments: readonly Figure[], on: string): SumOwed {
  for (const { on: date } of [debt.drawn, ...repayments, ...debt.expenses]) {
    if (date < debt.drawn.on || date > on) throw DomainError.of('period-invalid', `a figure of ${date} lies outside ${debt.drawn.on} to ${on}`);
  }
  const account = new Account(debt);
  const inOrder = repayments.map((repayment, index) => ({ repayment, index })).sort((a, b) => compare(a.repayment.on, b.repayment.on) || a.index - b.index);
  const allocated = inOrder.map(({ repayment }) => account.pay(repayment));
  return account.stateOn(on, allocated);
}

class Account {
  private readonly unit: bigint;
  private on: string;
  private principalPaid = 0;
  private expensesPaid = 0;
  /** Accrued in fen ÷ {@link unit}. */
  private interest = 0n;
  private overdueInterest = 0n;

  constructor(private readonly debt: Debt) {
    this.unit = BigInt(RATE_DENOMINATOR) * BigInt(debt.terms.dayBasis);
    this.on = debt.drawn.on;
  }

  pay(repayment: Figure): AllocatedRepayment {
    this.accrueTo(repayment.on);
    let left = repayment.amountFen;
    const take = (owed: number): number => {
      const taken = Math.min(left, owed);
      left -= taken;
      return taken;
    };
    const toExpensesFen = take(this.expensesOn(repayment.on) - this.expensesPaid);
    this.expensesPaid += toExpensesFen;
    const principalFirst = this.debt.terms.allocation === 'PRINCIPAL_FIRST' ? take(this.outstanding) : 0;
    const toInterestFen = take(this.wholeFen(this.interest));
    const toOverdueInterestFen = take(this.wholeFen(this.overdueInterest));
    this.interest -= BigInt(toInterestFen) * this.unit;
    this.overdueInterest -= BigInt(toOverdueInterestFen) * this.unit;
    const toPrincipalFen = principalFirst + take(this.outstanding - principalFirst);
    this.principalPaid += toPrincipalFen;
    return { ...repayment, toExpensesFen, toInterestFen, toOverdueInterestFen, toPrincipalFen, surplusFen: left };
  }

  stateOn(on: string, repayments: readonly AllocatedRepayment[]): SumOwed {
    this.accrueTo(on);
    const principalFen = this.overdueOn(on);
    const interestFen = this.wholeFen(this.interest);
    const overdueInterestFen = this.wholeFen(this.overdueInterest);
    const expensesFen = this.expensesOn(on) - this.expensesPaid;
    return {
      on,
      principalFen,
      interestFen,
      overdueInterestFen,
      expensesFen,
      totalFen: principalFen + interestFen + overdueInterestFen + expensesFen,
      outstandingFen: this.outstanding,
      repaidFen: repayments.reduce((total, { amountFen }) => total + amountFen, 0),
      repayments,
    };
  }

  private get outstanding(): number {
    return this.debt.drawn.amountFen - this.principalPaid;
  }

  private wholeFen(accrued: bigint): number {
    return Number(accrued / this.unit);
  }

  private expensesOn(on: string): number {
    return this.debt.expenses.reduce((total, expense) => (expense.on <= on ? total + expense.amountFen : total), 0);
  }

  /** Principal that is due before `on` (or was called due by then) and unpaid. */
  private overdueOn(on: string): number {
    const { terms, acceleratedOn } = this.debt;
    if (acceleratedOn !== undefined && acceleratedOn <= on) return this.outstanding;
    const due = terms.instalments.reduce((total, { dueOn, principalFen }) => (dueOn < on ? total + principalFen : total), 0);
    return Math.min(this.outstanding, Math.max(0, due - this.principalPaid));
  }

  /** Accrues up to a date, which itself doesn't count; what is overdue changes on the days between only where an instalment falls due. */
  private accrueTo(until: string): void {
    const { terms, acceleratedOn } = this.debt;
    const changes = [...terms.instalments.map(({ dueOn }) => dayAfter(dueOn)), ...(acceleratedOn === undefined ? [] : [acceleratedOn])];
    const dates = [...new Set([...changes.filter((date) => date > this.on && date < until), until])].sort(compare);
    for (const date of dates) {
      const days = BigInt(dayNumber(date) - dayNumber(this.on));
      const overdue = this.overdueOn(this.on);
      this.interest += BigInt(this.outstanding - overdue) * BigInt(terms.ratePpm) * days;
      this.overdueInterest += BigInt(overdue) * BigInt(terms.overdueRatePpm) * days;
      this.on = date;
    }
  }
}

function dayNumber(date: string): number {
  return epochMillis(`${date}T00:00:00.000Z`) / DAY_MILLIS;
}

function dayAfter(date: string): string {
  return instantOf((dayNumber(date) + 1) * DAY_MILLIS).slice(0, 10);
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
