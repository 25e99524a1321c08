import { type CallRecord, encodeCallRecord, type KeyRead, type KeyVersion } from '@kesu/chaincode/domain';
import type { Endorsement } from './endorsement';
import type { StateWrite } from './state-store';
import { type CommittedState, rangeDigest, type StateEntry } from './transaction-stub';

/** The calls of the next block, decided: who lost a race is in it as invalid. */
export interface BlockDraft {
  readonly records: readonly CallRecord[];
  readonly recordLines: readonly string[];
  /** The writes of the valid calls, in order. */
  readonly writes: readonly StateWrite[];
}

/**
 * Decides each call at its place in block `number`: a call whose reads were overtaken by the blocks before or by a valid call before it
 * in the block is invalid (architecture.md rule 1; Fabric's read-set and range checks at commit), and so is one whose caller counts no more.
 */
export async function draftBlock(number: number, endorsements: readonly Endorsement[], state: CommittedState, isAdmitted: (record: CallRecord) => boolean): Promise<BlockDraft> {
  const overlay = new OverlaidState(state);
  const records: CallRecord[] = [];
  const recordLines: string[] = [];
  const writes: StateWrite[] = [];
  for (const [index, { record, recordLine }] of endorsements.entries()) {
    // No await without a range: a block of plain reads is decided in one go.
    const reads = record.ranges.length === 0 ? readValidity(record, overlay) : await validityOf(record, overlay);
    const validity = isAdmitted(record) ? reads : 'BAD_CREATOR';
    if (validity !== 'VALID') {
      const invalid = { ...record, validity };
      records.push(invalid);
      recordLines.push(encodeCallRecord(invalid));
      continue;
    }
    records.push(record);
    recordLines.push(recordLine);
    for (const write of record.writes) {
      const placed = { ...write, version: { block: number, index } };
      overlay.write(placed);
      writes.push(placed);
    }
  }
  return { records, recordLines, writes };
}

function readValidity({ reads }: CallRecord, state: OverlaidState): CallRecord['validity'] {
  return reads.every((read) => isUnchanged(read, state)) ? 'VALID' : 'MVCC_READ_CONFLICT';
}

async function validityOf(record: CallRecord, state: OverlaidState): Promise<CallRecord['validity']> {
  for (const { from, to, count, digest } of record.ranges) {
    const entries = await state.range(from, to);
    if (entries.length !== count || rangeDigest(entries) !== digest) return 'PHANTOM_READ_CONFLICT';
  }
  return readValidity(record, state);
}

/** True when a key still has the version that a call read. */
export function isUnchanged(read: KeyRead, state: Pick<CommittedState, 'read'>): boolean {
  return equalVersions(state.read(read.key)?.version, read.version);
}

function equalVersions(a: KeyVersion | undefined, b: KeyVersion | undefined): boolean {
  return a?.block === b?.block && a?.index === b?.index;
}

/** The committed state with the writes of the valid calls before in the same block. */
class OverlaidState implements CommittedState {
  readonly #below: CommittedState;
  readonly #written = new Map<string, StateWrite>();

  constructor(below: CommittedState) {
    this.#below = below;
  }

  write(write: StateWrite): void {
    this.#written.set(write.key, write);
  }

  read(key: string): StateEntry | undefined {
    const written = this.#written.get(key);
    return written === undefined ? this.#below.read(key) : entryOf(written);
  }

  async range(from: string, to: string): Promise<readonly StateEntry[]> {
    const entries = new Map((await this.#below.range(from, to)).map((entry) => [entry.key, entry]));
    for (const write of this.#written.values()) {
      if (write.key < from || (to !== '' && write.key >= to)) continue;
      const entry = entryOf(write);
      if (entry === undefined) entries.delete(write.key);
      else entries.set(write.key, entry);
    }
    return [...entries.values()].sort((a, b) => (a.key < b.key ? -1 : 1));
  }
}

function entryOf({ key, value, version }: StateWrite): StateEntry | undefined {
  return value === undefined ? undefined : { key, value, version };
}
