import { sha256Hex } from '../bytes';
import { canonicalJson } from '../canonical-json';
import type { AnyRecordEvent, DomainEvent } from '../events';
import type { Instant } from '../instant';
import { eventsOf, type TransactionEffect } from '../transaction-effect';
import { encodeLeaf, LEAF_FORMAT, leafEntry, leafSalt, subjectDigest, type LeafPointer, type LogLeaf } from './log-leaf';

/** What the fold reads of a committed transaction. */
export interface FoldedTransaction extends Omit<TransactionEffect, 'result'> {
  readonly txId: string;
  readonly index: number;
  readonly validity: string;
  readonly claimedTime: Instant;
  readonly command: string;
}

/** What the fold reads of a committed block. */
export interface FoldedBlock {
  readonly block: number;
  readonly hash: string;
  readonly transactions: readonly FoldedTransaction[];
}

/** What the fold remembers between events. Nothing else: the log follows from the ledger alone. */
export interface LeafState {
  /** The number of the next leaf. */
  size(): number;
  /** The newest leaf about an enterprise. */
  newestOfSubject(subjectRef: string): LeafPointer | undefined;
  /** The newest leaf of a grant's own events. */
  newestOfGrant(grantId: string): LeafPointer | undefined;
  /** The enterprise of a recorded release. */
  subjectOfRelease(releaseId: string): string | undefined;
}

/** One leaf, and what must be remembered of it before the next is made. */
export interface FoldedLeaf extends LeafPointer {
  readonly leaf: LogLeaf;
  readonly text: string;
  readonly subjectRef?: string;
  readonly grantId?: string;
  readonly releaseId?: string;
}

/** With what the fold runs. `hash` may be a faster SHA-256 than ours. */
export interface LeafFoldOptions {
  readonly network: string;
  readonly hash?: (input: string) => string;
}

/**
 * The leaves of a block, in ledger order: one for each event of each VALID transaction. A generator: what one leaf sets in the
 * state must be set before the next is taken.
 * @throws TypeError for events that are no list.
 */
export function* foldLeaves(block: FoldedBlock, state: LeafState, { network, hash = sha256Hex }: LeafFoldOptions): Generator<FoldedLeaf> {
  for (const transaction of block.transactions) {
    if (transaction.validity !== 'VALID') continue;
    const commandDigest = hash(transaction.command);
    for (const [item, event] of eventsOf(transaction).entries()) {
      const { txId, index, claimedTime } = transaction;
      const about = referencesOf(event, state);
      const salt = leafSalt(commandDigest, item, hash);
      const leaf: LogLeaf = {
        format: LEAF_FORMAT,
        network,
        index: state.size(),
        position: { block: block.block, index, item, txId },
        blockHash: block.hash,
        claimedTime,
        kind: event.kind,
        ...('action' in event ? { action: event.action } : {}),
        eventDigest: hash(canonicalJson(event)),
        salt,
        ...pointersOf(about, state, salt, hash),
      };
      const text = encodeLeaf(leaf);
      yield { leaf, text, index: leaf.index, entry: leafEntry(text, hash), ...remembered(event, about) };
    }
  }
}

/** Whom and which grant an event is about. */
interface References {
  readonly subjectRef?: string;
  /** The grant of a grant's event, or of a release under it. */
  readonly grantId?: string;
}

function pointersOf({ subjectRef, grantId }: References, state: LeafState, salt: string, hash: (input: string) => string): Pick<LogLeaf, 'subject' | 'previousOfSubject' | 'grantTransition'> {
  const previous = subjectRef === undefined ? undefined : state.newestOfSubject(subjectRef);
  const transition = grantId === undefined ? undefined : state.newestOfGrant(grantId);
  return {
    ...(subjectRef === undefined ? {} : { subject: subjectDigest(salt, subjectRef, hash) }),
    ...(previous === undefined ? {} : { previousOfSubject: pointer(previous) }),
    ...(transition === undefined ? {} : { grantTransition: pointer(transition) }),
  };
}

function pointer({ index, entry }: LeafPointer): LeafPointer {
  return { index, entry };
}

/** A release under a grant is no event of the grant: only the grant's own move its newest leaf. */
function remembered(event: DomainEvent, { subjectRef, grantId }: References): Pick<FoldedLeaf, 'subjectRef' | 'grantId' | 'releaseId'> {
  return {
    ...(subjectRef === undefined ? {} : { subjectRef }),
    ...(event.kind === 'grant' && grantId !== undefined ? { grantId } : {}),
    ...(event.kind === 'release' ? { releaseId: event.release.id } : {}),
  };
}

function referencesOf(event: DomainEvent, state: LeafState): References {
  if (event.kind === 'release') {
    const { enterprise, grantId } = event.release;
    return { subjectRef: enterprise, ...(grantId === undefined ? {} : { grantId }) };
  }
  if (event.kind === 'outcome') return ofRelease(event.outcome.releaseId, state);
  if (event.kind === 'acknowledgement') return ofRelease(event.acknowledgement.releaseId, state);
  return event.kind === 'operation-closed' ? {} : ofRecord(event);
}

function ofRelease(releaseId: string, state: LeafState): References {
  const subjectRef = state.subjectOfRelease(releaseId);
  return subjectRef === undefined ? {} : { subjectRef };
}

/** An enterprise's own records name it by `ref`, all others about one by `enterprise`. */
function ofRecord(event: AnyRecordEvent): References {
  const { kind, record } = event;
  if (kind === 'enterprise' || kind === 'signatories') return { subjectRef: record.ref };
  if (!('enterprise' in record)) return {};
  return { subjectRef: record.enterprise, ...(kind === 'grant' ? { grantId: record.id } : {}) };
}
