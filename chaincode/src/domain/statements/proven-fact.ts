import { bytesEqual, fromBase64, hexToBytes, sha256Hex } from '../bytes';
import { canonicalJson } from '../canonical-json';
import type { DomainEvent } from '../events';
import { decodeLeaf, leafEntry, merkleLeafHash, rootFromInclusion, type LoggedFact, type LogLeaf, type TreeHead } from '../log';
import { StatementError } from './statement-error';

/** A leaf with its event, both shown to stand in the log. */
export interface ProvenFact {
  readonly leaf: LogLeaf;
  readonly entry: string;
  readonly event: DomainEvent;
}

/** The leaf of a text. @throws StatementError statement-malformed. */
export function leafOf(text: string): { readonly leaf: LogLeaf; readonly entry: string } {
  try {
    return { leaf: decodeLeaf(text), entry: leafEntry(text) };
  } catch {
    throw new StatementError('statement-malformed', 'a leaf is not as its format says');
  }
}

/** The event that a leaf is about. @throws StatementError event-differs. */
export function eventOf(leaf: LogLeaf, event: unknown): DomainEvent {
  if (sha256Hex(canonicalJson(event)) !== leaf.eventDigest) throw new StatementError('event-differs', `the event at ${placeOf(leaf)} is not the one of its leaf`);
  return event as DomainEvent;
}

/** Refuses a leaf that the tree of `head` doesn't hold. @throws StatementError fact-not-proven. */
export function assertIncluded(leaf: LogLeaf, entry: string, path: readonly string[], head: TreeHead): void {
  const hashes = path.map((hash) => fromBase64(hash) ?? new Uint8Array());
  const root = rootFromInclusion(merkleLeafHash(hexToBytes(entry)), leaf.index, head.size, hashes);
  if (root === undefined || !bytesEqual(root, head.root)) throw new StatementError('fact-not-proven', `the leaf at ${placeOf(leaf)} is not in the log of ${head.size} leaves`);
}

/**
 * Believes a fact that stands in the log of `head`, whose root came from a checkpoint that the reader verified.
 * @throws StatementError.
 */
export function provenFact(fact: LoggedFact, head: TreeHead): ProvenFact {
  const { leaf, entry } = leafOf(fact.leaf);
  assertIncluded(leaf, entry, fact.path, head);
  return { leaf, entry, event: eventOf(leaf, fact.event) };
}

/** Block, transaction and event of a leaf, for sentences. */
export function placeOf({ position: { block, index, item } }: LogLeaf): string {
  return `${block}.${index}.${item}`;
}
