import { appendToTiles, bytesToHex, foldLeaves, hexToBytes, merkleLeafHash, type FoldedLeaf, type LeafPointer, type LeafState, type TileStore } from '@kesu/chaincode/domain';
import type { CommittedBlock } from '@kesu/network';
import type { Draft, ProjectionStore } from '../projection/projection-store';
import { hashHex } from './hash-hex';

/** A leaf as it is kept: its text and its entry. */
export interface StoredLeaf {
  readonly text: string;
  readonly entry: string;
}

const SIZE_KEY = 'n!size';
const HASH_DIGITS = 64;

const leafKey = (index: number): string => `l!${index}`;
const tileKey = (level: number, index: number): string => `t!${level}!${index}`;
const positionKey = (block: number, index: number, item: number): string => `p!${block}.${index}.${item}`;
const subjectKey = (ref: string): string => `s!${ref}`;
const grantKey = (id: string): string => `g!${id}`;
const releaseKey = (id: string): string => `r!${id}`;

type Reader = Pick<Draft, 'get'>;

/** How many leaves are stored. */
export function storedSize(store: Reader): number {
  return store.get<number>(SIZE_KEY) ?? 0;
}

/** The leaf of that number. */
export function storedLeaf(store: Reader, index: number): StoredLeaf | undefined {
  return store.get<StoredLeaf>(leafKey(index));
}

/** The number of the leaf at a position. */
export function storedIndexOf(store: Reader, { block, index, item }: { readonly block: number; readonly index: number; readonly item: number }): number | undefined {
  return store.get<number>(positionKey(block, index, item));
}

/** The newest leaf about an enterprise. */
export function storedNewestOfSubject(store: Reader, ref: string): LeafPointer | undefined {
  return store.get<LeafPointer>(subjectKey(ref));
}

/** The hashes of a tile as they are stored, lower-case hex one behind the other. */
export function storedTile(store: Reader, level: number, index: number): readonly string[] {
  const joined = store.get<string>(tileKey(level, index)) ?? '';
  return Array.from({ length: joined.length / HASH_DIGITS }, (_, at) => joined.slice(at * HASH_DIGITS, (at + 1) * HASH_DIGITS));
}

/** Folds one block into the store: its leaves, the tiles, and what the fold remembers, all with the block's position. */
export function foldIntoStore(store: ProjectionStore, block: CommittedBlock, network: string): void {
  const { hash, time } = block;
  store.fold({ block: block.block, hash, time }, (draft) => {
    const state = stateOver(draft);
    const tiles = tilesOver(draft);
    for (const leaf of foldLeaves(block, state, { network, hash: hashHex })) keepLeaf(draft, tiles, leaf);
  });
}

function keepLeaf(draft: Draft, tiles: TileStore, { index, entry, text, leaf, subjectRef, grantId, releaseId }: FoldedLeaf): void {
  const { block, index: transaction, item } = leaf.position;
  appendToTiles(tiles, index, merkleLeafHash(hexToBytes(entry)));
  draft.put(leafKey(index), { text, entry } satisfies StoredLeaf);
  draft.put(positionKey(block, transaction, item), index);
  if (subjectRef !== undefined) draft.put(subjectKey(subjectRef), { index, entry } satisfies LeafPointer);
  if (grantId !== undefined) draft.put(grantKey(grantId), { index, entry } satisfies LeafPointer);
  if (releaseId !== undefined) draft.put(releaseKey(releaseId), subjectRef);
  draft.put(SIZE_KEY, index + 1);
}

function stateOver(draft: Draft): LeafState {
  return {
    size: () => storedSize(draft),
    newestOfSubject: (ref) => storedNewestOfSubject(draft, ref),
    newestOfGrant: (id) => draft.get<LeafPointer>(grantKey(id)),
    subjectOfRelease: (id) => draft.get<string>(releaseKey(id)),
  };
}

function tilesOver(draft: Draft): TileStore {
  return {
    tile: (level, index) => storedTile(draft, level, index),
    putTile: (level, index, hashes) => draft.put(tileKey(level, index), hashes.join('')),
  };
}

/** A tile's hashes as hex, in the form the HTTP API answers: bytes. */
export function tileBytes(hashes: readonly string[]): Uint8Array {
  return Buffer.from(hashes.join(''), 'hex');
}

/** The entries of a run of leaves. */
export function storedEntries(store: Reader, from: number, count: number): Uint8Array[] {
  return Array.from({ length: count }, (_, at) => {
    const leaf = storedLeaf(store, from + at);
    if (leaf === undefined) throw new RangeError(`the log has no leaf ${from + at}`);
    return hexToBytes(leaf.entry);
  });
}

/** Whether the stored leaf is the one that its entry names: hashes are cheap, and a leaf is evidence. */
export function isOwnEntry({ text, entry }: StoredLeaf, tileHash: string | undefined): boolean {
  return hashHex(text) === entry && tileHash === bytesToHex(merkleLeafHash(hexToBytes(entry)));
}
