import { INSURANCES, type ItemRecord } from '@kesu/chaincode/domain';
import { type EnterpriseBooks, share } from './enterprise-books';

const KIND_ZH = { COMPANY: '有限责任公司', INDIVIDUAL_BUSINESS: '个体工商户', COOPERATIVE: '农民专业合作社', FAMILY_FARM: '家庭农场' } as const;
const HEAD_ZH = { COMPANY: '法定代表人', INDIVIDUAL_BUSINESS: '经营者', COOPERATIVE: '理事长', FAMILY_FARM: '经营者' } as const;

function authority(books: EnterpriseBooks, name: string): string {
  return `${books.profile.city}${name}`;
}

function number(books: EnterpriseBooks, item: string, at: number): string {
  return `示范${item}字第${books.random(`${item}/number`).integer(10_000, 99_999)}-${at + 1}号`;
}

function isCompany(books: EnterpriseBooks): boolean {
  return books.profile.kind === 'COMPANY';
}

/** How many entries a register has of the enterprise: none in most draws, else 1 to `most`. */
function entries<T>(books: EnterpriseBooks, item: string, percent: number, most: number, make: (at: number) => T): T[] {
  const random = books.random(item);
  if (!random.chance(percent)) return [];
  return Array.from({ length: random.integer(1, most) }, (_, at) => make(at));
}

/** The registration of the enterprise. */
export function registration({ profile }: EnterpriseBooks): ItemRecord<'REG-01'>[] {
  const { name, subject, kind, address, registeredCapitalFen, state, foundedOn } = profile;
  return [{ name, creditCode: subject, kind: KIND_ZH[kind], address, registeredCapitalFen, state, foundedOn }];
}

/** Shareholdings that add up to the capital, changes and branches. */
export function ownership(books: EnterpriseBooks): ItemRecord<'REG-02'>[] {
  const { profile } = books;
  const holdings = profile.shareholders.map(({ holder, shareBasisPoints }) => ({ entry: 'SHAREHOLDING' as const, holder, contributionFen: share(profile.registeredCapitalFen, shareBasisPoints), shareBasisPoints }));
  const random = books.random('REG-02/dates');
  const changes = entries(books, 'REG-02/changes', 30, 2, () => ({ entry: 'CHANGE' as const, matter: '经营范围变更', before: '原登记经营范围', after: '现登记经营范围', changedOn: books.dateWithin(random, 5) }));
  const branches = isCompany(books) ? entries(books, 'REG-02/branches', 12, 2, (at) => ({ entry: 'BRANCH' as const, name: `${profile.name}第${at + 1}分公司`, registeredOn: books.dateWithin(random, 5) })) : [];
  return [...holdings, ...changes, ...branches];
}

/** Pledged shares. */
export function equityPledges(books: EnterpriseBooks): ItemRecord<'REG-03'>[] {
  const [holder] = books.profile.shareholders;
  if (!isCompany(books) || holder === undefined) return [];
  const random = books.random('REG-03/dates');
  return entries(books, 'REG-03', 6, 1, () => ({ pledgor: holder.holder, pledgee: '示范融资担保有限公司', pledgedFen: share(books.profile.registeredCapitalFen, 3_000), registeredOn: books.dateWithin(random, 3), state: random.chance(60) ? ('VALID' as const) : ('CANCELLED' as const) }));
}

function personnel(books: EnterpriseBooks): { name: string; post: string }[] {
  const { profile } = books;
  const others = profile.shareholders.filter(({ holder }) => holder !== profile.legalRepresentative.name).slice(0, 2);
  return [{ name: profile.legalRepresentative.name, post: HEAD_ZH[profile.kind] }, ...others.map(({ holder }, at) => ({ name: holder, post: at === 0 ? '监事' : '经理' }))];
}

/** Names and posts. */
export function keyPersonnel(books: EnterpriseBooks): ItemRecord<'REG-04A'>[] {
  return personnel(books);
}

/** How the identity documents of the key personnel were checked; no number. */
export function identityChecks(books: EnterpriseBooks): ItemRecord<'REG-04B'>[] {
  const random = books.random('REG-04B');
  return personnel(books).map(({ post }, at) => ({ post, documentKind: 'IDENTITY_CARD', result: at > 0 && random.chance(4) ? 'NOT_CHECKED' : 'MATCH', checkedOn: books.dateWithin(random, 1) }));
}

/** The undisclosed part of the annual reports: sums of the same months as the tax figures. */
export function annualReports(books: EnterpriseBooks): ItemRecord<'REG-05'>[] {
  return books.years().map((year) => {
    const figures = books.figures(Array.from({ length: 12 }, (_, at) => `${year}-${String(at + 1).padStart(2, '0')}`));
    return { year, totalAssetsFen: figures.totalAssetsFen, totalRevenueFen: figures.revenueFen, totalProfitFen: figures.totalProfitFen, staff: books.profile.staff };
  });
}

/** Statements by quarter that add up; individual businesses file none. */
export function financialStatements(books: EnterpriseBooks): ItemRecord<'TAX-04'>[] {
  if (books.profile.kind === 'INDIVIDUAL_BUSINESS' || books.profile.kind === 'FAMILY_FARM') return [];
  return books.quarters().map((period) => ({ period, ...books.figures(books.quarterEnding(period)) }));
}

const PERMIT_ZH: Readonly<Record<string, string>> = { A: '种子经营许可', C: '工业产品生产许可', E: '安全生产许可', F: '食品经营许可', G: '道路运输经营许可', H: '食品经营许可' };

/** Permits that the trade needs. */
export function permits(books: EnterpriseBooks): ItemRecord<'ADM-01'>[] {
  const content = PERMIT_ZH[books.profile.industry.charAt(0)];
  if (content === undefined) return [];
  const validFrom = books.dateWithin(books.random('ADM-01'), 3);
  return [{ documentNumber: number(books, 'ADM-01', 0), content, authority: authority(books, '行政审批服务局'), validFrom, validUntil: books.yearsAfter(validFrom, 5) }];
}

/** Penalties, of strained enterprises more often. */
export function penalties(books: EnterpriseBooks): ItemRecord<'ADM-02'>[] {
  const random = books.random('ADM-02/details');
  return entries(books, 'ADM-02', books.profile.standing === 'SOUND' ? 4 : 18, 2, (at) => {
    const yuan = random.integer(2, 60) * 500;
    return { documentNumber: number(books, 'ADM-02', at), cause: '未按规定公示信息', result: `罚款${yuan}元`, fineFen: yuan * 100, authority: authority(books, '市场监督管理局'), decidedOn: books.dateWithin(random, 3) };
  });
}

/** Inspections. */
export function administrativeActs(books: EnterpriseBooks): ItemRecord<'ADM-03'>[] {
  const random = books.random('ADM-03/details');
  return entries(books, 'ADM-03', 45, 2, (at) => ({ act: 'INSPECTION' as const, documentNumber: number(books, 'ADM-03', at), content: '双随机抽查,未发现问题', authority: authority(books, '市场监督管理局'), actedOn: books.dateWithin(random, 3) }));
}

/** Lists of abnormal operation. */
export function listings(books: EnterpriseBooks): ItemRecord<'ADM-04'>[] {
  const random = books.random('ADM-04/details');
  const open = books.profile.state === 'LICENCE_REVOKED';
  return entries(books, 'ADM-04', open ? 100 : 4, 1, () => {
    const listedOn = books.dateWithin(random, 3);
    return { list: 'ABNORMAL' as const, cause: '未按期公示年度报告', authority: authority(books, '市场监督管理局'), listedOn, ...(open ? {} : { removedOn: listedOn }) };
  });
}

/** Honours. */
export function honours(books: EnterpriseBooks): ItemRecord<'ADM-05'>[] {
  const random = books.random('ADM-05/details');
  return entries(books, 'ADM-05', books.profile.isHighTech ? 50 : 5, 2, () => ({ name: '中小企业创新示范单位', level: 'MUNICIPAL' as const, authority: authority(books, '工业和信息化局'), awardedOn: books.dateWithin(random, 4) }));
}

const COURT_ZH = '示范人民法院';

/** Judgment defaulters: only enterprises in arrears. */
export function defaulterEntries(books: EnterpriseBooks): ItemRecord<'JUD-01'>[] {
  const random = books.random('JUD-01/details');
  return entries(books, 'JUD-01', books.profile.standing === 'IN_ARREARS' ? 35 : 0, 1, () => ({ caseNumber: number(books, '执', 0), court: COURT_ZH, performance: 'NONE' as const, publishedOn: books.dateWithin(random, 1) }));
}

const SUED_PERCENT = { SOUND: 3, STRAINED: 20, IN_ARREARS: 75 } as const;

/** Judgments. */
export function judgments(books: EnterpriseBooks): ItemRecord<'JUD-02'>[] {
  const random = books.random('JUD-02/details');
  return entries(books, 'JUD-02', SUED_PERCENT[books.profile.standing] + 4, 3, (at) => {
    const isDefendant = books.profile.standing !== 'SOUND' || random.chance(40);
    return { caseNumber: number(books, '民初', at), court: COURT_ZH, cause: '买卖合同纠纷', role: isDefendant ? ('DEFENDANT' as const) : ('PLAINTIFF' as const), outcome: '支付货款', enforcedFen: random.integer(20, 800) * 100_000, decidedOn: books.dateWithin(random, 4) };
  });
}

/** Suits filed against the enterprise. */
export function filedSuits(books: EnterpriseBooks): ItemRecord<'JUD-03'>[] {
  const random = books.random('JUD-03/details');
  return entries(books, 'JUD-03', SUED_PERCENT[books.profile.standing], 4, (at) => {
    const preserved = books.profile.standing === 'IN_ARREARS' && random.chance(50);
    return { caseNumber: number(books, '民初立', at), court: COURT_ZH, cause: '借款合同纠纷', role: 'DEFENDANT' as const, preservation: preserved ? ('FREEZE' as const) : ('NONE' as const), preservedFen: preserved ? random.integer(10, 400) * 100_000 : 0, filedOn: books.dateWithin(random, 2) };
  });
}

type Grade = ItemRecord<'TAX-02'>['grade'];

function gradeOf(books: EnterpriseBooks, year: number): Grade {
  const random = books.random(`grade/${year}`);
  if (books.profile.standing === 'IN_ARREARS') return random.chance(60) ? 'D' : 'C';
  if (books.profile.standing === 'STRAINED') return random.chance(50) ? 'C' : 'M';
  return random.pickWeighted<Grade>([{ value: 'A', weight: 30 }, { value: 'B', weight: 50 }, { value: 'M', weight: 20 }]);
}

/** Grades of other years than A; A is public, in TAX-01. */
export function taxGrades(books: EnterpriseBooks): ItemRecord<'TAX-02'>[] {
  if (books.profile.kind === 'INDIVIDUAL_BUSINESS') return [];
  return books.years().map((year) => ({ year, grade: gradeOf(books, year) })).filter(({ grade }) => grade !== 'A');
}

/** What the tax service announces: grade A, arrears. */
export function taxNotices(books: EnterpriseBooks): ItemRecord<'TAX-01'>[] {
  const random = books.random('TAX-01');
  const graded = books.profile.kind === 'INDIVIDUAL_BUSINESS' ? [] : books.years().filter((year) => gradeOf(books, year) === 'A').map((year) => ({ entry: 'GRADE_A' as const, year }));
  const arrears = books.profile.standing === 'IN_ARREARS' ? [{ entry: 'ARREARS' as const, taxKind: '增值税', balanceFen: share(books.profile.annualRevenueFen, random.integer(40, 160)), announcedOn: books.dateWithin(random, 1) }] : [];
  return [...graded, ...arrears];
}

/** State of the five insurances. */
export function insuranceStatus(books: EnterpriseBooks): ItemRecord<'SOC-01'>[] {
  const insuredPersons = books.insuredPersons();
  if (insuredPersons === 0) return [];
  const isSuspended = books.profile.standing === 'IN_ARREARS';
  const consecutiveMonths = isSuspended ? 0 : books.random('SOC-01').integer(Math.min(12, books.months().length), books.months().length);
  return INSURANCES.map((insurance) => ({ insurance, state: isSuspended && insurance !== 'WORK_INJURY' ? 'SUSPENDED' : 'INSURED', insuredPersons, consecutiveMonths }));
}

/** State of the housing fund account. */
export function fundStatus(books: EnterpriseBooks): ItemRecord<'HPF-01'>[] {
  const contributors = books.fundContributors();
  if (contributors === 0) return [];
  return [{ state: books.profile.standing === 'IN_ARREARS' ? 'SUSPENDED' : 'PAYING', contributors, paidUntil: books.lastMonthPaid() }];
}

/** Titles to real estate. */
export function properties(books: EnterpriseBooks): ItemRecord<'RE-01'>[] {
  if (!books.profile.ownsPremises) return [];
  const random = books.random('RE-01');
  return Array.from({ length: random.pickWeighted([{ value: 1, weight: 60 }, { value: 2, weight: 25 }, { value: 4, weight: 15 }]) }, (_, at) => {
    const isMortgaged = random.chance(45);
    const areaSquareMetres = random.integer(80, 300) + books.profile.staff * random.integer(5, 40);
    return { unitNumber: `示范(2026)不动产权第${random.integer(1_000_000, 9_999_999)}号`, title: at === 0 ? 'OWNED' : 'USE_RIGHT', use: at === 0 ? '生产经营用房' : '工业用地', areaSquareMetres, registeredOn: books.dateWithin(random, 8), isMortgaged, mortgagedFen: isMortgaged ? areaSquareMetres * random.integer(1_500, 4_000) * 100 : 0, isSeized: books.profile.standing === 'IN_ARREARS' && random.chance(50) };
  });
}

/** Land granted to industry. */
export function landGrants(books: EnterpriseBooks): ItemRecord<'RE-02'>[] {
  const random = books.random('RE-02/details');
  if (!books.profile.ownsPremises || !/^[CE]/.test(books.profile.industry)) return [];
  return entries(books, 'RE-02', 40, 1, (at) => ({ contractNumber: number(books, 'RE-02', at), use: '工业用地', areaSquareMetres: random.integer(20, 400) * 100, grantedOn: books.dateWithin(random, 8), idleness: 'NOT_IDLE' as const }));
}
