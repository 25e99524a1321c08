import 'reflect-metadata';
import { X509Crl } from '@peculiar/x509';
import { TrustError } from './certificate-error';
import { normalSerial } from './parsed-certificate';

/** One line of a revocation list: the serial (lower-case hex) and since when, epoch milliseconds. */
export interface RevokedSerial {
  readonly serial: string;
  readonly at: number;
}

/** What a revocation list (X.509 CRL, PEM) revokes. Its signature isn't looked at. @throws TrustError when it can't be read. */
export function revokedSerials(listPem: string): readonly RevokedSerial[] {
  return readList(listPem).entries.map((entry) => ({ serial: normalSerial(entry.serialNumber), at: entry.revocationDate.getTime() }));
}

/**
 * Lists (PEM) with a newer one of an authority in place of its former: a list names all that its authority has revoked.
 * Those of other authorities, such as an organisation's former root, stay.
 * @throws TrustError when one can't be read.
 */
export function withRevocationList(lists: readonly string[], newer: string): readonly string[] {
  const { issuer } = readList(newer);
  return [...lists.filter((list) => readList(list).issuer !== issuer), newer];
}

function readList(pem: string): X509Crl {
  try {
    return new X509Crl(pem);
  } catch {
    throw new TrustError('A revocation list can’t be read.');
  }
}
