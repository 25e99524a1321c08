import { bytesToHex, concatBytes, fromBase64, sha256, toBase64, utf8ToBytes } from '../bytes';
import { ED25519_KEY_BYTES, verifyEd25519 } from './ed25519';
import { LogFormatError } from './log-format-error';

/** Signature types of c2sp.org/signed-note that Kesu uses. */
export const NOTE_KEY_TYPES = {
  /** A log's own Ed25519 signature over the note's text. */
  ed25519: 0x01,
  /** A timestamped Ed25519 cosignature (c2sp.org/tlog-cosignature). */
  cosignature: 0x04,
} as const;

/** One of {@link NOTE_KEY_TYPES}. */
export type NoteKeyType = (typeof NOTE_KEY_TYPES)[keyof typeof NOTE_KEY_TYPES];

/** Longest note, UTF-8 bytes. */
export const MAX_NOTE_BYTES = 64 * 1024;
/** Most signature lines of a note (the specification asks for at least 16). */
export const MAX_NOTE_SIGNATURES = 64;

const KEY_ID_BYTES = 4;
const TIMESTAMP_BYTES = 8;
const SIGNATURE_LINE = /^\u2014 (\S+) ([A-Za-z0-9+/]+={0,2})$/;
const CONTROL_OTHER_THAN_NEWLINE = /[\u0000-\u0009\u000b-\u001f]/;

/** A key that verifies signatures of notes. */
export interface NoteKey {
  readonly name: string;
  readonly type: NoteKeyType;
  /** 32 bytes. */
  readonly publicKey: Uint8Array;
}

/** One signature line. */
export interface NoteSignature {
  readonly name: string;
  /** 8 lower-case hex digits. */
  readonly keyId: string;
  /** What follows the key id. */
  readonly signature: Uint8Array;
}

/** A note: its text with the final newline, and its signature lines. */
export interface SignedNote {
  readonly text: string;
  readonly signatures: readonly NoteSignature[];
}

/** SHA-256(name ‖ 0x0A ‖ type ‖ public key)[:4], as 8 hex digits. */
export function noteKeyId({ name, type, publicKey }: NoteKey): string {
  const hash = sha256(concatBytes(utf8ToBytes(`${name}\n`), Uint8Array.of(type), publicKey));
  return bytesToHex(hash.subarray(0, KEY_ID_BYTES));
}

/** A verifier key as text: `<name>+<key id>+<base64(type ‖ public key)>`. */
export function encodeVerifierKey(key: NoteKey): string {
  return `${key.name}+${noteKeyId(key)}+${toBase64(concatBytes(Uint8Array.of(key.type), key.publicKey))}`;
}

/**
 * A verifier key from its text.
 * @throws LogFormatError key-malformed: a form, an algorithm or a key id that isn't right.
 */
export function decodeVerifierKey(text: string): NoteKey {
  const [name = '', keyId = '', encoded = '', ...others] = splitVerifierKey(text);
  const bytes = fromBase64(encoded);
  if (others.length > 0 || !isKeyName(name) || bytes === undefined) throw new LogFormatError('key-malformed', 'a verifier key is <name>+<8 hex digits>+<base64>');
  const type = Object.values(NOTE_KEY_TYPES).find((known) => known === bytes[0]);
  if (type === undefined || bytes.length !== 1 + ED25519_KEY_BYTES) throw new LogFormatError('key-malformed', `the key of ${name} is neither an Ed25519 key of a log nor one of a cosigner`);
  const key: NoteKey = { name, type, publicKey: bytes.slice(1) };
  if (noteKeyId(key) !== keyId) throw new LogFormatError('key-malformed', `the key id of ${name} is not that of its key`);
  return key;
}

/** Base64 may hold `+`, a name may not. */
function splitVerifierKey(text: string): string[] {
  const first = text.indexOf('+');
  const second = text.indexOf('+', first + 1);
  return first < 0 || second < 0 ? [text] : [text.slice(0, first), text.slice(first + 1, second), text.slice(second + 1)];
}

function isKeyName(name: string): boolean {
  return name !== '' && name.isWellFormed() && !/[\s+]/u.test(name) && !CONTROL_OTHER_THAN_NEWLINE.test(name);
}

/** The whole text of a note. */
export function encodeNote({ text, signatures }: SignedNote): string {
  return `${text}\n${signatures.map(encodeNoteSignature).join('')}`;
}

/** One signature line with its newline. */
export function encodeNoteSignature({ name, keyId, signature }: NoteSignature): string {
  const id = Uint8Array.from([0, 2, 4, 6], (at) => Number.parseInt(keyId.slice(at, at + 2), 16));
  return `\u2014 ${name} ${toBase64(concatBytes(id, signature))}\n`;
}

/**
 * A note from its text (c2sp.org/signed-note).
 * @throws LogFormatError note-malformed, note-too-large.
 */
export function decodeNote(note: string): SignedNote {
  if (note.length > MAX_NOTE_BYTES || utf8Length(note) > MAX_NOTE_BYTES) throw new LogFormatError('note-too-large', `a note has at most ${MAX_NOTE_BYTES} bytes`);
  if (!note.isWellFormed() || CONTROL_OTHER_THAN_NEWLINE.test(note)) throw new LogFormatError('note-malformed', 'a note is UTF-8 without control characters but newlines');
  const blank = note.lastIndexOf('\n\n');
  if (blank < 0 || !note.endsWith('\n')) throw new LogFormatError('note-malformed', 'a note is its text, an empty line and signature lines, each with a newline');
  return { text: note.slice(0, blank + 1), signatures: decodeSignatureLines(note.slice(blank + 2)) };
}

/**
 * Signature lines, each with its newline: of a note, or as a witness answers them.
 * @throws LogFormatError note-malformed, note-too-large.
 */
export function decodeSignatureLines(text: string): NoteSignature[] {
  const lines = text.split('\n');
  if (lines.pop() !== '' || lines.length === 0) throw new LogFormatError('note-malformed', 'signature lines, at least one, each end in a newline');
  if (lines.length > MAX_NOTE_SIGNATURES) throw new LogFormatError('note-too-large', `a note has at most ${MAX_NOTE_SIGNATURES} signatures`);
  return lines.map(decodeSignatureLine);
}

function decodeSignatureLine(line: string): NoteSignature {
  const [, name = '', encoded = ''] = SIGNATURE_LINE.exec(line) ?? [];
  const bytes = fromBase64(encoded);
  if (!isKeyName(name) || bytes === undefined || bytes.length <= KEY_ID_BYTES) throw new LogFormatError('note-malformed', 'a signature line is an em dash, a key name and base64 of key id and signature');
  return { name, keyId: bytesToHex(bytes.subarray(0, KEY_ID_BYTES)), signature: bytes.slice(KEY_ID_BYTES) };
}

/** A signature that verified; `timestamp` in POSIX seconds for cosignatures. */
export interface VerifiedNoteSignature {
  readonly key: NoteKey;
  readonly timestamp?: number;
}

/**
 * The signatures of a note by known keys, each key once. Signatures of unknown keys are ignored.
 * @throws LogFormatError note-signature-invalid when one of a known key doesn't verify; note-not-signed when no known key signed.
 */
export function verifyNote({ text, signatures }: SignedNote, keys: readonly NoteKey[]): VerifiedNoteSignature[] {
  const verified = new Map<NoteKey, VerifiedNoteSignature>();
  for (const { name, keyId, signature } of signatures) {
    const key = keys.find((known) => known.name === name && noteKeyId(known) === keyId);
    if (key === undefined) continue;
    verified.set(key, verifySignature(text, key, signature));
  }
  if (verified.size === 0) throw new LogFormatError('note-not-signed', 'no known key signed the note');
  return [...verified.values()];
}

function verifySignature(text: string, key: NoteKey, signature: Uint8Array): VerifiedNoteSignature {
  if (key.type === NOTE_KEY_TYPES.ed25519) {
    if (!verifyEd25519(key.publicKey, utf8ToBytes(text), signature)) throw invalid(key);
    return { key };
  }
  const timestamp = timestampOf(signature.subarray(0, TIMESTAMP_BYTES));
  if (timestamp === undefined || !verifyEd25519(key.publicKey, cosignedMessage(text, timestamp), signature.subarray(TIMESTAMP_BYTES))) throw invalid(key);
  return { key, timestamp };
}

function invalid({ name }: NoteKey): LogFormatError {
  return new LogFormatError('note-signature-invalid', `the signature of ${name} does not verify`);
}

/** The bytes that a cosigner signs: c2sp.org/tlog-cosignature, "Ed25519 signed message". `timestamp` in POSIX seconds. */
export function cosignedMessage(text: string, timestamp: number): Uint8Array {
  return utf8ToBytes(`cosignature/v1\ntime ${timestamp}\n${text}`);
}

/** What follows the key id in a cosigner's signature line: the timestamp in 8 bytes, big-endian, and the signature. */
export function timestampedSignature(timestamp: number, signature: Uint8Array): Uint8Array {
  return concatBytes(Uint8Array.from({ length: TIMESTAMP_BYTES }, (_, at) => Math.floor(timestamp / 2 ** (8 * (TIMESTAMP_BYTES - 1 - at))) % 256), signature);
}

function timestampOf(bytes: Uint8Array): number | undefined {
  const value = bytes.reduce((sum, byte) => sum * 256 + byte, 0);
  return bytes.length === TIMESTAMP_BYTES && Number.isSafeInteger(value) ? value : undefined;
}

function utf8Length(text: string): number {
  return utf8ToBytes(text).length;
}
