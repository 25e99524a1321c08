import { fromBase64url } from '../bytes';
import { logOriginOf } from './checkpoint';
import { NOTE_KEY_TYPES, type NoteKey } from './signed-note';

/** What a participant's Ed25519 key is for: the node's log signs with one, each organisation's cosigner with another. */
export const LOG_KEY_USES = ['LOG', 'COSIGN'] as const;
/** One of {@link LOG_KEY_USES}. */
export type LogKeyUse = (typeof LOG_KEY_USES)[number];

/** The note key of a participant's Ed25519 key: the log's is named like its origin, a cosigner's also by its participant. */
export function noteKeyOf(network: string, participantId: string, { use, publicKey }: { readonly use: LogKeyUse; readonly publicKey: string }): NoteKey {
  const origin = logOriginOf(network);
  const bytes = fromBase64url(publicKey) ?? new Uint8Array();
  return use === 'LOG' ? { name: origin, type: NOTE_KEY_TYPES.ed25519, publicKey: bytes } : { name: `${origin}/${participantId}`, type: NOTE_KEY_TYPES.cosignature, publicKey: bytes };
}
