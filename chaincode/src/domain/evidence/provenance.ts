import { z } from 'zod';
import { DomainError } from '../errors';
import { instantSchema, type Instant } from '../instant';
import { digestSchema, idSchema, participantIdSchema } from '../primitives';

/** By which mechanism an item came about (在线诉讼规则 18: 生成机制). */
export const GENERATION_MECHANISMS = ['SYSTEM_GENERATED', 'SIGNED_ONLINE', 'SCANNED_PAPER', 'RECORDED', 'EXPORTED', 'TYPED'] as const;
export type GenerationMechanism = (typeof GENERATION_MECHANISMS)[number];

/** Where an item was kept until its digest went onto the ledger (在线诉讼规则 18: 存储过程). */
export const STORAGE_PLACES = ['CORE_SYSTEM', 'DOCUMENT_SYSTEM', 'PAPER_ARCHIVE', 'RECORDING_SYSTEM', 'PLATFORM', 'NOTARY_SYSTEM'] as const;
export type StoragePlace = (typeof STORAGE_PLACES)[number];

/** Who made an item: a participant, or the enterprise by its ref. */
const makerSchema = z.union([participantIdSchema, idSchema]);

/** Most places that an item passed. */
export const MAX_CUSTODY = 10;

/**
 * How an item came about before the ledger. 《人民法院在线诉讼规则》 art. 16 speaks of what came after; art. 18 lets a court ask for its source,
 * how it was made, how it was stored, whether a notary or a third party witnessed it, and what corroborates it: one member each.
 */
export const provenanceSchema = z
  .strictObject({
    /** 具体来源: who made it. */
    source: makerSchema,
    mechanism: z.enum(GENERATION_MECHANISMS),
    producedAt: instantSchema,
    /** 存储过程: where it lay and since when, in order of time. */
    custody: z.array(z.strictObject({ place: z.enum(STORAGE_PLACES), holder: makerSchema, since: instantSchema })).min(1).max(MAX_CUSTODY),
    /** When its digest was taken. */
    digestedAt: instantSchema,
    /** 公证机构公证: the salted digest of a deed that preserved it. */
    notarialDeedDigest: digestSchema.optional(),
    /** 第三方见证: who witnessed it. */
    witness: participantIdSchema.optional(),
    /** 关联印证数据: items of sealed volumes of the case that agree with it. */
    corroboratedBy: z.array(z.strictObject({ volume: z.int().min(1), item: z.int().min(1) })).max(20).optional(),
  })
  .meta({ description: 'How an item came about before its digest went onto the ledger' });
export type Provenance = z.infer<typeof provenanceSchema>;

/**
 * Refuses an account of an item's past that can't be: times out of order or in the future.
 * @throws DomainError period-invalid.
 */
export function assertProvenanceIsPossible(provenance: Provenance, at: Instant, pointer: string): void {
  const { producedAt, custody, digestedAt } = provenance;
  const times = [producedAt, ...custody.map(({ since }) => since), digestedAt, at];
  const late = times.findIndex((time, index) => index > 0 && time < (times[index - 1] ?? ''));
  if (late < 0) return;
  throw DomainError.of('period-invalid', 'an item is made, kept, then digested, in this order and before it is recorded', [{ pointer: `${pointer}/provenance`, detail: `${times[late] ?? ''} lies before ${times[late - 1] ?? ''}` }]);
}
