import type { ItemRecord } from '@kesu/chaincode/domain';
import { type EnterpriseBooks, share } from './enterprise-books';
import { ELECTRICITY_WEATHER, GAS_WEATHER } from './trade-model';

/** Employers' and employees' contributions in parts of 10,000 of the base. */
const INSURANCE_RATES = { PENSION: 2_400, MEDICAL: 900, UNEMPLOYMENT: 100, WORK_INJURY: 50, MATERNITY: 50 } as const;
/** Both halves of the housing fund contribution in parts of 10,000 of the base. */
const FUND_RATE = 1_000;
/** Monthly turnover up to which a small taxpayer pays no VAT: 100,000 yuan. */
const VAT_FREE_FEN = 10_000_000;
const PRICE_FEN = { kwh: 66, cubicMetreOfWater: 545, cubicMetreOfGas: 352 } as const;

type TaxRow = ItemRecord<'TAX-03'>;

/** Declarations by month: VAT with its surcharges, income tax with the quarter. */
export function taxDeclarations(books: EnterpriseBooks): TaxRow[] {
  return books.months().flatMap((month) => {
    const rows = [...vatRows(books, month)];
    if (Number(month.slice(5)) % 3 === 0) rows.push(incomeTaxRow(books, month));
    return rows;
  });
}

function vatRows(books: EnterpriseBooks, period: string): TaxRow[] {
  const invoicedFen = share(books.revenueFen(period), 9_700);
  const isFree = books.profile.kind === 'INDIVIDUAL_BUSINESS' && invoicedFen <= VAT_FREE_FEN;
  const vat = isFree ? 0 : share(books.revenueFen(period), books.model.vat);
  const rows: TaxRow[] = [{ period, taxKind: 'VAT', declaredFen: vat, paidFen: books.paidFen(vat, period, 'VAT'), invoicedFen }];
  if (vat > 0) rows.push({ period, taxKind: 'SURCHARGES', declaredFen: share(vat, 1_200), paidFen: books.paidFen(share(vat, 1_200), period, 'SURCHARGES'), invoicedFen: 0 });
  return rows;
}

function incomeTaxRow(books: EnterpriseBooks, period: string): TaxRow {
  const isPersonal = books.profile.kind === 'INDIVIDUAL_BUSINESS' || books.profile.kind === 'FAMILY_FARM';
  const quarter = books.quarterEnding(period);
  const declaredFen = isPersonal ? share(books.figures(quarter).revenueFen, 80) : books.figures(quarter).incomeTaxFen;
  return { period, taxKind: isPersonal ? 'PERSONAL_BUSINESS_INCOME_TAX' : 'CORPORATE_INCOME_TAX', declaredFen, paidFen: books.paidFen(declaredFen, period, 'INCOME_TAX'), invoicedFen: 0 };
}

/** Contributions by month and kind of insurance, over as many people as SOC-01 names. */
export function insuranceContributions(books: EnterpriseBooks): ItemRecord<'SOC-02'>[] {
  const baseFen = books.insuredPersons() * books.personBaseFen();
  if (baseFen === 0) return [];
  return books.months().flatMap((period) =>
    (Object.keys(INSURANCE_RATES) as (keyof typeof INSURANCE_RATES)[]).map((insurance) => {
      const dueFen = share(baseFen, INSURANCE_RATES[insurance]);
      const paidFen = books.paidFen(dueFen, period, 'SOCIAL_INSURANCE');
      return { period, insurance, baseFen, dueFen, paidFen, arrearsFen: dueFen - paidFen };
    }),
  );
}

/** Housing fund contributions by month, over as many people as HPF-01 names. */
export function fundContributions(books: EnterpriseBooks): ItemRecord<'HPF-02'>[] {
  const dueFen = share(books.fundContributors() * books.personBaseFen(), FUND_RATE);
  if (dueFen === 0) return [];
  let arrearsMonths = 0;
  return books.months().map((period) => {
    const paidFen = books.paidFen(dueFen, period, 'HOUSING_FUND');
    arrearsMonths = paidFen < dueFen ? arrearsMonths + 1 : 0;
    return { period, dueFen, paidFen, arrearsMonths };
  });
}

/** Electricity bills: use follows business and weather, the amount due is use × price. */
export function electricityBills(books: EnterpriseBooks): ItemRecord<'UTL-01'>[] {
  return books.months().map((period) => {
    const usedKwh = used(books, period, books.model.electricity, PRICE_FEN.kwh, ELECTRICITY_WEATHER);
    const dueFen = usedKwh * PRICE_FEN.kwh;
    const paidFen = books.paidFen(dueFen, period, 'ELECTRICITY');
    return { period, usedKwh, dueFen, paidFen, lateFeeFen: share(dueFen - paidFen, 300) };
  });
}

/** Water bills. */
export function waterBills(books: EnterpriseBooks): ItemRecord<'UTL-02'>[] {
  return books.months().map((period) => volumeBill(books, period, 'WATER', used(books, period, books.model.water, PRICE_FEN.cubicMetreOfWater, []), PRICE_FEN.cubicMetreOfWater));
}

/** Gas bills; none without a connection. */
export function gasBills(books: EnterpriseBooks): ItemRecord<'UTL-03'>[] {
  if (books.model.gas === 0) return [];
  return books.months().map((period) => volumeBill(books, period, 'GAS', used(books, period, books.model.gas, PRICE_FEN.cubicMetreOfGas, GAS_WEATHER), PRICE_FEN.cubicMetreOfGas));
}

function volumeBill(books: EnterpriseBooks, period: string, payee: string, usedCubicMetres: number, priceFen: number): ItemRecord<'UTL-02'> {
  const dueFen = usedCubicMetres * priceFen;
  return { period, usedCubicMetres, dueFen, paidFen: books.paidFen(dueFen, period, payee) };
}

function used(books: EnterpriseBooks, period: string, partOfRevenue: number, priceFen: number, weather: readonly number[]): number {
  const weight = weather[Number(period.slice(5)) - 1] ?? 100;
  return 1 + Math.floor((share(books.revenueFen(period), partOfRevenue) * weight) / 100 / priceFen);
}

/** Customs by month, for exporters. */
export function foreignTrade(books: EnterpriseBooks): ItemRecord<'CUS-02'>[] {
  if (!books.profile.isExporter) return [];
  const exported = books.random('exports').integer(1_500, 5_500);
  const imported = books.random('imports').integer(0, 800);
  return books.months().map((period) => {
    const revenue = books.revenueFen(period);
    return { period, importsFen: share(revenue, imported), exportsFen: share(revenue, exported), declarations: 1 + Math.floor(share(revenue, exported) / 60_000_000) };
  });
}

/** Orders, payments received and workers, of enterprises that opted in: a third. */
export function operations(books: EnterpriseBooks): ItemRecord<'OPS-01'>[] {
  if (!books.random('opts-in').chance(34)) return [];
  const orderFen = books.random('order-size').integer(8_000, 900_000);
  return books.months().slice(-18).map((period) => {
    const orderValueFen = share(books.revenueFen(period), 9_400);
    return { period, orders: 1 + Math.floor(orderValueFen / orderFen), orderValueFen, collectedFen: books.paidFen(share(orderValueFen, 9_200), period, 'CUSTOMERS'), workers: books.profile.staff };
  });
}
