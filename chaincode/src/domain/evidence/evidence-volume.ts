import { z } from 'zod';
import { digestOf } from '../bytes';
import { DomainError } from '../errors';
import { instantSchema, type Instant } from '../instant';
import { digestSchema, idSchema, participantIdSchema } from '../primitives';
import { evidenceItemSchema, type EvidenceItem } from './evidence-item';

/** What a volume is about: 合同、还款、催收、核实、程序、其他. */
export const VOLUME_SUBJECTS = ['CONTRACT', 'REPAYMENT', 'COLLECTION', 'VERIFICATION', 'PROCEDURE', 'OTHER'] as const;
export type VolumeSubject = (typeof VOLUME_SUBJECTS)[number];

/** Whose volume it is: only that side puts items in and seals it. */
export const VOLUME_SIDES = ['PARTY', 'AUTHORITY'] as const;
export type VolumeSide = (typeof VOLUME_SIDES)[number];

/** Most items of a volume. */
export const MAX_VOLUME_ITEMS = 200;
/** Most items that one command adds. */
export const MAX_ADDED_ITEMS = 50;

/** A volume (卷) of a case. Once sealed it never changes. */
export const evidenceVolumeSchema = z.strictObject({
  /** `<case>.<number>`. */
  id: z.string(),
  caseId: idSchema,
  /** The case's enterprise, so that a volume is found with it. */
  enterprise: idSchema,
  platform: participantIdSchema,
  number: z.int().min(1),
  subject: z.enum(VOLUME_SUBJECTS),
  side: z.enum(VOLUME_SIDES),
  state: z.enum(['OPEN', 'SEALED']),
  items: z.array(evidenceItemSchema).max(MAX_VOLUME_ITEMS),
  /** See {@link volumeDigest}; from its sealing on. */
  digest: digestSchema.optional(),
  openedAt: instantSchema,
  sealedAt: instantSchema.optional(),
  version: z.int().min(1),
});
export type EvidenceVolume = z.infer<typeof evidenceVolumeSchema>;

/** The id of a case's volume. */
export function volumeIdOf(caseId: string, number: number): string {
  return `${caseId}.${number}`;
}

/**
 * What sealing fixes: SHA-256 over the RFC 8785 form of `{type: "evidence-volume", network, caseId, number, subject, side, items}`, the items in their order
 * and with everything that the ledger holds of them.
 */
export function volumeDigest(network: string, { caseId, number, subject, side, items }: Pick<EvidenceVolume, 'caseId' | 'number' | 'subject' | 'side' | 'items'>): string {
  return digestOf({ type: 'evidence-volume', network, caseId, number, subject, side, items });
}

/**
 * The volume with items behind its last one.
 * @throws DomainError volume-sealed, limit-exceeded.
 */
export function addItems(volume: EvidenceVolume, items: readonly EvidenceItem[]): EvidenceVolume {
  assertOpen(volume);
  if (volume.items.length + items.length > MAX_VOLUME_ITEMS) throw DomainError.of('limit-exceeded', `a volume holds at most ${MAX_VOLUME_ITEMS} items: open another`);
  return { ...volume, items: [...volume.items, ...items], version: volume.version + 1 };
}

/**
 * The volume sealed, when `digest` is that of its ordered items: who seals says what it saw.
 * @throws DomainError volume-sealed, document-required when it is empty, digest-mismatch.
 */
export function sealVolume(volume: EvidenceVolume, network: string, digest: string, at: Instant): EvidenceVolume {
  assertOpen(volume);
  if (volume.items.length === 0) throw DomainError.of('document-required', 'an empty volume is not sealed: add an item first');
  const own = volumeDigest(network, volume);
  if (own !== digest) throw DomainError.of('digest-mismatch', `the ordered items of volume ${volume.number} have another digest: read the volume again before sealing it`);
  return { ...volume, state: 'SEALED', digest, sealedAt: at, version: volume.version + 1 };
}

function assertOpen(volume: EvidenceVolume): void {
  if (volume.state === 'SEALED') throw DomainError.of('volume-sealed', `volume ${volume.number} is sealed and never changes: open a new one`);
}
