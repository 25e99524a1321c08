import { decodeNote, encodeNote, type SignedNote } from '@kesu/chaincode/domain';
import type { PrivateJournal } from '@kesu/network';

/** Table of the private journal: the latest checkpoint that each key of this gateway signed. */
export const SIGNED_CHECKPOINT_TABLE = 'signed-checkpoints';

/** The latest checkpoint signed under a name. */
export async function readSigned(store: PrivateJournal, name: string): Promise<SignedNote | undefined> {
  const stored = await store.get(SIGNED_CHECKPOINT_TABLE, name);
  return stored === undefined ? undefined : decodeNote(stored.toString('utf8'));
}

/** Keeps it, on disk before it resolves. */
export function writeSigned(store: PrivateJournal, name: string, note: SignedNote): Promise<void> {
  return store.commit([{ table: SIGNED_CHECKPOINT_TABLE, key: name, value: Buffer.from(encodeNote(note), 'utf8') }]);
}
