import { createHash, type Hash } from 'node:crypto';
import { rm } from 'node:fs/promises';
import type { AsOf } from '../read-model';
import { foldBlock } from './block-fold';
import { INDEXES } from './keys';
import { Projection, type ProjectionOptions } from './projection';
import { ProjectionDamage } from './projection-error';
import { ProjectionStore } from './projection-store';

/** One index of the projection beside the same index of a fresh fold. */
export interface IndexReport {
  readonly name: string;
  readonly entries: number;
  readonly expectedEntries: number;
  /** Values that fail their checksum. */
  readonly damaged: number;
  /** SHA-256 over keys and values in order, lower-case hex. */
  readonly digest: string;
  readonly expectedDigest: string;
}

/** What {@link verifyProjection} found. `equal` is the answer. */
export interface ProjectionReport {
  readonly equal: boolean;
  /** Where the projection stands; absent when it can't be opened or holds nothing. */
  readonly asOf?: AsOf;
  /** Why it can't be opened. */
  readonly reason?: string;
  readonly indexes: readonly IndexReport[];
}

/** What {@link rebuildProjection} did. */
export interface RebuildReport {
  readonly asOf: AsOf;
  readonly transactions: number;
  readonly millis: number;
}

const NOTHING_TO_TELL = { recordChanged: () => undefined, forget: () => undefined };

/**
 * Compares a projection that nobody has open with a fresh fold of the ledger up to where it stands (I11), in a directory beside it.
 * @throws StoreLockedError when a gateway has it open.
 */
export async function verifyProjection(options: ProjectionOptions, signal: AbortSignal): Promise<ProjectionReport> {
  const { directory, ledger } = options;
  let store;
  try {
    store = await ProjectionStore.open(directory);
  } catch (error) {
    if (error instanceof ProjectionDamage) return { equal: false, reason: error.message, indexes: [] };
    throw error;
  }
  const beside = `${directory}.verification`;
  try {
    const asOf = store.position;
    if (asOf === undefined) return { equal: false, reason: 'the projection holds no block', indexes: [] };
    await rm(beside, { recursive: true, force: true });
    const fresh = await ProjectionStore.open(beside);
    try {
      await foldUpTo(fresh, ledger, asOf.block, signal);
      const indexes = compare(await digests(store), await digests(fresh));
      return { equal: indexes.every((index) => index.damaged === 0 && index.digest === index.expectedDigest), asOf, indexes };
    } finally {
      await fresh.close();
    }
  } finally {
    await store.close();
    for (const rest of ['', '.seal', '.session', '.lock']) await rm(beside + rest, { recursive: true, force: true });
  }
}

/**
 * Throws the projection away and folds the ledger again up to its head.
 * @throws StoreLockedError when a gateway has it open; ProjectionStopped when a block can't be folded.
 */
export async function rebuildProjection(options: ProjectionOptions): Promise<RebuildReport> {
  const begun = performance.now();
  await ProjectionStore.remove(options.directory);
  const projection = await Projection.open(options);
  try {
    const asOf = await projection.caughtUp();
    await projection.written();
    return { asOf, transactions: projection.statistics().transactions, millis: Math.round(performance.now() - begun) };
  } finally {
    await projection.close();
  }
}

async function foldUpTo(store: ProjectionStore, ledger: ProjectionOptions['ledger'], height: number, signal: AbortSignal): Promise<void> {
  for await (const block of ledger.blocks(0, signal)) {
    store.fold({ block: block.block, hash: block.hash, time: block.time }, (draft) => foldBlock(block, draft, NOTHING_TO_TELL));
    store.writeBehind();
    await store.ready();
    if (block.block >= height) break;
  }
  signal.throwIfAborted();
  await store.written();
}

interface Digest {
  readonly hash: Hash;
  entries: number;
  damaged: number;
}

async function digests(store: ProjectionStore): Promise<ReadonlyMap<string, Digest>> {
  const found = new Map<string, Digest>(Object.keys(INDEXES).map((letter) => [letter, { hash: createHash('sha256'), entries: 0, damaged: 0 }]));
  for await (const { key, stored } of store.entries()) {
    const letter = key[0] ?? '';
    const digest = found.get(letter) ?? { hash: createHash('sha256'), entries: 0, damaged: 0 };
    found.set(letter, digest);
    digest.entries++;
    if (stored === undefined) digest.damaged++;
    digest.hash.update(JSON.stringify([key, stored?.block, stored?.body]));
  }
  return found;
}

function compare(actual: ReadonlyMap<string, Digest>, expected: ReadonlyMap<string, Digest>): IndexReport[] {
  return [...actual].map(([letter, { hash, entries, damaged }]) => {
    const other = expected.get(letter);
    return {
      name: (INDEXES as Readonly<Record<string, string>>)[letter] ?? letter,
      entries,
      expectedEntries: other?.entries ?? 0,
      damaged,
      digest: hash.digest('hex'),
      expectedDigest: other?.hash.digest('hex') ?? '',
    };
  });
}
