import { eventsOf, type DomainEvent } from '@kesu/chaincode/domain';
import type { JournalChange, Ledger, PrivateJournal } from '@kesu/network';
import type { ReadModel } from '../read-model';

/** What following works with. */
export interface FollowParts {
  readonly ledger: Ledger;
  readonly readModel: Pick<ReadModel, 'waitFor'>;
  readonly store: PrivateJournal;
}

/** An event with where it stands: block, transaction in it, event in the transaction. */
export interface FollowedEvent {
  readonly event: DomainEvent;
  readonly block: number;
  readonly index: number;
  readonly item: number;
  readonly claimedTime: string;
}

/**
 * Reads the ledger's events from where it stopped, until `signal` aborts. What follows from a block is stored with the position, in one
 * commit, and after the projection folded it: nothing is lost or done twice by a crash.
 * @param table keeps the position.
 */
export async function followEvents({ ledger, readModel, store }: FollowParts, table: string, changesFor: (followed: FollowedEvent) => readonly JournalChange[], signal: AbortSignal): Promise<void> {
  const last = await store.get(table, 'block');
  for await (const { block, transactions } of ledger.blocks(last === undefined ? 0 : Number(last.toString()) + 1, signal)) {
    await readModel.waitFor(block, signal);
    const changes: JournalChange[] = [];
    for (const transaction of transactions) {
      const { index, validity, claimedTime } = transaction;
      if (validity !== 'VALID') continue;
      for (const [item, event] of eventsOf(transaction).entries()) changes.push(...changesFor({ event, block, index, item, claimedTime }));
    }
    await store.commit([...changes, { table, key: 'block', value: Buffer.from(String(block)) }]);
  }
}
