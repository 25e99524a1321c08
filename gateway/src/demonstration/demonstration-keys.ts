import { createECDH } from 'node:crypto';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { keyIdOf } from '@kesu/chaincode';
import { bytesToHex, isPasskeyMeans, P256, SM2, toBase64url, toBigint, toBytes32, type PasskeyBinding } from '@kesu/chaincode/domain';
import { publicKeyOfPoint, type SigningKeyFile } from '../signing-key-file';
import type { DemonstrationEnterprise } from './enterprises';
import type { PlannedKey } from './key-plan';
import type { SeededBytes } from './seeded-bytes';

/** A planned key with what signs for it. */
export interface DemonstrationKey {
  readonly plan: PlannedKey;
  readonly file: SigningKeyFile;
}

/** Bytes that a scalar is drawn from: 128 bits more than the curve's order, so that the remainder leans nowhere (FIPS 186-5, A.2.1). */
const SCALAR_BYTES = 48;

/** An enterprise's keys, derived from the seed: the same seed gives the same ones. */
export function makeKeys(seeded: SeededBytes, { slug, subjectRef, keyPlan }: Pick<DemonstrationEnterprise, 'slug' | 'subjectRef' | 'keyPlan'>, binding: PasskeyBinding): readonly DemonstrationKey[] {
  return keyPlan.map((plan) => {
    const { capacity, algorithm, means } = plan;
    const curve = algorithm === 'SM2' ? SM2 : P256;
    const scalar = toBytes32((toBigint(seeded.bytes(`signing key ${slug} ${plan.slot}`, SCALAR_BYTES)) % (curve.n - 1n)) + 1n);
    const publicKey = publicKeyOfPoint(curve, pointOf(algorithm, scalar));
    const passkey = isPasskeyMeans(means) ? { passkey: { origin: binding.origin, rpId: binding.rpId } } : {};
    return { plan, file: { enterprise: subjectRef, keyId: keyIdOf(publicKey), capacity, algorithm, means, publicKey, privateKey: toBase64url(scalar), ...passkey } };
  });
}

/** The uncompressed point of a scalar, hex. */
function pointOf(algorithm: PlannedKey['algorithm'], scalar: Uint8Array): string {
  const pair = createECDH(algorithm === 'SM2' ? 'SM2' : 'prime256v1');
  pair.setPrivateKey(scalar);
  return bytesToHex(pair.getPublicKey());
}

/** Writes the key files `<directory>/keys/<slug>-<slot>.json`, readable by their owner only. */
export async function writeKeyFiles(directory: string, keys: ReadonlyMap<string, readonly DemonstrationKey[]>): Promise<void> {
  const folder = join(directory, 'keys');
  await mkdir(folder, { recursive: true });
  const files = [...keys].flatMap(([slug, made]) => made.map(({ plan, file }) => [keyFilePath(directory, slug, plan.slot), file] as const));
  for (let from = 0; from < files.length; from += FILES_AT_ONCE) {
    await Promise.all(files.slice(from, from + FILES_AT_ONCE).map(([path, file]) => writeFile(path, `${JSON.stringify(file, null, 2)}\n`, { mode: 0o600 })));
  }
}

const FILES_AT_ONCE = 64;

/** Where the file of an enterprise's key lies. */
export function keyFilePath(directory: string, slug: string, slot: string): string {
  return join(directory, 'keys', `${slug}-${slot}.json`);
}
