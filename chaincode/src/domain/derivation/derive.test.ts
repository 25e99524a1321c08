import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { canonicalJson } from '../canonical-json';
import { GRANULARITIES } from '../catalogue-item';
import { DomainError } from '../errors';
import { amountBand, bandedMean, bandedSum, coarseBasisPoints, countBand, MOST_OF_AGGREGATE_BASIS_POINTS } from './disclosure';
import { DERIVATIONS, type DerivedItemCode, type ItemRecord } from './derivations';
import { derive, granularitiesOf } from './derive';
import { coverageOf, monthOfNumber, monthNumber, trendBasisPoints } from './month-series';

const AT = '2026-03-10T04:00:00.000Z';

/** Electricity bills of `count` months from 2025-01 on, paid in full unless told. */
function bills(count: number, change: (index: number) => Partial<ItemRecord<'UTL-01'>> = () => ({})): ItemRecord<'UTL-01'>[] {
  return Array.from({ length: count }, (_, index) => ({
    period: monthOfNumber(monthNumber('2025-01') + index),
    usedKwh: 41_237 + index * 13,
    dueFen: 2_613_771 + index * 7_919,
    paidFen: 2_613_771 + index * 7_919,
    lateFeeFen: 0,
    ...change(index),
  }));
}

function codeOf(run: () => unknown): string {
  try {
    run();
  } catch (error) {
    if (error instanceof DomainError) return error.code;
    throw error;
  }
  return 'no refusal';
}

describe('the registry of derivations', () => {
  const codes = Object.keys(DERIVATIONS) as DerivedItemCode[];

  it('knows the 45 items of the catalogue and gives each as RAW and ANSWER', () => {
    expect(codes).toHaveLength(45);
    for (const code of codes) expect(granularitiesOf(code)).toEqual(expect.arrayContaining(['RAW', 'ANSWER']));
  });

  it('states for each rule a version, an explanation and the fewest records', () => {
    for (const code of codes) {
      for (const rule of Object.values(DERIVATIONS[code].rules)) {
        expect(rule.version).toBeGreaterThanOrEqual(1);
        expect(rule.explanation.length).toBeGreaterThan(20);
        expect(Number.isSafeInteger(rule.fewestRecords)).toBe(true);
      }
    }
  });

  it('gives every summary of amounts from at least three records', () => {
    for (const code of codes) {
      const fewest = DERIVATIONS[code].rules.SUMMARY?.fewestRecords;
      if (fewest !== undefined && code !== 'HPF-01') expect(fewest).toBeGreaterThanOrEqual(3);
    }
  });

  it('answers that there is no record for every item and granularity', () => {
    for (const code of codes) {
      for (const granularity of granularitiesOf(code)) {
        const { data } = derive(code, granularity, [], { at: AT });
        const expected = { RAW: { records: [] }, ANSWER: { answer: 'NO_RECORD' } }[granularity as 'RAW' | 'ANSWER'] ?? { band: 'NO_RECORD' };
        expect(data).toEqual(expected);
      }
    }
  });
});

describe('derive', () => {
  it('refuses an unknown item, an unknown granularity and one that the item is not given at', () => {
    expect(codeOf(() => derive('XXX-99', 'RAW', [], { at: AT }))).toBe('item-not-available');
    expect(codeOf(() => derive('UTL-01', 'EVERYTHING', [], { at: AT }))).toBe('item-not-available');
    expect(codeOf(() => derive('REG-01', 'SCORE', [], { at: AT }))).toBe('item-not-available');
    expect(codeOf(() => derive('toString', 'RAW', [], { at: AT }))).toBe('item-not-available');
  });

  it('refuses a record of another shape and names the place without its value', () => {
    const wrong = { ...bills(1)[0], dueFen: 'secret-value' };
    try {
      derive('UTL-01', 'RAW', [wrong], { at: AT });
      throw new Error('accepted');
    } catch (error) {
      expect(error).toBeInstanceOf(DomainError);
      expect((error as DomainError).faults[0]?.pointer).toBe('/0/dueFen');
      expect((error as DomainError).message).not.toContain('secret-value');
    }
    expect(codeOf(() => derive('UTL-01', 'RAW', [{ ...bills(1)[0], extra: 1 }], { at: AT }))).toBe('malformed-command');
    expect(codeOf(() => derive('UTL-01', 'RAW', [{ ...bills(1)[0], dueFen: 1.5 }], { at: AT }))).toBe('malformed-command');
  });

  it('names the rule and its version', () => {
    expect(derive('UTL-01', 'SUMMARY', bills(12), { at: AT })).toMatchObject({ ruleId: 'UTL-01/SUMMARY/1', fewestRecords: 6 });
  });

  it('takes only the records that lie wholly in the range', () => {
    const range = { from: '2025-02', to: '2025-04' };
    expect(derive('UTL-01', 'RAW', bills(12), { at: AT, range }).data['records']).toHaveLength(3);
    const years = [2023, 2024].map((year) => ({ year, grade: 'B' as const }));
    expect(derive('TAX-02', 'RAW', years, { at: AT, range: { from: '2023-01', to: '2024-11' } }).data['records']).toEqual([{ year: 2023, grade: 'B' }]);
  });

  it('counts the range before the fewest records', () => {
    expect(derive('UTL-01', 'SUMMARY', bills(24), { at: AT, range: { from: '2025-01', to: '2025-05' } }).data).toEqual({ band: 'TOO_FEW_RECORDS' });
  });

  it('counts months and not rows towards the fewest records', () => {
    const rows = Array.from({ length: 12 }, () => bills(2)).flat();
    expect(derive('UTL-01', 'SUMMARY', rows, { at: AT }).data).toEqual({ band: 'TOO_FEW_RECORDS' });
  });
});

describe('a monthly series of bills', () => {
  it.each([
    ['PAID_IN_FULL', 12, 0],
    ['SHORT_SOMETIMES', 12, 3],
    ['SHORT_OFTEN', 12, 4],
    ['TOO_FEW_RECORDS', 2, 0],
    ['PAID_IN_FULL', 3, 0],
  ])('answers %s for %i months of which %i were short', (answer, months, short) => {
    const rows = bills(months, (index) => (index < short ? { paidFen: 1_000 } : {}));
    expect(derive('UTL-01', 'ANSWER', rows, { at: AT }).data).toEqual({ answer });
  });

  it('summarises coverage, means, totals and trend as bands', () => {
    expect(derive('UTL-01', 'SUMMARY', bills(12), { at: AT }).data).toEqual({
      monthsCovered: 12,
      gapMonths: 0,
      meanUsedKwh: { atLeast: 30_000, below: 50_000 },
      trendBasisPoints: 0,
      totalDueFen: { atLeast: 30_000_000, below: 50_000_000 },
      totalPaidFen: { atLeast: 30_000_000, below: 50_000_000 },
      totalLateFeeFen: { atLeast: 0, below: 10_000 },
      monthsShort: 0,
    });
  });

  it('withholds a total that one month makes up', () => {
    const rows = bills(12, (index) => (index === 5 ? { lateFeeFen: 123_457 } : {}));
    expect(derive('UTL-01', 'SUMMARY', rows, { at: AT }).data['totalLateFeeFen']).toEqual({ band: 'TOO_FEW_RECORDS' });
  });

  it('scores full coverage and payment with a level trend 850, and less for gaps, shortfalls and age', () => {
    const score = (rows: unknown[], at = AT) => derive('UTL-01', 'SCORE', rows, { at }).data['score'] as number;
    const level = bills(14, () => ({ usedKwh: 5_000 }));
    expect(score(level)).toBe(850);
    expect(score(level.filter((_, index) => index % 3 !== 1))).toBeLessThan(850);
    expect(score(level.map((bill, index) => (index % 2 === 0 ? { ...bill, paidFen: 0 } : bill)))).toBe(650);
    expect(score(level, '2026-09-10T04:00:00.000Z')).toBe(700);
  });
});

describe('disclosure', () => {
  it('puts every amount into exactly one band, mirrored below zero', () => {
    fc.assert(
      fc.property(fc.integer({ min: -1_000_000_000_000, max: 1_000_000_000_000 }), (amount) => {
        const { atLeast, below } = amountBand(amount);
        expect(atLeast <= amount && amount < below).toBe(true);
        expect(Object.is(atLeast, -0) || Object.is(below, -0)).toBe(false);
        if (atLeast >= 10_000) expect(below / atLeast).toBeLessThanOrEqual(2);
      }),
    );
  });

  it('withholds a sum of fewer than three contributions or one that is more than 80 % of it', () => {
    expect(bandedSum([600_000, 600_000])).toEqual({ band: 'TOO_FEW_RECORDS' });
    expect(bandedSum([0, 0, 0])).toEqual({ atLeast: 0, below: 10_000 });
    expect(bandedSum([MOST_OF_AGGREGATE_BASIS_POINTS, 1_000, 1_000])).toEqual({ atLeast: 10_000, below: 15_000 });
    expect(bandedSum([MOST_OF_AGGREGATE_BASIS_POINTS + 1, 1_000, 999])).toEqual({ band: 'TOO_FEW_RECORDS' });
    expect(bandedMean([-5, 0, 5, 7])).toEqual({ atLeast: 0, below: 10_000 });
  });

  it('tells ratios in steps of 5 % and counts in bands', () => {
    expect([1_249, 1_250, -1_251, 90_000].map(coarseBasisPoints)).toEqual([1_000, 1_500, -1_500, 20_000]);
    expect([0, 1, 2, 3, 20, 21, 301].map(countBand)).toEqual(['NONE', 'FROM_1_TO_2', 'FROM_1_TO_2', 'FROM_3_TO_5', 'FROM_11_TO_20', 'FROM_21_TO_50', 'OVER_300']);
  });

  it('measures coverage and trend of months', () => {
    expect(coverageOf(['2025-12', '2026-02', '2026-02'])).toEqual({ monthsCovered: 2, monthsSpanned: 3, gapMonths: 1, lastMonth: '2026-02' });
    expect(trendBasisPoints(new Map([['a', 100], ['b', 999], ['c', 125]]))).toBe(2_500);
    expect(trendBasisPoints(new Map([['a', 0], ['b', 5]]))).toBe(10_000);
    expect(trendBasisPoints(new Map([['a', 5]]))).toBe(0);
  });

  it('tells nothing about the amounts of records below the fewest', () => {
    const amount = fc.integer({ min: 0, max: 1_000_000_000 });
    fc.assert(
      fc.property(fc.array(fc.record({ usedKwh: amount, dueFen: amount, paidFen: amount, lateFeeFen: amount }), { minLength: 1, maxLength: 5 }), (changes) => {
        for (const granularity of ['SCORE', 'SUMMARY']) {
          expect(derive('UTL-01', granularity, bills(changes.length, (index) => changes[index] ?? {}), { at: AT }).data).toEqual({ band: 'TOO_FEW_RECORDS' });
        }
      }),
    );
  });

  it('shows no amount of any row and is canonical JSON whatever the rows are', () => {
    const amount = fc.integer({ min: 10_001, max: 900_000_000 }).filter((value) => value % 1_000 !== 0);
    fc.assert(
      fc.property(fc.array(fc.record({ usedKwh: amount, dueFen: amount, paidFen: amount, lateFeeFen: amount }), { minLength: 6, maxLength: 30 }), (changes) => {
        const rows = bills(changes.length, (index) => changes[index] ?? {});
        const amounts = rows.flatMap(({ period: _, ...rest }) => Object.values(rest));
        for (const granularity of GRANULARITIES.filter((known) => known !== 'RAW')) {
          const text = canonicalJson(derive('UTL-01', granularity, rows, { at: AT }).data);
          for (const number of text.match(/\d+/g) ?? []) expect(amounts).not.toContain(Number(number));
        }
      }),
    );
  });
});

it('keeps the rules pure: no file of this folder names a clock, randomness or node', () => {
  for (const file of ['derive', 'item-derivations', 'series-rules', 'register-rules', 'disclosure', 'month-series']) {
    expect(readFileSync(join(__dirname, `${file}.ts`), 'utf8')).not.toMatch(/\bDate\b\.|new Date|Math\.random|process\.|from 'node:/);
  }
});
