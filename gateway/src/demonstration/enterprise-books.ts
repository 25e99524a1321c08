import { monthNumber, monthOfNumber } from '@kesu/chaincode/domain';
import type { EnterpriseProfile } from './enterprise-profile';
import { SeededRandom } from './seed';
import { TRADE_MODELS, type TradeModel } from './trade-model';

/** How many months back the demonstration's monthly records reach. */
export const HISTORY_MONTHS = 36;
/** How many full years back yearly records reach. */
export const HISTORY_YEARS = 3;
/** Month of the reference year since which an enterprise IN_ARREARS pays short. */
const ARREARS_SINCE = '10';

/** Income statement and balance of some months, fen. `totalProfitFen = revenueFen − costFen − expensesFen`; assets = debts + equity. */
export interface PeriodFigures {
  readonly revenueFen: number;
  readonly costFen: number;
  readonly expensesFen: number;
  readonly totalProfitFen: number;
  readonly incomeTaxFen: number;
  readonly netProfitFen: number;
  readonly totalAssetsFen: number;
  readonly currentAssetsFen: number;
  readonly totalLiabilitiesFen: number;
  readonly currentLiabilitiesFen: number;
  readonly ownersEquityFen: number;
}

/**
 * The one set of books that all authorities' records of an enterprise come from: revenue by month, people, what is paid and what is not.
 * Everything follows from seed, credit code and month, so that a later day adds months and changes none.
 */
export class EnterpriseBooks {
  readonly model: TradeModel;
  private readonly revenues = new Map<string, number>();
  private readonly seasonTotal: number;

  /**
   * @param referenceYear the year that `profile.annualRevenueFen` is of.
   * @param lastMonth the last month that has records, `YYYY-MM`.
   */
  constructor(
    readonly profile: EnterpriseProfile,
    private readonly seed: number,
    private readonly referenceYear: number,
    readonly lastMonth: string,
  ) {
    this.model = TRADE_MODELS[profile.trade];
    this.seasonTotal = this.model.season.reduce((sum, weight) => sum + weight, 0);
  }

  /** A stream of random numbers for one purpose. */
  random(label: string): SeededRandom {
    return new SeededRandom(this.seed, `${this.profile.subject}/${label}`);
  }

  /** Months with records, oldest first: none before the enterprise was founded. */
  months(): readonly string[] {
    const last = monthNumber(this.lastMonth);
    const first = Math.max(last - HISTORY_MONTHS + 1, monthNumber(this.profile.foundedOn.slice(0, 7)));
    return Array.from({ length: Math.max(0, last - first + 1) }, (_, index) => monthOfNumber(first + index));
  }

  /** Last months of the full quarters with records, oldest first. */
  quarters(): readonly string[] {
    const months = this.months();
    return months.filter((month, index) => Number(month.slice(5)) % 3 === 0 && index >= 2);
  }

  /** The months of the quarter that ends with a month, but those before the founding. */
  quarterEnding(month: string): readonly string[] {
    return [-2, -1, 0].map((step) => monthOfNumber(monthNumber(month) + step)).filter((each) => each >= this.profile.foundedOn.slice(0, 7));
  }

  /** Full calendar years with records, oldest first. */
  years(): readonly number[] {
    const lastYear = Number(this.lastMonth.slice(0, 4)) - (this.lastMonth.endsWith('-12') ? 0 : 1);
    const founded = Number(this.profile.foundedOn.slice(0, 4));
    return Array.from({ length: HISTORY_YEARS }, (_, index) => lastYear - HISTORY_YEARS + 1 + index).filter((year) => year > founded);
  }

  /** Revenue of a month, fen: the year's, by season, some percent up or down. */
  revenueFen(month: string): number {
    const known = this.revenues.get(month);
    if (known !== undefined) return known;
    const [year, number] = [Number(month.slice(0, 4)), Number(month.slice(5))];
    const weight = this.model.season[number - 1] ?? 100;
    const noise = this.random(`revenue/${month}`).integer(9_300, 10_700);
    const revenue = Math.round((this.yearRevenueFen(year) * weight * noise) / (this.seasonTotal * 10_000));
    this.revenues.set(month, revenue);
    return revenue;
  }

  /** Expected revenue of a year, grown from the reference year's. */
  private yearRevenueFen(year: number): number {
    const growth = 1 + this.profile.growthBasisPoints / 10_000;
    return Math.round(this.profile.annualRevenueFen * growth ** (year - this.referenceYear));
  }

  /** Statements over months that follow each other; balances at their end. */
  figures(months: readonly string[]): PeriodFigures {
    const revenueFen = months.reduce((sum, month) => sum + this.revenueFen(month), 0);
    const costFen = share(revenueFen, this.model.cost);
    const expensesFen = share(revenueFen, this.model.expenses + (this.profile.standing === 'IN_ARREARS' ? 900 : 0));
    const totalProfitFen = revenueFen - costFen - expensesFen;
    const incomeTaxFen = totalProfitFen > 0 ? share(totalProfitFen, this.profile.isHighTech ? 1_500 : 500) : 0;
    const year = Number((months.at(-1) ?? this.lastMonth).slice(0, 4));
    const totalAssetsFen = share(this.yearRevenueFen(year), this.model.assets) + this.profile.registeredCapitalFen;
    const debts = this.model.debts + { SOUND: 0, STRAINED: 1_000, IN_ARREARS: 2_500 }[this.profile.standing];
    const totalLiabilitiesFen = share(totalAssetsFen, debts);
    return {
      revenueFen,
      costFen,
      expensesFen,
      totalProfitFen,
      incomeTaxFen,
      netProfitFen: totalProfitFen - incomeTaxFen,
      totalAssetsFen,
      currentAssetsFen: share(totalAssetsFen, this.profile.ownsPremises ? 4_500 : 6_500),
      totalLiabilitiesFen,
      currentLiabilitiesFen: share(totalLiabilitiesFen, 8_000),
      ownersEquityFen: totalAssetsFen - totalLiabilitiesFen,
    };
  }

  /** People insured: nearly all in companies, fewer elsewhere, at least one of a company. */
  insuredPersons(): number {
    const random = this.random('insured');
    const percent = this.profile.kind === 'COMPANY' ? random.integer(90, 100) : random.integer(55, 100);
    const insured = Math.floor((this.profile.staff * percent) / 100);
    return this.profile.kind === 'COMPANY' ? Math.max(1, insured) : insured;
  }

  /** People that the enterprise pays housing fund contributions for: among the insured; small businesses have no account. */
  fundContributors(): number {
    if (this.profile.kind !== 'COMPANY' && this.profile.staff < 8) return 0;
    return Math.floor((this.insuredPersons() * this.random('fund').integer(70, 100)) / 100);
  }

  /** Monthly contribution base of one person, fen. */
  personBaseFen(): number {
    return this.random('base').integer(4_300, 9_200) * 100;
  }

  /** What is paid of what is due in a month to a payee, by the enterprise's standing. */
  paidFen(dueFen: number, month: string, payee: string): number {
    const random = this.random(`paid/${payee}/${month}`);
    const { standing } = this.profile;
    if (standing === 'STRAINED') return random.chance(12) ? share(dueFen, random.integer(3_000, 9_500)) : dueFen;
    if (standing === 'IN_ARREARS' && month >= `${this.referenceYear}-${ARREARS_SINCE}`) return random.chance(80) ? share(dueFen, random.integer(0, 6_000)) : dueFen;
    return dueFen;
  }

  /** The last month that an enterprise IN_ARREARS paid in full. */
  lastMonthPaid(): string {
    return this.profile.standing === 'IN_ARREARS' ? monthOfNumber(monthNumber(`${this.referenceYear}-${ARREARS_SINCE}`) - 1) : this.lastMonth;
  }

  /** A date within the `years` up to the end of the reference year, not before the enterprise was founded: the same whenever it is asked for. */
  dateWithin(random: SeededRandom, years: number): string {
    const last = monthNumber(`${this.referenceYear}-12`);
    const first = Math.min(last, Math.max(last - years * 12, monthNumber(this.profile.foundedOn.slice(0, 7)) + 1));
    return `${monthOfNumber(random.integer(first, last))}-${two(random.integer(1, 28))}`;
  }

  /** A date some years after another. */
  yearsAfter(date: string, years: number): string {
    return `${Number(date.slice(0, 4)) + years}${date.slice(4)}`;
  }
}

/** `partsOfTenThousand` of an amount, rounded to the fen. */
export function share(amount: number, partsOfTenThousand: number): number {
  return Math.round((amount * partsOfTenThousand) / 10_000);
}

function two(value: number): string {
  return String(value).padStart(2, '0');
}
