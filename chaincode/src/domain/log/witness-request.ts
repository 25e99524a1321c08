import { fromBase64, toBase64 } from '../bytes';
import { isTreeSize } from './checkpoint';
import { LogFormatError } from './log-format-error';
import { MAX_PATH_HASHES, TREE_HASH_BYTES } from './merkle-tree';
import { decodeNote, encodeNote, type SignedNote } from './signed-note';

/** What a log asks a witness to cosign (c2sp.org/tlog-witness, add-checkpoint). */
export interface WitnessRequest {
  readonly oldSize: number;
  readonly proof: readonly Uint8Array[];
  readonly checkpoint: SignedNote;
}

/** The body of the request. */
export function encodeWitnessRequest({ oldSize, proof, checkpoint }: WitnessRequest): string {
  return [`old ${oldSize}`, ...proof.map(toBase64), '', encodeNote(checkpoint)].join('\n');
}

/**
 * A request from its body. The checkpoint's own text is decoded by its reader.
 * @throws LogFormatError request-malformed, note-malformed, note-too-large.
 */
export function decodeWitnessRequest(body: string): WitnessRequest {
  const blank = body.indexOf('\n\n');
  const [first = '', ...lines] = body.slice(0, Math.max(0, blank)).split('\n');
  const size = first.startsWith('old ') ? first.slice('old '.length) : '';
  if (!isTreeSize(size)) throw new LogFormatError('request-malformed', 'the first line is `old` and a size');
  if (lines.length > MAX_PATH_HASHES) throw new LogFormatError('request-malformed', `a proof has at most ${MAX_PATH_HASHES} hashes`);
  const proof = lines.map((line) => {
    const hash = fromBase64(line);
    if (hash?.length !== TREE_HASH_BYTES) throw new LogFormatError('request-malformed', 'a line of the proof is not base64 of 32 bytes');
    return hash;
  });
  return { oldSize: Number(size), proof, checkpoint: decodeNote(body.slice(blank + 2)) };
}
