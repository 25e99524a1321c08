import { z } from 'zod';
import { sha256Hex } from '../bytes';
import { canonicalJson, isCanonicalJson } from '../canonical-json';
import { instantSchema } from '../instant';
import { digestSchema, idSchema } from '../primitives';
import { LogFormatError } from './log-format-error';

/** The form of a leaf. */
export const LEAF_FORMAT = 'kesu-log-leaf-1';

/** Longest leaf, characters. */
export const MAX_LEAF_CHARACTERS = 4_096;

const countSchema = z.int().min(0);

/** Points to another leaf: its number in the log and its entry, so that the leaf shown for it can be no other. */
export const leafPointerSchema = z.strictObject({ index: countSchema, entry: digestSchema });

/** See {@link leafPointerSchema}. */
export type LeafPointer = z.infer<typeof leafPointerSchema>;

/** Where the event stands: block, transaction in it, event in the transaction, the transaction's id. */
export const leafPositionSchema = z.strictObject({ block: countSchema, index: countSchema, item: countSchema, txId: digestSchema });

/**
 * The leaf of one ledger event: what the log says about it. Holds no subject and no content in the clear: who is shown a leaf
 * alone learns that something of a kind happened.
 */
export const logLeafSchema = z.strictObject({
  format: z.literal(LEAF_FORMAT),
  network: idSchema,
  /** The leaf's own number in the log, from 0. */
  index: countSchema,
  position: leafPositionSchema,
  /** The hash of the block that holds the transaction. */
  blockHash: digestSchema,
  claimedTime: instantSchema,
  /** The event's kind; `action` is the verb of a record's event. */
  kind: z.string().regex(/^[a-z][a-z-]{1,39}$/),
  action: z.string().regex(/^[a-z][a-z-]{1,39}$/).exactOptional(),
  /** SHA-256 over the RFC 8785 form of the event. */
  eventDigest: digestSchema,
  /** Follows from the transaction's command, which holds a random id: makes the entry unsearchable. */
  salt: digestSchema,
  /** {@link subjectDigest} of the enterprise that the event is about. */
  subject: digestSchema.exactOptional(),
  /** The latest earlier leaf about the same enterprise. */
  previousOfSubject: leafPointerSchema.exactOptional(),
  /** Of a release under a grant: the grant's latest event before it. Of a grant's event: the one before. */
  grantTransition: leafPointerSchema.exactOptional(),
});

/** See {@link logLeafSchema}. */
export type LogLeaf = z.infer<typeof logLeafSchema>;

/** SHA-256 of bytes or of a text's UTF-8 as lower-case hex. */
type Hash = (input: string) => string;

/** The leaf's one text: its RFC 8785 form. */
export function encodeLeaf(leaf: LogLeaf): string {
  return canonicalJson(leaf);
}

/** The log's entry of a leaf: SHA-256 over its text, lower-case hex. Public; the leaf goes to those entitled. */
export function leafEntry(text: string, hash: Hash = sha256Hex): string {
  return hash(text);
}

/**
 * A leaf from its text.
 * @throws LogFormatError leaf-malformed.
 */
export function decodeLeaf(text: string): LogLeaf {
  if (text.length > MAX_LEAF_CHARACTERS || !isCanonicalJson(text)) throw new LogFormatError('leaf-malformed', 'a leaf is a short text in RFC 8785 form');
  const parsed = logLeafSchema.safeParse(JSON.parse(text));
  if (!parsed.success) throw new LogFormatError('leaf-malformed', parsed.error.issues[0]?.message ?? 'not as its schema says');
  return parsed.data;
}

/** How a leaf names its enterprise: SHA-256 over the RFC 8785 form of `{salt, subject}`. Who knows the ref can tell. */
export function subjectDigest(salt: string, subjectRef: string, hash: Hash = sha256Hex): string {
  return hash(canonicalJson({ salt, subject: subjectRef }));
}

/** The salt of an event's leaf: SHA-256 over the RFC 8785 form of `{commandDigest, item, type: "log-leaf-salt"}`. */
export function leafSalt(commandDigest: string, item: number, hash: Hash = sha256Hex): string {
  return hash(canonicalJson({ commandDigest, item, type: 'log-leaf-salt' }));
}
