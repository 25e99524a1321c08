import type { Enterprise } from '@kesu/chaincode/domain';

/**
 * The province's trades as the demonstration knows them. What a provider answers about an enterprise (margins, taxes, electricity by season)
 * follows from its trade: see `trade-model.ts`.
 */
export const TRADES = [
  'FRUIT_FARMING',
  'CROP_FARMING',
  'LIVESTOCK',
  'FOOD_PROCESSING',
  'MACHINERY',
  'EQUIPMENT_PARTS',
  'CHEMICALS',
  'MEDICINE',
  'TEXTILES',
  'BUILDING_MATERIALS',
  'CONSTRUCTION',
  'WHOLESALE',
  'RETAIL',
  'LOGISTICS',
  'LODGING',
  'CATERING',
  'SOFTWARE',
  'TECHNOLOGY_SERVICES',
  'BUSINESS_SERVICES',
  'RESIDENT_SERVICES',
] as const;

/** One of {@link TRADES}. */
export type Trade = (typeof TRADES)[number];

/** A person of the demonstration: invented. */
export interface DemonstrationPerson {
  readonly name: string;
  /** An identity number in the right form whose region part is not assigned (6199xx). */
  readonly identityNumber: string;
}

/** A share of the capital. */
export interface Shareholding {
  readonly holder: string;
  /** Parts of 10,000; the shareholdings of an enterprise add up to 10,000. */
  readonly shareBasisPoints: number;
}

/**
 * What the demonstration's authorities know of one enterprise; all their records follow from it, the seed and the credit code, so that they agree
 * with each other. Money in fen, dates `YYYY-MM-DD`.
 */
export interface EnterpriseProfile {
  /** Unified social credit code. Never on the ledger, in a URL, a log or an error text (I16). */
  readonly subject: string;
  readonly name: string;
  readonly kind: Enterprise['kind'];
  readonly state: Enterprise['state'];
  /** Six digits, a region of `regions.ts`. */
  readonly regionCode: string;
  /** Name of the city, zh. */
  readonly city: string;
  readonly address: string;
  readonly trade: Trade;
  /** Code of GB/T 4754, e.g. `C1432`. */
  readonly industry: string;
  readonly size: Enterprise['size'];
  readonly foundedOn: string;
  /** People at work, at least 1. */
  readonly staff: number;
  /** Of the latest full year. */
  readonly annualRevenueFen: number;
  /** Growth of revenue from year to year in basis points, may be negative. */
  readonly growthBasisPoints: number;
  readonly registeredCapitalFen: number;
  readonly legalRepresentative: DemonstrationPerson;
  /** Empty for an individual business. */
  readonly shareholders: readonly Shareholding[];
  /** How it pays: SOUND pays in time, STRAINED pays late now and then, IN_ARREARS has stopped paying in full. */
  readonly standing: 'SOUND' | 'STRAINED' | 'IN_ARREARS';
  readonly isExporter: boolean;
  readonly isHighTech: boolean;
  /** Its premises are its own: real estate rows, mortgages. */
  readonly ownsPremises: boolean;
}
