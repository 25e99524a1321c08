import { z } from 'zod';
import { bytesToHex, concatBytes, digestOf, fromBase64, hexToBytes, toBase64 } from './bytes';
import type { ReleaseEvent } from './events';
import { decodeCheckpoint, decodeLeaf, decodeNote, encodeCheckpoint, encodeLeaf, encodeNote, LEAF_FORMAT, leafEntry, LOG_PROOF_FORMAT, logOriginOf, MAX_NOTE_SIGNATURES, MAX_PATH_HASHES, merkleLeafHash, noteKeyId, rootFromInclusion, subjectDigest, type LeafPointer, type LogLeaf, type LogProof, type NoteKey, type NoteSignature } from './log';
import { idSchema } from './primitives';
import { releaseSchema } from './release';

/** The form of a release's own proof: docs/formats/release-proof.md. */
export const RELEASE_PROOF_FORMAT = 'kesu-release-proof-1';

const HASH_BYTES = 32;
const KEY_ID_BYTES = 4;
const countSchema = z.int().min(0);
const base64 = (longestBytes: number): z.ZodString => z.string().max(4 * Math.ceil(longestBytes / 3));

/** What is left of a log's proof when what its event, its path and the reader's keys already say is taken out. */
export const releaseProofSchema = z.strictObject({
  format: z.literal(RELEASE_PROOF_FORMAT),
  network: idSchema,
  event: z.looseObject({ kind: z.literal('release'), release: releaseSchema }),
  leaf: z.strictObject({
    index: countSchema,
    /** Block, transaction in it, event in the transaction. */
    position: z.tuple([countSchema, countSchema, countSchema]),
    /** Leaves that it points to. */
    previousOfSubject: countSchema.exactOptional(),
    grantTransition: countSchema.exactOptional(),
    /** 32 bytes each, base64: transaction id, block hash, salt, then the entries of the leaves that it points to, in the order above. */
    hashes: base64(5 * HASH_BYTES),
  }),
  /** The inclusion path, 32 bytes a hash, base64. */
  path: base64(MAX_PATH_HASHES * HASH_BYTES),
  /** The checkpoint's size, and each of its signatures behind its key id, base64; root and names follow from path and keys. */
  checkpoint: z.strictObject({ size: countSchema, signatures: z.array(base64(128)).min(1).max(MAX_NOTE_SIGNATURES) }),
});
export type ReleaseProof = z.infer<typeof releaseProofSchema>;

/** The short form of the proof of a release. @throws TypeError for a proof of something else. */
export function releaseProofOf({ leaf: text, event, path, checkpoint }: LogProof): ReleaseProof {
  const leaf = decodeLeaf(text);
  if (event.kind !== 'release') throw new TypeError('the proof is of no release');
  const note = decodeNote(checkpoint);
  const { block, index, item, txId } = leaf.position;
  const { previousOfSubject, grantTransition } = leaf;
  const hashes = [txId, leaf.blockHash, leaf.salt, ...[previousOfSubject, grantTransition].flatMap((pointer) => (pointer === undefined ? [] : [pointer.entry]))];
  return {
    format: RELEASE_PROOF_FORMAT,
    network: leaf.network,
    event: event as ReleaseProof['event'],
    leaf: {
      index: leaf.index,
      position: [block, index, item],
      ...(previousOfSubject === undefined ? {} : { previousOfSubject: previousOfSubject.index }),
      ...(grantTransition === undefined ? {} : { grantTransition: grantTransition.index }),
      hashes: toBase64(concatBytes(...hashes.map(hexToBytes))),
    },
    path: toBase64(concatBytes(...path.map((hash) => fromBase64(hash) ?? new Uint8Array()))),
    checkpoint: { size: decodeCheckpoint(note.text).size, signatures: note.signatures.map(({ keyId, signature }) => toBase64(concatBytes(hexToBytes(keyId), signature))) },
  };
}

/**
 * The log's proof again. Its root is the one that path and leaf lead to, so that what was changed shows in the signatures.
 * @param keys by which signatures are named.
 * @returns undefined when hashes or signatures are cut, or the path can't be one of such a tree.
 */
export function expandReleaseProof(proof: ReleaseProof, keys: readonly NoteKey[]): LogProof | undefined {
  const hashes = hashesIn(proof.leaf.hashes);
  const path = hashesIn(proof.path);
  const pointers = [proof.leaf.previousOfSubject, proof.leaf.grantTransition].filter((index) => index !== undefined).length;
  if (hashes?.length !== 3 + pointers || path === undefined) return undefined;
  const text = encodeLeaf(leafOf(proof, hashes.map(bytesToHex)));
  const root = rootFromInclusion(merkleLeafHash(hexToBytes(leafEntry(text))), proof.leaf.index, proof.checkpoint.size, path);
  const signatures = proof.checkpoint.signatures.flatMap((signature) => fromBase64(signature) ?? []).filter(({ length }) => length > KEY_ID_BYTES);
  if (root === undefined || signatures.length !== proof.checkpoint.signatures.length) return undefined;
  const note = { text: encodeCheckpoint({ origin: logOriginOf(proof.network), size: proof.checkpoint.size, root }), signatures: signatures.map((signature) => namedSignature(signature, keys)) };
  return { format: LOG_PROOF_FORMAT, leaf: text, event: proof.event, path: path.map(toBase64), checkpoint: encodeNote(note) };
}

function hashesIn(text: string): Uint8Array[] | undefined {
  const bytes = fromBase64(text);
  if (bytes === undefined || bytes.length % HASH_BYTES !== 0) return undefined;
  return Array.from({ length: bytes.length / HASH_BYTES }, (_, at) => bytes.slice(at * HASH_BYTES, (at + 1) * HASH_BYTES));
}

function leafOf({ network, event, leaf: { index, position, previousOfSubject, grantTransition } }: ReleaseProof, [txId = '', blockHash = '', salt = '', ...entries]: readonly string[]): LogLeaf {
  const [block, transaction, item] = position;
  const pointer = (at: number | undefined, entry: string | undefined): LeafPointer | undefined => (at === undefined || entry === undefined ? undefined : { index: at, entry });
  const previous = pointer(previousOfSubject, entries[0]);
  const transition = pointer(grantTransition, entries.at(-1));
  const { release } = event as unknown as ReleaseEvent;
  return {
    format: LEAF_FORMAT,
    network,
    index,
    position: { block, index: transaction, item, txId },
    blockHash,
    claimedTime: release.claimedTime,
    kind: 'release',
    eventDigest: digestOf(event),
    salt,
    subject: subjectDigest(salt, release.enterprise),
    ...(previous === undefined ? {} : { previousOfSubject: previous }),
    ...(transition === undefined ? {} : { grantTransition: transition }),
  };
}

/** A signature by a key that the reader doesn't know stays one that a note may carry and nobody counts. */
function namedSignature(bytes: Uint8Array, keys: readonly NoteKey[]): NoteSignature {
  const keyId = bytesToHex(bytes.subarray(0, KEY_ID_BYTES));
  return { name: keys.find((one) => noteKeyId(one) === keyId)?.name ?? 'unknown', keyId, signature: bytes.slice(KEY_ID_BYTES) };
}
