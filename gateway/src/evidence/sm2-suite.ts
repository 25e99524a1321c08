import { createHash, createPrivateKey, X509Certificate } from 'node:crypto';
import { bytesToHex, hexToBytes, pointOfSpki, SM2, SM2_USER_ID } from '@kesu/chaincode/domain';
import { sm2 } from 'sm-crypto-v2';
import { integer, sequence } from './der-writer';
import type { CertifiedSigner, SignatureSuite } from './signed-data';

/** SM2 with SM3 in the containers of GM/T 0010. */
export const SM2_SUITE: SignatureSuite = {
  signedDataType: '1.2.156.10197.6.1.4.2.2',
  digestOid: '1.2.156.10197.1.401',
  signatureOid: '1.2.156.10197.1.501',
  digest: (bytes) => createHash('sm3').update(bytes).digest(),
};

/** GM/T 0010's content type of plain data. */
export const SM2_DATA = '1.2.156.10197.6.1.4.2.1';

/** A key on the SM2 curve. */
export interface Sm2Key {
  /** 32 bytes, hex. */
  readonly privateKey: string;
  /** The uncompressed point, 65 bytes, hex. */
  readonly publicKey: string;
}

/** A new random key. */
export function createSm2Key(): Sm2Key {
  return sm2.generateKeyPairHex();
}

/** Signs with SM2 and SM3 under the user id {@link SM2_USER_ID} (GM/T 0009): DER of r and s. */
export function signSm2({ privateKey, publicKey }: Sm2Key, message: Uint8Array, userId: string = SM2_USER_ID): Uint8Array {
  const pair = hexToBytes(sm2.doSignature(message, privateKey, { hash: true, der: false, userId, publicKey }));
  return sequence(integer(pair.subarray(0, 32)), integer(pair.subarray(32)));
}

/** A key and a certificate that can't be used together for SM2 seals. */
export class Sm2KeyError extends Error {
  override readonly name = 'Sm2KeyError';
}

/** ECPrivateKey (RFC 5915) up to the key, as a PKCS #8 key holds it, and the curve before it. */
const SM2_CURVE = '06082a811ccf5501822d';
const PRIVATE_KEY = /0201010420([0-9a-f]{64})/;

/**
 * A signer of an SM2 key and its certificate.
 * @param key PKCS #8 or SEC 1, PEM, not encrypted; `certificate` PEM.
 * @throws Sm2KeyError when either can't be read, or they don't belong together. Its text holds nothing of the key.
 */
export function sm2SignerOf({ key, certificate }: { readonly key: string; readonly certificate: string }): CertifiedSigner {
  const der = bytesToHex(keyBytes(key));
  const [, privateKey] = PRIVATE_KEY.exec(der) ?? [];
  if (privateKey === undefined || !der.includes(SM2_CURVE)) throw new Sm2KeyError('the key of the SM2 seal is no key on the SM2 curve');
  const known = { privateKey, publicKey: sm2.getPublicKeyFromPrivateKey(privateKey) };
  const { raw, publicKey } = certificateOf(certificate);
  const point = pointOfSpki(SM2, publicKey.export({ type: 'spki', format: 'der' }));
  if (point === undefined || bytesToHex(point) !== known.publicKey) throw new Sm2KeyError('the certificate of the SM2 seal is not one of its key');
  return { certificate: raw, sign: async (message) => signSm2(known, message) };
}

function keyBytes(pem: string): Uint8Array {
  try {
    return createPrivateKey(pem).export({ type: 'pkcs8', format: 'der' });
  } catch {
    throw new Sm2KeyError('the key of the SM2 seal is no readable, unencrypted PEM key');
  }
}

function certificateOf(pem: string): X509Certificate {
  try {
    return new X509Certificate(pem);
  } catch {
    throw new Sm2KeyError('the certificate of the SM2 seal is no certificate in PEM');
  }
}
