import 'reflect-metadata';
import { X509Certificate } from 'node:crypto';
import { X509Certificate as CertificateFields } from '@peculiar/x509';
import { CertificateError } from './certificate-error';
import { wholeDerElement } from './der';

/** One certificate, read twice: `node` checks signatures, `fields` shows extensions, names and times. */
export interface ParsedCertificate {
  readonly node: X509Certificate;
  readonly fields: CertificateFields;
  readonly der: Uint8Array;
}

/** Longer texts are refused unread: a caller chooses what is parsed here. */
const LONGEST_PEM = 16_384;
const ONE_BLOCK = /^\s*-----BEGIN CERTIFICATE-----\r?\n([A-Za-z0-9+/=\r\n]+)-----END CERTIFICATE-----\s*$/;
const SEQUENCE = 0x30;

/**
 * Reads exactly one PEM certificate.
 * @throws CertificateError `malformed` for anything else: other text, several certificates, broken base64, bytes behind the DER.
 */
export function parseCertificate(pem: string): ParsedCertificate {
  const der = derOf(pem);
  try {
    const node = new X509Certificate(der);
    const fields = new CertificateFields(der);
    // Both readers parse lazily; what they can't read must show here, not in the middle of a check.
    void [node.publicKey.type, fields.extensions.length, fields.subjectName.toJSON(), fields.notAfter.getTime()];
    if (node.raw.equals(der)) return { node, fields, der };
  } catch {
    // falls through: whatever a reader dislikes is one answer
  }
  throw new CertificateError('malformed', 'The certificate’s bytes are not an X.509 certificate.');
}

/** Serial numbers as this workspace writes them: lower-case hex of the positive integer, whole bytes, no leading zero byte. */
export function normalSerial(hex: string): string {
  const digits = hex.toLowerCase().replace(/^0+(?=.)/, '');
  return digits.length % 2 === 0 ? digits : `0${digits}`;
}

function derOf(pem: string): Buffer {
  if (pem.length > LONGEST_PEM) throw new CertificateError('malformed', 'The certificate is longer than 16 KiB.');
  const body = ONE_BLOCK.exec(pem)?.[1]?.replace(/[\r\n]/g, '');
  if (body === undefined) throw new CertificateError('malformed', 'The text is not exactly one PEM certificate.');
  const der = Buffer.from(body, 'base64');
  if (der.toString('base64') !== body) throw new CertificateError('malformed', 'The certificate’s base64 is broken.');
  if (wholeDerElement(der, SEQUENCE) === undefined) {
    throw new CertificateError('malformed', 'The certificate’s bytes are not one DER structure.');
  }
  return der;
}
