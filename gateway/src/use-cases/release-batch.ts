import type { RecordedRelease, RequestedRelease } from '@kesu/chaincode';
import type { Release } from '@kesu/chaincode/domain';
import type { Head } from '@kesu/network';
import type { Position } from '../read-model';
import type { SealedPayload } from './outbox';
import type { PendingBatch, ReleaseRow } from './release-journal';

/** A request that waits for its transaction. */
export interface WaitingRelease {
  readonly requested: RequestedRelease;
  readonly slot: string;
  readonly bodyDigest: string;
  /** The payload as the outbox keeps it; absent when a denial is expected, and for data that a platform holds itself. */
  readonly sealed?: SealedPayload & { readonly salt: string };
  /** A grant that limits its uses: it is in at most one batch in flight. */
  readonly limitedGrant?: string;
  /** The end of the grant's period, exclusive. */
  readonly until?: string;
}

/** What became of a request on the ledger. */
export type LedgerAnswer =
  | { readonly kind: 'WOULD_PERMIT' }
  | {
      readonly kind: 'RECORDED';
      readonly release: Release;
      readonly position: Position;
      /** Of a PERMIT. */
      readonly row?: ReleaseRow;
    };

/** A transaction that recorded a batch. */
export interface RecordedBatch {
  readonly releases: readonly RecordedRelease[];
  readonly position: Omit<Position, 'item'>;
  readonly head: Head;
  readonly claimedTime: string;
}

/** A request with the promise that its caller waits for. */
export class WaitingCaller {
  /** Rejects with the error of the one request. */
  readonly answer: Promise<LedgerAnswer>;
  #resolve: (answer: LedgerAnswer) => void = () => undefined;
  #reject: (error: unknown) => void = () => undefined;
  #left = false;

  constructor(readonly waiting: WaitingRelease) {
    this.answer = new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
    });
  }

  /** True when the caller was answered before the outcome was known: nobody is there to be sent data. */
  get hasLeft(): boolean {
    return this.#left;
  }

  resolve(answer: LedgerAnswer): void {
    this.#resolve(answer);
  }

  reject(error: unknown): void {
    this.#left = true;
    this.#reject(error);
  }
}

/** The batch as it is written down before its first submit. */
export function pendingBatch(operation: string, sender: string, callers: readonly WaitingCaller[]): PendingBatch {
  const requests = callers.map(({ waiting: { slot, bodyDigest, sealed, until } }) => ({
    slot,
    bodyDigest,
    ...(sealed === undefined ? {} : { payloadId: sealed.payloadId, salt: sealed.salt }),
    ...(until === undefined ? {} : { until }),
  }));
  return { operation, sender, requests };
}
