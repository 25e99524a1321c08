import type { EnterpriseProfile, Trade } from './enterprise-profile';

type Size = EnterpriseProfile['size'];

/** What the demonstration needs to make an enterprise of a trade. */
export interface TradeProfile {
  /** Code of GB/T 4754. */
  readonly industry: string;
  /** Words of which a firm's name takes one. */
  readonly words: readonly string[];
  /** How often the trade is met: companies, individual businesses, cooperatives and farms. */
  readonly weights: { readonly company: number; readonly individual: number; readonly cooperative: number };
  /** Revenue that one person at work brings in a year, yuan. */
  readonly revenuePerHeadYuan: number;
  /** Regions where the trade is met four times as often. */
  readonly strongIn: readonly string[];
  readonly mayExport: boolean;
  readonly mayBeHighTech: boolean;
}

function trade(
  industry: string,
  words: readonly string[],
  weights: readonly [company: number, individual: number, cooperative: number],
  revenuePerHeadYuan: number,
  strongIn: readonly string[] = [],
  marks: { readonly mayExport?: boolean; readonly mayBeHighTech?: boolean } = {},
): TradeProfile {
  const [company, individual, cooperative] = weights;
  return { industry, words, weights: { company, individual, cooperative }, revenuePerHeadYuan, strongIn, mayExport: marks.mayExport ?? false, mayBeHighTech: marks.mayBeHighTech ?? false };
}

/** The province's trades: apples of Yan'an and Weinan, machinery of Baoji, tea and lodging of the south, transport and energy supply of the north. */
export const TRADE_PROFILES: Readonly<Record<Trade, TradeProfile>> = {
  FRUIT_FARMING: trade('A0151', ['果业', '苹果种植', '猕猴桃种植'], [2, 2, 10], 160_000, ['610600', '610500', '610300'], { mayExport: true }),
  CROP_FARMING: trade('A0112', ['粮油种植', '小麦种植', '茶叶种植'], [1, 2, 6], 120_000, ['610700', '610900', '610403']),
  LIVESTOCK: trade('A0314', ['养殖', '奶山羊养殖', '牧业'], [1, 2, 5], 180_000, ['610800', '610400']),
  FOOD_PROCESSING: trade('C1432', ['食品', '果汁加工', '面食制品'], [6, 3, 2], 420_000, ['610400', '610500'], { mayExport: true }),
  MACHINERY: trade('C3421', ['机床制造', '机械制造', '阀门制造'], [5, 0, 0], 520_000, ['610300', '610100'], { mayExport: true, mayBeHighTech: true }),
  EQUIPMENT_PARTS: trade('C3484', ['机械配件', '钛材加工', '精密部件'], [6, 1, 0], 460_000, ['610300', '610400'], { mayExport: true, mayBeHighTech: true }),
  CHEMICALS: trade('C2669', ['精细化工', '材料科技'], [3, 0, 0], 780_000, ['610800', '610500'], { mayExport: true, mayBeHighTech: true }),
  MEDICINE: trade('C2730', ['中药材加工', '药业'], [3, 0, 2], 430_000, ['611000', '610700', '610900'], { mayExport: true, mayBeHighTech: true }),
  TEXTILES: trade('C1711', ['纺织', '服饰'], [3, 2, 0], 300_000, ['610400'], { mayExport: true }),
  BUILDING_MATERIALS: trade('C3021', ['建材', '水泥制品', '陶瓷建材'], [4, 2, 0], 600_000, ['610200', '611000']),
  CONSTRUCTION: trade('E4710', ['建筑工程', '装饰工程'], [8, 3, 0], 450_000, ['610100']),
  WHOLESALE: trade('F5123', ['商贸', '农产品批发', '贸易'], [10, 9, 1], 1_500_000, ['610100', '610403']),
  RETAIL: trade('F5212', ['超市', '百货', '便利', '水果零售'], [4, 22, 0], 380_000),
  LOGISTICS: trade('G5431', ['物流', '货物运输', '冷链运输'], [6, 5, 0], 390_000, ['610800', '610500']),
  LODGING: trade('H6130', ['民宿', '客栈', '酒店管理'], [2, 6, 0], 210_000, ['610600', '610700', '610900', '611000']),
  CATERING: trade('H6210', ['餐饮', '面馆', '泡馍馆', '小吃'], [3, 20, 0], 190_000, ['610100']),
  SOFTWARE: trade('I6513', ['软件', '信息技术', '数字科技'], [9, 0, 0], 480_000, ['610100'], { mayExport: true, mayBeHighTech: true }),
  TECHNOLOGY_SERVICES: trade('M7519', ['技术服务', '农业科技', '检测技术'], [7, 0, 1], 400_000, ['610100', '610403'], { mayBeHighTech: true }),
  BUSINESS_SERVICES: trade('L7259', ['广告', '文化传播', '商务服务'], [6, 4, 0], 310_000, ['610100']),
  RESIDENT_SERVICES: trade('O8111', ['汽车维修', '家政服务', '理发', '洗衣'], [2, 11, 0], 150_000),
};

type Threshold = readonly [staff: number, revenueYuan: number];

const WAN = 10_000;
const INDUSTRY = { small: [20, 300 * WAN], medium: [300, 2_000 * WAN] } as const;
const FARMING = { small: [0, 50 * WAN], medium: [0, 500 * WAN] } as const;
const CATERING_AND_LODGING = { small: [10, 100 * WAN], medium: [100, 2_000 * WAN] } as const;
const BY_STAFF = { small: [10, 0], medium: [100, 0] } as const;

/** By the first letter of the industry code, wholesale and retail apart. */
const THRESHOLDS: Readonly<Record<string, { readonly small: Threshold; readonly medium: Threshold }>> = {
  A: FARMING,
  C: INDUSTRY,
  E: { small: [0, 300 * WAN], medium: [0, 6_000 * WAN] },
  F51: { small: [5, 1_000 * WAN], medium: [20, 5_000 * WAN] },
  F52: { small: [10, 100 * WAN], medium: [50, 500 * WAN] },
  G: { small: [20, 200 * WAN], medium: [300, 3_000 * WAN] },
  H: CATERING_AND_LODGING,
  I: { small: [10, 50 * WAN], medium: [100, 1_000 * WAN] },
};

/**
 * The size class of an enterprise by staff and yearly revenue (中小企业划型标准规定, 工信部联企业〔2011〕300号; the assets that it weighs in construction
 * and business services are left out). Nothing above MEDIUM is made here.
 */
export function sizeClassOf(industry: string, staff: number, annualRevenueFen: number): Size {
  const thresholds = THRESHOLDS[industry.slice(0, 3)] ?? THRESHOLDS[industry.charAt(0)] ?? BY_STAFF;
  const reaches = ([leastStaff, leastYuan]: Threshold): boolean => staff >= leastStaff && annualRevenueFen >= leastYuan * 100;
  if (reaches(thresholds.medium)) return 'MEDIUM';
  return reaches(thresholds.small) ? 'SMALL' : 'MICRO';
}
