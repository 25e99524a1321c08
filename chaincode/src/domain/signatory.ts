import { z } from 'zod';
import type { Enterprise } from './enterprise';
import { DomainError } from './errors';
import { instantAfter, instantSchema, type Instant } from './instant';
import { daysSchema, digestSchema, idSchema, nameSchema, participantIdSchema, pseudonymSchema, publicKeySchema, reasonCodeSchema } from './primitives';
import { KEY_ALGORITHMS, KEY_MEANS } from './signature/key-kinds';

/** In which capacity a key's holder signs. */
export const KEY_CAPACITIES = ['LEGAL_REPRESENTATIVE', 'OPERATOR', 'MANAGING_PARTNER', 'HANDLER', 'ADMINISTRATOR', 'LIQUIDATOR', 'PERSON'] as const;
export type KeyCapacity = (typeof KEY_CAPACITIES)[number];

/** Capacities that the registry ties to one named person. */
const REGISTRY_CAPACITIES: readonly KeyCapacity[] = ['LEGAL_REPRESENTATIVE', 'OPERATOR', 'MANAGING_PARTNER'];

/** How identity was bound: 电子营业执照, a CA's certificate, at the counter. */
export const IDENTITY_BINDINGS = ['ELECTRONIC_LICENCE', 'CA_CERTIFICATE', 'COUNTER'] as const;

/** Written states of a signing key. */
export const KEY_STATES = ['REGISTERED', 'CONFIRMED', 'OBJECTED', 'LOST', 'ENDED'] as const;

/** The origin a passkey belongs to: the provincial node's, or one that its policy lists. */
export const passkeyOriginSchema = z.strictObject({ origin: z.url().max(200), rpId: z.string().min(1).max(200) });

/** A key with which the enterprise signs statements. */
export const signingKeySchema = z.strictObject({
  /** The first 32 hex digits of SHA-256 over the SPKI DER. */
  keyId: idSchema,
  holder: pseudonymSchema,
  capacity: z.enum(KEY_CAPACITIES),
  algorithm: z.enum(KEY_ALGORITHMS),
  means: z.enum(KEY_MEANS),
  publicKey: publicKeySchema,
  passkey: passkeyOriginSchema.optional(),
  binding: z.enum(IDENTITY_BINDINGS),
  evidenceDigest: digestSchema,
  registeredBy: participantIdSchema,
  state: z.enum(KEY_STATES),
  /** When the notice of a replacement went out on a channel that the old key did not set. */
  noticeAt: instantSchema.optional(),
  from: instantSchema,
  until: instantSchema,
  endedAt: instantSchema.optional(),
});
export type SigningKey = z.infer<typeof signingKeySchema>;

/** A 授权委托书: the legal representative lets a handler sign letters of these templates. */
export const mandateSchema = z.strictObject({
  id: idSchema,
  holder: pseudonymSchema,
  templates: z.array(nameSchema).min(1).max(20),
  longestPeriodDays: daysSchema,
  from: instantSchema,
  until: instantSchema,
  revokedAt: instantSchema.optional(),
});
export type Mandate = z.infer<typeof mandateSchema>;

/** Most keys and mandates that one enterprise can have had; a longer list would slow each of its signatures. */
export const MAX_KEYS = 40;
export const MAX_MANDATES = 40;

/** Who signs for an enterprise: its keys and mandates, one record. */
export const signatoriesSchema = z.strictObject({
  ref: idSchema,
  keys: z.array(signingKeySchema).max(MAX_KEYS),
  mandates: z.array(mandateSchema).max(MAX_MANDATES),
  version: z.int().min(1),
});
export type Signatories = z.infer<typeof signatoriesSchema>;

/** Why a key stopped: a code. */
export const keyEndReasonSchema = reasonCodeSchema;

/** True when the key signs at `at`: confirmed, in its period, and its holder is still the one whom the registry names. */
export function isKeyLive(key: SigningKey, enterprise: Enterprise, at: Instant): boolean {
  if (key.state !== 'CONFIRMED' || at < key.from || at >= key.until) return false;
  if (enterprise.state === 'BANKRUPT') return key.capacity === 'ADMINISTRATOR';
  return !REGISTRY_CAPACITIES.includes(key.capacity) || key.holder === enterprise.representative;
}

/**
 * True when a key of this capacity replaces another, live or reported lost, so that it must wait for a notice: else who can report
 * a loss could put a key of their own in the place of the lost one at once.
 */
export function replacesKey(signatories: Signatories, enterprise: Enterprise, capacity: KeyCapacity, at: Instant): boolean {
  return signatories.keys.some((key) => key.capacity === capacity && (key.state === 'LOST' || isKeyLive(key, enterprise, at)));
}

/**
 * The key confirmed by the node. The first key of a capacity counts at once; a replacement only `waitMillis` after its notice.
 * @throws DomainError state-conflict when no notice went out or the time isn't over.
 */
export function confirmKey(key: SigningKey, replaces: boolean, waitMillis: number, at: Instant): SigningKey {
  if (key.state !== 'REGISTERED') throw DomainError.of('state-conflict', `the key is ${key.state}`);
  if (replaces) {
    if (key.noticeAt === undefined) throw DomainError.of('state-conflict', 'this key replaces another: a notice must go out first');
    const waitsUntil = instantAfter(key.noticeAt, waitMillis);
    if (at < waitsUntil) throw DomainError.of('state-conflict', `this key replaces another: it can be confirmed from ${waitsUntil} on`);
  }
  return { ...key, state: 'CONFIRMED', from: at < key.from ? key.from : at };
}

/** The live mandate of a handler that covers the template and the period, if one does. */
export function mandateFor(signatories: Signatories, holder: string, templateId: string, periodDays: number, at: Instant): Mandate | undefined {
  return signatories.mandates.find(
    (mandate) =>
      mandate.holder === holder &&
      mandate.revokedAt === undefined &&
      mandate.from <= at &&
      at < mandate.until &&
      mandate.templates.includes(templateId) &&
      periodDays <= mandate.longestPeriodDays,
  );
}

/** The capacities with which keys signed, a handler's counted only under a mandate for the template and period. */
export function capacitiesSigned(
  signatories: Signatories,
  keys: readonly SigningKey[],
  letter: { readonly templateId: string; readonly periodDays: number },
  at: Instant,
): Set<KeyCapacity> {
  const counted = keys.filter((key) => key.capacity !== 'HANDLER' || mandateFor(signatories, key.holder, letter.templateId, letter.periodDays, at) !== undefined);
  return new Set(counted.map((key) => key.capacity));
}

/**
 * True when one of the live keys that signed speaks for the enterprise as a whole: the person whom the registry names, the
 * administrator of a bankrupt, the liquidator of one in liquidation. A handler's mandate is for letters only.
 */
export function speaksForEnterprise(keys: readonly Pick<SigningKey, 'capacity'>[], enterprise: Pick<Enterprise, 'state'>): boolean {
  const instead: readonly KeyCapacity[] = enterprise.state === 'BANKRUPT' ? ['ADMINISTRATOR'] : enterprise.state === 'LIQUIDATING' ? ['LIQUIDATOR'] : [];
  return keys.some(({ capacity }) => instead.includes(capacity) || (enterprise.state !== 'BANKRUPT' && REGISTRY_CAPACITIES.includes(capacity)));
}

/** True when the capacities that signed reach one of the alternatives; a bankrupt's or liquidated firm's administrator stands for all. */
export function authorityIsReached(alternatives: readonly (readonly KeyCapacity[])[], signed: ReadonlySet<KeyCapacity>, enterprise: Enterprise): boolean {
  if (enterprise.state === 'BANKRUPT') return signed.has('ADMINISTRATOR');
  if (enterprise.state === 'LIQUIDATING' && signed.has('LIQUIDATOR')) return true;
  return alternatives.some((together) => together.every((capacity) => signed.has(capacity)));
}
