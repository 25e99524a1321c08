import type { RecordedRelease } from '@kesu/chaincode';
import type { DomainEvent, Grant, OperationRecord, RecordKinds, SignedStatement, UseCounter } from '@kesu/chaincode/domain';
import type { BlockSummary, Page, PageRequest, Position, RecordFilter, Statistics, Stored, StoredOperation, TracedRelease, TraceAxis, TraceFilter } from '../read-model';
import { allEntries, countEntries, endBefore, runAt, type Run } from './append-list';
import type { OperationEntry, StoredBlock, StoredEvent, StoredRecord } from './block-fold';
import { facetList, blockKey, counterKey, grantsOfKey, historyKey, kindList, operationKey, recordKey, releaseKey, traceList, versionKey } from './keys';
import { facetsOf, listFor, matchesFilter } from './facets';
import { cursorOf, entryOf } from './page-cursor';
import { ProjectionDamage } from './projection-error';
import type { ProjectionStore } from './projection-store';

/** A page looks at no more entries than this; what it finds among them is its answer, and `next` goes on behind them. */
export const MAX_SCANNED_ENTRIES = 4_000;

/** About the characters of a grant's JSON, for the bound of the memory. */
const GRANT_WEIGHT = 800;

/** An event of a record's history. */
export interface HistoryEntry {
  readonly event: DomainEvent;
  readonly position: Position;
  readonly claimedTime: string;
}

/** The record of that kind and id. */
export function readRecord<K extends keyof RecordKinds>(store: ProjectionStore, kind: K, id: string): Stored<RecordKinds[K]> | undefined {
  return store.get<StoredRecord<K>>(recordKey(kind, id))?.stored;
}

/** An enterprise's grants, newest first. */
export function readGrantsOf(store: ProjectionStore, enterprise: string): readonly Grant[] {
  return store.derived(grantsOfKey(enterprise), () => {
    const ids = allEntries(store, facetList('grant', 'enterprise', enterprise));
    const value = ids.map((id) => present(readRecord(store, 'grant', id)).record);
    return { value, weight: GRANT_WEIGHT * (1 + value.length) };
  });
}

export function readCounter(store: ProjectionStore, grantId: string): UseCounter | undefined {
  return store.get<UseCounter>(counterKey(grantId));
}

/** The letter that a grant was given by: what its first event was signed with. */
export function readLetter(store: ProjectionStore, grantId: string): SignedStatement | undefined {
  return store.get<StoredEvent>(historyKey('grant', grantId, 0))?.about.signed;
}

/** Every event about a record, oldest first. */
export function readHistory<K extends keyof RecordKinds>(store: ProjectionStore, kind: K, id: string): readonly HistoryEntry[] {
  const newest = store.get<StoredRecord<K>>(recordKey(kind, id));
  if (newest === undefined) return [];
  return Array.from({ length: newest.events }, (_, event) => {
    const { about, position, claimedTime } = present(store.get<StoredEvent>(historyKey(kind, id, event)));
    const record = event === newest.events - 1 ? newest.stored.record : present(store.get<RecordKinds[K]>(versionKey(kind, id, event)));
    return { event: { ...about, record } as DomainEvent, position, claimedTime };
  });
}

export function readRelease(store: ProjectionStore, id: string): TracedRelease | undefined {
  return store.read<TracedRelease>(releaseKey(id));
}

export function readOperation(store: ProjectionStore, operation: string): StoredOperation | undefined {
  const entry = store.get<OperationEntry>(operationKey(operation));
  if (entry === undefined) return undefined;
  const { record: text, releases: count, ...stored } = entry;
  const record = JSON.parse(text) as OperationRecord;
  if (count === undefined || record.kind !== 'DONE') return { ...stored, record };
  const releases = Array.from({ length: count }, (_, index): RecordedRelease => ({ kind: 'RECORDED', release: present(readRelease(store, `${operation}.${index}`)).release }));
  return { ...stored, record: { ...record, result: { releases } } };
}

export function readBlock(store: ProjectionStore, block: number): BlockSummary | undefined {
  return store.get<StoredBlock>(blockKey(block))?.summary;
}

/** The statistics up to a block: kept with each, so that every height answers at once. */
export function readStatistics(store: ProjectionStore, height: number): Statistics | undefined {
  const stored = store.get<StoredBlock>(blockKey(height));
  if (stored === undefined) return undefined;
  const { block, hash, time } = stored.summary;
  return { asOf: { block, hash, time }, ...stored.counts };
}

/** One page of a kind's records. */
export function readList<K extends keyof RecordKinds>(store: ProjectionStore, kind: K, filter: RecordFilter, page: PageRequest): Page<Stored<RecordKinds[K]>> {
  const pick = (id: string): Stored<RecordKinds[K]> | undefined => {
    const stored = present(readRecord(store, kind, id));
    return matchesFilter(kind, stored.record, filter) && isSeen(page, facetsOf(kind, stored.record).enterprise) ? stored : undefined;
  };
  return readPage(store, { list: listFor(kind, filter) ?? kindList(kind), page, pick });
}

/** One page of releases along an axis. */
export function readTrace(store: ProjectionStore, axis: TraceAxis, id: string, { from, until, decision }: TraceFilter, page: PageRequest): Page<TracedRelease> {
  const pick = (entry: string): TracedRelease | undefined => {
    const [releaseId = '', letter, claimedTime = ''] = entry.split(' ');
    if (decision !== undefined && letter !== decision[0]) return undefined;
    if ((from !== undefined && claimedTime < from) || (until !== undefined && claimedTime >= until)) return undefined;
    const traced = present(readRelease(store, releaseId));
    return isSeen(page, traced.release.enterprise) ? traced : undefined;
  };
  return readPage(store, { list: traceList(axis, id), page, from, until, pick });
}

/** True for what is about no enterprise, or about one that lies in the reader's sight. */
function isSeen({ sees }: PageRequest, enterprise: string | undefined): boolean {
  return sees === undefined || enterprise === undefined || sees(enterprise);
}

/** Where a walk through a list begins and what it takes. */
interface Walk<T> {
  readonly list: string;
  readonly page: PageRequest;
  readonly from?: string | undefined;
  readonly until?: string | undefined;
  readonly pick: (entry: string) => T | undefined;
}

/** Walks a list from its newest entry, or from below the cursor, until the page is full or enough was looked at. */
function readPage<T>(store: ProjectionStore, { list, page, from, until, pick }: Walk<T>): Page<T> {
  const newest = until === undefined ? countEntries(store, list) : endBefore(store, list, until);
  const start = page.cursor === undefined ? newest : Math.min(newest, entryOf(page.cursor));
  const entries: T[] = [];
  let below = start;
  while (below > 0 && entries.length < page.limit && start - below < MAX_SCANNED_ENTRIES) {
    const run = present(runAt(store, list, below - 1));
    if (from !== undefined && run.latest < from) return { entries };
    below = pickFrom(run, below, pick, entries, page.limit);
  }
  return below > 0 ? { entries, next: cursorOf(below) } : { entries };
}

/** Takes a run's entries from below `below` on. @returns the number of the last entry that was looked at. */
function pickFrom<T>(run: Run, below: number, pick: (entry: string) => T | undefined, picked: T[], limit: number): number {
  let at = below;
  while (at > run.start && picked.length < limit) {
    const entry = pick(run.entries[--at - run.start] ?? '');
    if (entry !== undefined) picked.push(entry);
  }
  return at;
}

/** What an index points to must be there. @throws ProjectionDamage. */
function present<T>(value: T | undefined): T {
  if (value === undefined) throw new ProjectionDamage('an index points to nothing');
  return value;
}
