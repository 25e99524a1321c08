import { utf8ToBytes } from '../bytes';
import { LogFormatError } from './log-format-error';
import { cosignedMessage, NOTE_KEY_TYPES, noteKeyId, timestampedSignature, type NoteKey, type NoteSignature } from './signed-note';

/** Signs with an Ed25519 key that is held elsewhere: 64 bytes. */
export type SignEd25519 = (message: Uint8Array) => Uint8Array;

/** A log's signature line over a note's text. @throws LogFormatError cosignature-malformed for a cosigner's key. */
export function signNote(text: string, key: NoteKey, sign: SignEd25519): NoteSignature {
  if (key.type !== NOTE_KEY_TYPES.ed25519) throw new LogFormatError('cosignature-malformed', `${key.name} is a cosigner's key`);
  return { name: key.name, keyId: noteKeyId(key), signature: sign(utf8ToBytes(text)) };
}

/**
 * A cosigner's signature line over a checkpoint's text.
 * @param timestamp POSIX seconds, from 1 on.
 * @throws LogFormatError cosignature-malformed for a log's key or a time that isn't one.
 */
export function cosignNote(text: string, key: NoteKey, timestamp: number, sign: SignEd25519): NoteSignature {
  if (key.type !== NOTE_KEY_TYPES.cosignature) throw new LogFormatError('cosignature-malformed', `${key.name} is a log's key`);
  if (!Number.isSafeInteger(timestamp) || timestamp < 1) throw new LogFormatError('cosignature-malformed', 'a cosignature names its time in whole seconds');
  return { name: key.name, keyId: noteKeyId(key), signature: timestampedSignature(timestamp, sign(cosignedMessage(text, timestamp))) };
}
