import { epochMillis } from '@kesu/chaincode/domain';
import { openJson } from './open-json';
import type { Draft } from './projection-store';

/** Entries of a full chunk. A list that is shorter lies in one value. */
export const CHUNK_ENTRIES = 16;

/** The newest entries of a list and what is known of all of them. */
interface Head {
  readonly count: number;
  /** Entries behind the last full chunk, oldest first. */
  readonly tail: readonly string[];
  /** The latest claimed time of all entries. */
  readonly latest: string;
  /** The most by which an entry's claimed time lies before the latest one of those before it, milliseconds. */
  readonly disorder: number;
}

const NO_ENTRIES: Head = { count: 0, tail: [], latest: '', disorder: 0 };

/** A full chunk; `latest` is the latest claimed time of its entries and all before them. */
interface Chunk {
  readonly entries: readonly string[];
  readonly latest: string;
}

/** A run of entries of a list: `start` is the number of its first one. */
export interface Run {
  readonly start: number;
  readonly entries: readonly string[];
  readonly latest: string;
}

type Reader = Pick<Draft, 'get'>;

/** What is added to a list; the claimed time is its event's. */
export interface NewEntry {
  readonly entry: string;
  readonly claimedTime: string;
}

/** Adds entries at the end of a list, in their order. Names are ASCII without `!` but between their parts. */
export function appendEntries(draft: Draft, list: string, added: readonly NewEntry[]): void {
  const head = draft.get<Head>(headKey(list)) ?? NO_ENTRIES;
  let { count, latest, disorder } = head;
  let tail = [...head.tail];
  for (const { entry, claimedTime } of added) {
    if (claimedTime > latest) latest = claimedTime;
    else if (claimedTime !== latest) disorder = Math.max(disorder, epochMillis(latest) - epochMillis(claimedTime));
    count++;
    tail.push(entry);
    if (tail.length < CHUNK_ENTRIES) continue;
    draft.putOpen(chunkKey(list, count / CHUNK_ENTRIES - 1), openJson<Chunk>({ entries: tail, latest }));
    tail = [];
  }
  draft.put(headKey(list), { count, tail, latest, disorder } satisfies Head);
}

/** How many entries a list has. */
export function countEntries(reader: Reader, list: string): number {
  return reader.get<Head>(headKey(list))?.count ?? 0;
}

/** The run that holds the entry of that number: the tail, or a chunk. */
export function runAt(reader: Reader, list: string, entry: number): Run | undefined {
  const head = reader.get<Head>(headKey(list));
  if (head === undefined || entry >= head.count) return undefined;
  const tailStart = head.count - head.tail.length;
  if (entry >= tailStart) return { start: tailStart, entries: head.tail, latest: head.latest };
  const number = Math.floor(entry / CHUNK_ENTRIES);
  const chunk = reader.get<Chunk>(chunkKey(list, number));
  if (chunk === undefined) throw new RangeError(`the list lacks its chunk ${number}`);
  return { start: number * CHUNK_ENTRIES, ...chunk };
}

/**
 * A number of entries at whose end a search for claimed times before `until` begins: every entry behind it is later.
 * Claimed times follow the order of the ledger nearly; by how much they don't, the list knows.
 */
export function endBefore(reader: Reader, list: string, until: string): number {
  const head = reader.get<Head>(headKey(list));
  if (head === undefined) return 0;
  const bound = epochMillis(until) + head.disorder;
  let low = 0;
  let high = Math.floor(head.count / CHUNK_ENTRIES);
  while (low < high) {
    const middle = (low + high) >> 1;
    const latest = runAt(reader, list, middle * CHUNK_ENTRIES)?.latest ?? head.latest;
    if (epochMillis(latest) >= bound) high = middle;
    else low = middle + 1;
  }
  return Math.min(head.count, (low + 1) * CHUNK_ENTRIES);
}

/** Every entry, newest first. */
export function allEntries(reader: Reader, list: string): string[] {
  const entries: string[] = [];
  for (let end = countEntries(reader, list); end > 0; ) {
    const run = runAt(reader, list, end - 1);
    if (run === undefined) break;
    entries.push(...run.entries.slice(0, end - run.start).reverse());
    end = run.start;
  }
  return entries;
}

function headKey(list: string): string {
  return `l!${list}`;
}

function chunkKey(list: string, number: number): string {
  return `l!${list}!${number.toString().padStart(8, '0')}`;
}
