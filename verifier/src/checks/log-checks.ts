import { bytesEqual, decodeCheckpoint, decodeNote, digestOf, fromBase64, hexToBytes, logOriginOf, LogFormatError, merkleLeafHash, rootFromInclusion, subjectDigest, verifyNote, type Checkpoint, type LeafPointer, type SignedNote, type VerifiedNoteSignature } from '@kesu/chaincode/domain';
import type { Fact } from '../bundle';
import { ensure, VerificationFailure, type FailureCode } from '../failure';
import type { Facts } from '../facts';
import type { Trust } from '../trust';
import { holds, type Check, type CheckContext } from './check';

/** What the checks of the log look at: of a bundle, or of a single proof. */
export type LogContext = Pick<CheckContext, 'trust' | 'facts'> & { readonly checkpoint: string };

/** A checkpoint\u2019s note and what it says. @throws VerificationFailure checkpoint-malformed, checkpoint-origin-foreign. */
export function readCheckpoint(text: string, network: string): { readonly note: SignedNote; readonly checkpoint: Checkpoint } {
  const note = asFailure('checkpoint-malformed', () => decodeNote(text));
  const checkpoint = asFailure('checkpoint-malformed', () => decodeCheckpoint(note.text));
  ensure(checkpoint.origin === logOriginOf(network), 'checkpoint-origin-foreign', `the checkpoint is of ${checkpoint.origin}, not of ${logOriginOf(network)}`);
  return { note, checkpoint };
}

/** Whose keys signed a checkpoint, as far as the trust file names them. */
export function verifiedSigners(note: SignedNote, trust: Trust): readonly VerifiedNoteSignature[] {
  try {
    return verifyNote(note, [...trust.logKeys, ...trust.cosignerKeys]);
  } catch (error) {
    if (error instanceof LogFormatError && error.fault === 'note-not-signed') return [];
    if (error instanceof LogFormatError) throw new VerificationFailure('checkpoint-signature-invalid', error.detail);
    throw error;
  }
}

function asFailure<T>(code: FailureCode, read: () => T): T {
  try {
    return read();
  } catch (error) {
    if (error instanceof LogFormatError) throw new VerificationFailure(code, error.detail);
    throw error;
  }
}

/** Each leaf is of its event, names the enterprise right, and its pointers lead to the leaves shown for them. */
export const leafCheck: Check<LogContext> = {
  name: 'leaves',
  rule: 'docs/formats/log.md 1–8',
  isRequired: true,
  run: ({ trust, facts }) => {
    const entries = new Map(facts.all.map(({ leaf, entry }) => [leaf.index, entry]));
    for (const fact of facts.all) assertLeaf(fact, trust.file.network, entries);
    for (const { leaf, event } of facts.releases) assertTransition(leaf.grantTransition, event.release.grantId, leaf.index, facts);
    const newest = facts.all.at(-1)?.leaf.index ?? 0;
    return holds(`${facts.all.length} events; complete up to leaf ${newest} at most, nothing is said of what came after`, 'the cosigners, who recomputed the fold');
  },
};

/** Alone, a release\u2019s leaf names a transition that isn\u2019t shown: the state of its grant is then not proven. */
export const soleLeafCheck: Check<LogContext> = {
  ...leafCheck,
  run: (context) => {
    try {
      return leafCheck.run(context);
    } catch (error) {
      if (!(error instanceof VerificationFailure) || error.code !== 'fact-missing') throw error;
      return holds('the event is that of its leaf; the state of its grant is not shown', 'the cosigners');
    }
  },
};

function assertLeaf({ leaf, event, entry }: Fact, network: string, entries: ReadonlyMap<number, string>): void {
  ensure(leaf.network === network, 'leaf-network-foreign', `leaf ${leaf.index} is of another ledger`);
  ensure(leaf.eventDigest === digestOf(event) && leaf.kind === event.kind && leaf.action === ('action' in event ? event.action : undefined), 'leaf-event-mismatch', `the event shown is not that of leaf ${leaf.index}`);
  const subject = subjectOf(event);
  ensure(subject === undefined || leaf.subject === subjectDigest(leaf.salt, subject), 'leaf-subject-mismatch', `leaf ${leaf.index} is about another enterprise`);
  for (const pointer of [leaf.previousOfSubject, leaf.grantTransition]) {
    if (pointer === undefined) continue;
    const shown = entries.get(pointer.index);
    ensure(pointer.index < leaf.index && (shown === undefined || shown === pointer.entry) && pointer.entry !== entry, 'leaf-pointer-mismatch', `leaf ${leaf.index} points to another leaf ${pointer.index} than the one shown`);
  }
}

/** The enterprise of an event, where the event itself names it; of an outcome the release does. */
function subjectOf(event: Fact['event']): string | undefined {
  if (event.kind === 'release') return event.release.enterprise;
  if (!('record' in event)) return undefined;
  if (event.kind === 'enterprise' || event.kind === 'signatories') return event.record.ref;
  return 'enterprise' in event.record ? event.record.enterprise : undefined;
}

/** The transition that a release\u2019s leaf names is shown, and is the grant\u2019s. */
function assertTransition(pointer: LeafPointer | undefined, grantId: string | undefined, index: number, facts: Facts): void {
  if (grantId === undefined) return;
  ensure(pointer !== undefined, 'leaf-pointer-mismatch', `leaf ${index} names no transition of its grant`);
  const transition = facts.ofKind('grant').find(({ leaf }) => leaf.index === pointer.index);
  ensure(transition !== undefined, 'fact-missing', `the transition of the grant before leaf ${index} is not shown`);
  ensure(transition.event.record.id === grantId, 'leaf-pointer-mismatch', `leaf ${index} points to another grant\u2019s event`);
}

/** Every leaf is in the tree of the checkpoint. */
export const inclusionCheck: Check<LogContext> = {
  name: 'inclusion',
  rule: 'RFC 6962 2.1.1; RFC 9162 2.1.3.2',
  isRequired: true,
  run: ({ trust, facts, checkpoint: text }) => {
    const { checkpoint } = readCheckpoint(text, trust.file.network);
    for (const { leaf, entry, path } of facts.all) {
      const hashes = path.map((hash) => fromBase64(hash) ?? new Uint8Array());
      const root = rootFromInclusion(merkleLeafHash(hexToBytes(entry)), leaf.index, checkpoint.size, hashes);
      ensure(root !== undefined && bytesEqual(root, checkpoint.root), 'leaf-not-included', `leaf ${leaf.index} is not in the tree of ${checkpoint.size}`);
    }
    return holds(`${facts.all.length} leaves in the tree of ${checkpoint.size} events`, 'the checkpoint\u2019s root');
  },
};

/** The log and enough cosigners signed the checkpoint. */
export const cosignerCheck: Check<LogContext> = {
  name: 'cosigners',
  rule: 'c2sp.org/tlog-checkpoint, c2sp.org/tlog-cosignature; 人民法院在线诉讼规则 art. 17',
  isRequired: true,
  run: ({ trust, checkpoint: text }) => {
    const { note, checkpoint } = readCheckpoint(text, trust.file.network);
    const signers = verifiedSigners(note, trust);
    ensure(signers.some(({ key }) => trust.logKeys.includes(key)), 'checkpoint-log-key-missing', 'the log itself did not sign the checkpoint');
    const cosigners = signers.filter(({ key }) => trust.cosignerKeys.includes(key));
    const { threshold, keys } = trust.file.cosigners;
    ensure(cosigners.length >= threshold, 'cosigners-too-few', `${cosigners.length} of ${keys.length} cosigners signed, ${threshold} must`);
    const names = cosigners.map(({ key, timestamp = 0 }) => `${key.name.slice(key.name.lastIndexOf('/') + 1)} (${timestamp})`);
    return holds(`${cosigners.length} of ${keys.length}, ${threshold} needed: ${names.join(', ')}; tree of ${checkpoint.size} events`, 'the cosigners\u2019 Ed25519 keys in the trust file');
  },
};
