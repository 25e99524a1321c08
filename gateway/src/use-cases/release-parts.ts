import type { GatewayParts } from '../gateway-parts';
import { Deliveries } from './deliveries';
import { GroupCommit, type GroupCommitOptions } from './group-commit';
import { IdempotentRequests } from './idempotent-requests';
import type { BatchParts } from './batch-settlement';
import { Outbox } from './outbox';
import { Outcomes } from './outcome';
import type { RecordedAnswer } from './recorded-answer';
import { ReleaseJournal } from './release-journal';
import { Retention } from './retention';

/** Everything that releases work with: one of it per gateway, as it knows what is under way. */
export interface ReleaseParts extends BatchParts {
  readonly requests: IdempotentRequests<RecordedAnswer>;
  readonly deliveries: Deliveries;
  /** Refuses while nothing may be released, though the ledger would permit it. @throws GatewayError not-ready. */
  assertOpen(): void;
  /** The group commit of a sender. */
  groupOf(sender: string): GroupCommit;
  /** Erases what the outbox and the tables of repeats have kept long enough; to be called every minute. */
  sweep(): Promise<void>;
  /** Waits for what is under way, records the outcomes that wait. New releases are refused as `ledger-unavailable`. */
  close(): Promise<void>;
}

/**
 * Opens the releases of a gateway. `resumePending` comes next, before the first request.
 * @param assertOpen throws while nothing may be released.
 */
export async function openReleaseParts(parts: GatewayParts, options: GroupCommitOptions = {}, assertOpen: () => void = () => undefined): Promise<ReleaseParts> {
  const journal = new ReleaseJournal(parts.store);
  const outbox = await Outbox.open(parts);
  const outcomes = new Outcomes(parts, journal);
  const batchParts: BatchParts = { ...parts, journal, outbox, outcomes };
  const deliveries = new Deliveries(batchParts);
  const retention = new Retention(parts);
  const groups = new Map<string, GroupCommit>();
  return {
    ...batchParts,
    deliveries,
    assertOpen,
    requests: new IdempotentRequests(journal),
    groupOf: (sender) => {
      const known = groups.get(sender) ?? new GroupCommit(batchParts, sender, options);
      groups.set(sender, known);
      return known;
    },
    sweep: async () => {
      await outbox.eraseExpired();
      await outbox.removeErased();
      deliveries.forgetOld();
      await retention.sweep();
    },
    close: async () => {
      await Promise.all([...groups.values()].map((group) => group.close()));
      await outcomes.close();
    },
  };
}
