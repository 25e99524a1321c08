import { deletionGroundAt, deletionIdOf, instantAfter, instantOf, retentionEndOf, sha256Hex, DAY_MILLIS, DomainError, type Grant, type Instant } from '@kesu/chaincode/domain';
import type { JournalChange, Ledger } from '@kesu/network';
import type { GatewayParts } from '../gateway-parts';
import type { TracedRelease } from '../read-model';
import { followEvents, type FollowedEvent } from './follow-events';
import { submitAs } from './submit-as';

/** Tables of the private journal: grants to be looked at by time, and up to which block events were read. */
const LOOKS = 'deletion-looks';
const POSITION = 'deletion-position';
/** Most grants that one pass looks at. */
const PASS = 100;
/** Fewest days between two looks at a grant in force. */
const LEAST_DAYS = 30;

/**
 * Asks recipients to delete what they got when a grant was revoked, its period ended, or the letter's retention of a release is over
 * (删除). Only the node's gateway asks. When to look at a grant is stored before its block counts as read, and an ask has an operation of
 * its own, so that a crash loses none and repeats none.
 */
export class DeletionAsking {
  constructor(
    private readonly parts: GatewayParts,
    private readonly ledger: Ledger,
  ) {}

  /** Reads the ledger's events from where it stopped, until `signal` aborts. */
  follow(signal: AbortSignal): Promise<void> {
    const { readModel, store } = this.parts;
    return followEvents({ ledger: this.ledger, readModel, store }, POSITION, looksFor, signal);
  }

  /** Looks at the grants whose time has come. @returns how many deletions were asked for. */
  async askDue(): Promise<number> {
    const { store, clock } = this.parts;
    const now = instantOf(clock.now());
    const due: string[] = [];
    for await (const { key } of store.entries(LOOKS, { limit: PASS })) {
      if (key.slice(0, now.length) > now) break;
      due.push(key);
    }
    let asked = 0;
    for (const key of due) {
      const grant = this.parts.readModel.record('grant', key.slice(now.length + 1))?.record;
      const { releases, next } = grant === undefined ? NOTHING_DUE : this.#due(grant, now);
      for (const releaseId of releases) if (await this.#ask(releaseId)) asked++;
      await store.commit([{ table: LOOKS, key }, ...(grant === undefined || next === undefined ? [] : [look(next, grant.id)])]);
    }
    return asked;
  }

  /** Of each recipient the newest release that must go, and when to look again: the letter itself obliges, so not for each release on its day. */
  #due(grant: Grant, now: Instant): { readonly releases: readonly string[]; readonly next?: Instant } {
    const newest = new Map<string, string>();
    const looks: Instant[] = [];
    for (const { release } of this.#received(grant)) {
      if (deletionGroundAt(grant, release, now) === undefined) looks.push(retentionEndOf(grant, release));
      else if (!newest.has(release.recipient)) newest.set(release.recipient, release.id);
    }
    const releases = [...newest.values()].filter((id) => this.parts.readModel.record('deletion', deletionIdOf(id)) === undefined);
    if (grant.state === 'REVOKED' || now >= grant.until) return { releases };
    // What is released from now on may be kept for the whole retention.
    const following = earliest([...looks, instantAfter(now, grant.retentionDays * DAY_MILLIS)]);
    return { releases, next: earliest([latest(following, instantAfter(now, LEAST_DAYS * DAY_MILLIS)), grant.until]) };
  }

  /** What was received under the grant, newest first; nothing is left of a release that failed before its first byte. */
  *#received(grant: Grant): Generator<TracedRelease> {
    for (let cursor: string | undefined, more = true; more; ) {
      const page = this.parts.readModel.trace('enterprise', grant.enterprise, { decision: 'PERMIT', from: grant.givenAt }, { limit: 100, ...(cursor === undefined ? {} : { cursor }) });
      for (const traced of page.entries) {
        const { release, outcome } = traced;
        const isNothing = outcome?.outcome === 'FAILED' && outcome.bytesSent === 0;
        if (release.grantId === grant.id && release.recipient !== grant.enterprise && !isNothing) yield traced;
      }
      cursor = page.next;
      more = cursor !== undefined;
    }
  }

  /** False for one that somebody else asked for meanwhile. */
  async #ask(releaseId: string): Promise<boolean> {
    const { self, log } = this.parts;
    const operation = sha256Hex(`deletions:ask ${self} ${releaseId}`).slice(0, 32);
    try {
      await submitAs(this.parts, self, 'deletions:ask', { operation, releaseId }, operation);
      return true;
    } catch (error) {
      if (!(error instanceof DomainError)) throw error;
      log.warn({ releaseId, code: error.code }, 'deletion was not asked for');
      return false;
    }
  }
}

const NOTHING_DUE: { readonly releases: readonly string[]; readonly next?: Instant } = { releases: [] };

function looksFor({ event, claimedTime }: FollowedEvent): readonly JournalChange[] {
  if (event.kind !== 'grant') return [];
  const { action, record } = event;
  if (action === 'revoke') return [look(claimedTime, record.id)];
  return action === 'grant' ? [look(earliest([record.until, instantAfter(claimedTime, record.retentionDays * DAY_MILLIS)]), record.id)] : [];
}

function look(at: Instant, grantId: string): JournalChange {
  return { table: LOOKS, key: `${at}/${grantId}`, value: Buffer.alloc(0) };
}

function earliest(instants: readonly Instant[]): Instant {
  return instants.reduce((first, one) => (one < first ? one : first));
}

function latest(one: Instant, other: Instant): Instant {
  return one > other ? one : other;
}
