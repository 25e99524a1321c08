import { createHash, createPrivateKey, createPublicKey, sign, type KeyObject } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { sm2 } from 'sm-crypto-v2';
import { z } from 'zod';
import {
  AUTHENTICATOR_FLAGS,
  bytesSchema,
  bytesToHex,
  fromBase64url,
  hexToBytes,
  idSchema,
  isPasskeyMeans,
  KEY_ALGORITHMS,
  KEY_CAPACITIES,
  KEY_MEANS,
  passkeyOriginSchema,
  SM2,
  SM2_USER_ID,
  spkiOfPoint,
  toBase64url,
  toLowS64,
  type PasskeyBinding,
  type SignatureProof,
} from '@kesu/chaincode/domain';

/** A signing key of an enterprise in a file, as `kesu grant sign --key FILE` reads it. Whoever reads the file can sign. */
export const signingKeyFileSchema = z
  .strictObject({
    /** The enterprise's ref: no name and no code stands in the file. */
    enterprise: idSchema,
    /** The first 32 hex digits of SHA-256 over the SPKI DER. */
    keyId: idSchema,
    capacity: z.enum(KEY_CAPACITIES),
    algorithm: z.enum(KEY_ALGORITHMS),
    means: z.enum(KEY_MEANS),
    /** SPKI DER, base64url. */
    publicKey: bytesSchema(80, 160),
    /** The private scalar: 32 bytes, big-endian, base64url. */
    privateKey: bytesSchema(32, 32),
    passkey: passkeyOriginSchema.optional(),
  })
  .refine((key) => isPasskeyMeans(key.means) === (key.passkey !== undefined), 'origin and rpId belong to a passkey, and to nothing else');

/** See {@link signingKeyFileSchema}. */
export type SigningKeyFile = z.infer<typeof signingKeyFileSchema>;

/** A key file that can't be used. Its message names the member, never a value. */
export class SigningKeyFileError extends Error {
  override readonly name = 'SigningKeyFileError';
}

/**
 * Reads a key file.
 * @throws SigningKeyFileError when it can't be read or isn't a key file.
 */
export async function loadKeyFile(path: string): Promise<SigningKeyFile> {
  let value: unknown;
  try {
    value = JSON.parse(await readFile(path, 'utf8'));
  } catch (error) {
    throw new SigningKeyFileError(`${path} can't be read as a key file`, { cause: error });
  }
  const parsed = signingKeyFileSchema.safeParse(value);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  throw new SigningKeyFileError(`${path} is no key file: ${issue?.path.join('.') || '(top)'}: ${issue?.message ?? ''}`);
}

/**
 * Signs bytes as the key's means does: P-256 with low S, SM2 with the standard user id, or a passkey's assertion by an
 * authenticator in software (WebAuthn Level 3, sections 5.8.1 and 6.3.3) that says the user was present and verified.
 * @param bytes what is signed: the `bytes` of a letter set, decoded.
 */
export function signWithKeyFile(key: SigningKeyFile, bytes: Uint8Array): SignatureProof {
  const { keyId, algorithm, passkey } = key;
  if (passkey !== undefined) return { keyId, ...assertionOver(bytes, passkey, p256KeyOf(key)) };
  if (algorithm === 'SM2') return { keyId, signature: toBase64url(signSm2(key, bytes)) };
  return { keyId, signature: toBase64url(signP256(p256KeyOf(key), bytes)) };
}

function assertionOver(bytes: Uint8Array, { origin, rpId }: PasskeyBinding, privateKey: KeyObject): Omit<SignatureProof, 'keyId'> {
  const challenge = sha256(bytes).toString('base64url');
  const clientData = Buffer.from(JSON.stringify({ type: 'webauthn.get', challenge, origin, crossOrigin: false }), 'utf8');
  const flags = AUTHENTICATOR_FLAGS.userPresent | AUTHENTICATOR_FLAGS.userVerified;
  const authenticatorData = Buffer.concat([sha256(rpId), Buffer.of(flags), Buffer.alloc(4)]);
  const signature = signP256(privateKey, Buffer.concat([authenticatorData, sha256(clientData)]));
  return { signature: toBase64url(signature), authenticatorData: authenticatorData.toString('base64url'), clientDataJSON: clientData.toString('base64url') };
}

function signP256(privateKey: KeyObject, bytes: Uint8Array): Uint8Array {
  return toLowS64(sign('sha256', bytes, { key: privateKey, dsaEncoding: 'ieee-p1363' }));
}

function signSm2({ privateKey, publicKey }: SigningKeyFile, bytes: Uint8Array): Uint8Array {
  const point = bytesToHex(fromBase64url(publicKey) ?? new Uint8Array()).slice(SM2.spkiPrefix.length);
  const signature = sm2.doSignature(bytes, bytesToHex(fromBase64url(privateKey) ?? new Uint8Array()), { hash: true, der: false, userId: SM2_USER_ID, publicKey: point });
  return hexToBytes(signature);
}

/** The P-256 key of a file; its scalar alone isn't enough for node:crypto, so the point comes from the public half. */
function p256KeyOf({ privateKey, publicKey }: Pick<SigningKeyFile, 'privateKey' | 'publicKey'>): KeyObject {
  const { x = '', y = '' } = createPublicKey({ key: Buffer.from(publicKey, 'base64url'), format: 'der', type: 'spki' }).export({ format: 'jwk' });
  return createPrivateKey({ key: { kty: 'EC', crv: 'P-256', x, y, d: privateKey }, format: 'jwk' });
}

/** SPKI DER in base64url of an uncompressed point on a curve, hex: how both algorithms' keys are registered. */
export function publicKeyOfPoint(curve: Parameters<typeof spkiOfPoint>[0], pointHex: string): string {
  return toBase64url(spkiOfPoint(curve, hexToBytes(pointHex)));
}

function sha256(input: Uint8Array | string): Buffer {
  return createHash('sha256').update(input).digest();
}
