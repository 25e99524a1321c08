import { DAY_MILLIS, MINUTE_MILLIS } from '@kesu/chaincode/domain';
import type { Step } from './step';

/** A step of the scenario, or one that follows from another: the node confirms keys whose wait is over. */
export type SeedStep = Step | { readonly verb: 'CONFIRM_KEYS'; readonly enterprise: string; readonly day: number; readonly minute: number };

/** How much later than planned a step may happen, so that independent ones are submitted together: registrations more, they come in lists. */
export const REGISTRATION_DELAY_MINUTES = 120;
const DELAY_MINUTES = 30;

/** Steps that happen together at the time of the last of them. */
export interface Wave {
  readonly steps: readonly SeedStep[];
  readonly day: number;
  readonly minute: number;
}

/**
 * Groups steps in order of time into waves: within a short time, and no two of a wave touch the same enterprise. What concerns everyone
 * (a participant, a batch, an item, a template) is a wave of its own.
 * @param predecessorOf the enterprise that another came from: it counts as touched too.
 */
export function wavesOf(steps: readonly SeedStep[], predecessorOf: (slug: string) => string | undefined): readonly Wave[] {
  const waves: SeedStep[][] = [];
  const touchedBy = (step: SeedStep): readonly string[] => enterprisesOf(step).flatMap((slug) => [slug, predecessorOf(slug) ?? slug]);
  for (const step of steps) {
    const wave = waves.at(-1);
    if (wave !== undefined && joins(wave, step, touchedBy)) wave.push(step);
    else waves.push([step]);
  }
  return waves.map((wave) => ({ steps: wave, day: wave.at(-1)?.day ?? 0, minute: wave.at(-1)?.minute ?? 0 }));
}

function joins(wave: readonly SeedStep[], step: SeedStep, touchedBy: (step: SeedStep) => readonly string[]): boolean {
  const [first] = wave;
  if (first === undefined || wave.length >= MOST_IN_WAVE) return false;
  const isList = isRegistration(first);
  const longest = isList ? REGISTRATION_DELAY_MINUTES : DELAY_MINUTES;
  const touched = wave.flatMap(touchedBy);
  const own = touchedBy(step);
  return isList === isRegistration(step) && minutesOf(step) - minutesOf(first) <= longest && own.length > 0 && touched.length > 0 && !own.some((slug) => touched.includes(slug));
}

const MOST_IN_WAVE = 60;

function isRegistration({ verb }: SeedStep): boolean {
  return verb === 'REGISTER' || verb === 'CONFIRM_KEYS';
}

function minutesOf({ day, minute }: SeedStep): number {
  return (day * DAY_MILLIS) / MINUTE_MILLIS + minute;
}

/** The enterprises that a step touches; none when it concerns everyone. */
export function enterprisesOf(step: SeedStep): readonly string[] {
  if ('ask' in step) return [step.ask.enterprise];
  if ('letters' in step) return step.letters.map(({ enterprise }) => enterprise);
  if (step.verb === 'SUCCEED') return [step.enterprise, step.successor];
  return 'enterprise' in step ? [step.enterprise] : [];
}
