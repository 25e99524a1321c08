import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ADMIN, caRootFile, CLIENT } from './enrol-organisation';
import { identityCaName } from './ca-config';
import { mspFiles, tlsFiles, type NetworkLayout } from './layout';
import type { Topology } from './topology';
import { writeWhole } from './write-whole';

/** A node that a client connects to. */
export interface ProfileNode {
  readonly name: string;
  /** `grpcs://host:port`. */
  readonly url: string;
  /** PEM. */
  readonly tlsRoots: readonly string[];
  /** The name in its TLS certificate. */
  readonly hostname: string;
}

/** What a client of the network needs: nodes with their roots, and where the identities lie that this machine holds. */
export interface NetworkProfile {
  readonly channel: string;
  readonly chaincode: string;
  readonly organisations: readonly {
    readonly name: string;
    readonly mspId: string;
    readonly roots: readonly string[];
    readonly peers: readonly ProfileNode[];
    /** `registrarPath`: JSON `{id, secret}` of who may register identities there. */
    readonly ca: { readonly url: string; readonly caName: string; readonly tlsRoots: readonly string[]; readonly registrarPath: string };
  }[];
  readonly orderers: readonly ProfileNode[];
  /** The organisation whose orderers sign blocks, and the roots of their certificates, PEM. */
  readonly ordering: { readonly mspId: string; readonly roots: readonly string[] };
  /** Who must endorse a call: so many of these organisations, by MSP id. */
  readonly endorsement: Topology['endorsement'];
  readonly wallets: Readonly<Record<string, { readonly mspId: string; readonly certificatePath: string; readonly privateKeyPath: string }>>;
}

/** The name that every node's TLS certificate holds. */
const HOSTNAME = 'localhost';

/** The profile of a network whose identities are enrolled. */
export function networkProfile(topology: Topology, layout: NetworkLayout): NetworkProfile {
  const { host, ordering, organisations } = topology;
  const pem = (path: string): string[] => [readFileSync(path, 'utf8')];
  const node = (organisation: string, name: string, port: number, title: string): ProfileNode => ({
    name: title,
    url: `grpcs://${host}:${port}`,
    tlsRoots: pem(tlsFiles(join(layout.node(organisation, name), 'tls')).root),
    hostname: HOSTNAME,
  });
  const wallets = organisations.flatMap(({ name, mspId }) =>
    [ADMIN, CLIENT].map((label) => {
      const { certificate, privateKey } = mspFiles(layout.identity(name, label));
      return [`${name}-${label}`, { mspId, certificatePath: certificate, privateKeyPath: privateKey }] as const;
    }),
  );
  return {
    channel: topology.channel,
    chaincode: topology.chaincode,
    organisations: organisations.map(({ name, mspId, peer, ca }) => ({
      name,
      mspId,
      roots: pem(mspFiles(layout.msp(name)).root),
      peers: [node(name, peer.name, peer.port, `${name}-${peer.name}`)],
      ca: { url: `https://${host}:${ca.port}`, caName: identityCaName({ name }), tlsRoots: pem(caRootFile(layout, name)), registrarPath: join(layout.organisation(name), 'registrar.json') },
    })),
    orderers: ordering.nodes.map(({ name, port }) => node(ordering.name, name, port, name)),
    ordering: { mspId: ordering.mspId, roots: pem(mspFiles(layout.msp(ordering.name)).root) },
    endorsement: topology.endorsement,
    wallets: Object.fromEntries(wallets),
  };
}

/** Writes the profile beside the topology. */
export function writeProfile(topology: Topology, layout: NetworkLayout): void {
  writeWhole(layout.profile, JSON.stringify(networkProfile(topology, layout), undefined, 2));
}
