import type { Outcome } from '@kesu/chaincode/domain';
import type { JournalChange, PrivateJournal } from '@kesu/network';
import type { ReleaseReceipt } from './receipt';

const BATCHES = 'release-batches';
/** Rows of idempotency keys, and of permitted releases with their receipts. */
export const REQUESTS = 'release-requests';
export const RELEASES = 'releases';
const OUTCOMES = 'release-outcomes';

/** A request of a batch whose outcome is not known yet, as far as a restarted gateway needs it. */
export interface PendingRequest {
  /** The requester and its idempotency key: see {@link requestSlot}. */
  readonly slot: string;
  readonly bodyDigest: string;
  readonly payloadId?: string;
  /** base64url. */
  readonly salt?: string;
  /** The end of the grant's period, exclusive. */
  readonly until?: string;
}

/** A batch written down before its first submit. While it stands here, nothing of it was sent to anyone. */
export interface PendingBatch {
  readonly operation: string;
  readonly sender: string;
  readonly requests: readonly PendingRequest[];
}

/** What became of an idempotency key; `at` is when this gateway saw it. */
export type RequestRow = { readonly state: 'PENDING'; readonly bodyDigest: string; readonly operation: string } | { readonly state: 'DONE'; readonly bodyDigest: string; readonly releaseId: string; readonly block: number; readonly at: string };

/** What this gateway keeps of a permitted release. */
export interface ReleaseRow {
  readonly sender: string;
  readonly receipt: ReleaseReceipt;
  /** The kept payload; absent for data that a platform holds itself. */
  readonly payloadId?: string;
  readonly claimedTime: string;
  /** When this gateway saw the commit. */
  readonly seenAt: string;
  readonly until?: string;
}

/** How a sending ended whose outcome isn't on the ledger yet: it outlasts a crash, so that it is recorded all the same. */
export interface OutcomeRow {
  readonly sender: string;
  readonly outcome: Outcome;
  readonly bytesSent: number;
  readonly reason?: string;
}

/** The name under which a requester's idempotency key is kept. */
export function requestSlot(requesterId: string, idempotencyKey: string): string {
  return `${requesterId} ${idempotencyKey}`;
}

/** The rows about releases in the private journal. `*Change` makes a change, to be committed together with others. */
export class ReleaseJournal {
  constructor(private readonly store: PrivateJournal) {}

  request(slot: string): Promise<RequestRow | undefined> {
    return this.#read(REQUESTS, slot);
  }

  release(releaseId: string): Promise<ReleaseRow | undefined> {
    return this.#read(RELEASES, releaseId);
  }

  async pendingBatches(): Promise<PendingBatch[]> {
    const batches: PendingBatch[] = [];
    for await (const { value } of this.store.entries(BATCHES)) batches.push(JSON.parse(value.toString('utf8')) as PendingBatch);
    return batches;
  }

  /** By release id. */
  async outcomes(): Promise<[string, OutcomeRow][]> {
    const outcomes: [string, OutcomeRow][] = [];
    for await (const { key, value } of this.store.entries(OUTCOMES)) outcomes.push([key, JSON.parse(value.toString('utf8')) as OutcomeRow]);
    return outcomes;
  }

  requestChange(slot: string, row: RequestRow | undefined): JournalChange {
    return changeOf(REQUESTS, slot, row);
  }

  releaseChange(releaseId: string, row: ReleaseRow): JournalChange {
    return changeOf(RELEASES, releaseId, row);
  }

  outcomeChange(releaseId: string, row: OutcomeRow | undefined): JournalChange {
    return changeOf(OUTCOMES, releaseId, row);
  }

  /** The batch with the rows of its idempotency keys. */
  beginChanges(batch: PendingBatch): JournalChange[] {
    const { operation } = batch;
    return [changeOf(BATCHES, operation, batch), ...batch.requests.map(({ slot, bodyDigest }) => this.requestChange(slot, { state: 'PENDING', bodyDigest, operation }))];
  }

  /** Nothing is pending under the operation any more. */
  endChange(operation: string): JournalChange {
    return changeOf(BATCHES, operation, undefined);
  }

  /** @throws StoreUnavailableError: the changes are whole after the next open, or absent. */
  commit(changes: readonly JournalChange[]): Promise<void> {
    return this.store.commit(changes);
  }

  async #read<T>(table: string, key: string): Promise<T | undefined> {
    const value = await this.store.get(table, key);
    return value === undefined ? undefined : (JSON.parse(value.toString('utf8')) as T);
  }
}

function changeOf(table: string, key: string, value: unknown): JournalChange {
  return value === undefined ? { table, key } : { table, key, value: Buffer.from(JSON.stringify(value), 'utf8') };
}
