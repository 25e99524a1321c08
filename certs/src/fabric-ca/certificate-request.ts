import 'reflect-metadata';
import { createPrivateKey, createPublicKey, webcrypto } from 'node:crypto';
import { isIP } from 'node:net';
import { Pkcs10CertificateRequestGenerator, SubjectAlternativeNameExtension, type JsonGeneralName } from '@peculiar/x509';
import { createKeyPair } from '../signing';

/** A request for a certificate (PKCS#10, PEM) with the key that it was made for (PKCS#8 PEM), which never leaves this process. */
export interface CertificateRequest {
  readonly csr: string;
  readonly privateKey: string;
}

const ECDSA = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' } as const;

/**
 * Makes a key pair, unless a key is given, and a request for a certificate of it.
 * @param commonName the subject's only name; the authority adds the organisational units.
 * @param hosts DNS names and IP addresses that the certificate is to name; none for signing certificates.
 * @param ownKey the key that the certificate is to be for, PEM.
 */
export async function createCertificateRequest(commonName: string, hosts: readonly string[], ownKey?: string): Promise<CertificateRequest> {
  const privateKey = ownKey ?? createKeyPair().privateKey;
  const names = hosts.map((value): JsonGeneralName => ({ type: isIP(value) === 0 ? 'dns' : 'ip', value }));
  const request = await Pkcs10CertificateRequestGenerator.create(
    {
      name: [{ CN: [commonName] }],
      keys: await importKeys(privateKey),
      signingAlgorithm: ECDSA,
      extensions: names.length === 0 ? [] : [new SubjectAlternativeNameExtension(names)],
    },
    webcrypto,
  );
  return { csr: request.toString('pem'), privateKey };
}

async function importKeys(pem: string): Promise<webcrypto.CryptoKeyPair> {
  const key = createPrivateKey(pem);
  const pkcs8 = Uint8Array.from(key.export({ type: 'pkcs8', format: 'der' }));
  const spki = Uint8Array.from(createPublicKey(key).export({ type: 'spki', format: 'der' }));
  return {
    privateKey: await webcrypto.subtle.importKey('pkcs8', pkcs8, ECDSA, false, ['sign']),
    publicKey: await webcrypto.subtle.importKey('spki', spki, ECDSA, true, ['verify']),
  };
}
