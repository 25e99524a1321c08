import { randomBytes, X509Certificate } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { EXPIRY_MARKS, MemoryStorage, openFabricCa, PARTICIPANT_ATTRIBUTE, ROLE_ATTRIBUTE, type Attributes, type EnrolledNode, type FabricCa, type NodeRole } from '@kesu/certs';
import { z } from 'zod';
import { identityCaName, tlsCaName, type Registrar } from './ca-config';
import type { NetworkLayout } from './layout';
import { mspFiles, tlsFiles } from './layout';
import { mspConfig } from './msp-config';
import { NetworkError } from './network-error';
import { readRecord } from './read-record';
import type { AnyOrganisation, Topology } from './topology';
import { writeWhole } from './write-whole';

/** The label of an organisation's administrator. */
export const ADMIN = 'admin';
/** The label of the identity that its gateway signs with. */
export const CLIENT = 'client';
/** The label of the administrator's TLS certificate at the orderers' administration ports. */
export const ADMIN_TLS = 'admin-tls';

/** Certificates that end within so many days are renewed when that is asked for: the first of the marks at which people are told. */
const [RENEWAL_DAYS] = EXPIRY_MARKS;
const DAY_MILLIS = 86_400_000;

const registrarSchema = z.strictObject({ id: z.string(), secret: z.string() });

/** What an organisation needs a certificate for: an MSP directory, or a TLS directory when there are hosts. */
export interface Needed {
  readonly id: string;
  readonly role: NodeRole;
  readonly attributes?: Attributes;
  readonly kind: 'msp' | 'tls';
  readonly directory: string;
}

/** Every identity and TLS certificate of an organisation. */
export function neededBy(topology: Topology, organisation: AnyOrganisation, layout: NetworkLayout): readonly Needed[] {
  const { name } = organisation;
  const node = (id: string, role: NodeRole): Needed[] => [
    { id, role, kind: 'msp', directory: join(layout.node(name, id), 'msp') },
    { id, role, kind: 'tls', directory: join(layout.node(name, id), 'tls') },
  ];
  const admin: Needed = { id: ADMIN, role: 'admin', kind: 'msp', directory: layout.identity(name, ADMIN) };
  const peerOrganisation = topology.organisations.find((known) => known.name === name);
  if (peerOrganisation === undefined) {
    const adminTls: Needed = { id: ADMIN_TLS, role: 'admin', kind: 'tls', directory: layout.identity(name, ADMIN_TLS) };
    return [admin, adminTls, ...topology.ordering.nodes.flatMap((orderer) => node(orderer.name, 'orderer'))];
  }
  const { client, peer } = peerOrganisation;
  return [
    admin,
    { id: CLIENT, role: 'client', kind: 'msp', directory: layout.identity(name, CLIENT), attributes: { [ROLE_ATTRIBUTE]: client.role, [PARTICIPANT_ATTRIBUTE]: client.participant } },
    ...node(peer.name, 'peer'),
    { id: 'chaincode', role: 'client', kind: 'tls', directory: join(layout.chaincode(name), 'server') },
    { id: 'chaincode-caller', role: 'client', kind: 'tls', directory: join(layout.chaincode(name), 'caller') },
  ];
}

/** The registrar of an organisation's authorities; its secret is made at the first call. */
export function registrarOf(layout: NetworkLayout, name: string): Registrar {
  const path = join(layout.organisation(name), 'registrar.json');
  if (existsSync(path)) return readRecord(path, registrarSchema);
  const registrar = { id: 'registrar', secret: randomBytes(24).toString('base64url') };
  writeWhole(path, JSON.stringify(registrar), { secret: true });
  return registrar;
}

/** The root that an organisation's fabric-ca-server shows its own TLS certificate under; read from its home, not from the wire. */
export function caTlsRoots(layout: NetworkLayout, name: string): readonly string[] {
  const path = caRootFile(layout, name);
  const text = existsSync(path) ? readFileSync(path, 'utf8') : '';
  if (text.includes('BEGIN CERTIFICATE')) return [text];
  throw new NetworkError('authority-roots-missing', `The TLS roots of the authority of ${name} are not in ${path}, so it can't be told from another.`, 'Put its ca-cert.pem there and run `kesu network up` again.');
}

/**
 * A fabric-ca-server that finds no root makes a new one, silently.
 * @throws NetworkError `authority-roots-missing` when it has issued certificates already and its root is gone.
 */
export function requireCaRoot(layout: NetworkLayout, name: string): void {
  const database = join(layout.ca(name), 'fabric-ca-server.db');
  if (existsSync(database)) caTlsRoots(layout, name);
}

/** Where a fabric-ca-server keeps its first authority's root. */
export function caRootFile(layout: NetworkLayout, name: string): string {
  return join(layout.ca(name), 'ca-cert.pem');
}

/** Which certificates are due: those that lack, and with `renew` those that end soon; a renewed certificate is for the key it was for. */
export type DueCertificates = 'missing' | 'renew';

/** The certificate that a fabric-ca-server shows; it makes one at its start when there is none. */
export function caTlsCertificateFile(layout: NetworkLayout, name: string): string {
  return join(layout.ca(name), 'tls-cert.pem');
}

/** Enrols what is due of an organisation, and writes its MSP for the channel. @returns what was enrolled. */
export async function enrolOrganisation(topology: Topology, organisation: AnyOrganisation, layout: NetworkLayout, due: DueCertificates = 'missing'): Promise<readonly Needed[]> {
  const missing = neededBy(topology, organisation, layout).filter((needed) => isDue(needed, due));
  if (missing.length === 0) return [];
  const { name } = organisation;
  const identities = openCa(topology, organisation, layout, identityCaName(organisation));
  const tls = openCa(topology, organisation, layout, tlsCaName(organisation));
  const tlsRoots = await tls.roots();
  writeChannelMsp(layout.msp(name), name, await identities.roots(), tlsRoots);
  await Promise.all(
    missing.map(async (needed) => {
      if (needed.kind === 'tls') writeTls(needed.directory, await enrolAt(tls, needed, ['localhost', topology.host]));
      else writeIdentity(needed.directory, await enrolAt(identities, needed), tlsRoots);
    }),
  );
  return missing;
}

function isDue({ kind, directory }: Needed, due: DueCertificates): boolean {
  const path = certificateOf(kind, directory);
  return !existsSync(path) || (due === 'renew' && endsSoon(path));
}

/** Whether a certificate ends within {@link RENEWAL_DAYS}. */
export function endsSoon(path: string): boolean {
  return Date.parse(new X509Certificate(readFileSync(path)).validTo) - Date.now() < RENEWAL_DAYS * DAY_MILLIS;
}

/** Nothing is kept of the enrolment but the certificates: the next start gives a node that lacks one a new secret. */
function openCa(topology: Topology, organisation: AnyOrganisation, layout: NetworkLayout, caName: string): FabricCa {
  const { name, mspId, ca } = organisation;
  return openFabricCa({
    url: `https://${topology.host}:${ca.port}`,
    caName,
    tlsRoots: caTlsRoots(layout, name),
    mspId,
    registrar: registrarOf(layout, name),
    storage: new MemoryStorage(),
    now: () => Date.now(),
  });
}

async function enrolAt(ca: FabricCa, { id, role, attributes = {}, kind, directory }: Needed, hosts?: readonly string[]): Promise<EnrolledNode> {
  const { secret } = await ca.registerNode({ id, role, attributes });
  const keyFile = kind === 'msp' ? mspFiles(directory).privateKey : tlsFiles(directory).privateKey;
  const ownKey = existsSync(keyFile) ? { privateKey: readFileSync(keyFile, 'utf8') } : {};
  return ca.enrolNode({ id, secret, attributes: Object.keys(attributes), ...ownKey, ...(hosts && { hosts, profile: 'tls' }) });
}

/** The certificate's file in a directory of its kind. */
export function certificateOf(kind: Needed['kind'], directory: string): string {
  return kind === 'msp' ? mspFiles(directory).certificate : tlsFiles(directory).certificate;
}

/** The channel knows the organisation by the root it has now: certificates of another authority would be refused everywhere. */
function writeChannelMsp(directory: string, name: string, roots: readonly string[], tlsRoots: readonly string[]): void {
  const { root, tlsRoot } = mspFiles(directory);
  const isOther = (path: string, pems: readonly string[]): boolean => existsSync(path) && readFileSync(path, 'utf8') !== pems.join('');
  if (isOther(root, roots) || isOther(tlsRoot, tlsRoots)) {
    throw new NetworkError('certificate-foreign', `The authority of ${name} is another than the one in ${directory}.`, 'Restore the home of its fabric-ca-server from a backup, then run `kesu network up` again.');
  }
  writeMsp(directory, roots, tlsRoots);
}

function writeMsp(directory: string, roots: readonly string[], tlsRoots: readonly string[]): void {
  const files = mspFiles(directory);
  writeWhole(files.root, roots.join(''));
  writeWhole(files.tlsRoot, tlsRoots.join(''));
  writeWhole(files.config, mspConfig());
}

/** The certificate comes last: where it is, all of the directory is. */
function writeIdentity(directory: string, { certificate, privateKey, chain }: EnrolledNode, tlsRoots: readonly string[]): void {
  writeMsp(directory, chain, tlsRoots);
  const files = mspFiles(directory);
  writeWhole(files.privateKey, privateKey, { secret: true });
  writeWhole(files.certificate, certificate);
}

function writeTls(directory: string, { certificate, privateKey, chain }: EnrolledNode): void {
  const files = tlsFiles(directory);
  writeWhole(files.root, chain.join(''));
  writeWhole(files.privateKey, privateKey, { secret: true });
  writeWhole(files.certificate, certificate);
}
