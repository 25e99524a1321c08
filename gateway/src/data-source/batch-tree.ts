import { createHash } from 'node:crypto';

/**
 * How the rows of one enterprise are bound to the digest of an ingest batch.
 *
 * A batch covers enterprises, each with one leaf: the salted digest of its rows (`answerDigestOf` without range; an enterprise without rows has
 * a leaf too, so that "no record" is bound as well). The batch's digest is the root of the RFC 6962 tree over the leaves in the order of their
 * `subjectRef`. An answer shows its leaf's path: about ten digests for a thousand enterprises, where a list of all leaves would be 64 KB,
 * and it says nothing of the others, whose leaves are salted.
 */
export interface LeafPath {
  readonly index: number;
  readonly size: number;
  /** Digests from the leaf's sibling to the root's child, lower-case hex. */
  readonly path: readonly string[];
}

/** Longest path that a batch of 2^32 enterprises has. */
export const MAX_PATH = 32;

/** The digest of a tree of leaves. @param leaves lower-case hex, at least one. */
export function rootOf(leaves: readonly string[]): string {
  return treeRoot(leaves.map(leafHash)).toString('hex');
}

/**
 * The path of one leaf (RFC 6962, 2.1.1).
 * @throws RangeError when there is no such leaf.
 */
export function pathOf(leaves: readonly string[], index: number): LeafPath {
  if (!Number.isInteger(index) || index < 0 || index >= leaves.length) throw new RangeError('no such leaf');
  return { index, size: leaves.length, path: auditPath(leaves.map(leafHash), index).map((hash) => hash.toString('hex')) };
}

/** The root that a leaf and its path lead to (RFC 9162, 2.1.3.2); undefined when the path doesn't fit index and size. */
export function rootFromPath(leaf: string, { index, size, path }: LeafPath): string | undefined {
  if (index < 0 || index >= size || path.length > MAX_PATH) return undefined;
  let node = index;
  let last = size - 1;
  let hash = leafHash(leaf);
  for (const sibling of path.map((digest) => Buffer.from(digest, 'hex'))) {
    if (last === 0) return undefined;
    const isRight = node % 2 === 1 || node === last;
    hash = isRight ? nodeHash(sibling, hash) : nodeHash(hash, sibling);
    const levels = isRight ? levelsWithoutSibling(node) + 1 : 1;
    [node, last] = [Math.floor(node / 2 ** levels), Math.floor(last / 2 ** levels)];
  }
  return last === 0 ? hash.toString('hex') : undefined;
}

/** How many levels up the node stays the last one without a sibling: its trailing zero bits. */
function levelsWithoutSibling(node: number): number {
  let levels = 0;
  while (node !== 0 && Math.floor(node / 2 ** levels) % 2 === 0) levels++;
  return levels;
}

function leafHash(leaf: string): Buffer {
  return createHash('sha256').update(Buffer.of(0)).update(Buffer.from(leaf, 'hex')).digest();
}

function nodeHash(left: Buffer, right: Buffer): Buffer {
  return createHash('sha256').update(Buffer.of(1)).update(left).update(right).digest();
}

function treeRoot(hashes: readonly Buffer[]): Buffer {
  const [only] = hashes;
  if (only === undefined) throw new RangeError('a batch covers at least one enterprise');
  if (hashes.length === 1) return only;
  const split = splitOf(hashes.length);
  return nodeHash(treeRoot(hashes.slice(0, split)), treeRoot(hashes.slice(split)));
}

function auditPath(hashes: readonly Buffer[], index: number): Buffer[] {
  if (hashes.length === 1) return [];
  const split = splitOf(hashes.length);
  if (index < split) return [...auditPath(hashes.slice(0, split), index), treeRoot(hashes.slice(split))];
  return [...auditPath(hashes.slice(split), index - split), treeRoot(hashes.slice(0, split))];
}

/** The largest power of two below `size`. */
function splitOf(size: number): number {
  let split = 1;
  while (split * 2 < size) split *= 2;
  return split;
}
