import { z } from 'zod';
import { instantSchema } from '../instant';
import { digestSchema, idSchema, participantIdSchema, reasonCodeSchema } from '../primitives';

/** The form of an annex of an embedded ledger's blocks: docs/formats/evidence-annex.md. */
export const EVIDENCE_ANNEX_FORMAT = 'kesu-evidence-annex-1';

/** The form of an annex of a Fabric network's blocks. */
export const FABRIC_ANNEX_FORMAT = 'kesu-evidence-annex-fabric-1';

/** Most blocks of an annex. */
export const MAX_ANNEX_BLOCKS = 4_000;

const countSchema = z.int().min(0);

/** Where a fact of the bundle stands in the blocks, and what it is. */
export const annexFactSchema = z.strictObject({ leaf: countSchema, block: countSchema, index: countSchema, item: countSchema, eventDigest: digestSchema });
export type AnnexFact = z.infer<typeof annexFactSchema>;

const MEMBERS = {
  network: idSchema,
  id: idSchema,
  caseId: idSchema,
  bundle: z.strictObject({ id: idSchema, digest: digestSchema }),
  madeAt: instantSchema,
  madeFor: z.strictObject({ participant: participantIdSchema, operator: z.string(), reason: reasonCodeSchema }),
  facts: z.array(annexFactSchema).min(1),
  blocks: z.array(z.string()).min(1).max(MAX_ANNEX_BLOCKS),
};

/**
 * The annex of a bundle: the blocks of an embedded ledger that hold its facts, whole, with the blocks of its configuration. It shows other enterprises'
 * records and goes to a court or the node alone; who had it made, why and when stands in it and in the gateway's record.
 *
 * `blocks`: blocks as text (docs/formats/block.md), ascending: those of the configuration up to the last, and those that hold the facts.
 */
export const evidenceAnnexSchema = z.strictObject({ format: z.literal(EVIDENCE_ANNEX_FORMAT), ...MEMBERS });
export type EvidenceAnnex = z.infer<typeof evidenceAnnexSchema>;

/** The same of a Fabric ledger. `blocks`: `common.Block` in base64, ascending: block 0, and those that hold the facts. */
export const fabricAnnexSchema = z.strictObject({ format: z.literal(FABRIC_ANNEX_FORMAT), ...MEMBERS });
export type FabricAnnex = z.infer<typeof fabricAnnexSchema>;

/** An annex of either kind of ledger: told by its `format`. */
export const anyAnnexSchema = z.discriminatedUnion('format', [evidenceAnnexSchema, fabricAnnexSchema]);
export type AnyAnnex = z.infer<typeof anyAnnexSchema>;
