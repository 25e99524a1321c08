import { dirname, join } from 'node:path';
import { caRootFile } from './enrol-organisation';
import type { NetworkLayout } from './layout';
import { tlsFiles } from './layout';
import type { ProcessSpec } from './processes';
import type { ProgramName } from './programs';
import type { AnyOrganisation, OrdererNode, PeerOrganisation, Topology } from './topology';

/** What the programs write: warnings and errors, unless the caller's `FABRIC_LOGGING_SPEC` says otherwise. */
const LOGGING = 'warn';

/** A chaincode process's young objects, MiB: what a batch of releases makes lives until it is answered, and is copied again and again where that is more. */
const YOUNG_MEBIBYTES = 32;

/** What a specification is made from. */
export interface SpecContext {
  readonly topology: Topology;
  readonly layout: NetworkLayout;
  readonly paths: Readonly<Record<ProgramName, string>>;
}

function fabricEnvironment(configDirectory: string): NodeJS.ProcessEnv {
  return { FABRIC_CFG_PATH: configDirectory, FABRIC_LOGGING_SPEC: process.env.FABRIC_LOGGING_SPEC ?? LOGGING };
}

/** The fabric-ca-server of an organisation. */
export function caSpec({ layout, paths }: SpecContext, { name, ca }: AnyOrganisation): ProcessSpec {
  const home = layout.ca(name);
  return {
    name: `${name}-ca`,
    kind: 'ca',
    organisation: name,
    program: paths['fabric-ca-server'],
    args: ['start', '--home', home],
    env: { FABRIC_CA_SERVER_HOME: home },
    cwd: home,
    ports: [ca.port],
    health: { kind: 'https', port: ca.port, path: '/cainfo', roots: caRootFile(layout, name) },
  };
}

/** A Raft orderer. */
export function ordererSpec({ topology, layout, paths }: SpecContext, node: OrdererNode): ProcessSpec {
  const home = layout.node(topology.ordering.name, node.name);
  return {
    name: node.name,
    kind: 'orderer',
    organisation: topology.ordering.name,
    program: paths.orderer,
    args: ['start'],
    env: fabricEnvironment(home),
    cwd: home,
    ports: [node.port, node.adminPort, node.operationsPort],
    health: { kind: 'https', port: node.operationsPort, path: '/healthz', roots: tlsFiles(join(home, 'tls')).root, alsoOpen: [node.port, node.adminPort] },
  };
}

/** An organisation's peer. */
export function peerSpec({ layout, paths }: SpecContext, { name, peer }: PeerOrganisation): ProcessSpec {
  const home = layout.node(name, peer.name);
  return {
    name: `${name}-${peer.name}`,
    kind: 'peer',
    organisation: name,
    program: paths.peer,
    args: ['node', 'start'],
    env: fabricEnvironment(home),
    cwd: home,
    ports: [peer.port, peer.chaincodeListenPort, peer.operationsPort],
    health: { kind: 'https', port: peer.operationsPort, path: '/healthz', roots: tlsFiles(join(home, 'tls')).root, alsoOpen: [peer.port] },
  };
}

/** The name of an organisation's chaincode process of a sequence. */
export function chaincodeProcessName({ name }: Pick<PeerOrganisation, 'name'>, sequence: number | ''): string {
  return `${name}-chaincode-${sequence}`;
}

/** One chaincode process of an organisation. */
export function chaincodeSpec({ topology, layout }: SpecContext, { name }: PeerOrganisation, running: { readonly packageId: string; readonly port: number; readonly sequence: number; readonly server: string }): ProcessSpec {
  const server = tlsFiles(join(layout.chaincode(name), 'server'));
  const caller = tlsFiles(join(layout.chaincode(name), 'caller'));
  return {
    name: chaincodeProcessName({ name }, running.sequence),
    kind: 'chaincode',
    organisation: name,
    program: process.execPath,
    args: [`--max-semi-space-size=${YOUNG_MEBIBYTES}`, running.server],
    env: {
      CORE_CHAINCODE_LOGGING_LEVEL: 'ERROR',
      CHAINCODE_SERVER_ADDRESS: `${topology.host}:${running.port}`,
      CHAINCODE_ID: running.packageId,
      CHAINCODE_TLS_KEY: server.privateKey,
      CHAINCODE_TLS_CERT: server.certificate,
      CHAINCODE_CLIENT_CA_CERT: server.root,
    },
    cwd: dirname(running.server),
    ports: [running.port],
    health: { kind: 'tls', port: running.port, roots: server.root, client: { certificate: caller.certificate, privateKey: caller.privateKey } },
  };
}
