import { DomainError, ERROR_CODES, instantOf } from '@kesu/chaincode/domain';
import type { RecordedRelease } from '@kesu/chaincode';
import type { JournalChange } from '@kesu/network';
import { GatewayError } from '../gateway-error';
import type { GatewayParts } from '../gateway-parts';
import type { Position } from '../read-model';
import type { Outbox } from './outbox';
import type { Outcomes } from './outcome';
import { receiptOf } from './receipt';
import type { LedgerAnswer, RecordedBatch } from './release-batch';
import type { PendingBatch, PendingRequest, ReleaseJournal, ReleaseRow } from './release-journal';

/** What recording batches works with. */
export interface BatchParts extends GatewayParts {
  readonly journal: ReleaseJournal;
  readonly outbox: Outbox;
  readonly outcomes: Outcomes;
}

/** What a request's caller is answered. */
export type Settled = { readonly answer: LedgerAnswer } | { readonly error: Error };

/** Why a release that nobody could be sent FAILED. */
export const NEVER_SENT = 'gateway-stopped-before-sending';

/**
 * Turns a recorded batch into answers. One journal commit takes the batch off the pending ones and keeps receipts; only when it is
 * synced is anything sent, so that a pending batch met at start was surely not sent (I2, I6).
 * @param isAwaited by request number; of one that is not, a PERMIT becomes FAILED and its use is given back.
 */
export async function settleBatch(parts: BatchParts, batch: PendingBatch, recorded: RecordedBatch, isAwaited: (index: number) => boolean): Promise<Settled[]> {
  const settled: Settled[] = [];
  const changes: JournalChange[] = [parts.journal.endChange(batch.operation)];
  const failed: string[] = [];
  const seenAt = instantOf(parts.clock.now());
  let item = 0;
  for (const [index, request] of batch.requests.entries()) {
    const entry = recorded.releases[index];
    const position = { ...recorded.position, item };
    if (entry?.kind === 'RECORDED') item += 1;
    const answer = await answerOf(parts, batch, request, entry, position, recorded, seenAt);
    changes.push(...changesOf(parts, request, answer, seenAt));
    settled.push(answer);
    const unsent = batch.sender === parts.self && !isAwaited(index) ? permitIn(answer) : undefined;
    if (unsent === undefined) continue;
    failed.push(unsent);
    changes.push(parts.journal.outcomeChange(unsent, { sender: batch.sender, outcome: 'FAILED', bytesSent: 0, reason: NEVER_SENT }), ...erasure(parts, request));
  }
  await parts.journal.commit(changes);
  for (const releaseId of failed) parts.outcomes.report(batch.sender, { releaseId, outcome: 'FAILED', bytesSent: 0, reason: NEVER_SENT });
  return settled;
}

/** The id of a PERMIT. */
function permitIn(settled: Settled): string | undefined {
  if ('error' in settled || settled.answer.kind !== 'RECORDED') return undefined;
  return settled.answer.release.decision === 'PERMIT' ? settled.answer.release.id : undefined;
}

/** Takes a batch that certainly has no effect off the pending ones: its keys are free again. */
export function abandonment(parts: Pick<BatchParts, 'journal' | 'outbox'>, batch: PendingBatch): JournalChange[] {
  return [parts.journal.endChange(batch.operation), ...batch.requests.flatMap((request) => [parts.journal.requestChange(request.slot, undefined), ...erasure(parts, request)])];
}

function erasure({ outbox }: Pick<BatchParts, 'outbox'>, { payloadId }: PendingRequest): readonly JournalChange[] {
  return payloadId === undefined ? [] : outbox.erasure(payloadId);
}

async function answerOf(parts: BatchParts, batch: PendingBatch, request: PendingRequest, entry: RecordedRelease | undefined, position: Position, recorded: RecordedBatch, seenAt: string): Promise<Settled> {
  if (entry?.kind === 'WOULD_PERMIT') return { answer: { kind: 'WOULD_PERMIT' } };
  if (entry?.kind !== 'RECORDED') return { error: refusalOf(entry) };
  const { release } = entry;
  const { payloadDigest } = release;
  if (release.decision === 'DENY' || payloadDigest === undefined) return { answer: { kind: 'RECORDED', release, position } };
  const { payloadId, salt, until } = request;
  const receipt = await receiptOf(parts, release.id, { position, head: recorded.head, payloadDigest, ...(salt === undefined ? {} : { salt }) });
  const row: ReleaseRow = {
    sender: batch.sender,
    receipt,
    ...(payloadId === undefined ? {} : { payloadId }),
    claimedTime: recorded.claimedTime,
    seenAt,
    ...(until === undefined ? {} : { until }),
  };
  return { answer: { kind: 'RECORDED', release, position, row } };
}

function changesOf(parts: BatchParts, request: PendingRequest, settled: Settled, at: string): JournalChange[] {
  const { journal } = parts;
  if ('error' in settled || settled.answer.kind === 'WOULD_PERMIT') return [journal.requestChange(request.slot, undefined), ...erasure(parts, request)];
  const { release, position, row } = settled.answer;
  const done = journal.requestChange(request.slot, { state: 'DONE', bodyDigest: request.bodyDigest, releaseId: release.id, block: position.block, at });
  return row === undefined ? [done, ...erasure(parts, request)] : [done, journal.releaseChange(release.id, row)];
}

/** What is wrong with one request of a batch is that request's answer. */
export function refusalOf(entry: Extract<RecordedRelease, { kind: 'REFUSED' }> | undefined): Error {
  const code = ERROR_CODES.find((known) => known === entry?.code);
  if (entry === undefined || code === undefined) return GatewayError.of('internal-error', 'the ledger answered a request with something unknown');
  return DomainError.of(code, entry.detail);
}
