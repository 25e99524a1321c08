import { z } from 'zod';
import { sha256Hex } from './bytes';
import { DomainError } from './errors';
import type { Grant } from './grant';
import { DAY_MILLIS, instantAfter, instantSchema, type Instant } from './instant';
import { digestSchema, idSchema, participantIdSchema, reasonCodeSchema } from './primitives';
import { releaseIdSchema, type Release } from './release';
import type { RuleBook } from './rule-book';

/** Why deletion is asked: the grant was revoked, its period is over, or the retention that the letter names is over (个人信息保护法 art. 47). */
export const DELETION_GROUNDS = ['WITHDRAWN', 'PERIOD_ENDED', 'RETENTION_ENDED'] as const;
export type DeletionGround = (typeof DELETION_GROUNDS)[number];

/**
 * What a recipient attests: deleted; or only stored and protected, where a law's period of keeping is not over or deletion is technically
 * hard (个人信息保护法 art. 47, last paragraph). It proves that the recipient said so.
 */
export const DELETION_RESULTS = ['DELETED', 'STORAGE_ONLY'] as const;
export type DeletionResult = (typeof DELETION_RESULTS)[number];

/** The life of a deletion: asked, then attested; what is only stored is deleted later. */
export const DELETION_STATES = ['ASKED', ...DELETION_RESULTS] as const;
export type DeletionState = (typeof DELETION_STATES)[number];

/** Days within which personal information is to be deleted once asked; the time that GB/T 35273-2020, 8.7, gives for answering a person. */
export const DELETION_DUE_DAYS = 30;

/** Asks a recipient to delete what it got under a grant, up to and including one release; then holds its 删除回执. */
export const deletionSchema = z.strictObject({
  id: idSchema,
  grantId: idSchema,
  enterprise: idSchema,
  platform: participantIdSchema,
  /** Who got the data and is asked. */
  recipient: participantIdSchema,
  releaseId: releaseIdSchema,
  ground: z.enum(DELETION_GROUNDS),
  /** Only where the grant names items about persons: what else is asked for has no date in law. */
  dueAt: instantSchema.optional(),
  state: z.enum(DELETION_STATES),
  /** Why what is attested as STORAGE_ONLY is still stored. */
  reason: reasonCodeSchema.optional(),
  /** Salted digest of the attestation's paper. */
  documentDigest: digestSchema.optional(),
  askedAt: instantSchema,
  changedAt: instantSchema,
  version: z.int().min(1),
});
export type Deletion = z.infer<typeof deletionSchema>;

/** The id of the deletion that a release's recipient is asked for: one a release. */
export function deletionIdOf(releaseId: string): string {
  return sha256Hex(`deletion ${releaseId}`).slice(0, 32);
}

/** On what ground what was released is to be deleted at `at`; undefined while it may be kept. */
export function deletionGroundAt(grant: Pick<Grant, 'state' | 'until' | 'retentionDays'>, release: Pick<Release, 'claimedTime'>, at: Instant): DeletionGround | undefined {
  if (grant.state === 'REVOKED') return 'WITHDRAWN';
  if (at >= grant.until) return 'PERIOD_ENDED';
  return at >= retentionEndOf(grant, release) ? 'RETENTION_ENDED' : undefined;
}

/** When the letter's retention of a release ends. */
export function retentionEndOf(grant: Pick<Grant, 'retentionDays'>, { claimedTime }: Pick<Release, 'claimedTime'>): Instant {
  return instantAfter(claimedTime, grant.retentionDays * DAY_MILLIS);
}

/**
 * The deletion that a permitted release's recipient is asked for.
 * @throws DomainError state-conflict for a release that is not another's under this grant, and while it may be kept.
 */
export function askDeletion(grant: Grant, release: Release, items: RuleBook['items'], at: Instant): Deletion {
  if (release.grantId !== grant.id || release.recipient === grant.enterprise) throw DomainError.of('state-conflict', 'deletion is asked of who received data under the grant');
  const ground = deletionGroundAt(grant, release, at);
  if (ground === undefined) throw DomainError.of('state-conflict', `the recipient may keep what it received until ${retentionEndOf(grant, release)}, or until the grant ends`);
  const isPersonal = grant.items.some(({ code }) => items[code]?.subject !== 'ENTERPRISE');
  const { enterprise, platform } = grant;
  return {
    id: deletionIdOf(release.id),
    grantId: grant.id,
    enterprise,
    platform,
    recipient: release.recipient,
    releaseId: release.id,
    ground,
    ...(isPersonal ? { dueAt: instantAfter(at, DELETION_DUE_DAYS * DAY_MILLIS) } : {}),
    state: 'ASKED',
    askedAt: at,
    changedAt: at,
    version: 1,
  };
}

const NEXT: Readonly<Record<DeletionState, readonly DeletionResult[]>> = { ASKED: ['DELETED', 'STORAGE_ONLY'], STORAGE_ONLY: ['DELETED'], DELETED: [] };

/**
 * The deletion with what its recipient attests.
 * @param reason why it is still stored: with STORAGE_ONLY, and only then.
 * @throws DomainError state-conflict.
 */
export function attestDeletion(deletion: Deletion, attested: { readonly result: DeletionResult; readonly documentDigest: string; readonly reason?: string | undefined }, at: Instant): Deletion {
  const { result, documentDigest, reason } = attested;
  if (!NEXT[deletion.state].includes(result)) throw DomainError.of('state-conflict', `a deletion that is ${deletion.state} can't become ${result}`);
  if ((result === 'STORAGE_ONLY') !== (reason !== undefined)) throw DomainError.of('state-conflict', 'a reason is given for what is still stored, and for nothing else');
  const { reason: _former, ...rest } = deletion;
  return { ...rest, state: result, documentDigest, ...(reason === undefined ? {} : { reason }), changedAt: at, version: deletion.version + 1 };
}

/** True when the date passed and nothing was attested. */
export function isOverdueAt({ state, dueAt }: Pick<Deletion, 'state' | 'dueAt'>, at: Instant): boolean {
  return state === 'ASKED' && dueAt !== undefined && at > dueAt;
}
