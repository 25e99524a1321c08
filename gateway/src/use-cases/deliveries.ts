import { epochMillis, MINUTE_MILLIS } from '@kesu/chaincode/domain';
import type { GatewayParts } from '../gateway-parts';
import { OUTBOX_MILLIS, type Outbox } from './outbox';
import type { Outcomes, ReportedOutcome } from './outcome';
import type { ReleaseJournal, ReleaseRow } from './release-journal';

/** A release whose commit is seen later than this after its claimed time is not delivered (I4). */
export const DELIVERY_MILLIS = MINUTE_MILLIS;
/** How far the gateway's clock may lie before a claimed time: as the contract's own bound. */
export const CLOCK_BEHIND_MILLIS = 30_000;

/** Why a release that nobody was sent FAILED. */
export const NOT_DELIVERABLE = 'period-over-before-sending';

interface Delivery {
  outstanding: number;
  /** The best of what was settled and not yet reported. */
  best?: ReportedOutcome;
  reported?: ReportedOutcome['outcome'];
  readonly since: number;
}

/** Where {@link Deliveries} keep and report. */
export interface DeliveryParts extends Pick<GatewayParts, 'clock'> {
  readonly journal: ReleaseJournal;
  readonly outbox: Outbox;
  readonly outcomes: Outcomes;
}

/**
 * Counts who is being sent a release's data, so that one outcome is true of all of them: once FAILED is told, and a use given
 * back, nobody gets the data any more.
 */
export class Deliveries {
  readonly #byRelease = new Map<string, Delivery>();

  constructor(private readonly parts: DeliveryParts) {}

  /** True when data may be sent now; each yes is to be followed by one {@link settle}. */
  begin(releaseId: string, row: ReleaseRow): boolean {
    const delivery = this.#of(releaseId);
    if (delivery.reported === 'FAILED' || !isDeliverable(row, this.parts.clock.now())) return false;
    delivery.outstanding += 1;
    return true;
  }

  /** One sending ended. DELIVERED counts at once; anything less when no other sending is under way. */
  settle(releaseId: string, row: ReleaseRow, report: Omit<ReportedOutcome, 'releaseId'>): void {
    const delivery = this.#of(releaseId);
    delivery.outstanding -= 1;
    if (delivery.reported !== undefined) return;
    const isBetter = delivery.best === undefined || report.outcome !== 'FAILED';
    if (isBetter) delivery.best = { releaseId, ...report };
    if (delivery.best !== undefined && (report.outcome === 'DELIVERED' || delivery.outstanding <= 0)) this.#report(delivery, row, delivery.best);
  }

  /** Nobody is or will be sent the data of a release that was not sent yet: FAILED before the first byte. */
  fail(releaseId: string, row: ReleaseRow, reason: string): void {
    const delivery = this.#of(releaseId);
    if (delivery.reported !== undefined || delivery.outstanding > 0) return;
    this.#report(delivery, row, { releaseId, outcome: 'FAILED', bytesSent: 0, reason });
  }

  /** Forgets what can't be repeated any more. */
  forgetOld(): void {
    const before = this.parts.clock.now() - 2 * OUTBOX_MILLIS;
    for (const [releaseId, { since, outstanding }] of this.#byRelease) if (since < before && outstanding <= 0) this.#byRelease.delete(releaseId);
  }

  #of(releaseId: string): Delivery {
    const known = this.#byRelease.get(releaseId);
    if (known !== undefined) return known;
    const delivery = { outstanding: 0, since: this.parts.clock.now() };
    this.#byRelease.set(releaseId, delivery);
    return delivery;
  }

  #report(delivery: Delivery, row: ReleaseRow, outcome: ReportedOutcome): void {
    const { journal, outbox, outcomes } = this.parts;
    delivery.reported = outcome.outcome;
    const { releaseId, ...ended } = outcome;
    const erasure = outcome.outcome !== 'FAILED' || row.payloadId === undefined ? [] : outbox.erasure(row.payloadId);
    const kept = journal.outcomeChange(releaseId, { sender: row.sender, ...ended });
    outcomes.reportAfter(journal.commit([kept, ...erasure]), row.sender, outcome);
  }
}

/**
 * The gateway's own look after the commit: an endorsement held for long commits VALID all the same (architecture.md, rule 3).
 * @param now epoch milliseconds.
 */
export function isDeliverable({ claimedTime, seenAt, until }: Pick<ReleaseRow, 'claimedTime' | 'seenAt' | 'until'>, now: number): boolean {
  const claimed = epochMillis(claimedTime);
  if (epochMillis(seenAt) - claimed > DELIVERY_MILLIS || now < claimed - CLOCK_BEHIND_MILLIS) return false;
  return until === undefined || now < epochMillis(until);
}
