import { bytesEqual, concatBytes, sha256 } from '../bytes';

/**
 * The Merkle tree of RFC 6962 section 2.1 over SHA-256. Sizes and indexes are integers up to 2^53 − 1; nothing here uses
 * 32-bit operators.
 */

/** Length of a hash of the tree, bytes. */
export const TREE_HASH_BYTES = 32;

/** More hashes than a path of a tree of 2^53 leaves can have. */
export const MAX_PATH_HASHES = 63;

/** The hash of the complete subtree that is the `index`-th of height `level`: over the leaves `[index · 2^level, (index + 1) · 2^level)`. */
export type NodeAt = (level: number, index: number) => Uint8Array;

const LEAF_PREFIX = Uint8Array.of(0);
const NODE_PREFIX = Uint8Array.of(1);

/** SHA-256(0x00 ‖ entry). */
export function merkleLeafHash(entry: Uint8Array): Uint8Array {
  return sha256(concatBytes(LEAF_PREFIX, entry));
}

/** SHA-256(0x01 ‖ left ‖ right). */
export function merkleNodeHash(left: Uint8Array, right: Uint8Array): Uint8Array {
  return sha256(concatBytes(NODE_PREFIX, left, right));
}

/** The root of the first `size` leaves; of none: SHA-256 of the empty string. */
export function merkleRoot(size: number, nodeAt: NodeAt): Uint8Array {
  return size === 0 ? sha256(new Uint8Array()) : rangeRoot(0, size, nodeAt);
}

/** Reads complete subtrees off a list of leaf hashes: for small trees and tests. */
export function nodesOverLeaves(leafHashes: readonly Uint8Array[]): NodeAt {
  const nodeAt: NodeAt = (level, index) => {
    if (level > 0) return merkleNodeHash(nodeAt(level - 1, index * 2), nodeAt(level - 1, index * 2 + 1));
    const hash = leafHashes[index];
    if (hash === undefined) throw new RangeError(`the tree has no leaf ${index}`);
    return hash;
  };
  return nodeAt;
}

/** The inclusion path of a leaf in the tree of `size` leaves (RFC 6962, 2.1.1), from the leaf's sibling up. @throws RangeError. */
export function inclusionPath(index: number, size: number, nodeAt: NodeAt): Uint8Array[] {
  if (!(index >= 0 && index < size)) throw new RangeError(`a tree of ${size} leaves has no leaf ${index}`);
  const path: Uint8Array[] = [];
  let begin = 0;
  let end = size;
  while (end - begin > 1) {
    const middle = begin + largestPowerBelow(end - begin);
    if (index < middle) {
      path.push(rangeRoot(middle, end, nodeAt));
      end = middle;
    } else {
      path.push(rangeRoot(begin, middle, nodeAt));
      begin = middle;
    }
  }
  return path.reverse();
}

/** The consistency path from a tree of `from` leaves to one of `to` (RFC 6962, 2.1.2); empty from 0 and to itself. @throws RangeError. */
export function consistencyPath(from: number, to: number, nodeAt: NodeAt): Uint8Array[] {
  if (!(from >= 0 && from <= to)) throw new RangeError(`a tree of ${to} leaves doesn't grow from one of ${from}`);
  if (from === 0 || from === to) return [];
  const path: Uint8Array[] = [];
  let begin = 0;
  let end = to;
  let isWhole = true;
  while (end !== from) {
    const middle = begin + largestPowerBelow(end - begin);
    if (from <= middle) {
      path.push(rangeRoot(middle, end, nodeAt));
      end = middle;
    } else {
      path.push(rangeRoot(begin, middle, nodeAt));
      begin = middle;
      isWhole = false;
    }
  }
  if (!isWhole) path.push(rangeRoot(begin, end, nodeAt));
  return path.reverse();
}

/** The root that an inclusion path leads to; undefined when a tree of that size has no such path (RFC 9162, 2.1.3.2). */
export function rootFromInclusion(leafHash: Uint8Array, index: number, size: number, path: readonly Uint8Array[]): Uint8Array | undefined {
  if (!isIndexOf(index, size) || path.some((hash) => hash.length !== TREE_HASH_BYTES)) return undefined;
  let node = index;
  let last = size - 1;
  let root = leafHash;
  for (const hash of path) {
    if (last === 0) return undefined;
    if (node % 2 === 1 || node === last) {
      root = merkleNodeHash(hash, root);
      while (node % 2 === 0 && node !== 0) [node, last] = [half(node), half(last)];
    } else {
      root = merkleNodeHash(root, hash);
    }
    [node, last] = [half(node), half(last)];
  }
  return last === 0 ? root : undefined;
}

/** A tree's size and root hash. */
export interface TreeHead {
  readonly size: number;
  readonly root: Uint8Array;
}

/** True when the path proves that the first tree is a prefix of the second (RFC 9162, 2.1.4.2). */
export function isConsistent(from: TreeHead, to: TreeHead, path: readonly Uint8Array[]): boolean {
  if (!isSize(from.size) || !isSize(to.size) || from.size > to.size) return false;
  if (from.size === 0) return path.length === 0 && bytesEqual(from.root, merkleRoot(0, nodesOverLeaves([])));
  if (from.size === to.size) return path.length === 0 && bytesEqual(from.root, to.root);
  return path.length > 0 && path.every((hash) => hash.length === TREE_HASH_BYTES) && growsBy(from, to, path);
}

/** A tree of a power of two leaves is a node of the grown one: its root, not the path's first hash, is where the climb begins. */
function growsBy(from: TreeHead, to: TreeHead, path: readonly Uint8Array[]): boolean {
  const isPowerOfTwo = largestPowerBelow(from.size + 1) === from.size;
  const [first, ...others] = isPowerOfTwo ? [from.root, ...path] : path;
  return first !== undefined && climb(from, to, first, others);
}

function climb(from: TreeHead, to: TreeHead, first: Uint8Array, others: readonly Uint8Array[]): boolean {
  let node = from.size - 1;
  let last = to.size - 1;
  while (node % 2 === 1) [node, last] = [half(node), half(last)];
  let fromRoot = first;
  let toRoot = first;
  for (const hash of others) {
    if (last === 0) return false;
    if (node % 2 === 1 || node === last) {
      fromRoot = merkleNodeHash(hash, fromRoot);
      toRoot = merkleNodeHash(hash, toRoot);
      while (node % 2 === 0 && node !== 0) [node, last] = [half(node), half(last)];
    } else {
      toRoot = merkleNodeHash(toRoot, hash);
    }
    [node, last] = [half(node), half(last)];
  }
  return last === 0 && bytesEqual(fromRoot, from.root) && bytesEqual(toRoot, to.root);
}

/** The root over the leaves `[begin, end)`; `begin` is a multiple of a power of two that is not below `end − begin`. */
function rangeRoot(begin: number, end: number, nodeAt: NodeAt): Uint8Array {
  const count = end - begin;
  const power = largestPowerBelow(count + 1);
  if (power === count) return nodeAt(Math.round(Math.log2(count)), begin / count);
  return merkleNodeHash(rangeRoot(begin, begin + power, nodeAt), rangeRoot(begin + power, end, nodeAt));
}

/** The largest power of two below `count`, which is at least 2. */
function largestPowerBelow(count: number): number {
  let power = 1;
  while (power * 2 < count) power *= 2;
  return power;
}

function half(value: number): number {
  return Math.floor(value / 2);
}

function isSize(size: number): boolean {
  return Number.isSafeInteger(size) && size >= 0;
}

function isIndexOf(index: number, size: number): boolean {
  return isSize(index) && isSize(size) && index < size;
}
