import { keyIdOf } from '@kesu/chaincode';
import { canonicalJson, DomainError, instantOf, isPasskeyMeans, KEY_MEANS, p256SpkiOf, passkeyOriginSchema, publicKeySchema } from '@kesu/chaincode/domain';
import { z } from 'zod';
import { GatewayError } from '../gateway-error';
import type { GatewayParts } from '../gateway-parts';
import { noticeChanges } from '../use-cases/notices';
import { MAX_LOGIN_KEYS, MAX_LOGIN_KEYS_EVER } from './limits';

/** A key for signing in: kept in the private journal, never on the ledger, never accepted under a letter. */
export const loginKeyBodySchema = z.strictObject({ publicKey: publicKeySchema, means: z.enum(KEY_MEANS), passkey: passkeyOriginSchema.optional() }).meta({ description: 'A P-256 key for signing in. A passkey names its origin and rpId.' });

/** A registered login key. */
export interface LoginKey extends z.infer<typeof loginKeyBodySchema> {
  readonly keyId: string;
  readonly registeredAt: string;
  readonly registeredBy: string;
  /** Who confirmed it. A key counts from then on: one that the holder registered while signed in, at once. */
  readonly confirmedBy?: string;
  /** From then on it lets nobody in. */
  readonly endedAt?: string;
}

/** Who signs in: an enterprise, or an officer of a participant by the officer's code. */
export type LoginHolder = { readonly enterprise: string } | { readonly participant: string; readonly officer: string };

/** The name under which a holder's keys are kept: an enterprise's ref, or participant and code. */
export function holderKey(holder: LoginHolder): string {
  return 'enterprise' in holder ? holder.enterprise : `${holder.participant}/${holder.officer}`;
}

const TABLE = 'login-keys';

type LoginParts = Pick<GatewayParts, 'store' | 'clock' | 'readModel' | 'random'>;

/**
 * Registers a key for signing in. Registering it again answers the same.
 * @param confirmedBy who vouches besides the one who registers; absent while nobody does, and nobody signs in with it then.
 * @throws DomainError signature-malformed, already-exists for a key that is registered for signing, limit-exceeded.
 */
export async function registerLoginKey(parts: LoginParts, holder: LoginHolder, body: z.infer<typeof loginKeyBodySchema>, by: string, confirmedBy?: string): Promise<LoginKey> {
  p256SpkiOf(body.publicKey);
  if (isPasskeyMeans(body.means) !== (body.passkey !== undefined)) throw DomainError.of('signature-malformed', 'origin and rpId belong to a passkey, and to nothing else');
  const keyId = keyIdOf(body.publicKey);
  if ('enterprise' in holder && isSigningKey(parts, holder.enterprise, keyId)) throw DomainError.of('already-exists', 'this key is registered for signing: a key for signing in is another one');
  const known = await loginKeys(parts, holder);
  const present = known.find((key) => key.keyId === keyId);
  if (present?.endedAt !== undefined) throw DomainError.of('state-conflict', 'this key was ended: register a new one');
  if (present !== undefined) return present;
  if (known.filter((one) => one.endedAt === undefined).length >= MAX_LOGIN_KEYS || known.length >= MAX_LOGIN_KEYS_EVER) throw DomainError.of('limit-exceeded', `one who signs in has at most ${MAX_LOGIN_KEYS} login keys`);
  const key: LoginKey = { ...body, keyId, registeredAt: instantOf(parts.clock.now()), registeredBy: by, ...(confirmedBy === undefined ? {} : { confirmedBy }) };
  await keep(parts, holder, [...known, key], 'register-login-key');
  return key;
}

/**
 * A second organisation vouches for a login key: a platform alone could else sign in as any enterprise that it serves, and read its data.
 * @throws GatewayError not-found; DomainError state-conflict for one who registered it itself.
 */
export async function confirmLoginKey(parts: LoginParts, holder: LoginHolder, keyId: string, by: string): Promise<LoginKey> {
  const known = await loginKeys(parts, holder);
  const key = known.find((one) => one.keyId === keyId);
  if (key === undefined) throw GatewayError.of('not-found', 'there is no such login key');
  if (key.registeredBy === by) throw DomainError.of('state-conflict', 'a login key is confirmed by another than who registered it');
  const confirmed: LoginKey = { ...key, confirmedBy: key.confirmedBy ?? by };
  await keep(parts, holder, known.map((one) => (one.keyId === keyId ? confirmed : one)), 'confirm-login-key');
  return confirmed;
}

/** Ends a login key. A second end answers the first's. @throws GatewayError not-found. */
export async function endLoginKey(parts: LoginParts, holder: LoginHolder, keyId: string): Promise<LoginKey> {
  const known = await loginKeys(parts, holder);
  const key = known.find((one) => one.keyId === keyId);
  if (key === undefined) throw GatewayError.of('not-found', 'there is no such login key');
  if (key.endedAt !== undefined) return key;
  const ended: LoginKey = { ...key, endedAt: instantOf(parts.clock.now()) };
  await keep(parts, holder, known.map((one) => (one.keyId === keyId ? ended : one)), 'end-login-key');
  return ended;
}

/** Every login key of an enterprise that was ended, as `enterprise keyId`. */
export async function endedLoginKeys({ store }: Pick<GatewayParts, 'store'>): Promise<readonly string[]> {
  const ended: string[] = [];
  for await (const { key: holder, value } of store.entries(TABLE)) {
    for (const { keyId, endedAt } of JSON.parse(value.toString('utf8')) as LoginKey[]) if (endedAt !== undefined) ended.push(`${holder} ${keyId}`);
  }
  return ended;
}

/** Keeps a holder's keys, and has an enterprise told of the change. */
function keep(parts: LoginParts, holder: LoginHolder, keys: readonly LoginKey[], action: string): Promise<void> {
  const value = Buffer.from(canonicalJson(keys), 'utf8');
  const told = 'enterprise' in holder ? noticeChanges(parts, { kind: 'KEY_CHANGED', to: holder.enterprise, subject: holder.enterprise, about: { action }, dueAt: instantOf(parts.clock.now()) }) : [];
  return parts.store.commit([{ table: TABLE, key: holderKey(holder), value }, ...told]);
}

/** The login keys of a holder, confirmed or not. */
export async function loginKeys({ store }: Pick<GatewayParts, 'store'>, holder: LoginHolder): Promise<readonly LoginKey[]> {
  const stored = await store.get(TABLE, holderKey(holder));
  return stored === undefined ? [] : (JSON.parse(stored.toString('utf8')) as LoginKey[]);
}

/** True when the key is or was registered for signing: signing in and signing are kept apart. */
export function isSigningKey({ readModel }: Pick<GatewayParts, 'readModel'>, ref: string, keyId: string): boolean {
  return readModel.record('signatories', ref)?.record.keys.some((key) => key.keyId === keyId) ?? false;
}

/**
 * Refuses a signing key that the enterprise signs in with.
 * @throws GatewayError not-allowed.
 */
export async function assertIsNoLoginKey(parts: LoginParts, ref: string, publicKey: string): Promise<void> {
  const keyId = keyIdOf(publicKey);
  if ((await loginKeys(parts, { enterprise: ref })).some((key) => key.keyId === keyId)) throw GatewayError.of('not-allowed', 'this key is for signing in: a signing key is another one');
}
