import type { KeyCapacity, SigningKey } from '@kesu/chaincode/domain';
import type { EnterpriseProfile } from './enterprise-profile';
import type { SeededRandom, Weighted } from './seed';

/** Who holds a planned key: the person whom the registry names, that person's successor, a handler, or whom a court or liquidation named. */
export type PlannedHolder = 'REPRESENTATIVE' | 'SUCCESSOR' | 'HANDLER' | 'ADMINISTRATOR' | 'LIQUIDATOR';

/** A signing key that the demonstration makes for an enterprise. */
export interface PlannedKey {
  /** Unique within the enterprise: `k1`, `k2`, … */
  readonly slot: string;
  readonly holder: PlannedHolder;
  readonly capacity: KeyCapacity;
  readonly algorithm: SigningKey['algorithm'];
  readonly means: SigningKey['means'];
  readonly binding: SigningKey['binding'];
}

type Form = Pick<PlannedKey, 'algorithm' | 'means' | 'binding'>;

const BROWSER: Form = { algorithm: 'P256', means: 'BROWSER_KEY', binding: 'ELECTRONIC_LICENCE' };
const CERTIFICATE: Form = { algorithm: 'P256', means: 'CERTIFICATE', binding: 'CA_CERTIFICATE' };
const SM2_CERTIFICATE: Form = { algorithm: 'SM2', means: 'CERTIFICATE', binding: 'CA_CERTIFICATE' };
const DEVICE: Form = { algorithm: 'P256', means: 'DEVICE_PASSKEY', binding: 'ELECTRONIC_LICENCE' };
const SYNCED: Form = { algorithm: 'P256', means: 'SYNCED_PASSKEY', binding: 'ELECTRONIC_LICENCE' };
const COUNTER: Form = { algorithm: 'P256', means: 'DEVICE_PASSKEY', binding: 'COUNTER' };

const FIRST_KEYS: readonly Weighted<Form>[] = [
  { value: BROWSER, weight: 26 },
  { value: CERTIFICATE, weight: 20 },
  { value: SM2_CERTIFICATE, weight: 20 },
  { value: DEVICE, weight: 20 },
  { value: SYNCED, weight: 14 },
];

const STRONG_KEYS: readonly Weighted<Form>[] = [
  { value: CERTIFICATE, weight: 35 },
  { value: SM2_CERTIFICATE, weight: 35 },
  { value: DEVICE, weight: 20 },
  { value: COUNTER, weight: 10 },
];

/** The capacity in which the person whom the registry names signs. */
export function registryCapacityOf(kind: EnterpriseProfile['kind'], isPartnership: boolean): KeyCapacity {
  if (kind === 'INDIVIDUAL_BUSINESS' || kind === 'FAMILY_FARM') return 'OPERATOR';
  return isPartnership ? 'MANAGING_PARTNER' : 'LEGAL_REPRESENTATIVE';
}

/** What of an enterprise decides which keys it has. */
export type KeyedEnterprise = Pick<EnterpriseProfile, 'kind' | 'state'> & {
  readonly isPartnership: boolean;
  readonly hasHandler: boolean;
  readonly changesRepresentative: boolean;
  /** A planned letter names summaries, raw records or personal items: a key of full assurance and the person's own are there. */
  readonly needsStrong: boolean;
};

/**
 * The keys of an enterprise. Its first is the registry-named person's; who got one that suffices for answers and scores only has a second of
 * full assurance in half of the cases. Some have the person's own key (PERSON) besides; the operator of an individual business is that person
 * already. Partnerships have a handler's key beside the partner's.
 */
export function planKeys(random: SeededRandom, enterprise: KeyedEnterprise): readonly PlannedKey[] {
  const keys: PlannedKey[] = [];
  const add = (holder: PlannedHolder, capacity: KeyCapacity, form: Form): void => {
    keys.push({ slot: `k${keys.length + 1}`, holder, capacity, ...form });
  };
  const capacity = registryCapacityOf(enterprise.kind, enterprise.isPartnership);
  const first = random.pickWeighted(FIRST_KEYS);
  add('REPRESENTATIVE', capacity, first);
  const isWeak = first.means === 'BROWSER_KEY' || first.means === 'SYNCED_PASSKEY';
  const wantsSecond = random.chance(50);
  const strong = random.pickWeighted(STRONG_KEYS);
  if (isWeak && (wantsSecond || enterprise.needsStrong)) add('REPRESENTATIVE', capacity, strong);
  if (enterprise.needsStrong || random.chance(5)) add('REPRESENTATIVE', 'PERSON', isWeak ? strong : first);
  for (const other of otherSignatories(enterprise, capacity)) add(other.holder, other.capacity, other.form ?? random.pickWeighted(STRONG_KEYS));
  return keys;
}

/** Means that suffice for every granularity (domain.md, SigningKey). */
export function isStrong({ means }: Pick<PlannedKey, 'means'>): boolean {
  return means === 'CERTIFICATE' || means === 'DEVICE_PASSKEY';
}

/** Held from an enterprise's registration on; the others' day comes later. */
const FIRST_HOLDERS: readonly PlannedHolder[] = ['REPRESENTATIVE', 'HANDLER'];

/** The keys that are registered with the enterprise: of each capacity the strongest is live at once, a further one waits 72 hours after its notice. */
export function keysOfRegistration<T>(keys: readonly T[], planOf: (key: T) => PlannedKey): { readonly live: readonly T[]; readonly waiting: readonly T[] } {
  const initial = FIRST_HOLDERS.flatMap((holder) => keys.filter((key) => planOf(key).holder === holder)).sort((a, b) => Number(isStrong(planOf(b))) - Number(isStrong(planOf(a))));
  const isFirst = (key: T, index: number): boolean => initial.findIndex((other) => planOf(other).capacity === planOf(key).capacity) === index;
  return { live: initial.filter(isFirst), waiting: initial.filter((key, index) => !isFirst(key, index)) };
}

function otherSignatories(enterprise: KeyedEnterprise, capacity: KeyCapacity): readonly { readonly holder: PlannedHolder; readonly capacity: KeyCapacity; readonly form?: Form }[] {
  return [
    ...(enterprise.hasHandler || enterprise.isPartnership ? [{ holder: 'HANDLER', capacity: 'HANDLER' } as const] : []),
    ...(enterprise.changesRepresentative ? [{ holder: 'SUCCESSOR', capacity } as const] : []),
    ...(enterprise.state === 'BANKRUPT' ? [{ holder: 'ADMINISTRATOR', capacity: 'ADMINISTRATOR', form: CERTIFICATE } as const] : []),
    ...(enterprise.state === 'LIQUIDATING' ? [{ holder: 'LIQUIDATOR', capacity: 'LIQUIDATOR', form: SM2_CERTIFICATE } as const] : []),
  ];
}
