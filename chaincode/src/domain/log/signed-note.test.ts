import { ed25519 } from '@noble/curves/ed25519.js';
import { fromBase64, sha256, toBase64 } from '../bytes';
import { decodeCheckpoint, encodeCheckpoint } from './checkpoint';
import { cosignNote, signNote } from './cosignature';
import { consistencyPath, merkleLeafHash, merkleRoot, nodesOverLeaves } from './merkle-tree';
import { decodeNote, decodeVerifierKey, encodeNote, encodeVerifierKey, MAX_NOTE_SIGNATURES, NOTE_KEY_TYPES, verifyNote, type NoteKey } from './signed-note';
import { decodeWitnessRequest, encodeWitnessRequest } from './witness-request';

/** The example of c2sp.org/signed-note. */
const EXAMPLE_KEY = 'example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k';
const EXAMPLE_NOTE = 'This is an example message.\n\n\u2014 example.com/foo Uw2QOkn8srV1yJGh2VYRlL1Tnagv1YEq6TfXppzi2ONncAlTgK7Ztg1ERYNZXsYjOBH3mFXmRKuwHjG1Yu72IneyaQM=\n';

interface Signer {
  readonly key: NoteKey;
  readonly sign: (message: Uint8Array) => Uint8Array;
}

function aSigner(name: string, type: NoteKey['type'], seed: number): Signer {
  const secret = sha256(Uint8Array.of(seed));
  return { key: { name, type, publicKey: ed25519.getPublicKey(secret) }, sign: (message) => ed25519.sign(message, secret) };
}

const log = aSigner('kesu/1', NOTE_KEY_TYPES.ed25519, 1);
const cosigner = aSigner('kesu/1/node', NOTE_KEY_TYPES.cosignature, 2);
const text = encodeCheckpoint({ origin: 'kesu/1', size: 3, root: sha256(new Uint8Array()) });
const signed = { text, signatures: [signNote(text, log.key, log.sign), cosignNote(text, cosigner.key, 1_800_000_000, cosigner.sign)] };

describe('a signed note', () => {
  it('verifies the example of the specification', () => {
    const key = decodeVerifierKey(EXAMPLE_KEY);
    expect(encodeVerifierKey(key)).toBe(EXAMPLE_KEY);
    const note = decodeNote(EXAMPLE_NOTE);
    expect(encodeNote(note)).toBe(EXAMPLE_NOTE);
    expect(verifyNote(note, [key])).toEqual([{ key }]);
    expect(() => verifyNote({ ...note, text: 'This is another message.\n' }, [key])).toThrow('note-signature-invalid');
  });

  it('carries a log\u2019s signature and timestamped cosignatures, and ignores unknown keys', () => {
    const read = decodeNote(encodeNote(signed));
    expect(verifyNote(read, [log.key, cosigner.key])).toEqual([{ key: log.key }, { key: cosigner.key, timestamp: 1_800_000_000 }]);
    expect(verifyNote(read, [cosigner.key])).toEqual([{ key: cosigner.key, timestamp: 1_800_000_000 }]);
    expect(() => verifyNote(read, [aSigner('kesu/1', NOTE_KEY_TYPES.ed25519, 9).key])).toThrow('note-not-signed');
  });

  it('counts a key once however often it signed', () => {
    const twice = { text, signatures: [...signed.signatures, cosignNote(text, cosigner.key, 1_800_000_001, cosigner.sign)] };
    expect(verifyNote(twice, [cosigner.key])).toHaveLength(1);
  });

  it('refuses a cosignature whose time is another than was signed', () => {
    const [, line] = signed.signatures;
    const altered = Uint8Array.from(line?.signature ?? []);
    altered[7] = (altered[7] ?? 0) ^ 1;
    const forged = { text, signatures: [{ name: cosigner.key.name, keyId: line?.keyId ?? '', signature: altered }] };
    expect(() => verifyNote(forged, [cosigner.key])).toThrow('note-signature-invalid');
  });

  it('refuses to sign with a key for something else, or at no time', () => {
    expect(() => signNote(text, cosigner.key, cosigner.sign)).toThrow('cosignature-malformed');
    expect(() => cosignNote(text, log.key, 1, log.sign)).toThrow('cosignature-malformed');
    expect(() => cosignNote(text, cosigner.key, 0, cosigner.sign)).toThrow('cosignature-malformed');
  });

  it.each([
    ['no empty line', 'text\n\u2014 a AAAAAAA=\n', 'note-malformed'],
    ['no signature', 'text\n\n', 'note-malformed'],
    ['no newline at the end', EXAMPLE_NOTE.slice(0, -1), 'note-malformed'],
    ['a control character', `a\tb\n${EXAMPLE_NOTE}`, 'note-malformed'],
    ['a hyphen for the dash', EXAMPLE_NOTE.replace('\u2014', '-'), 'note-malformed'],
    ['a name with a plus', EXAMPLE_NOTE.replace('example.com/foo', 'example.com+foo'), 'note-malformed'],
    ['base64 with spare bits', EXAMPLE_NOTE.replace('IneyaQM=', 'IneyaQN='), 'note-malformed'],
    ['a signature of nothing but its id', 'text\n\n\u2014 a AAAAAA==\n', 'note-malformed'],
    ['too many signatures', `text\n\n${'\u2014 a AAAAAAA=\n'.repeat(MAX_NOTE_SIGNATURES + 1)}`, 'note-too-large'],
    ['too many bytes', `${'x'.repeat(70_000)}\n\n\u2014 a AAAAAAA=\n`, 'note-too-large'],
    ['a lone surrogate', `\ud800\n${EXAMPLE_NOTE}`, 'note-malformed'],
  ])('refuses a note with %s', (_name, note, fault) => {
    expect(() => decodeNote(note)).toThrow(fault);
  });

  it.each([
    ['no parts', 'example.com/foo'],
    ['another id', EXAMPLE_KEY.replace('530d903a', '530d903b')],
    ['another name', EXAMPLE_KEY.replace('/foo', '/bar')],
    ['an unknown algorithm', `a+00000000+${toBase64(Uint8Array.from({ length: 33 }, () => 2))}`],
    ['a short key', `a+00000000+${toBase64(Uint8Array.from({ length: 32 }, () => 1))}`],
    ['a space in the name', EXAMPLE_KEY.replace('example', 'exa mple')],
  ])('refuses a verifier key with %s', (_name, key) => {
    expect(() => decodeVerifierKey(key)).toThrow('key-malformed');
  });
});

describe('a checkpoint', () => {
  it('is three lines', () => {
    expect(decodeCheckpoint(text)).toEqual({ origin: 'kesu/1', size: 3, root: sha256(new Uint8Array()), extensions: [] });
    expect(decodeCheckpoint(`${text}more\n`).extensions).toEqual(['more']);
  });

  const root = toBase64(sha256(new Uint8Array()));
  it.each([
    ['two lines', 'a\n1\n'],
    ['no newline', `a\n1\n${root}`],
    ['a leading zero', `a\n01\n${root}\n`],
    ['a size beyond 2^53', `a\n9007199254740993\n${root}\n`],
    ['a negative size', `a\n-1\n${root}\n`],
    ['an empty origin', `\n1\n${root}\n`],
    ['an empty extension', `a\n1\n${root}\n\nb\n`],
    ['a short root', `a\n1\n${toBase64(new Uint8Array(31))}\n`],
  ])('is refused with %s', (_name, malformed) => {
    expect(() => decodeCheckpoint(malformed)).toThrow('checkpoint-malformed');
  });
});

describe('a request to a witness', () => {
  const nodes = nodesOverLeaves(Array.from({ length: 7 }, (_, n) => merkleLeafHash(Uint8Array.of(n))));
  const grown = encodeCheckpoint({ origin: 'kesu/1', size: 7, root: merkleRoot(7, nodes) });
  const request = { oldSize: 3, proof: consistencyPath(3, 7, nodes), checkpoint: { text: grown, signatures: [signNote(grown, log.key, log.sign)] } };

  it('is read as it was written', () => {
    expect(decodeWitnessRequest(encodeWitnessRequest(request))).toEqual(request);
    expect(decodeWitnessRequest(encodeWitnessRequest({ ...request, oldSize: 0, proof: [] })).proof).toEqual([]);
  });

  it('is refused in another form', () => {
    const body = encodeWitnessRequest(request);
    expect(() => decodeWitnessRequest(body.replace('old 3', 'old 03'))).toThrow('request-malformed');
    expect(() => decodeWitnessRequest(body.replace('old ', 'new '))).toThrow('request-malformed');
    expect(() => decodeWitnessRequest(body.replace(toBase64(request.proof[0] ?? new Uint8Array()), 'AAAA'))).toThrow('request-malformed');
    expect(() => decodeWitnessRequest(encodeWitnessRequest({ ...request, proof: Array.from({ length: 64 }, () => sha256(new Uint8Array())) }))).toThrow('request-malformed');
    expect(() => decodeWitnessRequest('')).toThrow('request-malformed');
  });
});

describe('base64 with padding', () => {
  it('has one encoding', () => {
    for (let length = 0; length < 8; length++) {
      const bytes = Uint8Array.from({ length }, (_, n) => 251 + n);
      expect(toBase64(bytes)).toBe(Buffer.from(bytes).toString('base64'));
      expect(fromBase64(toBase64(bytes))).toEqual(bytes);
    }
    for (const text of ['A', 'AA', 'AAA', 'AB==', 'AAB=', '-_==', 'AA= ', 'A===', 'AA==AA==']) expect(fromBase64(text)).toBeUndefined();
  });
});
