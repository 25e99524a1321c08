import { instantAfter, instantOf, isAskedLive, shanghaiDate, DAY_MILLIS, HOUR_MILLIS, MINUTE_MILLIS, type Instant } from '@kesu/chaincode/domain';
import type { Identities } from '../identities';
import { CATALOGUE, catalogueItemOf } from './catalogue';
import type { DemonstrationEnterprise } from './enterprises';
import { organisationsOf } from './organisations';
import { ProviderBatch } from './provider-batches';
import { ProviderRecords } from './provider-records';
import type { AcceptedBatch, DemonstrationProvider } from './provider-server';
import type { SeededBytes } from './seeded-bytes';
import { DEMONSTRATION_DAYS } from './step';

/** The instant of day 0: midnight in Asia/Shanghai, {@link DEMONSTRATION_DAYS} days before the day of `nowMillis`. */
export function demonstrationStart(nowMillis: number): Instant {
  const offset = 8 * HOUR_MILLIS;
  const midnight = Math.floor((nowMillis + offset) / DAY_MILLIS) * DAY_MILLIS - offset;
  return instantOf(midnight - DEMONSTRATION_DAYS * DAY_MILLIS);
}

/** An ingest batch of the demonstration: every collected item has one from day 0 on. */
export interface PlannedBatch {
  /** As steps name it. */
  readonly name: string;
  readonly item: string;
  readonly day: number;
}

/** PRO-02's first batch is withdrawn on day 50; its provider hands in another once the denial of day 52 has been seen. */
export const SECOND_BATCH: PlannedBatch = { name: 'PRO-02-second', item: 'PRO-02', day: 58 };

/** Every batch that is accepted, in order of time. */
export const PLANNED_BATCHES: readonly PlannedBatch[] = [
  ...CATALOGUE.filter(({ mode }) => !isAskedLive(mode)).map(({ code }) => ({ name: `${code}-first`, item: code, day: 0 })),
  SECOND_BATCH,
];

/**
 * What the demonstration's providers answer from, at seeding and in each later run alike: records, and the batches with the ids that they have
 * on the ledger. Batches are made when asked for: a thousand enterprises cost up to a second.
 */
export class DemonstrationSources {
  readonly records: ProviderRecords;
  private readonly made = new Map<string, AcceptedBatch>();

  constructor(
    readonly startAt: Instant,
    private readonly seeded: SeededBytes,
    private readonly enterprises: readonly DemonstrationEnterprise[],
    seed: number,
    /** How many days the demonstration covers. */
    private readonly days: number = DEMONSTRATION_DAYS,
  ) {
    const referenceYear = Number(shanghaiDate(startAt).slice(0, 4)) - 1;
    this.records = new ProviderRecords(
      enterprises.map(({ profile }) => profile),
      seed,
      referenceYear,
    );
  }

  /** A batch by the name that steps give it. @throws RangeError for an unknown one. */
  batch(name: string): AcceptedBatch {
    const present = this.made.get(name);
    if (present !== undefined) return present;
    const planned = PLANNED_BATCHES.find((candidate) => candidate.name === name);
    if (planned === undefined) throw new RangeError(`no demonstration batch ${name}`);
    const covered = this.enterprises.map(({ subjectRef, profile }) => ({ subjectRef, subject: profile.subject }));
    const at = instantAfter(this.startAt, planned.day * DAY_MILLIS);
    const batch = new ProviderBatch(this.records, planned.item, 1, at, covered, this.seeded.bytes('salts of batches', 32));
    const made = { batchId: this.batchIdOf(name), batch };
    this.made.set(name, made);
    return made;
  }

  /** The id of a batch on the ledger. */
  batchIdOf(name: string): string {
    return this.seeded.id(`batch ${name}`);
  }

  /** The batch that an item is served from when those days are over; undefined for an item asked live. */
  latestBatchOf(item: string): AcceptedBatch | undefined {
    const latest = PLANNED_BATCHES.filter((planned) => planned.item === item && planned.day <= this.days).at(-1);
    return latest === undefined ? undefined : this.batch(latest.name);
  }

  /** True for an item that its provider answers live. */
  isAskedLive(item: string): boolean {
    return isAskedLive(catalogueItemOf(item).mode);
  }
}

/** The providers with the request keys that the identities hold for them. @throws TypeError for one without a key. */
export function demonstrationProviders(identities: Identities, tokenOf: (providerId: string) => string): readonly DemonstrationProvider[] {
  return organisationsOf('provider').map(({ id }) => {
    const key = identities.requestKeyOf(id);
    if (key === undefined) throw new TypeError(`there is no request key of ${id}`);
    return { id, token: tokenOf(id), keyId: key.keyId, privateKey: key.privateKey, items: CATALOGUE.filter((item) => item.provider === id).map((item) => item.code) };
  });
}

/** The time of a step, epoch-free: `day` days and `minute` minutes after the start. */
export function timeOf(startAt: Instant, { day, minute = 0 }: { readonly day: number; readonly minute?: number }): Instant {
  return instantAfter(startAt, day * DAY_MILLIS + minute * MINUTE_MILLIS);
}
