import type { z } from 'zod';
import { ADMINISTRATION_DERIVATIONS } from './administration';
import { FINANCING_DERIVATIONS } from './financing';
import { INNOVATION_DERIVATIONS } from './innovation';
import { JUDICIAL_DERIVATIONS } from './judicial';
import { REAL_ESTATE_DERIVATIONS } from './real-estate';
import { REGISTRATION_DERIVATIONS } from './registration';
import { SOCIAL_DERIVATIONS } from './social';
import { TAX_DERIVATIONS } from './tax';
import { SECTOR_DERIVATIONS } from './trade-and-sector';
import { UTILITY_DERIVATIONS } from './utilities';
import { VOLUNTARY_DERIVATIONS } from './voluntary';

/** Every item of the catalogue with its record shape and rules. */
export const DERIVATIONS = {
  ...REGISTRATION_DERIVATIONS,
  ...ADMINISTRATION_DERIVATIONS,
  ...JUDICIAL_DERIVATIONS,
  ...TAX_DERIVATIONS,
  ...SOCIAL_DERIVATIONS,
  ...REAL_ESTATE_DERIVATIONS,
  ...UTILITY_DERIVATIONS,
  ...INNOVATION_DERIVATIONS,
  ...SECTOR_DERIVATIONS,
  ...FINANCING_DERIVATIONS,
  ...VOLUNTARY_DERIVATIONS,
} as const;

/** A code that {@link DERIVATIONS} knows. */
export type DerivedItemCode = keyof typeof DERIVATIONS;

/** The record of an item, e.g. `ItemRecord<'TAX-03'>`. */
export type ItemRecord<C extends DerivedItemCode> = z.infer<(typeof DERIVATIONS)[C]['record']>;

/** True when the item has a record shape and rules. */
export function isDerivedItemCode(code: string): code is DerivedItemCode {
  return Object.hasOwn(DERIVATIONS, code);
}
