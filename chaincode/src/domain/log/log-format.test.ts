import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ed25519 } from '@noble/curves/ed25519.js';
import { bytesToHex, fromBase64, hexToBytes, sha256Hex, toBase64 } from '../bytes';
import { canonicalJson } from '../canonical-json';
import { decodeCheckpoint, encodeCheckpoint } from './checkpoint';
import { cosignNote, signNote } from './cosignature';
import { LogFormatError } from './log-format-error';
import { decodeLeaf, leafEntry, leafSalt, subjectDigest } from './log-leaf';
import { consistencyPath, inclusionPath, isConsistent, merkleLeafHash, merkleRoot, nodesOverLeaves, rootFromInclusion } from './merkle-tree';
import { decodeNote, decodeVerifierKey, encodeNote, encodeVerifierKey, NOTE_KEY_TYPES, verifyNote } from './signed-note';
import { decodeTilePath, tilePath } from './tile';
import { decodeWitnessRequest, encodeWitnessRequest } from './witness-request';

/** Data for a second implementation: docs/formats/log.md tells how they are meant. */
interface LogVectors {
  readonly keys: { readonly log: Key; readonly cosigner: Key };
  readonly leaf: { readonly command: string; readonly item: number; readonly subjectRef: string; readonly event: unknown; readonly text: string; readonly entry: string };
  readonly tree: { readonly entries: readonly string[]; readonly roots: readonly string[] };
  readonly inclusion: { readonly index: number; readonly size: number; readonly path: readonly string[] };
  readonly consistency: { readonly from: number; readonly to: number; readonly path: readonly string[] };
  readonly checkpoint: { readonly timestamp: number; readonly note: string };
  readonly witnessRequest: string;
  readonly tilePaths: readonly (readonly [level: number | 'entries', index: number, width: number, path: string])[];
  readonly invalid: readonly { readonly name: string; readonly form: keyof typeof DECODERS; readonly text: string; readonly fault: string }[];
}

interface Key {
  readonly secret: string;
  readonly name: string;
  readonly verifierKey: string;
}

const vectors = JSON.parse(readFileSync(join(__dirname, '../../../vectors/log.json'), 'utf8')) as LogVectors;

const DECODERS = {
  leaf: decodeLeaf,
  note: decodeNote,
  checkpoint: decodeCheckpoint,
  'verifier-key': decodeVerifierKey,
  'tile-path': decodeTilePath,
  'witness-request': decodeWitnessRequest,
  'signed-checkpoint': (text: string) => verifyNote(decodeNote(text), [decodeVerifierKey(vectors.keys.log.verifierKey), decodeVerifierKey(vectors.keys.cosigner.verifierKey)]),
} as const;

describe('the vectors of the log', () => {
  const { keys, leaf, tree, inclusion, consistency, checkpoint } = vectors;
  const leaves = tree.entries.map((entry) => merkleLeafHash(hexToBytes(entry)));
  const nodes = nodesOverLeaves(leaves);
  const hashes = (path: readonly string[]) => path.map((hash) => fromBase64(hash) ?? new Uint8Array());

  it('name keys as C2SP does', () => {
    for (const [key, type] of [[keys.log, NOTE_KEY_TYPES.ed25519], [keys.cosigner, NOTE_KEY_TYPES.cosignature]] as const) {
      expect(encodeVerifierKey({ name: key.name, type, publicKey: ed25519.getPublicKey(hexToBytes(key.secret)) })).toBe(key.verifierKey);
    }
  });

  it('hold a leaf, its entry and what it rests on', () => {
    const decoded = decodeLeaf(leaf.text);
    expect(leafEntry(leaf.text)).toBe(leaf.entry);
    expect(decoded.eventDigest).toBe(sha256Hex(canonicalJson(leaf.event)));
    expect(decoded.salt).toBe(leafSalt(sha256Hex(leaf.command), leaf.item));
    expect(decoded.subject).toBe(subjectDigest(decoded.salt, leaf.subjectRef));
    expect(tree.entries[decoded.index]).toBe(leaf.entry);
  });

  it('hold the roots of every size, a path and a proof of growth', () => {
    expect(tree.roots).toEqual(Array.from({ length: tree.entries.length + 1 }, (_, size) => bytesToHex(merkleRoot(size, nodes))));
    expect(inclusionPath(inclusion.index, inclusion.size, nodes).map(toBase64)).toEqual(inclusion.path);
    expect(bytesToHex(rootFromInclusion(leaves[inclusion.index] ?? new Uint8Array(), inclusion.index, inclusion.size, hashes(inclusion.path)) ?? new Uint8Array())).toBe(tree.roots[inclusion.size]);
    const head = (size: number) => ({ size, root: hexToBytes(tree.roots[size] ?? '') });
    expect(consistencyPath(consistency.from, consistency.to, nodes).map(toBase64)).toEqual(consistency.path);
    expect(isConsistent(head(consistency.from), head(consistency.to), hashes(consistency.path))).toBe(true);
  });

  it('hold a checkpoint with its two signatures', () => {
    const size = tree.entries.length;
    const text = encodeCheckpoint({ origin: keys.log.name, size, root: hexToBytes(tree.roots[size] ?? '') });
    const [logKey, cosignerKey] = [decodeVerifierKey(keys.log.verifierKey), decodeVerifierKey(keys.cosigner.verifierKey)];
    const signWith = (key: Key) => (message: Uint8Array) => ed25519.sign(message, hexToBytes(key.secret));
    const signatures = [signNote(text, logKey, signWith(keys.log)), cosignNote(text, cosignerKey, checkpoint.timestamp, signWith(keys.cosigner))];
    expect(encodeNote({ text, signatures })).toBe(checkpoint.note);
    expect(encodeWitnessRequest({ oldSize: consistency.from, proof: hashes(consistency.path), checkpoint: { text, signatures: signatures.slice(0, 1) } })).toBe(vectors.witnessRequest);
    expect(verifyNote(decodeNote(checkpoint.note), [logKey, cosignerKey])).toHaveLength(2);
  });

  it('hold names of tiles', () => {
    for (const [level, index, width, path] of vectors.tilePaths) {
      expect(tilePath({ level, index, width })).toBe(path);
      expect(decodeTilePath(path)).toEqual({ level, index, width });
    }
  });

  it.each(vectors.invalid)('refuse: $name', ({ form, text, fault }) => {
    let refused: unknown;
    try {
      DECODERS[form](text);
    } catch (error) {
      refused = error;
    }
    expect(refused).toBeInstanceOf(LogFormatError);
    expect((refused as LogFormatError).fault).toBe(fault);
  });
});
