import { join } from 'node:path';
import { ADMIN } from './enrol-organisation';
import type { NetworkLayout } from './layout';
import { tlsFiles } from './layout';
import type { Programs } from './programs';
import { runProgram, type ProgramOutput } from './run-program';
import type { PeerOrganisation, Topology } from './topology';

/** What commands against a network work with. */
export interface NetworkContext {
  readonly topology: Topology;
  readonly layout: NetworkLayout;
  readonly programs: Programs;
}

/** Runs `peer …` as an organisation's administrator against its own peer, or against the `target`'s. */
export function peerCommand({ topology, layout, programs }: NetworkContext, organisation: PeerOrganisation, args: readonly string[], target = organisation): Promise<ProgramOutput> {
  const { name, mspId } = organisation;
  return runProgram(programs.paths.peer, args, {
    FABRIC_CFG_PATH: layout.node(name, organisation.peer.name),
    FABRIC_LOGGING_SPEC: 'error',
    CORE_PEER_LOCALMSPID: mspId,
    CORE_PEER_MSPCONFIGPATH: layout.identity(name, ADMIN),
    CORE_PEER_ADDRESS: `${topology.host}:${target.peer.port}`,
    CORE_PEER_TLS_ENABLED: 'true',
    CORE_PEER_TLS_ROOTCERT_FILE: tlsFiles(join(layout.node(target.name, target.peer.name), 'tls')).root,
  });
}

/** The options of `peer` commands that reach an orderer: any of them will do, the first is asked. */
export function toOrderer({ topology, layout }: NetworkContext): readonly string[] {
  const [node] = topology.ordering.nodes;
  if (node === undefined) throw new TypeError('a topology has an orderer');
  return ['-o', `${topology.host}:${node.port}`, '--tls', '--cafile', tlsFiles(join(layout.node(topology.ordering.name, node.name), 'tls')).root];
}

/** The options that name peers whose endorsement is asked for. */
export function toPeers({ topology, layout }: NetworkContext, organisations: readonly PeerOrganisation[]): readonly string[] {
  return organisations.flatMap(({ name, peer }) => ['--peerAddresses', `${topology.host}:${peer.port}`, '--tlsRootCertFiles', tlsFiles(join(layout.node(name, peer.name), 'tls')).root]);
}
