import { CREDIT_CODE_PREFIX, makeCreditCode, makeCreditCodeEndingInZero, makeMisissuedCreditCode } from './credit-code';
import { TRADES, type DemonstrationPerson, type EnterpriseProfile, type Shareholding, type Trade } from './enterprise-profile';
import { FictionalNames } from './fictional-name';
import { planKeys, type KeyedEnterprise, type PlannedKey } from './key-plan';
import { organisationsOf } from './organisations';
import { REGIONS, regionOf, type DemonstrationRegion } from './regions';
import { SeededRandom } from './seed';
import { sizeClassOf, TRADE_PROFILES, type TradeProfile } from './trade-profile';

/** How many enterprises the demonstration has. */
export const ENTERPRISE_COUNT = 1_000;

/** The first so many play the stories and the rare cases; all have a key of full assurance. */
export const RESERVED_ENTERPRISES = 140;

/** Everything that the demonstration makes of one enterprise. */
export interface DemonstrationEnterprise {
  /** `enterprise-0001` to `enterprise-1000`: names it in stories and scenario, never on the ledger. */
  readonly slug: string;
  /** The 128-bit id on the ledger, lower-case hex. */
  readonly subjectRef: string;
  /** What the authorities know; `profile.state` is the registry's word on the last day, on the first every enterprise is OPERATING. */
  readonly profile: EnterpriseProfile;
  /** The platforms that register it, its own city's first. */
  readonly platforms: readonly string[];
  readonly isPartnership: boolean;
  /** Signs for others of the enterprise under a mandate, where there is one. */
  readonly handler?: DemonstrationPerson;
  /** The legal representative whom the registry names from a later day on, where that changes. */
  readonly nextRepresentative?: DemonstrationPerson;
  readonly keyPlan: readonly PlannedKey[];
  /** True for the one code that fails its check character and that the registry confirmed. */
  readonly codeNeedsOverride: boolean;
  /** The enterprise that this one came from (个转企). */
  readonly predecessor?: string;
}

type Kind = EnterpriseProfile['kind'];

interface Casting {
  readonly kind: Kind;
  readonly region: string;
  readonly trade: Trade;
  readonly standing?: EnterpriseProfile['standing'];
  readonly state?: EnterpriseProfile['state'];
  readonly hasHandler?: boolean;
  readonly changesRepresentative?: boolean;
  readonly staff?: number;
  readonly code?: 'ENDS_IN_ZERO' | 'OVERRIDE';
  readonly predecessor?: string;
}

/** Who plays the stories and the rare cases, by number; all others are drawn. */
const CAST: Readonly<Record<number, Casting>> = {
  1: { kind: 'COMPANY', region: '610300', trade: 'EQUIPMENT_PARTS', standing: 'SOUND', staff: 38 },
  2: { kind: 'COMPANY', region: '610100', trade: 'SOFTWARE', standing: 'SOUND', staff: 24 },
  3: { kind: 'COOPERATIVE', region: '610600', trade: 'FRUIT_FARMING', standing: 'SOUND', staff: 31, hasHandler: true, changesRepresentative: true },
  4: { kind: 'INDIVIDUAL_BUSINESS', region: '610700', trade: 'CATERING', standing: 'SOUND', staff: 7 },
  5: { kind: 'COMPANY', region: '619922', trade: 'BUILDING_MATERIALS', standing: 'IN_ARREARS', staff: 46 },
  6: { kind: 'COMPANY', region: '619922', trade: 'BUILDING_MATERIALS', standing: 'IN_ARREARS', staff: 44 },
  7: { kind: 'COMPANY', region: '619921', trade: 'FOOD_PROCESSING', standing: 'SOUND', staff: 27 },
  8: { kind: 'COMPANY', region: '610100', trade: 'WHOLESALE', code: 'ENDS_IN_ZERO' },
  9: { kind: 'COMPANY', region: '610400', trade: 'TEXTILES', code: 'OVERRIDE' },
  10: { kind: 'INDIVIDUAL_BUSINESS', region: '610500', trade: 'RETAIL', state: 'DEREGISTERED' },
  11: { kind: 'COMPANY', region: '610500', trade: 'RETAIL', predecessor: 'enterprise-0010' },
  12: { kind: 'COMPANY', region: '610100', trade: 'CONSTRUCTION', state: 'LICENCE_REVOKED', standing: 'IN_ARREARS' },
  13: { kind: 'COMPANY', region: '610800', trade: 'LOGISTICS', state: 'LIQUIDATING', standing: 'STRAINED' },
  14: { kind: 'COMPANY', region: '610200', trade: 'BUILDING_MATERIALS', state: 'BANKRUPT', standing: 'IN_ARREARS' },
  15: { kind: 'INDIVIDUAL_BUSINESS', region: '611000', trade: 'LODGING', state: 'DORMANT' },
  16: { kind: 'INDIVIDUAL_BUSINESS', region: '610900', trade: 'LODGING', state: 'DORMANT' },
  17: { kind: 'INDIVIDUAL_BUSINESS', region: '610100', trade: 'RESIDENT_SERVICES', state: 'DEREGISTERED' },
  18: { kind: 'COMPANY', region: '619923', trade: 'FOOD_PROCESSING' },
  19: { kind: 'COMPANY', region: '619924', trade: 'LOGISTICS' },
};

/** How many of each kind: 55 % individual businesses, 40 % companies, 5 % cooperatives and farms. */
export const KIND_QUOTAS: Readonly<Record<Kind, number>> = { INDIVIDUAL_BUSINESS: 550, COMPANY: 400, COOPERATIVE: 45, FAMILY_FARM: 5 };

const FORM_WORDS: Readonly<Record<Kind, readonly string[]>> = {
  COMPANY: ['有限公司', '有限责任公司'],
  INDIVIDUAL_BUSINESS: ['店', '经营部', '商行', '工作室'],
  COOPERATIVE: ['专业合作社', '农民专业合作社'],
  FAMILY_FARM: ['家庭农场'],
};

const STANDINGS = [
  { value: 'SOUND', weight: 82 },
  { value: 'STRAINED', weight: 14 },
  { value: 'IN_ARREARS', weight: 4 },
] as const;

/** The slug of a number from 1 to {@link ENTERPRISE_COUNT}. */
export function enterpriseSlug(number: number): string {
  return `enterprise-${String(number).padStart(4, '0')}`;
}

/** The demonstration's 1,000 enterprises; the same seed gives the same ones. */
export function makeEnterprises(seed: number): readonly DemonstrationEnterprise[] {
  const random = new SeededRandom(seed, 'enterprises');
  const names = new FictionalNames(random.stream('names'));
  const castings = castAll(random.stream('castings'));
  const codes = new Set<string>();
  return castings.map((casting, index) => makeEnterprise(random.stream(`enterprise-${index + 1}`), names, codes, index + 1, casting));
}

function castAll(random: SeededRandom): readonly Casting[] {
  const cast = Object.values(CAST);
  const open = <T>(values: readonly (readonly [T, number])[], taken: readonly T[]): T[] =>
    values.flatMap(([value, count]) => Array.from({ length: count - taken.filter((one) => one === value).length }, () => value));
  const kinds = random.shuffled(open(Object.entries(KIND_QUOTAS) as [Kind, number][], cast.map((one) => one.kind)));
  const regions = random.shuffled(open(REGIONS.map((region) => [region.code, region.share] as const), cast.map((one) => one.region)));
  let drawn = 0;
  return Array.from({ length: ENTERPRISE_COUNT }, (_, index) => {
    const fixed = CAST[index + 1];
    if (fixed !== undefined) return fixed;
    const kind = kinds[drawn] ?? 'COMPANY';
    const region = regions[drawn] ?? '610100';
    drawn += 1;
    return { kind, region, trade: drawTrade(random, kind, region) };
  });
}

function drawTrade(random: SeededRandom, kind: Kind, region: string): Trade {
  const weightOf = ({ weights }: TradeProfile): number => {
    if (kind === 'COMPANY') return weights.company;
    return kind === 'INDIVIDUAL_BUSINESS' ? weights.individual : weights.cooperative;
  };
  return random.pickWeighted(
    TRADES.map((value) => ({ value, weight: weightOf(TRADE_PROFILES[value]) * (TRADE_PROFILES[value].strongIn.includes(region) ? 4 : 1) })),
  );
}

function makeEnterprise(random: SeededRandom, names: FictionalNames, codes: Set<string>, number: number, casting: Casting): DemonstrationEnterprise {
  const region = regionOf(casting.region);
  const traits = drawTraits(random, number, casting);
  const profile = makeProfile(random, names, drawCode(random, codes, casting, region), casting, region, traits.isPartnership);
  const { hasHandler, changesRepresentative, isPartnership } = traits;
  return {
    slug: enterpriseSlug(number),
    subjectRef: random.hexId(),
    profile,
    platforms: platformsOf(region),
    isPartnership,
    ...(hasHandler || isPartnership ? { handler: names.person(region.creditCodeRegion) } : {}),
    ...(changesRepresentative ? { nextRepresentative: names.person(region.creditCodeRegion) } : {}),
    keyPlan: planKeys(random, { ...profile, ...traits, needsStrong: number <= RESERVED_ENTERPRISES }),
    codeNeedsOverride: casting.code === 'OVERRIDE',
    ...(casting.predecessor === undefined ? {} : { predecessor: casting.predecessor }),
  };
}

/** The cast has only the traits that its stories need. */
function drawTraits(random: SeededRandom, number: number, casting: Casting): Pick<KeyedEnterprise, 'isPartnership' | 'hasHandler' | 'changesRepresentative'> {
  if (CAST[number] !== undefined) {
    return { isPartnership: false, hasHandler: casting.hasHandler ?? false, changesRepresentative: casting.changesRepresentative ?? false };
  }
  const isCompany = casting.kind === 'COMPANY';
  return {
    isPartnership: isCompany && random.chance(3),
    hasHandler: casting.kind !== 'INDIVIDUAL_BUSINESS' && random.chance(12),
    changesRepresentative: isCompany && random.chance(2),
  };
}

function drawCode(random: SeededRandom, codes: Set<string>, casting: Casting, region: DemonstrationRegion): string {
  const make = { ENDS_IN_ZERO: makeCreditCodeEndingInZero, OVERRIDE: makeMisissuedCreditCode, PLAIN: makeCreditCode }[casting.code ?? 'PLAIN'];
  let code = make(random, casting.kind, region.creditCodeRegion);
  while (codes.has(code)) code = make(random, casting.kind, region.creditCodeRegion);
  codes.add(code);
  return code;
}

/** A city platform that connects through 秦信融 continues what 秦信融 received, so that its enterprises are registered at both. */
function platformsOf(region: DemonstrationRegion): readonly string[] {
  const serving = organisationsOf('platform').filter((platform) => platform.regions.includes(region.code));
  const conduits = serving.some((platform) => platform.connectVia === 'QINXINRONG') ? ['qinxinrong'] : [];
  return [...serving.map((platform) => platform.id), ...conduits];
}

function makeProfile(random: SeededRandom, names: FictionalNames, subject: string, casting: Casting, region: DemonstrationRegion, isPartnership: boolean): EnterpriseProfile {
  const { kind, trade } = casting;
  const tradeProfile = TRADE_PROFILES[trade];
  const city = region.zh;
  const brand = names.brand();
  const staff = casting.staff ?? drawStaff(random, kind);
  const annualRevenueFen = Math.round((staff * tradeProfile.revenuePerHeadYuan * random.integer(60, 150)) / 10_000) * 10_000;
  const representative = names.person(region.creditCodeRegion);
  const isCompany = kind === 'COMPANY';
  return {
    subject,
    name: firmName(random, city, brand, tradeProfile, kind, isPartnership),
    kind,
    state: casting.state ?? 'OPERATING',
    regionCode: region.code,
    city,
    address: `${city.replace(/示范区$/, '')}示范区${brand.slice(0, 2)}路${random.integer(1, 188)}号`,
    trade,
    industry: tradeProfile.industry,
    size: sizeClassOf(tradeProfile.industry, staff, annualRevenueFen),
    foundedOn: `${random.integer(2008, 2023)}-${two(random.integer(1, 12))}-${two(random.integer(1, 28))}`,
    staff,
    annualRevenueFen,
    growthBasisPoints: random.integer(-1_200, 2_400),
    registeredCapitalFen: drawCapital(random, kind, annualRevenueFen),
    legalRepresentative: representative,
    shareholders: drawShareholders(random, names, kind, representative, region),
    standing: casting.standing ?? random.pickWeighted(STANDINGS),
    isExporter: isCompany && tradeProfile.mayExport && random.chance(18),
    isHighTech: isCompany && tradeProfile.mayBeHighTech && random.chance(30),
    ownsPremises: random.chance(isCompany ? 30 : 18),
  };
}

function firmName(random: SeededRandom, city: string, brand: string, trade: TradeProfile, kind: Kind, isPartnership: boolean): string {
  const place = city.replace(/(市|示范区)$/, '');
  const form = isPartnership ? '合伙企业(有限合伙)' : random.pick(FORM_WORDS[kind]);
  return place + brand + random.pick(trade.words) + form;
}

function drawStaff(random: SeededRandom, kind: Kind): number {
  if (kind === 'INDIVIDUAL_BUSINESS') return random.pickWeighted([{ value: random.integer(1, 3), weight: 60 }, { value: random.integer(4, 8), weight: 35 }, { value: random.integer(9, 15), weight: 5 }]);
  if (kind === 'COMPANY') return random.pickWeighted([{ value: random.integer(3, 12), weight: 50 }, { value: random.integer(13, 60), weight: 40 }, { value: random.integer(61, 180), weight: 10 }]);
  return random.integer(5, 45);
}

function drawCapital(random: SeededRandom, kind: Kind, annualRevenueFen: number): number {
  const wan = 1_000_000;
  if (kind === 'INDIVIDUAL_BUSINESS') return random.integer(1, 20) * wan;
  const tenths = Math.max(1, Math.round((annualRevenueFen * random.integer(10, 40)) / 100 / (10 * wan)));
  return Math.min(tenths * 10, 2_000) * wan;
}

function drawShareholders(random: SeededRandom, names: FictionalNames, kind: Kind, representative: DemonstrationPerson, region: DemonstrationRegion): readonly Shareholding[] {
  if (kind === 'INDIVIDUAL_BUSINESS' || kind === 'FAMILY_FARM') return [];
  const others = kind === 'COOPERATIVE' ? random.integer(4, 6) : random.integer(0, 2);
  const parts = Array.from({ length: others }, () => random.integer(5, 14) * 100);
  const rest = 10_000 - parts.reduce((sum, part) => sum + part, 0);
  return [
    { holder: representative.name, shareBasisPoints: rest },
    ...parts.map((shareBasisPoints) => ({ holder: names.person(region.creditCodeRegion).name, shareBasisPoints })),
  ];
}

function two(value: number): string {
  return String(value).padStart(2, '0');
}

/** The prefix that an enterprise's credit code begins with: the kind's. */
export function creditCodePrefixOf(kind: Kind): string {
  return CREDIT_CODE_PREFIX[kind];
}
