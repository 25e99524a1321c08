import { fromBase64, toBase64 } from '../bytes';
import { LogFormatError } from './log-format-error';
import { TREE_HASH_BYTES, type TreeHead } from './merkle-tree';

/** A checkpoint (c2sp.org/tlog-checkpoint): which log, and its tree at a size. Kesu writes no extension lines. */
export interface Checkpoint extends TreeHead {
  readonly origin: string;
  readonly extensions: readonly string[];
}

const SIZE = /^(?:0|[1-9]\d{0,15})$/;

/** The origin of a ledger's log: every organisation that recomputes the log names it the same. */
export function logOriginOf(network: string): string {
  return `kesu/${network}`;
}

/** The text of a checkpoint's note: origin, size, root, each a line. */
export function encodeCheckpoint({ origin, size, root }: Omit<Checkpoint, 'extensions'>): string {
  return `${origin}\n${size}\n${toBase64(root)}\n`;
}

/**
 * A checkpoint from the text of its note.
 * @throws LogFormatError checkpoint-malformed.
 */
export function decodeCheckpoint(text: string): Checkpoint {
  const lines = text.split('\n');
  const ending = lines.pop();
  const [origin = '', size = '', encodedRoot = '', ...extensions] = lines;
  const root = fromBase64(encodedRoot);
  if (ending !== '' || lines.length < 3 || lines.includes('')) throw new LogFormatError('checkpoint-malformed', 'a checkpoint has at least three lines, none empty');
  if (!isTreeSize(size)) throw new LogFormatError('checkpoint-malformed', 'the size is not a decimal number without leading zeros');
  if (root?.length !== TREE_HASH_BYTES) throw new LogFormatError('checkpoint-malformed', 'the root is not base64 of 32 bytes');
  return { origin, size: Number(size), root, extensions };
}

/** True for a tree size as C2SP writes one: decimal, no leading zeros, at most 2^53 − 1. */
export function isTreeSize(text: string): boolean {
  return SIZE.test(text) && Number.isSafeInteger(Number(text));
}
