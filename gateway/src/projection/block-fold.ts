import { DENY_REASONS, eventsOf, OPERATION_PREFIX, operationIn, OUTCOMES, type AnyRecordEvent, type DomainEvent, type OutcomeEvent, type RecordKinds, type ReleaseEvent } from '@kesu/chaincode/domain';
import type { CommittedBlock, LedgerTransaction } from '@kesu/network';
import { TRACE_AXES, type BlockSummary, type Position, type Statistics, type Stored, type TracedRelease } from '../read-model';
import { appendEntries, type NewEntry } from './append-list';
import { facetLists, tracedUnder } from './facets';
import { blockKey, counterKey, grantsOfKey, historyKey, isRecordKind, kindList, operationKey, recordIdOf, recordKey, releaseKey, STATISTICS_KEY, traceList, versionKey } from './keys';
import { openJson, ReleaseTexts } from './open-json';
import type { Draft } from './projection-store';

/** A record's present value with the number of its events. */
export interface StoredRecord<K extends keyof RecordKinds = keyof RecordKinds> {
  readonly stored: Stored<RecordKinds[K]>;
  readonly events: number;
}

/** What an event said besides the record. */
export interface StoredEvent {
  readonly about: Omit<AnyRecordEvent, 'record'>;
  readonly position: Position;
  readonly claimedTime: string;
}

/** An operation; its record stays the JSON text that the ledger wrote. */
export interface OperationEntry {
  readonly record: string;
  /** Of a batch whose every request was recorded: how many; the record lacks its result, which is these releases. */
  readonly releases?: number;
  readonly position: Omit<Position, 'item'>;
  readonly head: { readonly block: number; readonly hash: string; readonly time: string };
  readonly claimedTime: string;
}

/** Statistics without the head, which is the block's. */
export type Counts = Omit<Statistics, 'asOf'>;

/** A block's summary and the statistics up to it. */
export interface StoredBlock {
  readonly summary: BlockSummary;
  readonly counts: Counts;
}

/** Before the first block. */
export const NO_COUNTS: Counts = {
  transactions: 0,
  invalidTransactions: 0,
  enterprises: 0,
  grantsGiven: 0,
  grantsRevoked: 0,
  permits: 0,
  denials: Object.fromEntries(DENY_REASONS.map((reason) => [reason, 0])),
  outcomes: Object.fromEntries(OUTCOMES.map((outcome) => [outcome, 0])),
};

type Mutable<T> = { -readonly [K in keyof T]: T[K] extends Readonly<Record<string, number>> ? Record<string, number> : T[K] };

/** What the fold tells who keeps decoded values. */
export interface FoldListener {
  recordChanged(kind: keyof RecordKinds, id: string): void;
  forget(derived: string): void;
}

/**
 * Folds one block into the projection: the events of its VALID transactions, in order (I11). Deterministic: what it sets
 * follows from the blocks alone.
 * @throws TypeError for a block that this version can't fold.
 */
export function foldBlock(block: CommittedBlock, draft: Draft, listener: FoldListener): void {
  new BlockFold(block, draft, listener).run();
}

/** Where an event stands, and where the JSON of its transaction's releases is found. */
interface Place {
  readonly position: Position;
  readonly claimedTime: string;
  readonly texts: ReleaseTexts;
}

class BlockFold {
  readonly #counts: Mutable<Counts>;
  /** What the block adds to each list. */
  readonly #listed = new Map<string, NewEntry[]>();

  constructor(
    private readonly block: CommittedBlock,
    private readonly draft: Draft,
    private readonly listener: FoldListener,
  ) {
    const former = draft.get<Counts>(STATISTICS_KEY) ?? NO_COUNTS;
    this.#counts = { ...former, denials: { ...former.denials }, outcomes: { ...former.outcomes } };
  }

  run(): void {
    for (const transaction of this.block.transactions) {
      this.#counts.transactions++;
      if (transaction.validity === 'VALID') this.#foldTransaction(transaction);
      else this.#counts.invalidTransactions++;
    }
    for (const [list, added] of this.#listed) appendEntries(this.draft, list, added);
    this.draft.put(STATISTICS_KEY, this.#counts);
    this.#putOnce<StoredBlock>(blockKey(this.block.block), { summary: summaryOf(this.block), counts: this.#counts });
  }

  #foldTransaction(transaction: LedgerTransaction): void {
    const { index, txId, claimedTime } = transaction;
    const { block, hash, time } = this.block;
    const events = eventsOf(transaction);
    for (const { key, value } of transaction.writes) {
      if (value === undefined || !key.startsWith(OPERATION_PREFIX)) continue;
      const entry: OperationEntry = { ...operationText(transaction, value, events), position: { block, index, txId }, head: { block, hash, time }, claimedTime };
      this.#putOnce(operationKey(key.slice(OPERATION_PREFIX.length)), entry);
    }
    const texts = new ReleaseTexts(operationIn(transaction.writes)?.text ?? '');
    for (const [item, event] of events.entries()) this.#foldEvent(event, { position: { block, index, item, txId }, claimedTime, texts });
  }

  #foldEvent(event: DomainEvent, place: Place): void {
    if (event.kind === 'release') return this.#foldRelease(event, place);
    if (event.kind === 'outcome') return this.#foldOutcome(event);
    if (event.kind === 'acknowledgement') return this.#change(event.acknowledgement.releaseId, { acknowledgement: event.acknowledgement });
    // Its write is folded as every operation's.
    if (event.kind === 'operation-closed') return;
    if (!isRecordKind(event.kind)) throw new TypeError('an event of an unknown kind');
    this.#foldRecord(event, place);
  }

  #foldRecord({ record, ...about }: AnyRecordEvent, { position, claimedTime }: Place): void {
    const { kind } = about;
    const id = recordIdOf(kind, record);
    const key = recordKey(kind, id);
    const former = isFirstOfGrant(kind, record) ? undefined : this.draft.get<StoredRecord>(key);
    const events = former?.events ?? 0;
    if (former !== undefined) this.#putOnce(versionKey(kind, id, events - 1), former.stored.record);
    this.#putOnce<StoredEvent>(historyKey(kind, id, events), { about, position, claimedTime });
    this.draft.put(key, { stored: { record, position, claimedTime }, events: events + 1 } satisfies StoredRecord);
    const formerLists = former === undefined ? [] : listsOf(kind, former.stored.record);
    const newLists = listsOf(kind, record).filter((list) => !formerLists.includes(list));
    for (const list of newLists) this.#list(list, { entry: id, claimedTime });
    this.#countRecord(kind, about.action, former === undefined);
    this.listener.recordChanged(kind, id);
    if (kind === 'grant' && 'enterprise' in record) this.listener.forget(grantsOfKey(record.enterprise));
  }

  #countRecord(kind: keyof RecordKinds, action: string, isNew: boolean): void {
    if (kind === 'enterprise' && isNew) this.#counts.enterprises++;
    if (kind !== 'grant') return;
    if (isNew) this.#counts.grantsGiven++;
    if (action === 'revoke') this.#counts.grantsRevoked++;
  }

  #foldRelease({ release, counter }: ReleaseEvent, { position, claimedTime, texts }: Place): void {
    // The members of a TracedRelease.
    this.draft.putOpen(releaseKey(release.id), `{"release":${texts.next(release)},"position":${JSON.stringify(position)}`);
    if (counter !== undefined && release.grantId !== undefined) this.draft.put(counterKey(release.grantId), counter);
    const entry = { entry: `${release.id} ${release.decision[0]} ${claimedTime}`, claimedTime };
    for (const axis of TRACE_AXES) {
      for (const id of tracedUnder(axis, release)) this.#list(traceList(axis, id), entry);
    }
    if (release.decision === 'PERMIT') this.#counts.permits++;
    else add(this.#counts.denials, release.reason ?? 'no-grant');
  }

  #list(list: string, entry: NewEntry): void {
    const added = this.#listed.get(list);
    if (added === undefined) this.#listed.set(list, [entry]);
    else added.push(entry);
  }

  #foldOutcome({ outcome, grantId, counter }: OutcomeEvent): void {
    this.#change(outcome.releaseId, { outcome });
    if (counter !== undefined && grantId !== undefined) this.draft.put(counterKey(grantId), counter);
    add(this.#counts.outcomes, outcome.outcome);
  }

  /** Adds what became of a release. Each is told once: the contract refuses a second. */
  #change(releaseId: string, change: Partial<TracedRelease>): void {
    if (!this.draft.extend(releaseKey(releaseId), `,${openJson(change).slice(1)}`)) throw new TypeError('an event about a release that was not recorded');
  }

  /** Sets what no later block of a replay reads. */
  #putOnce<T extends object>(key: string, value: T): void {
    this.draft.putOpen(key, openJson(value));
  }
}

function listsOf<K extends keyof RecordKinds>(kind: K, record: RecordKinds[K]): string[] {
  return [kindList(kind), ...facetLists(kind, record)];
}

/** Every change of a grant raises its version: the first one of the many need not be looked for. */
function isFirstOfGrant(kind: keyof RecordKinds, record: RecordKinds[keyof RecordKinds]): boolean {
  return kind === 'grant' && 'version' in record && record.version === 1;
}

const NOT_RECORDED = ['"kind":"REFUSED"', '"kind":"WOULD_PERMIT"'] as const;
const RESULT = '"result":';

/**
 * The text of an operation's record, without the releases of a batch: they are kept as releases. Works on the RFC 8785 text,
 * in which a quotation mark inside a string is escaped, so that none of the marks looked for can stand in one.
 */
function operationText({ transaction }: LedgerTransaction, record: string, events: readonly DomainEvent[]): Pick<OperationEntry, 'record' | 'releases'> {
  const result = record.indexOf(RESULT);
  if (transaction !== 'releases:record' || result < 0 || NOT_RECORDED.some((mark) => record.includes(mark))) return { record };
  return { record: `${record.slice(0, result + RESULT.length)}null,"transaction":"releases:record"}`, releases: events.length };
}

function add(counts: Record<string, number>, name: string): void {
  counts[name] = (counts[name] ?? 0) + 1;
}

function summaryOf({ block, hash, previousHash, time, transactions }: CommittedBlock): BlockSummary {
  return {
    block,
    hash,
    previousHash,
    time,
    transactions: transactions.map(({ index, txId, transaction, validity, mspId, claimedTime }) => ({ index, txId, transaction, validity, mspId, claimedTime })),
  };
}
