import type { Trade } from './enterprise-profile';

/** What a trade's books and bills look like. Ratios in parts of 10,000 of revenue unless told otherwise. */
export interface TradeModel {
  /** Cost of sales. */
  readonly cost: number;
  /** Selling, administrative and research expenses with wages outside production. */
  readonly expenses: number;
  /** VAT borne after input tax. */
  readonly vat: number;
  /** Total assets of a year's revenue. */
  readonly assets: number;
  /** Debts of total assets. */
  readonly debts: number;
  /** Electricity bills. */
  readonly electricity: number;
  readonly water: number;
  /** 0 for a trade without a gas connection. */
  readonly gas: number;
  /** Weight of each month from January on; revenue and use follow it. */
  readonly season: readonly number[];
}

const LEVEL = [88, 62, 98, 102, 104, 104, 102, 102, 104, 102, 108, 114] as const;
const FARMING = [60, 50, 60, 70, 80, 90, 100, 120, 170, 190, 140, 80] as const;
const BUILDING = [45, 30, 90, 115, 125, 125, 115, 115, 125, 125, 110, 80] as const;
const SUMMER = [85, 70, 90, 100, 110, 115, 125, 125, 105, 120, 85, 80] as const;
const WINTER = [130, 110, 100, 90, 85, 90, 110, 115, 90, 90, 95, 120] as const;
const FESTIVE = [135, 105, 88, 90, 98, 96, 94, 96, 104, 112, 90, 112] as const;

function model(cost: number, expenses: number, vat: number, assets: number, debts: number, [electricity, water, gas]: readonly [number, number, number], season: readonly number[]): TradeModel {
  return { cost, expenses, vat, assets, debts, electricity, water, gas, season };
}

/** The books of each trade. */
export const TRADE_MODELS: Readonly<Record<Trade, TradeModel>> = {
  FRUIT_FARMING: model(7_400, 1_300, 60, 12_000, 4_000, [120, 60, 0], FARMING),
  CROP_FARMING: model(7_600, 1_300, 60, 11_000, 4_200, [150, 90, 0], FARMING),
  LIVESTOCK: model(7_900, 1_200, 60, 12_500, 4_500, [160, 80, 10], FESTIVE),
  FOOD_PROCESSING: model(7_700, 1_500, 220, 9_000, 5_000, [210, 50, 70], FESTIVE),
  MACHINERY: model(7_400, 1_700, 340, 11_000, 5_200, [260, 12, 40], LEVEL),
  EQUIPMENT_PARTS: model(7_500, 1_600, 340, 10_500, 5_200, [280, 12, 30], LEVEL),
  CHEMICALS: model(7_600, 1_500, 320, 12_000, 5_500, [420, 40, 160], LEVEL),
  MEDICINE: model(6_200, 2_600, 420, 11_500, 4_500, [180, 40, 50], LEVEL),
  TEXTILES: model(8_000, 1_400, 260, 9_500, 5_500, [340, 30, 20], LEVEL),
  BUILDING_MATERIALS: model(7_700, 1_500, 330, 12_500, 6_000, [480, 30, 180], BUILDING),
  CONSTRUCTION: model(8_400, 1_000, 260, 9_000, 6_500, [40, 15, 0], BUILDING),
  WHOLESALE: model(8_900, 750, 110, 5_000, 5_500, [25, 3, 0], FESTIVE),
  RETAIL: model(8_100, 1_400, 150, 4_200, 4_800, [130, 12, 0], FESTIVE),
  LOGISTICS: model(8_300, 1_150, 220, 7_500, 5_800, [70, 8, 0], LEVEL),
  LODGING: model(5_500, 3_400, 180, 13_000, 5_000, [480, 90, 120], SUMMER),
  CATERING: model(5_900, 3_300, 120, 5_500, 4_600, [330, 100, 260], FESTIVE),
  SOFTWARE: model(4_600, 4_200, 430, 8_500, 3_600, [60, 4, 0], LEVEL),
  TECHNOLOGY_SERVICES: model(5_400, 3_600, 380, 7_500, 3_800, [70, 6, 0], LEVEL),
  BUSINESS_SERVICES: model(6_000, 3_200, 330, 6_000, 4_000, [60, 6, 0], LEVEL),
  RESIDENT_SERVICES: model(5_800, 3_300, 130, 5_000, 4_000, [150, 60, 40], WINTER),
};

/** Which uses of energy and water follow the weather besides the business: cold and heat need electricity, cold needs gas. */
export const ELECTRICITY_WEATHER: readonly number[] = [116, 110, 98, 90, 92, 106, 122, 122, 100, 88, 96, 112];
export const GAS_WEATHER: readonly number[] = [170, 150, 110, 75, 60, 55, 50, 50, 60, 85, 130, 165];
