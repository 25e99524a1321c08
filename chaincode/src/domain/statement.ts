import { z } from 'zod';
import { digestOf } from './bytes';
import { GRANULARITIES } from './catalogue-item';
import { instantSchema } from './instant';
import { daysSchema, digestSchema, idSchema, itemCodeSchema, monthRangeSchema, nameSchema, participantIdSchema, reasonCodeSchema, saltSchema } from './primitives';
import { PURPOSES, frequencySchema } from './purpose';
import { mandateSchema } from './signatory';

/** A recipient that is not named: any institution that the letter's platform admitted (ANSWER and SCORE only, at most 30 days). */
export const ANY_RECIPIENT = 'ANY';

/** One item of a letter: which version, at which granularity, and the separate tick where the law asks for one. */
export const letterItemSchema = z.strictObject({
  code: itemCodeSchema,
  version: z.int().min(1),
  granularity: z.enum(GRANULARITIES),
  separateConsent: z.boolean(),
});
export type LetterItem = z.infer<typeof letterItemSchema>;

const identity = {
  /** Salted digest over name, code and signatory: neither stands on the ledger. */
  identityDigest: digestSchema,
  salt: saltSchema,
};

/** A letter (授权书): one recipient, one purpose. Its fields are the terms of the grant it becomes. */
export const letterSchema = z
  .strictObject({
    kind: z.literal('LETTER'),
    template: z.strictObject({ id: nameSchema, version: z.int().min(1), digest: digestSchema }),
    enterprise: idSchema,
    platform: participantIdSchema,
    /** 经由: may pass on, not keep or use. */
    conduit: participantIdSchema.optional(),
    recipient: z.union([participantIdSchema, z.literal(ANY_RECIPIENT)]),
    items: z.array(letterItemSchema).min(1).max(60),
    purpose: z.enum(PURPOSES),
    loanRef: idSchema.optional(),
    oneTime: z.boolean(),
    frequency: frequencySchema.optional(),
    range: monthRangeSchema.optional(),
    retentionDays: daysSchema,
    from: instantSchema,
    until: instantSchema,
    supersedes: z.strictObject({ grantId: idSchema, version: z.int().min(1) }).optional(),
    /** Digest of the owner's own values as the recipient will see them (看得见再签). */
    viewDigest: digestSchema.optional(),
    ...identity,
  })
  .meta({ description: 'A letter of authorization: the terms of one grant' });
export type Letter = z.infer<typeof letterSchema>;

/** What an enterprise does to a grant it gave: 撤回、暂停、恢复. */
export const GRANT_ACTIONS = ['REVOKE', 'SUSPEND', 'RESUME'] as const;
export type GrantAction = (typeof GRANT_ACTIONS)[number];

/** A transition of a grant, with the version it acts on: kept for later, it acts on nothing. */
export const transitionSchema = z
  .strictObject({
    kind: z.literal('TRANSITION'),
    enterprise: idSchema,
    grantId: idSchema,
    grantVersion: z.int().min(1),
    action: z.enum(GRANT_ACTIONS),
    reason: reasonCodeSchema,
    ...identity,
  })
  .meta({ description: 'A transition of a grant by the enterprise' });
export type Transition = z.infer<typeof transitionSchema>;

/** A mandate (授权委托书) given or revoked by the legal representative. */
export const mandateStatementSchema = z.strictObject({
  kind: z.literal('MANDATE'),
  enterprise: idSchema,
  action: z.enum(['GIVE', 'REVOKE']),
  mandate: mandateSchema.omit({ revokedAt: true }),
  ...identity,
});
export type MandateStatement = z.infer<typeof mandateStatementSchema>;

/** The enterprise registers at a further platform, which may serve it from then on: only its own signature opens that door. */
export const registrationSchema = z
  .strictObject({
    kind: z.literal('REGISTRATION'),
    enterprise: idSchema,
    platform: participantIdSchema,
    ...identity,
  })
  .meta({ description: 'An enterprise registers at a further platform' });
export type Registration = z.infer<typeof registrationSchema>;

/** Anything an enterprise signs. */
export const statementSchema = z.discriminatedUnion('kind', [letterSchema, transitionSchema, mandateStatementSchema, registrationSchema]);
export type Statement = z.infer<typeof statementSchema>;

/** The digest that the signed bytes name: SHA-256 over the RFC 8785 form. */
export function statementDigest(statement: Statement): string {
  return digestOf(statement);
}

/** A grant's id: the first 32 hex digits of its letter's digest, so that nobody chooses it. */
export function grantIdOf(letter: Letter): string {
  return statementDigest(letter).slice(0, 32);
}

/** Who a letter is by, off the ledger: name, code and signatory with the salt of {@link Letter.identityDigest}. */
export const identitySchema = z.strictObject({
  name: z.string().min(1).max(200),
  creditCode: z.string().min(15).max(18),
  signatories: z.array(z.strictObject({ name: z.string().min(1).max(100), capacity: z.string().min(1).max(40) })).min(1).max(4),
});
export type LetterIdentity = z.infer<typeof identitySchema>;
