import { decide, type Release } from '@kesu/chaincode/domain';
import { instantOf } from '@kesu/chaincode/domain';
import { GatewayError } from '../gateway-error';
import type { Position } from '../read-model';
import { NOT_DELIVERABLE } from './deliveries';
import { projectedFacts, sharedFacts } from './facts';
import type { DeliveredData } from './payload';
import type { ReleaseReceipt } from './receipt';
import type { ReleaseRow } from './release-journal';
import type { ReleaseParts } from './release-parts';

/** A release as it was recorded, before anything of it is handed out. */
export interface RecordedAnswer {
  readonly release: Release;
  readonly position: Position;
  /** Of a PERMIT. */
  readonly row?: ReleaseRow;
  /** RFC 8785 form of the data, while there are any. */
  readonly text?: string;
  /** True when it was answered before: what became of it was told then. */
  readonly isRepeat: boolean;
}

/** What a caller is answered: 201 for a PERMIT, 200 for a DENY. */
export type ReleaseAnswer =
  | { readonly kind: 'DENY'; readonly release: Release; readonly position: Position }
  | {
      readonly kind: 'PERMIT';
      readonly release: Release;
      readonly position: Position;
      /** `null` when they may not, or can no longer, be sent. When not `null`, `settle` must be called once the response ended. */
      readonly data: DeliveredData | null;
      readonly receipt: ReleaseReceipt;
    };

/** How long a repeat waits for the projection, milliseconds. */
const PROJECTION_MILLIS = 5_000;

/** Hands a recorded release to one caller. Synchronous: between the last look at the clock and the answer nothing happens. */
export function handOut(parts: ReleaseParts, { release, position, row, text, isRepeat }: RecordedAnswer): ReleaseAnswer {
  if (row === undefined) return { kind: 'DENY', release, position };
  const { receipt } = row;
  if (text !== undefined && parts.deliveries.begin(release.id, row)) return { kind: 'PERMIT', release, position, data: JSON.parse(text) as DeliveredData, receipt };
  if (!isRepeat && row.payloadId !== undefined) parts.deliveries.fail(release.id, row, NOT_DELIVERABLE);
  return { kind: 'PERMIT', release, position, data: null, receipt };
}

/**
 * The answer of a repeat: the same bytes while they are kept and the grant still permits by projection and clock, else the
 * receipt alone (architecture.md, Release).
 */
export async function repeatedAnswer(parts: ReleaseParts, releaseId: string, block: number): Promise<RecordedAnswer> {
  const { readModel, journal, outbox } = parts;
  await readModel.waitFor(block, AbortSignal.timeout(PROJECTION_MILLIS));
  const traced = readModel.release(releaseId);
  if (traced === undefined) throw GatewayError.of('not-ready', 'the projection does not hold the release yet', { retryAfterSeconds: 1 });
  const { release, position, outcome } = traced;
  const row = await journal.release(releaseId);
  if (row === undefined) return { release, position, isRepeat: true };
  const text = row.payloadId === undefined || outcome?.outcome === 'FAILED' ? undefined : await outbox.open(row.payloadId);
  const isKept = text !== undefined && stillPermits(parts, release);
  return { release, position, row, isRepeat: true, ...(isKept ? { text } : {}) };
}

/** Decides again by the projection, without counting the use that this release itself was. */
function stillPermits({ readModel, clock }: ReleaseParts, release: Release): boolean {
  const { enterprise, recipient, items, purpose, basis, grantId, loanRef, range, statutory, basisReleaseId, requester, sender } = release;
  const request = {
    enterprise,
    recipient,
    items: items.map(({ code, granularity }) => ({ code, granularity })),
    purpose,
    basis,
    ...(grantId === undefined ? {} : { grantId }),
    ...(loanRef === undefined ? {} : { loanRef }),
    ...(range === undefined ? {} : { range }),
    ...(statutory === undefined ? {} : { statutory }),
    ...(basisReleaseId === undefined ? {} : { basisReleaseId }),
  };
  const grant = grantId === undefined || basis !== 'GRANT' ? undefined : readModel.record('grant', grantId)?.record;
  const facts = projectedFacts(readModel, sharedFacts(readModel, { request, requester, sender }, instantOf(clock.now())), grant);
  return decide({ ...facts, counter: undefined }).decision === 'PERMIT';
}
