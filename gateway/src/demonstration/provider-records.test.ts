import fc from 'fast-check';
import { canonicalJson, derive, DERIVATIONS, type DerivedItemCode, granularitiesOf, type ItemRecord } from '@kesu/chaincode/domain';
import { CATALOGUE } from './catalogue';
import type { EnterpriseProfile } from './enterprise-profile';
import { makeEnterprises } from './enterprises';
import { ProviderRecords } from './provider-records';

const AT = '2026-03-10T04:00:00.000Z';
const SEED = 20_260_301;
const profiles = makeEnterprises(SEED).map(({ profile }) => profile);
const records = new ProviderRecords(profiles, SEED, 2025);
const anyProfile = fc.constantFrom(...profiles);
const CODES = Object.keys(DERIVATIONS) as DerivedItemCode[];

function rows<C extends DerivedItemCode>(item: C, profile: EnterpriseProfile, at = AT): readonly ItemRecord<C>[] {
  return records.rowsOf(item, profile.subject, at) as unknown as readonly ItemRecord<C>[];
}

function sum<R>(list: readonly R[], value: (entry: R) => number): number {
  return list.reduce((total, entry) => total + value(entry), 0);
}

function forAnyProfile(holds: (profile: EnterpriseProfile) => void): void {
  fc.assert(fc.property(anyProfile, holds), { numRuns: 50 });
}

describe('records of the demonstration', () => {
  it('have the shape of their item, for every item and enterprise', () => {
    forAnyProfile((profile) => {
      for (const code of CODES) for (const row of rows(code, profile)) expect(DERIVATIONS[code].record.safeParse(row).error).toBeUndefined();
    });
  });

  it('exist for every item of some enterprise, and lead to every granularity', () => {
    const some = profiles.slice(0, 400);
    for (const code of CODES) {
      expect({ code, found: some.some((profile) => rows(code, profile).length > 0) }).toEqual({ code, found: true });
      for (const granularity of granularitiesOf(code)) {
        const isMade = some.some((profile) => {
          const { data } = derive(code, granularity, rows(code, profile), { at: AT });
          return data['band'] === undefined && data['answer'] !== 'NO_RECORD' && data['answer'] !== 'TOO_FEW_RECORDS';
        });
        expect({ code, granularity, made: isMade }).toEqual({ code, granularity, made: true });
      }
    }
  });

  it('are known for exactly the items of the catalogue, each non-public one at every granularity', () => {
    expect([...CODES].sort()).toEqual(CATALOGUE.map(({ code }) => code).sort());
    for (const item of CATALOGUE) {
      const expected = item.class === 'PUBLIC' ? ['ANSWER', 'RAW'] : ['ANSWER', 'RAW', 'SCORE', 'SUMMARY'];
      expect({ code: item.code, granularities: [...granularitiesOf(item.code)].sort() }).toEqual({ code: item.code, granularities: expected });
    }
  });

  it('fewer than a rule needs lead to nothing but that there are too few', () => {
    forAnyProfile((profile) => {
      for (const code of CODES) {
        for (const granularity of granularitiesOf(code)) {
          const { fewestRecords } = derive(code, granularity, [], { at: AT });
          const few = rows(code, profile).slice(0, Math.max(0, fewestRecords - 1));
          if (few.length === 0) continue;
          const expected = granularity === 'ANSWER' ? { answer: 'TOO_FEW_RECORDS' } : { band: 'TOO_FEW_RECORDS' };
          expect({ code, granularity, data: derive(code, granularity, few, { at: AT }).data }).toEqual({ code, granularity, data: expected });
        }
      }
    });
  });

  it('are the same for the same seed and code, and a later day changes no month and no entry', () => {
    const again = new ProviderRecords(profiles, SEED, 2025);
    forAnyProfile((profile) => {
      for (const code of CODES) expect(again.rowsOf(code, profile.subject, AT)).toEqual(rows(code, profile));
      for (const code of ['RE-01', 'FIN-01', 'JUD-03', 'IP-02'] as const) expect(rows(code, profile, '2026-08-02T00:00:00.000Z')).toEqual(rows(code, profile));
      const later = new Set(rows('TAX-03', profile, '2026-05-10T04:00:00.000Z').map((row) => JSON.stringify(row)));
      for (const row of rows('TAX-03', profile).filter(({ period }) => period >= '2023-05')) expect(later.has(JSON.stringify(row))).toBe(true);
    });
  });

  it('end with the month before the day asked, and know nothing before the founding', () => {
    forAnyProfile((profile) => {
      for (const { period } of rows('UTL-01', profile)) expect(period <= '2026-02' && period >= profile.foundedOn.slice(0, 7)).toBe(true);
    });
  });

  it('agree on people: staff ≥ insured ≥ housing fund contributors', () => {
    forAnyProfile((profile) => {
      const [insurance] = rows('SOC-01', profile);
      const [fund] = rows('HPF-01', profile);
      const insured = insurance?.insuredPersons ?? 0;
      expect(insured).toBeLessThanOrEqual(profile.staff);
      if (profile.kind === 'COMPANY') expect(insured).toBeGreaterThanOrEqual(Math.floor(profile.staff * 0.9));
      expect(fund?.contributors ?? 0).toBeLessThanOrEqual(insured);
      expect(rows('SOC-02', profile).length > 0).toBe(insured > 0 && rows('UTL-01', profile).length > 0);
      for (const report of rows('REG-05', profile)) expect(report.staff).toBe(profile.staff);
    });
  });

  it('agree on revenue: invoices, annual report and financial statements of a year are of one size', () => {
    forAnyProfile((profile) => {
      const [report] = rows('REG-05', profile).filter(({ year }) => year === 2025);
      if (report === undefined) return;
      const invoiced = sum(rows('TAX-03', profile).filter(({ period }) => period.startsWith('2025')), (row) => row.invoicedFen);
      expect(Math.abs(invoiced - 0.97 * report.totalRevenueFen)).toBeLessThan(0.001 * report.totalRevenueFen + 100);
      expect(Math.abs(report.totalRevenueFen - profile.annualRevenueFen)).toBeLessThan(0.08 * profile.annualRevenueFen);
      const quarters = rows('TAX-04', profile).filter(({ period }) => period.startsWith('2025'));
      if (quarters.length === 4) expect(sum(quarters, (quarter) => quarter.revenueFen)).toBe(report.totalRevenueFen);
    });
  });

  it('have statements that add up', () => {
    forAnyProfile((profile) => {
      for (const quarter of rows('TAX-04', profile)) {
        expect(quarter.totalLiabilitiesFen + quarter.ownersEquityFen).toBe(quarter.totalAssetsFen);
        expect(quarter.revenueFen - quarter.costFen - quarter.expensesFen).toBe(quarter.totalProfitFen);
        expect(quarter.totalProfitFen - quarter.incomeTaxFen).toBe(quarter.netProfitFen);
        expect(quarter.currentAssetsFen).toBeLessThanOrEqual(quarter.totalAssetsFen);
        expect(quarter.currentLiabilitiesFen).toBeLessThanOrEqual(quarter.totalLiabilitiesFen);
      }
    });
  });

  it('have bills of use × price, paid in full by sound enterprises only', () => {
    forAnyProfile((profile) => {
      for (const bill of rows('UTL-01', profile)) {
        expect(bill.dueFen).toBe(bill.usedKwh * 66);
        expect(bill.paidFen).toBeLessThanOrEqual(bill.dueFen);
        expect(bill.lateFeeFen > 0).toBe(bill.paidFen < bill.dueFen && bill.dueFen - bill.paidFen > 16);
      }
      if (profile.standing === 'SOUND') {
        for (const code of ['TAX-03', 'SOC-02', 'HPF-02', 'UTL-01', 'UTL-02', 'UTL-03'] as const) {
          const { data } = derive(code, 'ANSWER', rows(code, profile), { at: AT });
          expect(['PAID_IN_FULL', 'NO_RECORD', 'TOO_FEW_RECORDS']).toContain(data['answer']);
        }
      }
      if (profile.standing === 'IN_ARREARS' && rows('UTL-01', profile).length >= 12) expect(derive('UTL-01', 'ANSWER', rows('UTL-01', profile), { at: AT }).data['answer']).not.toBe('PAID_IN_FULL');
    });
  });

  it('follow the season: kilns use more electricity in May than in February, orchards sell most in October', () => {
    const mean = (trade: EnterpriseProfile['trade'], month: string): number => {
      const found = profiles.filter((profile) => profile.trade === trade && profile.foundedOn < '2023');
      return sum(found, (profile) => sum(rows('UTL-01', profile).filter(({ period }) => period.endsWith(month)), (bill) => bill.usedKwh)) / found.length;
    };
    expect(mean('BUILDING_MATERIALS', '-05')).toBeGreaterThan(2 * mean('BUILDING_MATERIALS', '-02'));
    expect(mean('FRUIT_FARMING', '-10')).toBeGreaterThan(2 * mean('FRUIT_FARMING', '-02'));
  });

  it('show no amount of a row in an answer or a summary, whatever the item', () => {
    forAnyProfile((profile) => {
      for (const code of CODES) {
        const list = rows(code, profile);
        const amounts = new Set((JSON.stringify(list).match(/(?<=Fen":)\d{5,}/g) ?? []).filter((digits) => !/^\d{1,2}0+$/.test(digits)));
        for (const granularity of granularitiesOf(code).filter((known) => known !== 'RAW')) {
          for (const number of canonicalJson(derive(code, granularity, list, { at: AT }).data).match(/\d+/g) ?? []) expect(amounts.has(number)).toBe(false);
        }
      }
    });
  });

  it('keep names, codes and document numbers out of everything but RAW', () => {
    forAnyProfile((profile) => {
      for (const code of CODES) {
        const list = rows(code, profile);
        for (const granularity of granularitiesOf(code).filter((known) => known !== 'RAW')) {
          expect(canonicalJson(derive(code, granularity, list, { at: AT }).data)).not.toMatch(/[一-鿿]|6199/);
        }
      }
    });
  });
});

describe('a wrong row', () => {
  const wronged = profiles.find((profile) => profile.kind === 'INDIVIDUAL_BUSINESS' && profile.foundedOn < '2022' && profile.standing === 'SOUND') as EnterpriseProfile;
  const override = { subject: wronged.subject, item: 'TAX-03', period: '2026-01', where: { taxKind: 'VAT' }, change: { declaredFen: 987_654_321, paidFen: 0 } };

  it('changes that row of that enterprise and no other, until it is corrected', () => {
    const own = new ProviderRecords(profiles, SEED, 2025);
    const right = own.rowsOf('TAX-03', wronged.subject, AT);
    own.setOverrides([override]);
    const wrong = own.rowsOf('TAX-03', wronged.subject, AT);
    expect(wrong.filter((row, index) => JSON.stringify(row) !== JSON.stringify(right[index]))).toEqual([expect.objectContaining({ period: '2026-01', taxKind: 'VAT', declaredFen: 987_654_321, paidFen: 0 })]);
    expect(derive('TAX-03', 'ANSWER', wrong, { at: AT }).data).toEqual({ answer: 'SHORT_SOMETIMES' });
    own.setOverrides([]);
    expect(own.rowsOf('TAX-03', wronged.subject, AT)).toEqual(right);
  });

  it('must still have the shape of its item', () => {
    const own = new ProviderRecords(profiles, SEED, 2025);
    own.setOverrides([{ ...override, change: { declaredFen: -1 } }]);
    expect(() => own.rowsOf('TAX-03', wronged.subject, AT)).toThrow();
  });
});
