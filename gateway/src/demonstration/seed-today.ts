import type { DenyReason } from '@kesu/chaincode/domain';
import { RESERVED_ENTERPRISES, type DemonstrationEnterprise } from './enterprises';
import { keysOfRegistration, type PlannedKey } from './key-plan';
import { makeScenario } from './scenario';
import { enterprisesOf } from './seed-waves';
import type { StepSeeding } from './seed-steps';
import type { Seeding } from './seeding';
import type { Step } from './step';

/** So many enterprises a ledger gets whose clock is the machine's: each step is a transaction of several organisations. */
export const TODAY_ENTERPRISES = 200;

/** So many steps at once. */
const MOST_AT_ONCE = 40;

/** What may happen on any day, and the refusals that don't wait for time to pass. */
const VERBS: readonly Step['verb'][] = ['GRANT', 'RELEASE', 'DENY', 'REVOKE', 'SUSPEND', 'LOAN', 'REQUEST', 'DECLINE'];
const REASONS: readonly DenyReason[] = ['grant-revoked', 'grant-suspended', 'grant-superseded', 'loan-closed'];

/**
 * The keys of an enterprise where no day passes: none that would still wait for its confirmation, or whose holder or enterprise comes later; the
 * first is that of whom the registry names.
 */
export function keyPlanOfToday({ keyPlan, predecessor }: Pick<DemonstrationEnterprise, 'keyPlan' | 'predecessor'>): readonly PlannedKey[] {
  if (predecessor !== undefined) return [];
  const { live } = keysOfRegistration(keyPlan, (key) => key);
  return keyPlan.filter((key) => live.includes(key)).map((key, index) => ({ ...key, slot: `k${index + 1}` }));
}

/**
 * Fills a ledger whose clock is the machine's (ADR 5): the lives of the population's enterprises, each step after the one before it, all of them
 * now. No grant has expired, no wait is over, no story of many days is told.
 */
export async function playToday(seeding: Seeding, steps: StepSeeding): Promise<void> {
  const { enterprises } = seeding.cast;
  const registered = enterprises.filter(({ predecessor }) => predecessor === undefined);
  await inParts(steps, registered.map(({ slug }): Step => ({ day: 0, minute: 0, verb: 'REGISTER', enterprise: slug })), 'registrations');
  seeding.options.progress(`${registered.length} enterprises are registered`);
  const ranks = stepsOfToday(makeScenario(seeding.options.seed, seeding.startAt, enterprises).steps, enterprises);
  for (const [rank, together] of ranks.entries()) await inParts(steps, together, `today ${rank}`);
  await steps.endOfDay();
}

/** Of the scenario's steps those that can happen today, as if on day 0: first each enterprise's first, then each one's second, … */
export function stepsOfToday(steps: readonly Step[], enterprises: readonly DemonstrationEnterprise[]): readonly (readonly Step[])[] {
  const lives = new Map(enterprises.slice(RESERVED_ENTERPRISES).filter(({ platforms }) => !platforms.includes('lanchuan-platform')).map(({ slug }) => [slug, [] as Step[]]));
  for (const step of steps.filter(isOfToday)) {
    const [slug = ''] = enterprisesOf(step);
    lives.get(slug)?.push(asOfToday(step));
  }
  const longest = Math.max(0, ...[...lives.values()].map(({ length }) => length));
  return Array.from({ length: longest }, (_, rank) => [...lives.values()].flatMap((life) => life.slice(rank, rank + 1)));
}

function isOfToday(step: Step): boolean {
  return VERBS.includes(step.verb) && (step.verb !== 'DENY' || REASONS.includes(step.reason));
}

/** The same step on day 0: what ends so many days after it still does. */
function asOfToday(step: Step): Step {
  const today = { ...step, day: 0, minute: 0 };
  if (today.verb === 'GRANT') return { ...today, letters: today.letters.map((letter) => ({ ...letter, untilDay: letter.untilDay - step.day })) };
  return today.verb === 'REQUEST' ? { ...today, untilDay: today.untilDay - step.day } : today;
}

async function inParts(steps: StepSeeding, together: readonly Step[], label: string): Promise<void> {
  for (let at = 0; at < together.length; at += MOST_AT_ONCE) await steps.wave(together.slice(at, at + MOST_AT_ONCE), `${label} ${at}`);
}
