import type { X509Certificate } from '@peculiar/x509';
import { z } from 'zod';
import { CertificateError } from './certificate-error';

/** The extension in which fabric-ca writes attributes: the bytes are JSON `{"attrs":{name: value}}`, with no DER around them. */
export const ATTRIBUTES_EXTENSION = '1.2.3.4.5.6.7.8.1';

/** The attribute that names the role of a caller. */
export const ROLE_ATTRIBUTE = 'kesu.role';

/** The attribute that names the participant for which a caller speaks. */
export const PARTICIPANT_ATTRIBUTE = 'kesu.participant';

/** Fabric's NodeOU classes, which stand as organisational unit in a subject. */
export const NODE_ROLES = ['client', 'admin', 'peer', 'orderer'] as const;

/** One of {@link NODE_ROLES}. */
export type NodeRole = (typeof NODE_ROLES)[number];

/** Attributes of an identity: name to value. */
export type Attributes = Readonly<Record<string, string>>;

/** Whether an organisational unit is a NodeOU class. */
export function isNodeRole(text: string): text is NodeRole {
  return NODE_ROLES.some((role) => role === text);
}

/** The attribute extension's bytes for a set of attributes, names ascending, as fabric-ca writes them. */
export function attributesJson(attributes: Attributes): string {
  const names = Object.keys(attributes).sort();
  return JSON.stringify({ attrs: Object.fromEntries(names.map((name) => [name, attributes[name]])) });
}

/** Whether two sets hold the same names with the same values. */
export function equalAttributes(a: Attributes, b: Attributes): boolean {
  return attributesJson(a) === attributesJson(b);
}

const extensionSchema = z.object({ attrs: z.record(z.string(), z.string()) });

/**
 * The attributes of a certificate; none when it has no attribute extension.
 * @throws CertificateError `malformed` when the extension stands twice or isn't what fabric-ca writes.
 */
export function readAttributes(certificate: X509Certificate): Record<string, string> {
  const extensions = certificate.extensions.filter(({ type }) => type === ATTRIBUTES_EXTENSION);
  const [extension] = extensions;
  if (extension === undefined) return {};
  try {
    const text = new TextDecoder('utf-8', { fatal: true }).decode(new Uint8Array(extension.value));
    if (extensions.length === 1) return extensionSchema.parse(JSON.parse(text)).attrs;
  } catch {
    // falls through: one answer for every fault of the extension
  }
  throw new CertificateError('malformed', 'The certificate’s attributes can’t be read.');
}
