import { z } from 'zod';
import { canonicalJson } from '../canonical-json';
import { instantSchema } from '../instant';
import { loggedFactSchema, MAX_NOTE_BYTES, type LoggedFact, type TreeHead } from '../log';
import { idSchema, itemCodeSchema, participantIdSchema } from '../primitives';
import { releaseIdSchema, type Release } from '../release';
import { provenFact } from './proven-fact';
import { StatementError } from './statement-error';

/** The form of a batch's reach. */
export const BATCH_REACH_FORMAT = 'kesu-batch-reach-1';

/** Most releases that one statement shows. */
export const MAX_REACH_RELEASES = 10_000;

/** Where a batch's records went. */
export const reachSchema = z.strictObject({
  batchId: idSchema,
  item: itemCodeSchema,
  state: z.string(),
  /** Permitted releases that used it, those that continue one included, oldest first. */
  releases: z.array(z.strictObject({ id: releaseIdSchema, enterprise: idSchema, recipient: z.union([participantIdSchema, idSchema]), claimedTime: instantSchema })),
  /** Of these, what a score was made of. */
  scores: z.array(releaseIdSchema),
  /** Loans that those releases were for. */
  loans: z.array(idSchema),
  enterprises: z.array(idSchema),
  recipients: z.array(z.union([participantIdSchema, idSchema])),
});
export type Reach = z.infer<typeof reachSchema>;

/**
 * 错误批次影响面: every release, score and loan that used a batch, each release proven. That none is left out rests on who made the statement (a batch has no chain of its own);
 * who holds the ledger recomputes it.
 */
export const batchReachSchema = z.strictObject({
  format: z.literal(BATCH_REACH_FORMAT),
  network: idSchema,
  checkpoint: z.string().max(MAX_NOTE_BYTES),
  /** The batch's newest event. */
  batch: loggedFactSchema,
  releases: z.array(loggedFactSchema).max(MAX_REACH_RELEASES),
  reach: reachSchema,
});
export interface BatchReach {
  readonly format: typeof BATCH_REACH_FORMAT;
  readonly network: string;
  readonly checkpoint: string;
  readonly batch: LoggedFact;
  readonly releases: readonly LoggedFact[];
  readonly reach: Reach;
}

/** Where a batch's records went, by the releases that used it. */
export function reachOf(batch: { readonly id: string; readonly item: string; readonly state: string }, releases: readonly Release[]): Reach {
  const used = releases.filter(({ decision, items }) => decision === 'PERMIT' && items.some(({ batchId }) => batchId === batch.id));
  const scored = used.filter(({ items }) => items.some(({ batchId, granularity }) => batchId === batch.id && granularity === 'SCORE'));
  const each = <T>(values: readonly (T | undefined)[]): T[] => [...new Set(values.filter((value): value is T => value !== undefined))].sort();
  return {
    batchId: batch.id,
    item: batch.item,
    state: batch.state,
    releases: used.map(({ id, enterprise, recipient, claimedTime }) => ({ id, enterprise, recipient, claimedTime })),
    scores: scored.map(({ id }) => id),
    loans: each(used.map(({ loanRef }) => loanRef)),
    enterprises: each(used.map(({ enterprise }) => enterprise)),
    recipients: each(used.map(({ recipient }) => recipient)),
  };
}

/**
 * Believes a reach: batch and releases stand in the log of `head`, each release used the batch, and the summary is theirs.
 * @throws StatementError.
 */
export function verifyBatchReach(value: unknown, head: TreeHead): Reach {
  const parsed = batchReachSchema.safeParse(value);
  if (!parsed.success) throw new StatementError('statement-malformed', `at /${(parsed.error.issues[0]?.path ?? []).map(String).join('/')}`);
  const { network, batch, releases, reach } = parsed.data as BatchReach;
  const { event } = provenFact(batch, head);
  if (event.kind !== 'ingest-batch') throw new StatementError('facts-missing', 'the batch is none');
  const facts = releases.map((fact) => provenFact(fact, head));
  if (!facts.every(({ leaf }, at) => at === 0 || leaf.index > (facts[at - 1]?.leaf.index ?? 0))) throw new StatementError('facts-missing', 'the releases are not shown oldest first, each once');
  const shown = facts.flatMap(({ event: known }) => (known.kind === 'release' ? [known.release] : []));
  const { manifest, state } = event.record;
  if (manifest.network !== network || facts.some(({ leaf }) => leaf.network !== network)) throw new StatementError('subject-differs', 'a fact is of another ledger');
  const own = reachOf({ id: manifest.id, item: manifest.item, state }, shown);
  if (own.releases.length !== facts.length || canonicalJson(own) !== canonicalJson(reach)) throw new StatementError('summary-differs', 'the summary is not what the releases say');
  return own;
}
