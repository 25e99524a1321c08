import { bytesEqual, sha256, sha256Hex, toBase64, utf8ToBytes } from '@kesu/chaincode/domain';
import { MANIFEST_PART, MIMETYPE_PART, partOf, SIGNATURE_PART, type Part } from './container';
import { ensure, VerificationFailure } from './failure';

const MEDIA_TYPES: Readonly<Record<string, string>> = { json: 'application/json', txt: 'text/plain', tst: 'application/vnd.etsi.timestamp-token', pdf: 'application/pdf' };
const SHA256_URI = 'http://www.w3.org/2001/04/xmlenc#sha256';
const REFERENCE = /<asic:DataObjectReference MimeType="[^"]*" URI="([^"]*)"><ds:DigestMethod Algorithm="[^"]*"\/><ds:DigestValue>([^<]*)<\/ds:DigestValue><\/asic:DataObjectReference>/g;

/** Parts that the manifest lists: all but `mimetype` and what lies in `META-INF`. */
export function dataParts(parts: readonly Part[]): Part[] {
  return parts.filter(({ name }) => name !== MIMETYPE_PART && !name.startsWith('META-INF/'));
}

/** The manifest of data parts in their order (EN 319 162-1, annex A.4): names and SHA-256 digests. One text, so that a reader can make it again. */
export function writeManifest(parts: readonly Part[]): string {
  const references = dataParts(parts).map(({ name, bytes }) => `<asic:DataObjectReference MimeType="${mediaType(name)}" URI="${name}"><ds:DigestMethod Algorithm="${SHA256_URI}"/><ds:DigestValue>${toBase64(sha256(bytes))}</ds:DigestValue></asic:DataObjectReference>`);
  return [
    '<?xml version="1.0" encoding="UTF-8" standalone="no"?>\n',
    '<asic:ASiCManifest xmlns:asic="http://uri.etsi.org/02918/v1.2.1#" xmlns:ds="http://www.w3.org/2000/09/xmldsig#">',
    `<asic:SigReference MimeType="application/pkcs7-signature" URI="${SIGNATURE_PART}"/>`,
    ...references,
    '</asic:ASiCManifest>\n',
  ].join('');
}

/**
 * What a printed summary names, so that paper and file can be held against each other: SHA-256 (hex) over the manifest of the data parts but the
 * summaries, which couldn’t hold a digest of themselves.
 */
export function contentDigest(parts: readonly Part[]): string {
  return sha256Hex(writeManifest(parts.filter(({ name }) => !name.startsWith('summary.'))));
}

function mediaType(name: string): string {
  return MEDIA_TYPES[name.slice(name.lastIndexOf('.') + 1)] ?? 'application/octet-stream';
}

/**
 * Checks that the container's manifest is the one of its parts.
 * @returns the manifest's bytes, which the signatures are over.
 * @throws VerificationFailure digest-mismatch, manifest-part-missing, manifest-part-unknown, manifest-malformed.
 */
export function assertManifest(parts: readonly Part[]): Uint8Array {
  const manifest = partOf(parts, MANIFEST_PART);
  if (bytesEqual(manifest, utf8ToBytes(writeManifest(parts)))) return manifest;
  const listed = new Map([...latin1(manifest).matchAll(REFERENCE)].map(([, name = '', digest = '']) => [name, digest]));
  for (const { name, bytes } of dataParts(parts)) {
    ensure(listed.has(name), 'manifest-part-missing', `${name} is not in the manifest`);
    ensure(listed.get(name) === toBase64(sha256(bytes)), 'digest-mismatch', `${name} is not what the manifest says`);
    listed.delete(name);
  }
  const [unknown] = listed.keys();
  ensure(unknown === undefined, 'manifest-part-unknown', `the manifest lists ${unknown ?? ''}, which is not in the container`);
  throw new VerificationFailure('manifest-malformed', 'the manifest is not in its one form');
}

function latin1(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => String.fromCharCode(byte)).join('');
}
