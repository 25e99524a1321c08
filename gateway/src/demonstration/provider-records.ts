import { derive, DERIVATIONS, isDerivedItemCode, monthAt, monthNumber, monthOfNumber, type DerivedItemCode, type Instant, type ItemRecord, type Json } from '@kesu/chaincode/domain';
import type { SourceRange, SourceRow } from '../data-source';
import { EnterpriseBooks } from './enterprise-books';
import type { EnterpriseProfile } from './enterprise-profile';
import * as monthly from './monthly-records';
import * as registers from './register-records';
import * as sectors from './sector-records';

/** What each authority answers about an enterprise, item by item. */
const RECORDS: { readonly [C in DerivedItemCode]: (books: EnterpriseBooks) => readonly ItemRecord<C>[] } = {
  'REG-01': registers.registration,
  'REG-02': registers.ownership,
  'REG-03': registers.equityPledges,
  'REG-04A': registers.keyPersonnel,
  'REG-04B': registers.identityChecks,
  'REG-05': registers.annualReports,
  'ADM-01': registers.permits,
  'ADM-02': registers.penalties,
  'ADM-03': registers.administrativeActs,
  'ADM-04': registers.listings,
  'ADM-05': registers.honours,
  'JUD-01': registers.defaulterEntries,
  'JUD-02': registers.judgments,
  'JUD-03': registers.filedSuits,
  'TAX-01': registers.taxNotices,
  'TAX-02': registers.taxGrades,
  'TAX-03': monthly.taxDeclarations,
  'TAX-04': registers.financialStatements,
  'SOC-01': registers.insuranceStatus,
  'SOC-02': monthly.insuranceContributions,
  'HPF-01': registers.fundStatus,
  'HPF-02': monthly.fundContributions,
  'RE-01': registers.properties,
  'RE-02': registers.landGrants,
  'UTL-01': monthly.electricityBills,
  'UTL-02': monthly.waterBills,
  'UTL-03': monthly.gasBills,
  'IP-01': sectors.industrialRights,
  'IP-02': sectors.copyrights,
  'TEC-01': sectors.recognitions,
  'TEC-02': sectors.researchSpending,
  'TEC-03': sectors.specialisedStatus,
  'CUS-01': sectors.customsRatings,
  'CUS-02': monthly.foreignTrade,
  'AGR-01': sectors.operatorEntries,
  'AGR-02': sectors.farming,
  'ENV-01': sectors.environmentRatings,
  'CON-01': sectors.constructionEntries,
  'PRO-01': sectors.awards,
  'PRO-02': sectors.publicSupport,
  'FIN-01': sectors.loanFeedback,
  'OPS-01': monthly.operations,
  'SELF-01': sectors.selfReports,
  'INS-01': sectors.insurances,
  'PBC-01': sectors.movableSecurities,
};

/** A row that its provider has wrong: the story of the wrong tax row. Removing it is the correction. */
export interface RecordOverride {
  /** Credit code. */
  readonly subject: string;
  readonly item: string;
  /** `YYYY-MM` of a `period`, `YYYY` of a `year`. */
  readonly period: string;
  /** Further members that name the row within the period, e.g. `{taxKind: 'VAT'}`. */
  readonly where?: Readonly<Record<string, Json>>;
  /** The wrong members. */
  readonly change: Readonly<Record<string, Json>>;
}

/** All records of the demonstration's enterprises, made when asked for. */
export class ProviderRecords {
  private readonly profiles: ReadonlyMap<string, EnterpriseProfile>;
  private overrides: readonly RecordOverride[] = [];

  /** @param referenceYear the year that the profiles' `annualRevenueFen` is of. */
  constructor(
    profiles: Iterable<EnterpriseProfile>,
    private readonly seed: number,
    private readonly referenceYear: number,
  ) {
    this.profiles = new Map([...profiles].map((profile) => [profile.subject, profile]));
  }

  /** Replaces the table of wrong rows. */
  setOverrides(overrides: readonly RecordOverride[]): void {
    this.overrides = [...overrides];
  }

  /** The same records with the wrong rows of now, whatever is corrected later: what a batch is made of. */
  frozen(): ProviderRecords {
    const copy = new ProviderRecords(this.profiles.values(), this.seed, this.referenceYear);
    copy.setOverrides(this.overrides);
    return copy;
  }

  /**
   * The rows of an item about an enterprise, up to the month before `at`, within the range where one is given; none for an enterprise unknown here.
   * @throws RangeError for an item that no provider has.
   */
  rowsOf(item: string, subject: string, at: Instant, range?: SourceRange): readonly SourceRow[] {
    if (!isDerivedItemCode(item)) throw new RangeError(`no records of item ${item}`);
    const profile = this.profiles.get(subject);
    if (profile === undefined) return [];
    const lastMonth = monthOfNumber(monthNumber(monthAt(at)) - 1);
    const rows = RECORDS[item](new EnterpriseBooks(profile, this.seed, this.referenceYear, lastMonth)).map((row) => this.overridden(item, subject, row));
    if (range === undefined) return rows;
    return derive(item, 'RAW', rows, { range, at }).data['records'] as readonly SourceRow[];
  }

  private overridden(item: DerivedItemCode, subject: string, row: SourceRow): SourceRow {
    const wrong = this.overrides.filter((override) => override.item === item && override.subject === subject && matches(override, row));
    if (wrong.length === 0) return row;
    return DERIVATIONS[item].record.parse(Object.assign({}, row, ...wrong.map((override) => override.change))) as SourceRow;
  }
}

function matches({ period, where }: RecordOverride, row: SourceRow): boolean {
  const named = row['period'] ?? (row['year'] === undefined ? undefined : String(row['year']));
  return named === period && Object.entries(where ?? {}).every(([member, value]) => row[member] === value);
}
