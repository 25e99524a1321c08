import { generateKeyPairSync, sign } from 'node:crypto';
import { sm2 } from 'sm-crypto-v2';
import { hexToBytes, toBase64url } from '../../bytes';
import type { PasskeyBinding } from '../passkey';
import { SM2, SM2_USER_ID } from '../sm2';
import { spkiOfPoint } from '../spki-point';
import { toLowS64 } from '../p256';
import type { ProofParts, VerificationKey } from '../verify-statement-signature';
import { softwarePasskey } from './software-passkey';

/** The kinds of key that {@link createTestSigner} makes. */
export const TEST_SIGNER_KINDS = ['P256', 'SM2', 'PASSKEY'] as const;

/** One of {@link TEST_SIGNER_KINDS}. */
export type TestSignerKind = (typeof TEST_SIGNER_KINDS)[number];

/** A key as it is registered, with the means to sign. */
export interface TestSigner extends VerificationKey {
  /** A proof over the signed bytes, right in every part. */
  sign(bytes: Uint8Array): ProofParts;
}

/** Where test passkeys are made unless the test says otherwise. */
export const TEST_BINDING: PasskeyBinding = { origin: 'http://localhost:4010', rpId: 'localhost' };

/** A new random key of the kind: a browser's P-256 key, an SM2 certificate's, or a device's passkey. */
export function createTestSigner(kind: TestSignerKind, binding: PasskeyBinding = TEST_BINDING): TestSigner {
  if (kind === 'P256') return p256Signer();
  if (kind === 'SM2') return sm2Signer();
  const { publicKey, assert } = softwarePasskey(binding);
  return { algorithm: 'P256', means: 'DEVICE_PASSKEY', publicKey, passkey: binding, sign: (bytes) => ({ ...assert(bytes) }) };
}

function p256Signer(): TestSigner {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'prime256v1' });
  return {
    algorithm: 'P256',
    means: 'BROWSER_KEY',
    publicKey: publicKey.export({ format: 'der', type: 'spki' }).toString('base64url'),
    sign: (bytes) => ({ signature: toBase64url(toLowS64(sign('sha256', bytes, privateKey))) }),
  };
}

function sm2Signer(): TestSigner {
  const { privateKey, publicKey } = sm2.generateKeyPairHex();
  const options = { hash: true, der: false, userId: SM2_USER_ID, publicKey };
  return {
    algorithm: 'SM2',
    means: 'CERTIFICATE',
    publicKey: toBase64url(spkiOfPoint(SM2, hexToBytes(publicKey))),
    sign: (bytes) => ({ signature: toBase64url(hexToBytes(sm2.doSignature(bytes, privateKey, options))) }),
  };
}
