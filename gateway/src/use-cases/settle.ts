import type { Outcome } from '@kesu/chaincode/domain';
import type { ReleaseParts } from './release-parts';

/** How the sending of an answer with data ended. */
export interface Sending {
  readonly outcome: Outcome;
  /** Bytes of the body that were handed to the connection; 0 only when nothing of it left. */
  readonly bytesSent: number;
  readonly reason?: string;
}

/**
 * Takes note of how a sending ended; called once for each answer of `release`, `selfQuery` whose `data` is not `null`. The outcome is
 * recorded behind it and never waited for.
 */
export async function settle(parts: ReleaseParts, releaseId: string, sending: Sending): Promise<void> {
  try {
    const row = await parts.journal.release(releaseId);
    if (row !== undefined) parts.deliveries.settle(releaseId, row, sending);
  } catch (error) {
    parts.log.error({ error, releaseId }, 'how a sending ended could not be noted: the release will show as UNRESOLVED');
  }
}
