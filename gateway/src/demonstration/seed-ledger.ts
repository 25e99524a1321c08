import { epochMillis, shanghaiDate } from '@kesu/chaincode/domain';
import { demonstrationTokens, tokenOfParticipant } from './demo-tokens';
import { DemonstrationSources } from './demonstration-sources';
import { makeKeys, writeKeyFiles } from './demonstration-keys';
import { bodyOf, STILL_PERMITTED, summaryFrom, writeSummary, type PermittedNow } from './demonstration-summary';
import { makeEnterprises } from './enterprises';
import { makeScenario } from './scenario';
import { SeededBytes } from './seeded-bytes';
import { seedNetwork } from './seed-network';
import { Seeding, type SeedCast, type SeedOptions } from './seeding';
import { markSeeding } from './seeding-mark';
import { keyPlanOfToday, playToday } from './seed-today';
import { StepSeeding } from './seed-steps';
import { wavesOf } from './seed-waves';
import { DEMONSTRATION_DAYS } from './step';
import { makeStories } from './stories';

/** What a seeding left. */
export interface SeedSummary {
  readonly startAt: string;
  readonly enterprises: number;
  readonly grants: number;
  readonly releases: number;
  readonly denials: number;
  /** Ids on the ledger by the names of the steps. */
  readonly grantIds: Readonly<Record<string, string>>;
  readonly releaseIds: Readonly<Record<string, string>>;
  /** Milliseconds of this machine's time. */
  readonly tookMillis: number;
}

/** The enterprises, keys and sources of a seed. @param startAt the instant of day 0. */
export function makeCast({ seed, count, days, startAt, origin, rpId }: Pick<SeedOptions, 'seed' | 'count' | 'days' | 'origin' | 'rpId'> & { readonly startAt: string }): SeedCast {
  const seeded = new SeededBytes(seed);
  const enterprises = makeEnterprises(seed).slice(0, count);
  const keys = new Map(enterprises.map((one) => [one.slug, makeKeys(seeded, { ...one, keyPlan: days === 0 ? keyPlanOfToday(one) : one.keyPlan }, { origin, rpId })]));
  return { enterprises, keys, seeded, sources: new DemonstrationSources(startAt, seeded, enterprises, seed, days) };
}

/**
 * Fills an empty ledger with the demonstration: the network, then 90 days of steps in order of time, under a clock that this moves from step to
 * step and releases at the end; or, where no clock can be moved, what can happen today. Marks its beginning and its end in the private journal: what was interrupted is neither empty nor whole.
 * @throws Error when the ledger decides otherwise than the scenario expects.
 */
export async function seedDemonstration(options: SeedOptions): Promise<SeedSummary> {
  const began = performance.now();
  const { clock, store, seed, count, days, directory, progress } = options;
  const startAt = clock.at;
  await markSeeding(store, { state: 'STARTED', seed, count, startAt, days });
  const cast = makeCast({ ...options, startAt });
  const seeding = new Seeding(options, cast);
  const files = writeKeyFiles(directory, cast.keys);
  progress(`${cast.enterprises.length} enterprises and their keys`);
  await seedNetwork(seeding);
  progress('the network: participants, catalogue, templates, batches');
  const steps = new StepSeeding(seeding);
  await steps.enterprises.rememberSubjects();
  if (days === 0) await playToday(seeding, steps);
  else await playScenario(seeding, steps);
  await files;
  await store.commit(seeding.changes);
  clock.moveTo(Math.max(clock.now(), epochMillis(seeding.timeOf(days))));
  await steps.deletions.ask();
  const tokens = demonstrationTokens(cast.enterprises);
  await writeSummary(directory, summaryFrom(seeding, steps, tokens, await permittedNow(seeding, steps)));
  await markSeeding(store, { state: 'DONE', seed, count, startAt, days });
  clock.release();
  return summaryOf(seeding, steps, performance.now() - began);
}

/** What the stories' live grants permit on the last day: for the `curl` that the start page prints. */
async function permittedNow(seeding: Seeding, { consent, releases }: StepSeeding): Promise<readonly PermittedNow[]> {
  const isToday = seeding.options.days === 0;
  const happened = isToday ? makeScenario(seeding.options.seed, seeding.startAt, seeding.cast.enterprises).steps : makeStories(seeding.startAt).flatMap((story) => story.steps);
  const asks = happened.flatMap((step) => (step.verb === 'RELEASE' ? [step.ask] : []));
  const permitted: PermittedNow[] = [];
  for (const name of isToday ? consent.grants.keys() : STILL_PERMITTED) {
    if (permitted.length >= STILL_PERMITTED.length) break;
    const ask = asks.findLast((one) => one.grant === name);
    if (ask === undefined || !consent.grants.has(name) || !(await releases.wouldPermit(ask))) continue;
    const ids = { enterprise: seeding.enterprise(ask.enterprise).subjectRef, grantId: consent.grant(name).id, loanRef: ask.loan === undefined ? undefined : consent.loanRef(ask.loan) };
    permitted.push({ token: tokenOfParticipant(ask.requester), body: bodyOf(ask, ids) });
  }
  return permitted;
}

async function playScenario(seeding: Seeding, steps: StepSeeding): Promise<void> {
  const scenario = makeScenario(seeding.options.seed, seeding.startAt, seeding.cast.enterprises);
  steps.setWrongRow(true);
  let day = 0;
  const waves = wavesOf(steps.planned(scenario.steps), (slug) => seeding.enterprise(slug).predecessor);
  for (const [index, wave] of waves.entries()) {
    if (wave.day > day) {
      await steps.endOfDay();
      day = wave.day;
      if (day % 15 === 0) seeding.options.progress(`day ${day} of ${DEMONSTRATION_DAYS}: ${shanghaiDate(seeding.timeOf(day))}`);
    }
    seeding.moveTo(seeding.timeOf(wave.day, wave.minute));
    const next = waves[index + 1];
    await Promise.all([steps.wave(wave.steps, `wave ${index}`), next === undefined ? undefined : steps.prepareAhead(next.steps, seeding.timeOf(next.day, next.minute))]);
  }
  await steps.endOfDay();
}

function summaryOf(seeding: Seeding, { consent, releases }: StepSeeding, tookMillis: number): SeedSummary {
  return {
    startAt: seeding.startAt,
    enterprises: seeding.cast.enterprises.length,
    grants: consent.grants.size,
    releases: releases.releases.size,
    denials: releases.denials.length,
    grantIds: Object.fromEntries([...consent.grants].map(([name, { id }]) => [name, id])),
    releaseIds: Object.fromEntries([...releases.releases].map(([name, { id }]) => [name, id])),
    tookMillis: Math.round(tookMillis),
  };
}
