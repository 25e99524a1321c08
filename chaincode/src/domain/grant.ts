import { z } from 'zod';
import { DomainError } from './errors';
import { instantSchema, periodContains, type Instant } from './instant';
import { idSchema, reasonCodeSchema } from './primitives';
import { letterSchema, grantIdOf, type GrantAction, type Letter } from './statement';

/** Written states of a grant; EXPIRED and INAPPLICABLE are derived: see `grant-status.ts`. */
export const GRANT_STATES = ['ACTIVE', 'SUSPENDED', 'REVOKED', 'SUPERSEDED'] as const;
export type GrantState = (typeof GRANT_STATES)[number];

/** A grant (授权; the consent record) as decisions read it. The letter and its signatures lie under another key. */
export const grantSchema = letterSchema
  .omit({ kind: true, template: true, supersedes: true, viewDigest: true, identityDigest: true, salt: true })
  .extend({
    id: idSchema,
    /** `PRE-LOAN@1`. */
    template: z.string(),
    state: z.enum(GRANT_STATES),
    /** Counts the grant's transitions; a signed transition names the one it acts on. */
    version: z.int().min(1),
    /** True when a PERSON key signed in the same set: personal items need the person's own signature. */
    personSigned: z.boolean(),
    supersedes: idSchema.optional(),
    supersededBy: idSchema.optional(),
    reason: reasonCodeSchema.optional(),
    givenAt: instantSchema,
    changedAt: instantSchema,
  });
export type Grant = z.infer<typeof grantSchema>;

/** The grant that a lawful letter becomes. */
export function grantFrom(letter: Letter, personSigned: boolean, at: Instant): Grant {
  const { enterprise, platform, conduit, recipient, items, purpose, loanRef, oneTime, frequency, range, retentionDays, from, until, supersedes } = letter;
  return {
    id: grantIdOf(letter),
    template: `${letter.template.id}@${letter.template.version}`,
    enterprise,
    platform,
    ...(conduit === undefined ? {} : { conduit }),
    recipient,
    items,
    purpose,
    ...(loanRef === undefined ? {} : { loanRef }),
    oneTime,
    ...(frequency === undefined ? {} : { frequency }),
    ...(range === undefined ? {} : { range }),
    retentionDays,
    from,
    until,
    ...(supersedes === undefined ? {} : { supersedes: supersedes.grantId }),
    state: 'ACTIVE',
    version: 1,
    personSigned,
    givenAt: at,
    changedAt: at,
  };
}

const AFTER: Readonly<Record<GrantAction, { readonly from: readonly GrantState[]; readonly to: GrantState }>> = {
  REVOKE: { from: ['ACTIVE', 'SUSPENDED'], to: 'REVOKED' },
  SUSPEND: { from: ['ACTIVE'], to: 'SUSPENDED' },
  RESUME: { from: ['SUSPENDED'], to: 'ACTIVE' },
};

/**
 * The grant after a transition that acts on `version`.
 * @throws DomainError version-conflict when the grant has moved on since; state-conflict when its state has no such step.
 */
export function transitGrant(grant: Grant, action: GrantAction, version: number, reason: string, at: Instant): Grant {
  if (version !== grant.version) throw DomainError.of('version-conflict', `the grant is at version ${grant.version}, the statement acts on ${version}`);
  const step = AFTER[action];
  if (!step.from.includes(grant.state)) throw DomainError.of('state-conflict', `a grant that is ${grant.state} can't ${action}`);
  return { ...grant, state: step.to, version: grant.version + 1, reason, changedAt: at };
}

/**
 * The grant replaced by a newer one of the same enterprise.
 * @throws DomainError version-conflict, state-conflict.
 */
export function supersedeGrant(grant: Grant, version: number, by: string, at: Instant): Grant {
  if (version !== grant.version) throw DomainError.of('version-conflict', `the grant is at version ${grant.version}, the letter supersedes ${version}`);
  if (grant.state !== 'ACTIVE' && grant.state !== 'SUSPENDED') throw DomainError.of('state-conflict', `a grant that is ${grant.state} can't be superseded`);
  return { ...grant, state: 'SUPERSEDED', supersededBy: by, version: grant.version + 1, changedAt: at };
}

/** True when the grant is written ACTIVE and `at` lies in its period. */
export function isActiveAt(grant: Grant, at: Instant): boolean {
  return grant.state === 'ACTIVE' && periodContains(grant, at);
}

/** True when the grant limits how often data may be released under it. */
export function hasLimit(grant: Grant): boolean {
  return grant.oneTime || grant.frequency !== undefined;
}
