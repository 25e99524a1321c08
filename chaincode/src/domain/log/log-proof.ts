import { z } from 'zod';
import { MAX_LEAF_CHARACTERS } from './log-leaf';
import { MAX_PATH_HASHES } from './merkle-tree';
import { MAX_NOTE_BYTES } from './signed-note';

/** The form of a single event's proof. */
export const LOG_PROOF_FORMAT = 'kesu-log-proof-1';

/** A fact of the ledger: an event, its leaf as text, and the inclusion path (base64) to a checkpoint's root. */
export const loggedFactSchema = z.strictObject({
  leaf: z.string().max(MAX_LEAF_CHARACTERS),
  event: z.looseObject({ kind: z.string() }),
  path: z.array(z.string().max(44)).max(MAX_PATH_HASHES),
});

/** See {@link loggedFactSchema}. */
export interface LoggedFact {
  readonly leaf: string;
  readonly event: { readonly kind: string };
  readonly path: readonly string[];
}

/** A fact with the checkpoint (a signed note) that it is proven under: docs/formats/log.md. */
export const logProofSchema = loggedFactSchema.extend({ format: z.literal(LOG_PROOF_FORMAT), checkpoint: z.string().max(MAX_NOTE_BYTES) });

/** See {@link logProofSchema}. */
export interface LogProof extends LoggedFact {
  readonly format: typeof LOG_PROOF_FORMAT;
  readonly checkpoint: string;
}
