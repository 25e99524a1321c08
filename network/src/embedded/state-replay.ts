import type { Block } from '@kesu/chaincode/domain';
import { blockOf, ChainCheck } from './block-chain';
import { stateWritesOf } from './committed-block';
import type { StateStore, StateWrite } from './state-store';
import { StateDamage } from './state-store';
import type { BlockLog } from './storage/block-log';

/** Brings the state up to the log's head: from its last durable position, or from block 0 when that isn't one of this log. */
export async function catchUp(log: BlockLog, state: StateStore): Promise<void> {
  const from = await firstUnapplied(log, state);
  if (from === 0) return replayAll(log, state);
  for await (const logged of log.iterate(from)) await applyBlock(state, blockOf(logged));
}

/** Throws the state away and makes it again from the blocks, each checked for its place and signature. @throws BlockError. */
export async function replayAll(log: BlockLog, state: StateStore): Promise<void> {
  await state.clear();
  const chain = new ChainCheck();
  for await (const logged of log.iterate(0)) {
    const block = blockOf(logged);
    chain.accept(block);
    await applyBlock(state, block);
  }
  await state.sync();
}

async function firstUnapplied(log: BlockLog, state: StateStore): Promise<number> {
  const { position } = state;
  if (position === undefined || log.head === undefined || position.block > log.head.number) return 0;
  const { hash } = await log.read(position.block);
  return hash === position.hash ? position.block + 1 : 0;
}

async function applyBlock(state: StateStore, block: Block): Promise<void> {
  await state.ready();
  state.apply({ block: block.header.number, hash: block.hash }, stateWritesOf(block));
}

/** What a background replay found. */
export interface StateReport {
  /** Blocks read and checked: place, signature, records. */
  readonly blocks: number;
  /** Keys whose stored value is missing, old or not what the blocks say; empty when the state equals them. */
  readonly damagedKeys: readonly string[];
  /** False when the signal ended it early. */
  readonly complete: boolean;
}

/** A report names at most so many keys. */
export const MAX_REPORTED_KEYS = 100;

/**
 * Replays every block beside the running ledger and compares: what a checksum can't show is a value that is absent or old.
 * @throws BlockError or DamagedStoreError at the first block that is not what it must be.
 */
export async function compareWithBlocks(log: BlockLog, state: StateStore, signal: AbortSignal): Promise<StateReport> {
  const chain = new ChainCheck();
  const suspects = new Set<string>();
  const damaged = new Set<string>();
  let blocks = 0;
  for await (const logged of log.iterate(0)) {
    if (signal.aborted) return { blocks, damagedKeys: [...damaged], complete: false };
    const block = blockOf(logged);
    chain.accept(block);
    for (const write of stateWritesOf(block)) judge(write, state, suspects, damaged);
    blocks++;
    await new Promise(setImmediate);
  }
  for (const key of suspects) damaged.add(key);
  return { blocks, damagedKeys: [...damaged].slice(0, MAX_REPORTED_KEYS), complete: true };
}

/** A write is right when the state holds it, or something newer; a missing value is suspect until a later write or deletion explains it. */
function judge(write: StateWrite, state: StateStore, suspects: Set<string>, damaged: Set<string>): void {
  const { key, value, version } = write;
  suspects.delete(key);
  try {
    const entry = state.readStored(key);
    if (entry === undefined) {
      if (value !== undefined) suspects.add(key);
      return;
    }
    const age = entry.version.block - version.block || entry.version.index - version.index;
    if (age < 0 || (age === 0 && entry.value !== value)) damaged.add(key);
  } catch (error) {
    if (!(error instanceof StateDamage)) throw error;
    damaged.add(key);
  }
}
