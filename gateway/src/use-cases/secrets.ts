import { createHmac } from 'node:crypto';
import { sha256Hex } from '@kesu/chaincode/domain';
import type { GatewayParts } from '../gateway-parts';

/** What secrets are kept for; each has a key of its own. */
export const SECRET_NAMES = ['operations', 'credit-codes', 'pseudonyms', 'access-tokens'] as const;
export type SecretName = (typeof SECRET_NAMES)[number];

const TABLE = 'gateway-secrets';
const SECRET_BYTES = 32;

/** What holds secrets. */
export type SecretParts = Pick<GatewayParts, 'store' | 'random'>;

const making = new WeakMap<SecretParts['store'], Map<SecretName, Promise<Buffer>>>();

/** The gateway's secret of that name, made at its first use and kept in the private journal. */
export function secretOf(parts: SecretParts, name: SecretName): Promise<Buffer> {
  const known = making.get(parts.store) ?? new Map<SecretName, Promise<Buffer>>();
  making.set(parts.store, known);
  const present = known.get(name);
  if (present !== undefined) return present;
  const made = readOrMake(parts, name);
  known.set(name, made);
  made.catch(() => known.delete(name));
  return made;
}

async function readOrMake({ store, random }: SecretParts, name: SecretName): Promise<Buffer> {
  const stored = await store.get(TABLE, name);
  if (stored !== undefined) return stored;
  const secret = Buffer.from(random(SECRET_BYTES));
  await store.commit([{ table: TABLE, key: name, value: secret }]);
  return secret;
}

/** HMAC-SHA256 under a secret over parts that can't run into each other; lower-case hex. */
export async function keyedDigest(parts: SecretParts, name: SecretName, ...texts: readonly string[]): Promise<string> {
  const mac = createHmac('sha256', await secretOf(parts, name));
  for (const text of texts) mac.update(sha256Hex(text));
  return mac.digest('hex');
}

/** A 128-bit id that follows from a secret: random to whoever doesn't hold it, the same at each repeat. */
export async function derivedId(parts: SecretParts, name: SecretName, ...texts: readonly string[]): Promise<string> {
  return (await keyedDigest(parts, name, ...texts)).slice(0, 32);
}
