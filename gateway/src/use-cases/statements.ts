import {
  BATCH_REACH_FORMAT,
  counterOf,
  DECISION_RERUN_FORMAT,
  MAX_REACH_RELEASES,
  MAX_REPORT_LEAVES,
  reachOf,
  recordsRead,
  rerun,
  spends,
  toBase64,
  USAGE_REPORT_FORMAT,
  usageIn,
  type BatchReach,
  type DecisionRerun,
  type DomainEvent,
  type LeafPointer,
  type LoggedFact,
  type ReadAgain,
  type RecordKinds,
  type Release,
  type UsageReport,
  type UseCounter,
} from '@kesu/chaincode/domain';
import type { CheckpointPublisher, EvidenceLog, LoggedEvent, PublishedCheckpoint } from '../evidence-log';
import { GatewayError } from '../gateway-error';
import type { GatewayParts } from '../gateway-parts';
import type { Position, TracedRelease } from '../read-model';

/** What statements are made from. */
export interface StatementParts extends Pick<GatewayParts, 'readModel'> {
  readonly log: EvidenceLog;
  readonly publisher: Pick<CheckpointPublisher, 'recent' | 'publish'>;
}

/** Most leaves of an enterprise that a search for what a decision rests on looks at. */
const MAX_SEARCHED_LEAVES = 20_000;

/**
 * 信息使用情况报告: the chain of an enterprise's leaves from the report's own record back to its first event.
 * @throws GatewayError not-found for no such report, not-ready while the log hasn't folded it, body-too-large beyond {@link MAX_REPORT_LEAVES}.
 */
export async function usageReport({ readModel, log, publisher }: StatementParts, id: string): Promise<UsageReport> {
  const stored = readModel.record('usage-report', id);
  if (stored === undefined) throw GatewayError.of('not-found', 'there is no such report');
  const newest = indexAt(log, stored.position);
  const chain: LoggedEvent[] = [];
  for (let index: number | undefined = newest; index !== undefined; index = chain.at(-1)?.leaf.previousOfSubject?.index) {
    if (chain.length >= MAX_REPORT_LEAVES) throw GatewayError.of('body-too-large', `a report shows at most ${MAX_REPORT_LEAVES} events: ask an auditor to replay the ledger`);
    chain.push(await loggedAt(log, index));
  }
  const checkpoint = await checkpointOver(publisher, newest);
  const isShown = ({ event: { kind } }: LoggedEvent): boolean => kind === 'release' || kind === 'outcome';
  return {
    format: USAGE_REPORT_FORMAT,
    network: log.network,
    enterprise: stored.record.enterprise,
    checkpoint: checkpoint.text,
    path: log.inclusion(newest, checkpoint.size).map(toBase64),
    leaves: chain.map((one) => ({ leaf: one.text, ...(isShown(one) ? { event: { ...one.event } } : {}) })),
    usage: usageIn(chain.map(({ leaf, event }) => ({ leaf, event }))),
  };
}

/**
 * 复盘: a recorded decision with the versions that were in force at its position.
 * @throws GatewayError not-found, not-ready.
 */
export async function decisionRerun(parts: StatementParts, releaseId: string): Promise<DecisionRerun> {
  const { readModel, log, publisher } = parts;
  const traced = readModel.release(releaseId);
  if (traced === undefined) throw GatewayError.of('not-found', 'there is no such release');
  const { release } = traced;
  const own = indexAt(log, traced.position);
  const read = new Map<string, { readonly position: Position; readonly record: unknown }>();
  const record = <K extends keyof RecordKinds>(kind: K, id: string): RecordKinds[K] | undefined => {
    const key = `${kind} ${id}`;
    const found = read.get(key) ?? newestBefore(parts, kind, id, own);
    if (found !== undefined) read.set(key, found);
    return found?.record as RecordKinds[K] | undefined;
  };
  for (const [kind, id] of recordsRead(release, { record })) record(kind, id);
  const used = await lastUse(log, own, release);
  const basis = continued(readModel, release);
  const spentBy = await spending(log, own, basis?.release);
  const again: ReadAgain = { release, record, counter: used?.counter, basisRelease: basis?.release, basisIsSpent: spentBy !== undefined };
  const checkpoint = await checkpointOver(publisher, own);
  const fact = async (index: number): Promise<LoggedFact> => factOf(log, await loggedAt(log, index), checkpoint);
  const named = async (name: 'lastUse' | 'basisRelease' | 'spentBy', index: number | undefined) => (index === undefined ? {} : { [name]: await fact(index) });
  const records: LoggedFact[] = [];
  for (const { position } of read.values()) records.push(await fact(indexAt(log, position)));
  return {
    format: DECISION_RERUN_FORMAT,
    network: log.network,
    checkpoint: checkpoint.text,
    release: await fact(own),
    records,
    ...(await named('lastUse', used?.index)),
    ...(await named('basisRelease', basis === undefined ? undefined : indexAt(log, basis.position))),
    ...(await named('spentBy', spentBy?.index)),
    findings: rerun(again),
  };
}

/**
 * 错误批次影响面: every permitted release that used a batch, each with its proof.
 * @throws GatewayError not-found, not-ready, body-too-large beyond {@link MAX_REACH_RELEASES}.
 */
export async function batchReach({ readModel, log, publisher }: StatementParts, batchId: string): Promise<BatchReach> {
  const stored = readModel.record('ingest-batch', batchId);
  if (stored === undefined) throw GatewayError.of('not-found', 'there is no such batch');
  const { manifest, state } = stored.record;
  const used: TracedRelease[] = [];
  for (let cursor: string | undefined, more = true; more; ) {
    const page = readModel.trace('provider', manifest.provider, { decision: 'PERMIT' }, { limit: 100, ...(cursor === undefined ? {} : { cursor }) });
    used.push(...page.entries.filter(({ release: { items } }) => items.some((item) => item.batchId === batchId)));
    if (used.length > MAX_REACH_RELEASES) throw GatewayError.of('body-too-large', `a statement shows at most ${MAX_REACH_RELEASES} releases: ask an auditor to replay the ledger`);
    cursor = page.next;
    more = cursor !== undefined;
  }
  const oldestFirst = used.reverse();
  const indexes = oldestFirst.map(({ position }) => indexAt(log, position));
  const own = indexAt(log, stored.position);
  const checkpoint = await checkpointOver(publisher, Math.max(own, ...indexes));
  const releases: LoggedFact[] = [];
  for (const index of indexes) releases.push(factOf(log, await loggedAt(log, index), checkpoint));
  return {
    format: BATCH_REACH_FORMAT,
    network: log.network,
    checkpoint: checkpoint.text,
    batch: factOf(log, await loggedAt(log, own), checkpoint),
    releases,
    reach: reachOf({ id: batchId, item: manifest.item, state }, oldestFirst.map(({ release }) => release)),
  };
}

/** The newest version of a record whose event stands before a leaf. */
function newestBefore({ readModel, log }: StatementParts, kind: keyof RecordKinds, id: string, index: number): { readonly position: Position; readonly record: unknown } | undefined {
  const before = readModel.history(kind, id).findLast(({ position }) => indexAt(log, position) < index);
  return before === undefined || !('record' in before.event) ? undefined : { position: before.position, record: before.event.record };
}

/** The release that one continues. */
function continued(readModel: StatementParts['readModel'], { basisReleaseId }: Release): TracedRelease | undefined {
  return basisReleaseId === undefined ? undefined : readModel.release(basisReleaseId);
}

/** The newest event before a release that counted a use of its grant. */
async function lastUse(log: EvidenceLog, own: number, { grantId }: Release): Promise<{ readonly index: number; readonly counter: UseCounter | undefined } | undefined> {
  if (grantId === undefined) return undefined;
  const found = await newestOf(log, own, (event) => counterOf(event, grantId) !== undefined);
  return found === undefined ? undefined : { index: found.index, counter: counterOf(found.event, grantId) };
}

/** The event before a release that spent the one to a conduit that it continues. */
async function spending(log: EvidenceLog, own: number, basis: Release | undefined): Promise<LoggedEvent | undefined> {
  return basis?.conduit === undefined ? undefined : newestOf(log, own, (event) => spends(event, basis.id));
}

/** The newest event about the enterprise before a leaf that fits: found along the enterprise's chain. @throws GatewayError body-too-large. */
async function newestOf(log: EvidenceLog, own: number, fits: (event: DomainEvent) => boolean): Promise<LoggedEvent | undefined> {
  let pointer: LeafPointer | undefined = (await loggedAt(log, own)).leaf.previousOfSubject;
  for (let searched = 0; pointer !== undefined; searched++) {
    if (searched >= MAX_SEARCHED_LEAVES) throw GatewayError.of('body-too-large', `what the decision rests on lies more than ${MAX_SEARCHED_LEAVES} events back`);
    const logged: LoggedEvent = await loggedAt(log, pointer.index);
    if (fits(logged.event)) return logged;
    pointer = logged.leaf.previousOfSubject;
  }
  return undefined;
}

function factOf(log: EvidenceLog, { index, text, event }: LoggedEvent, { size }: PublishedCheckpoint): LoggedFact {
  return { leaf: text, event: { ...event }, path: log.inclusion(index, size).map(toBase64) };
}

async function loggedAt(log: EvidenceLog, index: number): Promise<LoggedEvent> {
  const logged = await log.event(index);
  if (logged === undefined) throw GatewayError.of('not-ready', 'the log has not folded that event yet', { retryAfterSeconds: 1 });
  return logged;
}

function indexAt(log: EvidenceLog, position: Position): number {
  const index = log.indexOf(position);
  if (index === undefined) throw GatewayError.of('not-ready', 'the log has not folded that event yet', { retryAfterSeconds: 1 });
  return index;
}

/** A checkpoint that holds a leaf. */
async function checkpointOver(publisher: StatementParts['publisher'], index: number): Promise<PublishedCheckpoint> {
  const recent = await publisher.recent();
  return recent.size > index ? recent : publisher.publish();
}
