import { DAY_MILLIS, deletionGroundAt, deletionIdOf, instantAfter, type Instant, type Release } from '@kesu/chaincode/domain';
import type { ConsentSeeding } from './seed-consent';
import { NODE } from './seed-network';
import type { ReleaseSeeding } from './seed-releases';
import type { Seeding } from './seeding';

interface AskedDeletion {
  readonly id: string;
  readonly recipient: string;
  /** When its recipient attests; never for a few. */
  readonly attestAt: Instant | undefined;
  readonly storageOnly: boolean;
}

/** Of those asked every so many-th never attests, every so many-th must keep what it got, and the others take up to so many days. */
const EVERY = { UNATTESTED: 13, STORAGE_ONLY: 17 } as const;
const LONGEST_DAYS = 9;

/** Deletions as the node asks for them, and what recipients attest. */
export class DeletionSeeding {
  private readonly seen = new Set<string>();
  private waiting: AskedDeletion[] = [];
  private drawn = 0;

  constructor(
    private readonly seeding: Seeding,
    private readonly consent: ConsentSeeding,
    private readonly releases: ReleaseSeeding,
  ) {}

  /** Asks for what is due, as the node's gateway does. */
  async ask(): Promise<void> {
    const { at } = this.seeding;
    const due = this.#due(at).filter(({ id }) => !this.seen.has(id));
    await Promise.all(due.map(({ id }) => this.seeding.submit(NODE, 'deletions:ask', { releaseId: id })));
    for (const { id, recipient } of due) {
      this.seen.add(id);
      this.drawn += 1;
      const attestAt = this.drawn % EVERY.UNATTESTED === 0 ? undefined : instantAfter(at, (this.drawn % LONGEST_DAYS) * DAY_MILLIS);
      this.waiting.push({ id: deletionIdOf(id), recipient, attestAt, storageOnly: this.drawn % EVERY.STORAGE_ONLY === 0 });
    }
  }

  /** Recipients attest what they were asked for some days before. */
  async attest(): Promise<void> {
    const { at, cast } = this.seeding;
    const ready = this.waiting.filter(({ attestAt }) => attestAt !== undefined && attestAt <= at);
    this.waiting = this.waiting.filter((one) => !ready.includes(one));
    await Promise.all(
      ready.map(({ id, recipient, storageOnly }) => {
        const attested = storageOnly ? { result: 'STORAGE_ONLY' as const, reason: 'kept-by-law' } : { result: 'DELETED' as const };
        return this.seeding.submit(recipient, 'deletions:attest', { id, ...attested, documentDigest: cast.seeded.documentDigest(`deletion ${id}`) });
      }),
    );
  }

  /** Of each recipient under each grant the newest release that must go. */
  #due(at: Instant): readonly Release[] {
    const grants = new Map([...this.consent.grants.values()].map((grant) => [grant.id, grant]));
    const newest = new Map<string, Release>();
    for (const release of this.releases.releases.values()) {
      const grant = grants.get(release.grantId ?? '');
      if (grant !== undefined && !this.releases.failed.has(release.id) && deletionGroundAt(grant, release, at) !== undefined) newest.set(`${grant.id} ${release.recipient}`, release);
    }
    return [...newest.values()];
  }
}
