import { bytesToHex, concatBytes, hexToBytes } from '../bytes';
import { LogFormatError } from './log-format-error';
import { merkleNodeHash, TREE_HASH_BYTES, type NodeAt } from './merkle-tree';

/** Hashes of a full tile (c2sp.org/tlog-tiles); a tile spans a subtree of height 8. */
export const TILE_WIDTH = 256;
/** Levels of the tree that one tile spans. */
export const TILE_HEIGHT = 8;

/** A tile's place: its level, or `entries` for the bundle of entries; its number; how many hashes or entries it holds. */
export interface TilePlace {
  readonly level: number | 'entries';
  readonly index: number;
  /** 1 to 256; below 256 it is partial. */
  readonly width: number;
}

const PATH = /^(entries|0|[1-9]\d?)\/((?:x\d{3}\/)*\d{3})(?:\.p\/([1-9]\d{0,2}))?$/;
const HIGHEST_LEVEL = 63;

/** The path of a tile behind `tile/`: `0/x001/234`, `1/000.p/17`, `entries/000.p/5`. */
export function tilePath({ level, index, width }: TilePlace): string {
  const digits = String(index);
  const groups = digits.padStart(Math.ceil(digits.length / 3) * 3, '0').match(/\d{3}/g) ?? [];
  const name = groups.map((group, at) => (at < groups.length - 1 ? `x${group}` : group)).join('/');
  return `${level}/${name}${width === TILE_WIDTH ? '' : `.p/${width}`}`;
}

/**
 * A tile's place from its path; only the one path of a place is taken.
 * @throws LogFormatError tile-path-malformed.
 */
export function decodeTilePath(path: string): TilePlace {
  const [, level = '', name = '', width = String(TILE_WIDTH)] = PATH.exec(path) ?? [];
  const place: TilePlace = { level: level === 'entries' ? level : Number(level), index: Number(name.replaceAll(/[x/]/g, '')), width: Number(width) };
  if (level === '' || !isWithinLog(place) || tilePath(place) !== path) throw new LogFormatError('tile-path-malformed', 'a tile is <level>/<number in groups of three>[.p/<width>]');
  return place;
}

function isWithinLog({ level, index }: TilePlace): boolean {
  return (level === 'entries' || level <= HIGHEST_LEVEL) && Number.isSafeInteger(index);
}

/** How many hashes the tile at that level and number has in a log of `size` entries: 0 when there is none, 256 when it is full. */
export function tileWidthAt(level: number | 'entries', index: number, size: number): number {
  const nodes = Math.floor(size / TILE_WIDTH ** (level === 'entries' ? 0 : level));
  return Math.max(0, Math.min(TILE_WIDTH, nodes - index * TILE_WIDTH));
}

/** An entry bundle: each entry behind its length in two bytes, big-endian. */
export function encodeEntryBundle(entries: readonly Uint8Array[]): Uint8Array {
  return concatBytes(...entries.flatMap((entry) => [Uint8Array.of(entry.length >> 8, entry.length & 0xff), entry]));
}

/** The entries of a bundle. @throws LogFormatError tile-malformed. */
export function decodeEntryBundle(bundle: Uint8Array): Uint8Array[] {
  const entries: Uint8Array[] = [];
  for (let at = 0; at < bundle.length; ) {
    const length = (bundle[at] ?? 0) * 256 + (bundle[at + 1] ?? 0);
    const entry = bundle.slice(at + 2, at + 2 + length);
    if (at + 2 > bundle.length || entry.length !== length) throw new LogFormatError('tile-malformed', 'an entry bundle ends within an entry');
    entries.push(entry);
    at += 2 + length;
  }
  return entries;
}

/** The hashes of a tile. @throws LogFormatError tile-malformed. */
export function decodeTile(tile: Uint8Array): Uint8Array[] {
  if (tile.length === 0 || tile.length % TREE_HASH_BYTES !== 0 || tile.length > TILE_WIDTH * TREE_HASH_BYTES) throw new LogFormatError('tile-malformed', 'a tile is 1 to 256 hashes of 32 bytes');
  return Array.from({ length: tile.length / TREE_HASH_BYTES }, (_, at) => tile.slice(at * TREE_HASH_BYTES, (at + 1) * TREE_HASH_BYTES));
}

/** Reads complete subtrees off tiles. `tileAt` answers the hashes that a tile has. */
export function nodesOverTiles(tileAt: (level: number, index: number) => readonly Uint8Array[]): NodeAt {
  const nodeAt: NodeAt = (level, index) => {
    const tileLevel = Math.floor(level / TILE_HEIGHT);
    const span = 2 ** (level % TILE_HEIGHT);
    const first = index * span;
    const hashes = tileAt(tileLevel, Math.floor(first / TILE_WIDTH)).slice(first % TILE_WIDTH, (first % TILE_WIDTH) + span);
    if (hashes.length !== span) throw new RangeError(`the tiles hold no node ${index} of level ${level}`);
    return fold(hashes);
  };
  return nodeAt;
}

/** The root of the complete subtree over hashes, a power of two of them. */
function fold(hashes: readonly Uint8Array[]): Uint8Array {
  const [first] = hashes;
  if (first === undefined) throw new RangeError('no hash to fold');
  if (hashes.length === 1) return first;
  const middle = hashes.length / 2;
  return merkleNodeHash(fold(hashes.slice(0, middle)), fold(hashes.slice(middle)));
}

/** Where tiles are kept while a log grows: hashes in lower-case hex. */
export interface TileStore {
  tile(level: number, index: number): readonly string[];
  putTile(level: number, index: number, hashes: readonly string[]): void;
}

/** Appends a leaf hash as the `index`-th, and to the levels above what it completes. */
export function appendToTiles(store: TileStore, index: number, leafHash: Uint8Array): void {
  let position = index;
  let hash = leafHash;
  for (let level = 0; ; level++) {
    const number = Math.floor(position / TILE_WIDTH);
    const present = store.tile(level, number);
    if (present.length !== position % TILE_WIDTH) throw new RangeError(`tile ${level}/${number} holds ${present.length} hashes, not ${position % TILE_WIDTH}`);
    const hashes = [...present, bytesToHex(hash)];
    store.putTile(level, number, hashes);
    if (hashes.length < TILE_WIDTH) return;
    hash = fold(hashes.map(hexToBytes));
    position = number;
  }
}
