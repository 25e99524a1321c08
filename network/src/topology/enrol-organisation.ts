import { randomBytes } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { NodeEnrolment, PARTICIPANT_ATTRIBUTE, ROLE_ATTRIBUTE, type Attributes, type NodeIdentity, type NodeRequest, type NodeRole } from '@kesu/certs';
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

/** Where a fabric-ca-server keeps its first authority's root. */
export function caRootFile(layout: NetworkLayout, name: string): string {
  return join(layout.ca(name), 'ca-cert.pem');
}

/** Enrols what an organisation lacks, and writes its MSP for the channel. What is there already stays. */
export async function enrolOrganisation(topology: Topology, organisation: AnyOrganisation, layout: NetworkLayout): Promise<number> {
  const missing = neededBy(topology, organisation, layout).filter(({ kind, directory }) => !existsSync(certificateOf(kind, directory)));
  if (missing.length === 0) return 0;
  const { name } = organisation;
  const options = { url: `https://${topology.host}:${organisation.ca.port}`, tlsRoots: caTlsRoots(layout, name), registrar: registrarOf(layout, name) };
  const [identities, tls] = await Promise.all([
    NodeEnrolment.open({ ...options, caName: identityCaName(organisation) }),
    NodeEnrolment.open({ ...options, caName: tlsCaName(organisation) }),
  ]);
  writeMsp(layout.msp(name), identities.roots, tls.roots);
  await Promise.all(
    missing.map(async ({ id, role, attributes, kind, directory }) => {
      const request: NodeRequest = { id, role, ...(attributes === undefined ? {} : { attributes }) };
      if (kind === 'tls') writeTls(directory, await tls.enrol({ ...request, hosts: ['localhost', topology.host] }));
      else writeIdentity(directory, await identities.enrol(request), tls.roots);
    }),
  );
  return missing.length;
}

/** The certificate's file in a directory of its kind. */
export function certificateOf(kind: Needed['kind'], directory: string): string {
  return kind === 'msp' ? mspFiles(directory).certificate : tlsFiles(directory).certificate;
}

function writeMsp(directory: string, roots: readonly string[], tlsRoots: readonly string[]): void {
  const files = mspFiles(directory);
  writeWhole(files.root, roots.join(''));
  writeWhole(files.tlsRoot, tlsRoots.join(''));
  writeWhole(files.config, mspConfig());
}

/** The certificate comes last: where it is, all of the directory is. */
function writeIdentity(directory: string, { certificate, privateKey, roots }: NodeIdentity, tlsRoots: readonly string[]): void {
  writeMsp(directory, roots, tlsRoots);
  const files = mspFiles(directory);
  writeWhole(files.privateKey, privateKey, { secret: true });
  writeWhole(files.certificate, certificate);
}

function writeTls(directory: string, { certificate, privateKey, roots }: NodeIdentity): void {
  const files = tlsFiles(directory);
  writeWhole(files.root, roots.join(''));
  writeWhole(files.privateKey, privateKey, { secret: true });
  writeWhole(files.certificate, certificate);
}
