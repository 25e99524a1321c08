import type { Instant } from '@kesu/chaincode/domain';
import type { PrivateJournal } from '@kesu/network';

/** How far the seeding of a ledger came. STARTED without DONE: it was interrupted, the ledger is neither empty nor whole. */
export interface SeedingMark {
  readonly state: 'STARTED' | 'DONE';
  readonly seed: number;
  readonly count: number;
  /** The instant of day 0. */
  readonly startAt: Instant;
  /** How many days the filling covered; 90 unless said. */
  readonly days?: number;
}

const TABLE = 'demonstration';
const KEY = 'seeding';

/** The mark of a store; undefined when no seeding ever began there. */
export async function seedingMark(store: PrivateJournal): Promise<SeedingMark | undefined> {
  const stored = await store.get(TABLE, KEY);
  return stored === undefined ? undefined : (JSON.parse(stored.toString('utf8')) as SeedingMark);
}

/** Writes the mark. */
export async function markSeeding(store: PrivateJournal, mark: SeedingMark): Promise<void> {
  await store.commit([{ table: TABLE, key: KEY, value: Buffer.from(JSON.stringify(mark), 'utf8') }]);
}
