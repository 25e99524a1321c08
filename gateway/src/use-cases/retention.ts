import { DAY_MILLIS, epochMillis } from '@kesu/chaincode/domain';
import type { JournalChange, JournalEntry } from '@kesu/network';
import type { GatewayParts } from '../gateway-parts';
import { LETTER_SETS } from './letter-set';
import { PLANS } from './register-enterprise';
import { RELEASES, REQUESTS } from './release-journal';
import { LOOKUP_COUNTS, LOOKUPS } from './subject-map';

/**
 * How long a repeat under the same idempotency key is answered as the first time where the gateway itself keeps the answer: releases with
 * their receipts, letter sets, registrations. What is an operation of the ledger is answered for ever.
 */
export const IDEMPOTENCY_DAYS = 30;
/** How long look-ups of credit codes stay recorded: three years, as data security law asks of records of access. */
export const LOOKUP_DAYS = 3 * 365;
/** How long daily counts of look-ups are kept: longer than the day that they count in any zone. */
const COUNT_DAYS = 3;
/** Entries of one table that one sweep looks at. */
export const SWEPT_AT_ONCE = 2_000;

/** When an entry was made, epoch milliseconds; undefined for one that must stay. */
type MadeAt = (entry: JournalEntry) => number | undefined;

interface Table {
  readonly table: string;
  readonly days: number;
  readonly madeAt: MadeAt;
}

const jsonOf = <T>({ value }: JournalEntry): T => JSON.parse(value.toString('utf8')) as T;
const instantIn = (text: string | undefined): number | undefined => (text === undefined ? undefined : epochMillis(text));

const TABLES: readonly Table[] = [
  // One that is pending has no end: its batch is settled at the next start.
  { table: REQUESTS, days: IDEMPOTENCY_DAYS, madeAt: (entry) => instantIn(jsonOf<{ at?: string }>(entry).at) },
  { table: RELEASES, days: IDEMPOTENCY_DAYS, madeAt: (entry) => instantIn(jsonOf<{ seenAt: string }>(entry).seenAt) },
  // From when it can't be signed any more; the identity behind a signed letter is kept under its grant.
  { table: LETTER_SETS, days: IDEMPOTENCY_DAYS, madeAt: (entry) => instantIn(jsonOf<{ envelope: { submitBefore: string } }>(entry).envelope.submitBefore) },
  { table: PLANS, days: IDEMPOTENCY_DAYS, madeAt: (entry) => instantIn(jsonOf<{ at?: string }>(entry).at) },
  { table: LOOKUPS, days: LOOKUP_DAYS, madeAt: ({ key }) => instantIn(key.split('/')[0]) },
  { table: LOOKUP_COUNTS, days: COUNT_DAYS, madeAt: ({ key }) => instantIn(`${key.split('/')[0] ?? ''}T00:00:00.000Z`) },
];

/** Takes out of the private journal what has been kept as long as it was promised. A little at a time: each sweep goes on where the last one ended. */
export class Retention {
  readonly #cursors = new Map<string, string>();

  constructor(private readonly parts: Pick<GatewayParts, 'store' | 'clock'>) {}

  /** Looks at the next {@link SWEPT_AT_ONCE} entries of each table. @returns how many were taken out. */
  async sweep(): Promise<number> {
    let taken = 0;
    for (const table of TABLES) taken += await this.#sweepTable(table);
    return taken;
  }

  async #sweepTable({ table, days, madeAt }: Table): Promise<number> {
    const { store, clock } = this.parts;
    const before = clock.now() - days * DAY_MILLIS;
    const from = this.#cursors.get(table);
    const over: JournalChange[] = [];
    let last: string | undefined;
    let seen = 0;
    for await (const entry of store.entries(table, { limit: SWEPT_AT_ONCE, ...(from === undefined ? {} : { gt: from }) })) {
      last = entry.key;
      seen += 1;
      const made = madeAt(entry);
      if (made !== undefined && made < before) over.push({ table, key: entry.key });
    }
    if (last === undefined || seen < SWEPT_AT_ONCE) this.#cursors.delete(table);
    else this.#cursors.set(table, last);
    if (over.length > 0) await store.commit(over);
    return over.length;
  }
}
