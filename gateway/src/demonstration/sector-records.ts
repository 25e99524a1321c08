import type { ItemRecord } from '@kesu/chaincode/domain';
import { type EnterpriseBooks, share } from './enterprise-books';

function code(books: EnterpriseBooks, item: string, at = 0): string {
  return `DEMO-${item}-${books.random(`${item}/code/${at}`).integer(100_000, 999_999)}`;
}

function several<T>(books: EnterpriseBooks, item: string, percent: number, most: number, make: (at: number) => T): T[] {
  const random = books.random(item);
  if (!random.chance(percent)) return [];
  return Array.from({ length: random.integer(1, most) }, (_, at) => make(at));
}

function isOfIndustry(books: EnterpriseBooks, letters: string): boolean {
  return letters.includes(books.profile.industry.charAt(0));
}

/** Patents of high-tech enterprises, trademarks. */
export function industrialRights(books: EnterpriseBooks): ItemRecord<'IP-01'>[] {
  const random = books.random('IP-01/details');
  const patents = books.profile.isHighTech ? random.integer(3, 14) : 0;
  const made = Array.from({ length: patents }, (_, at) => ({ right: random.chance(25) ? ('INVENTION' as const) : ('UTILITY_MODEL' as const), number: code(books, 'ZL', at), name: '一种示范装置', state: random.chance(85) ? ('IN_FORCE' as const) : ('PENDING' as const), registeredOn: books.dateWithin(random, 6) }));
  return [...made, ...several(books, 'IP-01/marks', 30, 2, (at) => ({ right: 'TRADEMARK' as const, number: code(books, 'TM', at), name: '示范商标', state: 'IN_FORCE' as const, registeredOn: books.dateWithin(random, 8) }))];
}

/** Registered works, of software firms above all. */
export function copyrights(books: EnterpriseBooks): ItemRecord<'IP-02'>[] {
  const random = books.random('IP-02/details');
  return several(books, 'IP-02', books.profile.trade === 'SOFTWARE' ? 90 : 4, 8, (at) => {
    const isPledged = random.chance(10);
    return { registrationNumber: code(books, 'SR', at), workName: `示范软件V${at + 1}.0`, registeredOn: books.dateWithin(random, 5), isPledged, pledgedFen: isPledged ? random.integer(10, 100) * 1_000_000 : 0 };
  });
}

/** Recognition as a high-tech enterprise. */
export function recognitions(books: EnterpriseBooks): ItemRecord<'TEC-01'>[] {
  if (!books.profile.isHighTech) return [];
  const validFrom = books.dateWithin(books.random('TEC-01'), 2);
  return [{ recognition: '高新技术企业', number: code(books, 'GR'), validFrom, validUntil: books.yearsAfter(validFrom, 3) }];
}

/** Spending that a high-tech enterprise must show: 5 to 9 % of the revenue in its annual report. */
export function researchSpending(books: EnterpriseBooks): ItemRecord<'TEC-02'>[] {
  if (!books.profile.isHighTech) return [];
  return books.years().map((year) => {
    const random = books.random(`TEC-02/${year}`);
    const revenue = Array.from({ length: 12 }, (_, at) => books.revenueFen(`${year}-${String(at + 1).padStart(2, '0')}`)).reduce((sum, value) => sum + value, 0);
    const contracts = random.integer(0, 4);
    return { year, researchSpendingFen: share(revenue, random.integer(500, 900)), projects: random.integer(1, 5), contracts, contractValueFen: contracts * share(revenue, random.integer(50, 200)) };
  });
}

/** Recognition as specialised and innovative. */
export function specialisedStatus(books: EnterpriseBooks): ItemRecord<'TEC-03'>[] {
  const [, , year] = books.years();
  return books.profile.isHighTech && year !== undefined && books.random('TEC-03').chance(35) ? [{ level: 'PROVINCIAL', year }] : [];
}

/** Rating at customs, of exporters. */
export function customsRatings(books: EnterpriseBooks): ItemRecord<'CUS-01'>[] {
  return books.profile.isExporter ? [{ registrationCode: code(books, 'CUS'), rating: 'REGISTERED', ratedOn: books.dateWithin(books.random('CUS-01'), 4) }] : [];
}

/** Entry of cooperatives and family farms among agricultural operators. */
export function operatorEntries(books: EnterpriseBooks): ItemRecord<'AGR-01'>[] {
  const { kind } = books.profile;
  const [year] = books.years();
  if ((kind !== 'COOPERATIVE' && kind !== 'FAMILY_FARM') || year === undefined) return [];
  return [{ operatorKind: kind, modelLevel: books.random('AGR-01').pick(['NONE', 'COUNTY', 'MUNICIPAL', 'PROVINCIAL']), year }];
}

/** Transferred land and the subsidy by area. */
export function farming(books: EnterpriseBooks): ItemRecord<'AGR-02'>[] {
  if (!isOfIndustry(books, 'A') && books.profile.kind !== 'COOPERATIVE') return [];
  const areaSquareMetres = books.random('AGR-02').integer(20, 900) * 667;
  return books.years().map((year) => ({ year, transferredAreaSquareMetres: areaSquareMetres, subsidy: '耕地地力保护补贴', subsidyFen: Math.floor(areaSquareMetres / 667) * books.random(`AGR-02/${year}`).integer(5_500, 7_500) }));
}

/** Environmental ratings of industry. */
export function environmentRatings(books: EnterpriseBooks): ItemRecord<'ENV-01'>[] {
  if (!isOfIndustry(books, 'C')) return [];
  return books.years().map((year) => ({ year, rating: books.random(`ENV-01/${year}`).pickWeighted([{ value: 'GREEN' as const, weight: 30 }, { value: 'BLUE' as const, weight: 55 }, { value: 'YELLOW' as const, weight: 15 }]), permitNumber: code(books, 'PW'), permitValidUntil: `${year + 4}-12-31` }));
}

/** Qualification and projects of builders. */
export function constructionEntries(books: EnterpriseBooks): ItemRecord<'CON-01'>[] {
  if (!isOfIndustry(books, 'E')) return [];
  const random = books.random('CON-01');
  const projects = Array.from({ length: random.integer(1, 6) }, (_, at) => {
    const startedOn = books.dateWithin(random, 4);
    return { entry: 'PROJECT' as const, project: `${books.profile.city}示范工程${at + 1}标段`, contractFen: share(books.profile.annualRevenueFen, random.integer(500, 4_000)), startedOn };
  });
  return [{ entry: 'QUALIFICATION', qualification: '建筑工程施工总承包', grade: '三级', validUntil: books.yearsAfter(books.dateWithin(random, 2), 5) }, ...projects];
}

/** Public procurement awards. */
export function awards(books: EnterpriseBooks): ItemRecord<'PRO-01'>[] {
  const random = books.random('PRO-01/details');
  return several(books, 'PRO-01', books.profile.kind === 'COMPANY' ? 15 : 1, 4, (at) => ({ project: `示范采购项目${at + 1}`, awardedFen: share(books.profile.annualRevenueFen, random.integer(200, 2_000)), awardedOn: books.dateWithin(random, 3), performance: 'GOOD' as const }));
}

/** Subsidies and guarantees. */
export function publicSupport(books: EnterpriseBooks): ItemRecord<'PRO-02'>[] {
  const random = books.random('PRO-02/details');
  const subsidies = several(books, 'PRO-02/subsidies', books.profile.isHighTech ? 80 : 20, 4, () => ({ entry: 'SUBSIDY' as const, name: '中小企业发展专项资金', amountFen: random.integer(2, 60) * 1_000_000 + random.integer(1, 9_999) * 100, grantedOn: books.dateWithin(random, 3) }));
  const guarantees = several(books, 'PRO-02/guarantees', 15, 1, () => ({ entry: 'GUARANTEE' as const, guarantor: '示范融资担保有限公司', amountFen: random.integer(10, 300) * 1_000_000, until: books.yearsAfter(books.dateWithin(random, 1), 2) }));
  return [...subsidies, ...guarantees];
}

/** Earlier loans; overdue ones only where the standing says so. */
export function loanFeedback(books: EnterpriseBooks): ItemRecord<'FIN-01'>[] {
  const random = books.random('FIN-01/details');
  return several(books, 'FIN-01', 55, 5, (at) => {
    const isOverdue = books.profile.standing === 'IN_ARREARS' || (books.profile.standing === 'STRAINED' && random.chance(30));
    const creditLineFen = random.integer(5, 300) * 1_000_000;
    const repaidFen = isOverdue ? share(creditLineFen, random.integer(1_000, 7_000)) : creditLineFen;
    return { loanReference: code(books, 'LOAN', at), product: '示范普惠经营贷', state: isOverdue ? ('OVERDUE' as const) : ('SETTLED' as const), appliedOn: books.dateWithin(random, 3), creditLineFen, drawnFen: creditLineFen, repaidFen, overdueFen: isOverdue ? share(creditLineFen - repaidFen, 4_000) : 0, overdueDays: isOverdue ? random.integer(3, 180) : 0 };
  });
}

/** What the enterprise reported of its own will. */
export function selfReports(books: EnterpriseBooks): ItemRecord<'SELF-01'>[] {
  const random = books.random('SELF-01/details');
  return several(books, 'SELF-01', 30, 4, () => ({ topic: '设备投入', content: '企业自愿填报的设备投入,附信用承诺书', amountFen: random.integer(3, 90) * 1_000_000 + random.integer(1, 9_999) * 100, reportedOn: books.dateWithin(random, 2), hasCommitment: random.chance(95) }));
}

/** Crop, livestock and loan guarantee insurance. */
export function insurances(books: EnterpriseBooks): ItemRecord<'INS-01'>[] {
  const random = books.random('INS-01/details');
  const isFarm = isOfIndustry(books, 'A') || books.profile.kind === 'COOPERATIVE';
  return several(books, 'INS-01', isFarm ? 85 : 10, isFarm ? 4 : 1, () => {
    const validFrom = books.dateWithin(random, 2);
    const insuredFen = random.integer(5, 200) * 1_000_000;
    const claims = random.chance(20) ? 1 : 0;
    return { insurance: farmInsurance(books, isFarm), insuredFen, validFrom, validUntil: books.yearsAfter(validFrom, 1), claims, claimedFen: claims * share(insuredFen, random.integer(200, 3_000)) };
  });
}

function farmInsurance(books: EnterpriseBooks, isFarm: boolean): ItemRecord<'INS-01'>['insurance'] {
  if (!isFarm) return 'LOAN_GUARANTEE';
  return books.profile.trade === 'LIVESTOCK' ? 'LIVESTOCK' : 'CROP';
}

/** Security in movables. */
export function movableSecurities(books: EnterpriseBooks): ItemRecord<'PBC-01'>[] {
  const random = books.random('PBC-01/details');
  return several(books, 'PBC-01', books.profile.kind === 'COMPANY' ? 20 : 3, 2, (at) => {
    const registeredOn = books.dateWithin(random, 3);
    return { registrationNumber: code(books, 'PBC', at), security: random.pick(['RECEIVABLES', 'INVENTORY', 'EQUIPMENT'] as const), collateral: '示范应收账款及设备', registeredOn, until: books.yearsAfter(registeredOn, 3) };
  });
}
