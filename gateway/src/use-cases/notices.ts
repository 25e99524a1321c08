import { canonicalJson, correctionNotice, instantOf, noticesFor, sha256Hex, type DomainEvent, type Instant, type Notice } from '@kesu/chaincode/domain';
import type { JournalChange, Ledger, PrivateJournal } from '@kesu/network';
import type { Logger } from 'pino';
import type { Clock } from '../clock';
import { GatewayError } from '../gateway-error';
import type { Page, PageRequest, ReadModel } from '../read-model';
import { followEvents, type FollowedEvent } from './follow-events';
import { statusOfGrant } from './grants';

/** Tables of the private journal: notices by receiver, those not yet sent by due time, and up to which block events were read. */
const NOTICES = 'notices';
const DUE = 'notices-due';
const POSITION = 'notices-position';
/** More than any block's number. */
const NEWEST = 999_999_999_999;
/** Most notices that one pass sends. */
const PASS = 200;
/** Longest wait between two tries of a channel, milliseconds. */
const LONGEST_WAIT_MILLIS = 60 * 60 * 1000;

/** A way on which notices go out: SMS, a government app; in the demonstration a file. */
export interface NoticeChannel {
  readonly name: string;
  /** Resolves when the channel took it. Called again after an error, so a channel tells repeats apart by the id. */
  send(notice: SentNotice): Promise<void>;
}

/** A notice with what became of it. */
export interface SentNotice extends Notice {
  readonly id: string;
  /** The block of the event it follows from. */
  readonly block: number;
  readonly channel?: string;
  readonly tries: number;
  readonly sentAt?: Instant;
  readonly acknowledgedAt?: Instant;
}

/** What the outbox works with. */
export interface NoticeParts {
  readonly ledger: Ledger;
  readonly readModel: ReadModel;
  readonly store: PrivateJournal;
  readonly clock: Clock;
  readonly channel: NoticeChannel;
  readonly log: Logger;
}

/**
 * The outbox of notices (通知): each event's notices are stored before its block counts as read, and sent until the
 * channel takes them; none is lost by a crash, and a repeat carries the same id.
 */
export class NoticeOutbox {
  constructor(private readonly parts: NoticeParts) {}

  /** Reads the ledger's events from where it stopped, until `signal` aborts. */
  follow(signal: AbortSignal): Promise<void> {
    return followEvents(this.parts, POSITION, (followed) => this.changesFor(followed), signal);
  }

  private changesFor({ event, block, index, item, claimedTime }: FollowedEvent): JournalChange[] {
    return [...noticesFor(event, claimedTime), ...this.corrections(event, claimedTime)].flatMap((notice, nth) => {
      const id = sha256Hex(`${block}.${index}.${item}.${nth}`).slice(0, 32);
      return stored({ ...notice, id, block, tries: 0 });
    });
  }

  /** Those who received a datum are told that it was corrected. */
  private corrections(event: DomainEvent, at: Instant): Notice[] {
    if (event.kind !== 'dispute' || event.record.state !== 'CORRECTED') return [];
    const { enterprise, item, id } = event.record;
    const recipients = new Set<string>();
    for (let cursor: string | undefined, more = true; more; ) {
      const page = this.parts.readModel.trace('enterprise', enterprise, { decision: 'PERMIT' }, { limit: 100, ...(cursor === undefined ? {} : { cursor }) });
      for (const { release } of page.entries) {
        if (release.recipient !== enterprise && release.items.some((released) => released.code === item)) recipients.add(release.recipient);
      }
      cursor = page.next;
      more = cursor !== undefined;
    }
    return [...recipients].map((recipient) => correctionNotice(recipient, id, item, at));
  }

  /** Sends what is due; what a channel refuses waits, longer each time. @returns how many were sent. */
  async sendDue(): Promise<number> {
    const { store, clock, channel, log } = this.parts;
    let sent = 0;
    const due: SentNotice[] = [];
    for await (const { key, value } of store.entries(DUE, { limit: PASS })) {
      if (key.slice(0, 24) > instantOf(clock.now())) break;
      due.push(JSON.parse(value.toString('utf8')) as SentNotice);
    }
    for (const notice of due) {
      if (!this.stillHolds(notice)) {
        await store.commit([{ table: DUE, key: dueKey(notice) }, { table: NOTICES, key: noticeKey(notice) }]);
        continue;
      }
      try {
        await channel.send(notice);
        await this.settle(notice, { ...notice, channel: channel.name, tries: notice.tries + 1, sentAt: instantOf(clock.now()) });
        sent++;
      } catch (error) {
        log.warn({ notice: notice.id, tries: notice.tries + 1, error: error instanceof Error ? error.message : 'unknown' }, 'a notice could not be sent');
        const wait = Math.min(LONGEST_WAIT_MILLIS, 1000 * 2 ** notice.tries);
        await this.settle(notice, { ...notice, tries: notice.tries + 1, dueAt: instantOf(clock.now() + wait) });
      }
    }
    return sent;
  }

  private settle(before: SentNotice, after: SentNotice): Promise<void> {
    const value = Buffer.from(canonicalJson(after));
    const waits = after.sentAt === undefined ? [{ table: DUE, key: dueKey(after), value }] : [];
    return this.parts.store.commit([{ table: DUE, key: dueKey(before) }, ...waits, { table: NOTICES, key: noticeKey(after), value }]);
  }

  /** What was announced for later is told only while it is so: an end of a grant in force, a deletion that nobody attested. */
  private stillHolds(notice: SentNotice): boolean {
    if (notice.kind === 'DELETION_OVERDUE') return this.parts.readModel.record('deletion', notice.subject)?.record.state === 'ASKED';
    if (!notice.kind.startsWith('GRANT_ENDS')) return true;
    const grant = this.parts.readModel.record('grant', notice.subject)?.record;
    if (grant === undefined) return false;
    const status = statusOfGrant(this.parts, grant);
    return status.state === 'ACTIVE' || status.state === 'SUSPENDED';
  }

  /** A receiver's notices that are due, sent or not, newest first. */
  async list(to: string, { limit, cursor }: PageRequest): Promise<Page<SentNotice>> {
    const entries: SentNotice[] = [];
    const from = `${to}/`;
    const now = instantOf(this.parts.clock.now());
    for await (const { key, value } of this.parts.store.entries(NOTICES, { gt: cursor === undefined ? from : `${from}${cursor}` })) {
      if (!key.startsWith(from) || entries.length > limit) break;
      const notice = JSON.parse(value.toString('utf8')) as SentNotice;
      if (notice.dueAt <= now || notice.tries > 0) entries.push(notice);
    }
    const page = entries.slice(0, limit);
    const last = page.at(-1);
    return entries.length > limit && last !== undefined ? { entries: page, next: noticeKey(last).slice(from.length) } : { entries: page };
  }

  /** The receiver acknowledges. @throws GatewayError not-found. */
  async acknowledge(to: string, id: string): Promise<SentNotice> {
    for await (const { key, value } of this.parts.store.entries(NOTICES, { gt: `${to}/` })) {
      if (!key.startsWith(`${to}/`)) break;
      const notice = JSON.parse(value.toString('utf8')) as SentNotice;
      if (notice.id !== id) continue;
      const acknowledged = { ...notice, acknowledgedAt: notice.acknowledgedAt ?? instantOf(this.parts.clock.now()) };
      await this.parts.store.commit([{ table: NOTICES, key, value: Buffer.from(canonicalJson(acknowledged)) }]);
      return acknowledged;
    }
    throw GatewayError.of('not-found', 'there is no such notice');
  }
}

/** What stores a notice that follows from no ledger event, to be committed with what it is about. */
export function noticeChanges({ readModel, random }: Pick<NoticeParts, 'readModel'> & { readonly random: (bytes: number) => Uint8Array }, notice: Notice): JournalChange[] {
  return stored({ ...notice, id: Buffer.from(random(16)).toString('hex'), block: readModel.asOf().block, tries: 0 });
}

function stored(notice: SentNotice): JournalChange[] {
  const value = Buffer.from(canonicalJson(notice));
  return [
    { table: NOTICES, key: noticeKey(notice), value },
    { table: DUE, key: dueKey(notice), value },
  ];
}

function dueKey(notice: SentNotice): string {
  return `${notice.dueAt}/${notice.id}`;
}

/** Newest first: the complement of the block's number sorts before older ones. */
function noticeKey(notice: SentNotice): string {
  return `${notice.to}/${String(NEWEST - notice.block).padStart(12, '0')}/${notice.id}`;
}
