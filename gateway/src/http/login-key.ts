import { keyIdOf } from '@kesu/chaincode';
import { canonicalJson, DomainError, instantOf, isPasskeyMeans, KEY_MEANS, p256SpkiOf, passkeyOriginSchema, publicKeySchema } from '@kesu/chaincode/domain';
import { z } from 'zod';
import { GatewayError } from '../gateway-error';
import type { GatewayParts } from '../gateway-parts';
import { MAX_LOGIN_KEYS } from './limits';

/** A key for signing in: kept in the private journal, never on the ledger, never accepted under a letter. */
export const loginKeyBodySchema = z.strictObject({ publicKey: publicKeySchema, means: z.enum(KEY_MEANS), passkey: passkeyOriginSchema.optional() }).meta({ description: 'A P-256 key for signing in. A passkey names its origin and rpId.' });

/** A registered login key. */
export interface LoginKey extends z.infer<typeof loginKeyBodySchema> {
  readonly keyId: string;
  readonly registeredAt: string;
  readonly registeredBy: string;
}

const TABLE = 'login-keys';

type LoginParts = Pick<GatewayParts, 'store' | 'clock' | 'readModel'>;

/**
 * Registers a key for signing in. Registering it again answers the same.
 * @throws DomainError signature-malformed, already-exists for a key that is registered for signing, limit-exceeded; GatewayError not-found.
 */
export async function registerLoginKey(parts: LoginParts, ref: string, body: z.infer<typeof loginKeyBodySchema>, by: string): Promise<LoginKey> {
  p256SpkiOf(body.publicKey);
  if (isPasskeyMeans(body.means) !== (body.passkey !== undefined)) throw DomainError.of('signature-malformed', 'origin and rpId belong to a passkey, and to nothing else');
  const keyId = keyIdOf(body.publicKey);
  if (isSigningKey(parts, ref, keyId)) throw DomainError.of('already-exists', 'this key is registered for signing: a key for signing in is another one');
  const known = await loginKeys(parts, ref);
  const present = known.find((key) => key.keyId === keyId);
  if (present !== undefined) return present;
  if (known.length >= MAX_LOGIN_KEYS) throw DomainError.of('limit-exceeded', `an enterprise has at most ${MAX_LOGIN_KEYS} login keys`);
  const key: LoginKey = { ...body, keyId, registeredAt: instantOf(parts.clock.now()), registeredBy: by };
  await parts.store.commit([{ table: TABLE, key: ref, value: Buffer.from(canonicalJson([...known, key]), 'utf8') }]);
  return key;
}

/** The login keys of an enterprise. */
export async function loginKeys({ store }: Pick<GatewayParts, 'store'>, ref: string): Promise<readonly LoginKey[]> {
  const stored = await store.get(TABLE, ref);
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
  if ((await loginKeys(parts, ref)).some((key) => key.keyId === keyId)) throw GatewayError.of('not-allowed', 'this key is for signing in: a signing key is another one');
}
