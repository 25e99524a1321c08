import fc from 'fast-check';
import { bytesToHex, hexToBytes, sha256 } from '../bytes';
import { consistencyPath, inclusionPath, isConsistent, merkleLeafHash, merkleRoot, nodesOverLeaves, rootFromInclusion } from './merkle-tree';
import { appendToTiles, decodeEntryBundle, decodeTile, decodeTilePath, encodeEntryBundle, nodesOverTiles, tilePath, tileWidthAt, type TileStore } from './tile';

/** The inputs and roots that every implementation of RFC 6962 is tested with. */
const INPUTS = ['', '00', '10', '2021', '3031', '40414243', '5051525354555657', '606162636465666768696a6b6c6d6e6f'];
const ROOTS = [
  'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855',
  '6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d',
  'fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125',
  'aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77',
  'd37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7',
  '4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4',
  '76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef',
  'ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c',
  '5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328',
];

const leavesOf = (count: number): Uint8Array[] => Array.from({ length: count }, (_, n) => merkleLeafHash(Uint8Array.of(n >> 8, n & 255)));

function tilesOf(leaves: readonly Uint8Array[]): TileStore {
  const tiles = new Map<string, readonly string[]>();
  const store: TileStore = { tile: (level, index) => tiles.get(`${level}/${index}`) ?? [], putTile: (level, index, hashes) => void tiles.set(`${level}/${index}`, hashes) };
  leaves.forEach((leaf, index) => appendToTiles(store, index, leaf));
  return store;
}

const sizes = fc.integer({ min: 1, max: 600 });

describe('the Merkle tree', () => {
  it('has the roots of RFC 6962', () => {
    const nodes = nodesOverLeaves(INPUTS.map((input) => merkleLeafHash(hexToBytes(input))));
    expect(ROOTS.map((_, size) => bytesToHex(merkleRoot(size, nodes)))).toEqual(ROOTS);
  });

  it('proves every leaf of every tree, and nothing else', () => {
    fc.assert(
      fc.property(sizes, fc.nat(), fc.nat(), (size, pick, other) => {
        const leaves = leavesOf(size);
        const nodes = nodesOverLeaves(leaves);
        const index = pick % size;
        const root = bytesToHex(merkleRoot(size, nodes));
        const path = inclusionPath(index, size, nodes);
        const reached = (leaf: Uint8Array, at: number, of: number, by: readonly Uint8Array[]) => {
          const found = rootFromInclusion(leaf, at, of, by);
          return found !== undefined && bytesToHex(found) === root;
        };
        const leaf = leaves[index] ?? new Uint8Array();
        expect(reached(leaf, index, size, path)).toBe(true);
        expect(reached(sha256(leaf), index, size, path)).toBe(false);
        expect(reached(leaf, index, size, [...path, leaf])).toBe(false);
        if (path.length > 0) expect(reached(leaf, index, size, path.slice(1))).toBe(false);
        if (other % size !== index) expect(reached(leaf, other % size, size, path)).toBe(false);
      }),
      { numRuns: 200 },
    );
  });

  it('proves that a tree grew from a smaller one, and refuses another', () => {
    fc.assert(
      fc.property(sizes, sizes, fc.nat(), (a, b, pick) => {
        const [from, to] = a < b ? [a, b] : [b, a];
        const nodes = nodesOverLeaves(leavesOf(to));
        const older = { size: from, root: merkleRoot(from, nodes) };
        const newer = { size: to, root: merkleRoot(to, nodes) };
        const path = consistencyPath(from, to, nodes);
        expect(isConsistent(older, newer, path)).toBe(true);
        expect(isConsistent({ ...older, root: sha256(older.root) }, newer, path)).toBe(false);
        expect(isConsistent(older, { ...newer, root: sha256(newer.root) }, path)).toBe(false);
        expect(isConsistent(older, newer, [...path, newer.root])).toBe(false);
        if (path.length > 0) {
          const at = pick % path.length;
          expect(isConsistent(older, newer, path.map((hash, n) => (n === at ? sha256(hash) : hash)))).toBe(false);
          expect(isConsistent(older, newer, path.slice(0, -1))).toBe(false);
        }
      }),
      { numRuns: 200 },
    );
  });

  it('grows from the empty tree, and only from the empty tree without a proof', () => {
    const nodes = nodesOverLeaves(leavesOf(3));
    const newer = { size: 3, root: merkleRoot(3, nodes) };
    expect(isConsistent({ size: 0, root: merkleRoot(0, nodes) }, newer, [])).toBe(true);
    expect(isConsistent({ size: 0, root: newer.root }, newer, [])).toBe(false);
    expect(isConsistent({ size: 2, root: merkleRoot(2, nodes) }, newer, [])).toBe(false);
    expect(isConsistent(newer, { size: 2, root: merkleRoot(2, nodes) }, [])).toBe(false);
  });

  it.each([1, 255, 256, 257, 1_000, 65_537])('reads the same nodes off tiles as off the leaves (%i leaves)', (size) => {
    const leaves = leavesOf(size);
    const store = tilesOf(leaves);
    const tiled = nodesOverTiles((level, index) => store.tile(level, index).map(hexToBytes));
    expect(bytesToHex(merkleRoot(size, tiled))).toBe(bytesToHex(merkleRoot(size, nodesOverLeaves(leaves))));
    expect(store.tile(0, 0)).toHaveLength(tileWidthAt(0, 0, size));
    expect(store.tile(1, 0)).toHaveLength(tileWidthAt(1, 0, size));
    expect(store.tile(2, 0)).toHaveLength(tileWidthAt(2, 0, size));
  });

  it('refuses to append at another place than the end', () => {
    expect(() => appendToTiles(tilesOf(leavesOf(3)), 2, sha256(new Uint8Array()))).toThrow('holds 3 hashes, not 2');
  });
});

describe('tiles', () => {
  it('has the widths of the example in c2sp.org/tlog-tiles', () => {
    const size = 70_000;
    expect([tileWidthAt(0, 272, size), tileWidthAt(0, 273, size), tileWidthAt(0, 274, size)]).toEqual([256, 112, 0]);
    expect([tileWidthAt(1, 0, size), tileWidthAt(1, 1, size), tileWidthAt(2, 0, size), tileWidthAt(3, 0, size)]).toEqual([256, 17, 1, 0]);
    expect([tileWidthAt(0, 0, 256), tileWidthAt(1, 0, 256)]).toEqual([256, 1]);
  });

  it('names a tile in groups of three digits, and takes that one name', () => {
    expect(tilePath({ level: 0, index: 1_234_067, width: 256 })).toBe('0/x001/x234/067');
    expect(tilePath({ level: 'entries', index: 0, width: 5 })).toBe('entries/000.p/5');
    expect(decodeTilePath('12/x001/x234/067.p/17')).toEqual({ level: 12, index: 1_234_067, width: 17 });
    for (const path of ['', '0', '0/1', '0/x000/001', '00/000', '64/000', '0/001.p/256', '0/001.p/0', '0/001.p/01', '0/001/', '0/../000', '0/x001', '-1/000', 'entries/000.p']) expect(() => decodeTilePath(path)).toThrow('tile-path-malformed');
  });

  it('takes whole tiles and whole entry bundles only', () => {
    const entries = [sha256(Uint8Array.of(1)), sha256(Uint8Array.of(2))];
    const bundle = encodeEntryBundle(entries);
    expect(decodeEntryBundle(bundle)).toEqual(entries);
    expect(() => decodeEntryBundle(bundle.slice(0, -1))).toThrow('tile-malformed');
    expect(() => decodeEntryBundle(Uint8Array.of(0))).toThrow('tile-malformed');
    for (const length of [0, 31, 33, 257 * 32]) expect(() => decodeTile(new Uint8Array(length))).toThrow('tile-malformed');
  });
});
