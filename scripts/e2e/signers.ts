import { makeEnterprises, RESERVED_ENTERPRISES, type DemonstrationEnterprise } from '../../gateway/src/demonstration/enterprises';
import type { PlannedKey } from '../../gateway/src/demonstration/key-plan';

/** The seed that a configuration without one uses. */
export const SEED = 20_220_902;

/** Every enterprise of a demonstration of so many. */
export function enterprisesOf(count: number): readonly DemonstrationEnterprise[] {
  return makeEnterprises(SEED).slice(0, count);
}

/** A key that may sign alone, by its file's name. */
export interface Signer {
  readonly slug: string;
  readonly keyName: string;
  readonly plan: PlannedKey;
}

/** Enterprises behind the cast to which nothing happens but what the tests do, with the key of whom the registry names. */
export function signersOf(count: number): readonly Signer[] {
  const all = enterprisesOf(count);
  const predecessors = new Set(all.map((one) => one.predecessor));
  return all.slice(RESERVED_ENTERPRISES).flatMap(({ slug, profile, platforms, isPartnership, nextRepresentative, keyPlan }) => {
    const [plan] = keyPlan;
    const isPlain = profile.state === 'OPERATING' && platforms.length === 1 && platforms[0] === 'qinxinrong' && !isPartnership && nextRepresentative === undefined && !predecessors.has(slug);
    return isPlain && plan !== undefined ? [{ slug, keyName: `${slug}-${plan.slot}`, plan }] : [];
  });
}
