import 'reflect-metadata';
import { createHash, verify, type X509Certificate } from 'node:crypto';
import { BasicConstraintsExtension, KeyUsageFlags, KeyUsagesExtension, X509Crl } from '@peculiar/x509';
import { CertificateError, TrustError } from './certificate-error';
import { ATTRIBUTES_EXTENSION, isNodeRole, readAttributes, type NodeRole } from './certificate-profile';
import { derElementAt, wholeDerElement } from './der';
import { normalSerial, parseCertificate, type ParsedCertificate } from './parsed-certificate';
import { isP256 } from './signing';

/** What one organisation's callers are judged by. */
export interface OrganisationTrust {
  /** The organisation's MSP id. */
  readonly mspId: string;
  /** Its root certificates, PEM, one a string. */
  readonly roots: readonly string[];
  /** Its revocation lists, PEM: one block for each root that has revoked, or absent when nothing is revoked. */
  readonly revocationList?: string;
}

/** A member of an organisation whose certificate holds. Times are epoch milliseconds. */
export interface MemberCertificate<Role extends NodeRole = NodeRole> {
  readonly mspId: string;
  /** The pseudonym: the subject's only common name. */
  readonly subjectId: string;
  /** The NodeOU class of the subject. */
  readonly role: Role;
  /** The attributes that the authority certified, as fabric-shim's `ClientIdentity` reads them. */
  readonly attributes: Readonly<Record<string, string>>;
  readonly notBefore: number;
  /** The last instant at which the certificate holds. */
  readonly notAfter: number;
  /** Lower-case hex. */
  readonly serial: string;
  /** The caller's public key: SPKI DER, base64url without padding. */
  readonly publicKeySpki: string;
}

/** The NodeOU classes that may call the ledger: not peers, not orderers. */
export const CALLER_ROLES = ['client', 'admin'] as const satisfies readonly NodeRole[];

/** One of {@link CALLER_ROLES}. */
export type CallerRole = (typeof CALLER_ROLES)[number];

/** A caller whose certificate holds. */
export type CallerCertificate = MemberCertificate<CallerRole>;

/** A certificate that chains to a root: everything that doesn't change with time or with the revocation list. */
interface Chained<Role extends NodeRole> {
  readonly member: MemberCertificate<Role>;
  readonly root: PreparedRoot;
}

interface PreparedRoot {
  readonly node: X509Certificate;
  readonly notBefore: number;
  readonly notAfter: number;
}

interface Roots {
  readonly pems: readonly string[];
  readonly prepared: readonly PreparedRoot[];
}

type Revoked = ReadonlyMap<PreparedRoot, ReadonlySet<string>>;

const KNOWN_CRITICAL = new Set(['2.5.29.15', '2.5.29.19', '2.5.29.37', ATTRIBUTES_EXTENSION]);
const SEQUENCE = 0x30;

/**
 * Judges a caller's certificate as Fabric's MSP does with NodeOUs: one PEM certificate, issued directly by a root of the
 * organisation, for a client or an administrator, valid at `at`, not on the revocation list. A list holds from the moment
 * it is given, whatever dates stand in it, and doesn't lapse at its `nextUpdate`.
 * @param at epoch milliseconds: the time that the decision is made for.
 * @throws CertificateError with the reason; TrustError when roots or list can't be used.
 */
export function verifyCaller(certificatePem: string, trust: OrganisationTrust, at: number): CallerCertificate {
  return verifyMember(certificatePem, trust, at, CALLER_ROLES);
}

/** {@link verifyCaller} for the classes given, as an authority asks it about certificates that are not only callers'. */
export function verifyMember<Role extends NodeRole>(
  certificatePem: string,
  trust: OrganisationTrust,
  at: number,
  allowed: readonly Role[],
): MemberCertificate<Role> {
  const roots = prepareRoots(trust);
  const chained = chain(certificatePem, trust.mspId, roots, allowed);
  return admit(chained, prepareRevoked(trust, roots), at);
}

/**
 * {@link verifyCaller} for many calls: remembers certificates whose chain and usage it has checked (by digest, at most
 * `capacity` for all organisations, least recently used forgotten first; refusals are never remembered) and judges
 * validity and revocation anew on every call. A change of roots or list takes effect with the call that brings it.
 */
export class CallerVerification {
  readonly #capacity: number;
  readonly #chained = new Map<string, Chained<CallerRole> & { readonly roots: Roots }>();
  readonly #trusts = new Map<string, { roots: Roots; list: string | undefined; revoked: Revoked }>();

  /** @param options.capacity how many certificates are remembered, at least 1. */
  constructor(options: { readonly capacity: number }) {
    if (!Number.isSafeInteger(options.capacity) || options.capacity < 1) throw new RangeError('capacity is at least 1');
    this.#capacity = options.capacity;
  }

  /** How many certificates are remembered now. */
  get size(): number {
    return this.#chained.size;
  }

  /** As {@link verifyCaller}. */
  verify(certificatePem: string, trust: OrganisationTrust, at: number): CallerCertificate {
    const { roots, revoked } = this.#prepared(trust);
    const key = `${trust.mspId} ${createHash('sha256').update(certificatePem).digest('base64url')}`;
    const known = this.#chained.get(key);
    const chained = known?.roots === roots ? known : { ...chain(certificatePem, trust.mspId, roots, CALLER_ROLES), roots };
    this.#chained.delete(key);
    this.#chained.set(key, chained);
    if (this.#chained.size > this.#capacity) this.#forgetOldest(this.#chained);
    return admit(chained, revoked, at);
  }

  #prepared(trust: OrganisationTrust): { roots: Roots; revoked: Revoked } {
    const known = this.#trusts.get(trust.mspId);
    const sameRoots = known !== undefined && equalTexts(known.roots.pems, trust.roots);
    if (sameRoots && known.list === trust.revocationList) return known;
    const roots = sameRoots ? known.roots : prepareRoots(trust);
    const fresh = { roots, list: trust.revocationList, revoked: prepareRevoked(trust, roots) };
    this.#trusts.delete(trust.mspId);
    this.#trusts.set(trust.mspId, fresh);
    if (this.#trusts.size > this.#capacity) this.#forgetOldest(this.#trusts);
    return fresh;
  }

  #forgetOldest(map: Map<string, unknown>): void {
    for (const oldest of map.keys()) {
      map.delete(oldest);
      return;
    }
  }
}

/** A certificate against the roots: form, issuer and usage, in this order. */
function chain<Role extends NodeRole>(
  certificatePem: string,
  mspId: string,
  roots: Roots,
  allowed: readonly Role[],
): Chained<Role> {
  const certificate = parseCertificate(certificatePem);
  const root = roots.prepared.find((candidate) => isIssuedBy(certificate.node, candidate.node));
  if (root === undefined) {
    throw new CertificateError('foreign', `The certificate was not issued by a root of organisation ${mspId}.`);
  }
  requireSigningUsage(certificate);
  const role = requireRole(certificate, allowed);
  const { node, fields } = certificate;
  const member: MemberCertificate<Role> = Object.freeze({
    mspId,
    subjectId: onlyCommonName(certificate),
    role,
    attributes: Object.freeze(readAttributes(fields)),
    notBefore: fields.notBefore.getTime(),
    notAfter: fields.notAfter.getTime(),
    serial: normalSerial(node.serialNumber),
    publicKeySpki: node.publicKey.export({ type: 'spki', format: 'der' }).toString('base64url'),
  });
  return { member, root };
}

function isIssuedBy(certificate: X509Certificate, root: X509Certificate): boolean {
  return certificate.checkIssued(root) && certificate.verify(root.publicKey);
}

function requireSigningUsage({ node, fields }: ParsedCertificate): void {
  if (node.ca || fields.getExtension(BasicConstraintsExtension)?.ca === true) {
    throw new CertificateError('wrong-usage', 'The certificate belongs to an authority, not to a caller.');
  }
  const usages = fields.getExtension(KeyUsagesExtension)?.usages ?? 0;
  if ((usages & KeyUsageFlags.digitalSignature) === 0 || (usages & KeyUsageFlags.keyCertSign) !== 0) {
    throw new CertificateError('wrong-usage', 'The certificate’s key is not for signing messages.');
  }
  if (!isP256(node.publicKey)) throw new CertificateError('wrong-usage', 'The certificate’s key is not a P-256 key.');
  if (fields.extensions.some((extension) => extension.critical && !KNOWN_CRITICAL.has(extension.type))) {
    throw new CertificateError('wrong-usage', 'The certificate carries a critical restriction that the ledger does not know.');
  }
}

function requireRole<Role extends NodeRole>({ fields }: ParsedCertificate, allowed: readonly Role[]): Role {
  const classes = fields.subjectName.getField('OU').filter(isNodeRole);
  const role = allowed.find((candidate) => candidate === classes[0]);
  if (role === undefined || classes.length !== 1) {
    throw new CertificateError('wrong-usage', `The certificate is not that of exactly one ${allowed.join(' or ')}.`);
  }
  return role;
}

function onlyCommonName(certificate: ParsedCertificate): string {
  const names = certificate.fields.subjectName.getField('CN');
  const [name] = names;
  if (names.length !== 1 || name === undefined || name === '') {
    throw new CertificateError('malformed', 'The certificate’s subject does not have exactly one common name.');
  }
  return name;
}

/** Everything that can change between two calls with the same certificate. */
function admit<Role extends NodeRole>({ member, root }: Chained<Role>, revoked: Revoked, at: number): MemberCertificate<Role> {
  if (!Number.isFinite(at)) throw new RangeError('at is a time in epoch milliseconds');
  if (at < member.notBefore) throw new CertificateError('not-yet-valid', 'The certificate is not valid yet.');
  if (at > member.notAfter) throw new CertificateError('expired', 'The certificate has expired.');
  if (at < root.notBefore) throw new CertificateError('not-yet-valid', 'The organisation’s root is not valid yet.');
  if (at > root.notAfter) throw new CertificateError('expired', 'The organisation’s root has expired.');
  if (revoked.get(root)?.has(member.serial) === true) {
    throw new CertificateError('revoked', 'The certificate has been revoked by its organisation.');
  }
  return member;
}

function prepareRoots(trust: OrganisationTrust): Roots {
  if (trust.roots.length === 0) throw new TrustError(`Organisation ${trust.mspId} has no root certificate.`);
  return { pems: [...trust.roots], prepared: trust.roots.map((pem) => prepareRoot(pem, trust.mspId)) };
}

function prepareRoot(pem: string, mspId: string): PreparedRoot {
  let root: ParsedCertificate;
  try {
    root = parseCertificate(pem);
  } catch {
    throw new TrustError(`A root of organisation ${mspId} can’t be read.`);
  }
  const { node, fields } = root;
  const usages = fields.getExtension(KeyUsagesExtension)?.usages ?? 0;
  if (!node.ca || (usages & KeyUsageFlags.keyCertSign) === 0 || !isIssuedBy(node, node)) {
    throw new TrustError(`A root of organisation ${mspId} is not a self-signed authority certificate.`);
  }
  return { node, notBefore: fields.notBefore.getTime(), notAfter: fields.notAfter.getTime() };
}

/** The serials each root has revoked. A list that no root signed is refused: dropping it would let revoked callers in. */
function prepareRevoked(trust: OrganisationTrust, roots: Roots): Revoked {
  const revoked = new Map<PreparedRoot, Set<string>>();
  if (trust.revocationList === undefined) return revoked;
  for (const der of listBlocks(trust.revocationList, trust.mspId)) {
    const root = roots.prepared.find((candidate) => isSignedBy(der, candidate.node));
    if (root === undefined) throw new TrustError(`A revocation list of organisation ${trust.mspId} is not signed by its root.`);
    const serials = revoked.get(root) ?? new Set<string>();
    for (const serial of serialsOf(der, trust.mspId)) serials.add(serial);
    revoked.set(root, serials);
  }
  return revoked;
}

function listBlocks(pem: string, mspId: string): Buffer[] {
  const block = /-----BEGIN X509 CRL-----\r?\n([A-Za-z0-9+/=\r\n]+)-----END X509 CRL-----/g;
  const found = [...pem.matchAll(block)].map((match) => Buffer.from(match[1] ?? '', 'base64'));
  if (found.length === 0 || pem.replace(block, '').trim() !== '') {
    throw new TrustError(`The revocation list of organisation ${mspId} is not PEM.`);
  }
  return found;
}

/** CertificateList ::= SEQUENCE { tbsCertList, signatureAlgorithm, signature BIT STRING } (RFC 5280 section 5.1). */
function isSignedBy(der: Uint8Array, root: X509Certificate): boolean {
  const outer = wholeDerElement(der, SEQUENCE);
  const list = outer === undefined ? undefined : derElementAt(der, outer.start);
  const algorithm = list === undefined ? undefined : derElementAt(der, list.end);
  const signature = algorithm === undefined ? undefined : derElementAt(der, algorithm.end);
  if (outer === undefined || list === undefined || signature?.tag !== 0x03 || signature.end !== der.length) return false;
  const bits = der.subarray(signature.start, signature.end);
  return bits[0] === 0 && verify('sha256', der.subarray(outer.start, list.end), root.publicKey, bits.subarray(1));
}

function serialsOf(der: Uint8Array, mspId: string): string[] {
  try {
    const list = new X509Crl(der);
    if (!list.extensions.some((extension) => extension.critical)) {
      return list.entries.map((entry) => normalSerial(entry.serialNumber));
    }
  } catch {
    // falls through: an unreadable list and a partial one are the same to a caller
  }
  throw new TrustError(`A revocation list of organisation ${mspId} can’t be read, or is a partial list.`);
}

function equalTexts(a: readonly string[], b: readonly string[]): boolean {
  return a.length === b.length && a.every((text, i) => text === b[i]);
}
