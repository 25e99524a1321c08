import { GatewayError } from '../gateway-error';
import { abandonment, settleBatch } from './batch-settlement';
import { closeOperation, recordedBatchOf } from './group-commit';
import type { ReleaseParts } from './release-parts';

/** What was found at start. */
export interface Resumed {
  /** Batches that had been recorded: their PERMITs were never sent and are FAILED. */
  readonly recorded: number;
  /** Batches that have no effect and can't take any. */
  readonly closed: number;
}

/**
 * Makes every batch that a stop left pending definite (I6, I7, I8); to be called before the first request. A pending batch was
 * surely not sent to anyone: its PERMITs are FAILED, their uses given back. Sendings that ended before the stop are recorded as they ended.
 * @throws LedgerError while the ledger can't be reached; GatewayError not-ready when an identity is missing. Call it again then.
 */
export async function resumePending(parts: ReleaseParts): Promise<Resumed> {
  let [recorded, closed] = [0, 0];
  for (const batch of await parts.journal.pendingBatches()) {
    const identity = parts.identityOf(batch.sender);
    if (identity === undefined) throw GatewayError.of('not-ready', `this gateway holds no identity of ${batch.sender}, for which a batch is pending`);
    const { outcome, block } = await closeOperation(parts, identity, batch.operation);
    if (outcome.kind === 'DONE') {
      await settleBatch(parts, batch, await recordedBatchOf(parts, batch.operation, outcome, block), () => false);
      recorded += 1;
    } else {
      await parts.journal.commit(abandonment(parts, batch));
      closed += 1;
    }
  }
  for (const [releaseId, { sender, ...ended }] of await parts.journal.outcomes()) parts.outcomes.report(sender, { releaseId, ...ended });
  await parts.outcomes.flush();
  return { recorded, closed };
}
