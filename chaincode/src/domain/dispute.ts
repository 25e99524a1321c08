import { z } from 'zod';
import type { DisputeMark, Enterprise } from './enterprise';
import { DomainError } from './errors';
import { instantSchema, type Instant } from './instant';
import { digestSchema, idSchema, itemCodeSchema, participantIdSchema, reasonCodeSchema } from './primitives';
import { releaseIdSchema } from './release';

/** The life of a dispute (异议, 任务 13). */
export const DISPUTE_STATES = ['FILED', 'FORWARDED', 'UNDER_REVIEW', 'CORRECTED', 'CONFIRMED', 'UNDETERMINED', 'ANSWERED', 'CLOSED'] as const;
export type DisputeState = (typeof DISPUTE_STATES)[number];

/** What a provider can find: 更正、核查无误、无法确认. */
export const FINDINGS = ['CORRECTED', 'CONFIRMED', 'UNDETERMINED'] as const;
export type Finding = (typeof FINDINGS)[number];

/** A dispute about a datum: from the position of its filing each release of the item carries the mark (异议标注). */
export const disputeSchema = z.strictObject({
  id: idSchema,
  enterprise: idSchema,
  /** Who disputes: the enterprise (through its platform) or a recipient. */
  filedBy: z.enum(['PRINCIPAL', 'RECIPIENT']),
  platform: participantIdSchema,
  item: itemCodeSchema,
  batchId: idSchema.optional(),
  releaseId: releaseIdSchema.optional(),
  reason: reasonCodeSchema,
  /** Salted digest of the text that was filed; the text stays off the ledger. */
  textDigest: digestSchema,
  state: z.enum(DISPUTE_STATES),
  finding: z.enum(FINDINGS).optional(),
  filedAt: instantSchema,
  changedAt: instantSchema,
  version: z.int().min(1),
});
export type Dispute = z.infer<typeof disputeSchema>;

const NEXT: Readonly<Record<DisputeState, readonly DisputeState[]>> = {
  FILED: ['FORWARDED'],
  FORWARDED: ['UNDER_REVIEW'],
  UNDER_REVIEW: ['CORRECTED', 'CONFIRMED', 'UNDETERMINED'],
  CORRECTED: ['ANSWERED'],
  CONFIRMED: ['ANSWERED'],
  UNDETERMINED: ['ANSWERED'],
  ANSWERED: ['CLOSED'],
  CLOSED: [],
};

/**
 * The dispute in its next state.
 * @throws DomainError state-conflict.
 */
export function moveDispute(dispute: Dispute, to: DisputeState, at: Instant): Dispute {
  if (!NEXT[dispute.state].includes(to)) throw DomainError.of('state-conflict', `the dispute is ${dispute.state} and can't become ${to}`);
  const finding = FINDINGS.find((known) => known === to);
  return { ...dispute, state: to, changedAt: at, version: dispute.version + 1, ...(finding === undefined ? {} : { finding }) };
}

/** The mark that a dispute sets when it is filed. */
export function markOf(dispute: Dispute): DisputeMark {
  const { id, item, batchId, filedAt } = dispute;
  return { disputeId: id, item, since: filedAt, undetermined: false, ...(batchId === undefined ? {} : { batchId }) };
}

/** The enterprise with the mark set. */
export function setMark(enterprise: Enterprise, mark: DisputeMark): Enterprise {
  return { ...enterprise, marks: [...enterprise.marks, mark], version: enterprise.version + 1 };
}

/** The enterprise after a finding: corrected or confirmed cancels the mark, undetermined leaves a note. */
export function settleMark(enterprise: Enterprise, disputeId: string, finding: Finding): Enterprise {
  const marks =
    finding === 'UNDETERMINED'
      ? enterprise.marks.map((mark) => (mark.disputeId === disputeId ? { ...mark, undetermined: true } : mark))
      : enterprise.marks.filter((mark) => mark.disputeId !== disputeId);
  return { ...enterprise, marks, version: enterprise.version + 1 };
}
