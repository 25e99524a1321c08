import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { ADMIN } from './enrol-organisation';
import type { NetworkLayout } from './layout';
import { tlsFiles } from './layout';
import { NetworkError } from './network-error';
import type { Programs } from './programs';
import { runProgram, type ProgramOutput } from './run-program';
import type { OrdererNode, PeerOrganisation, Topology } from './topology';

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

/** How `peer` says that it reached no orderer, and an orderer that there is no leader: what was sent took no effect. */
const NO_ORDERER = /orderer client failed to connect/;
const NO_LEADER = /SERVICE_UNAVAILABLE/;
/** A new leader is there within so long, milliseconds. */
const ELECTION_MILLIS = 15_000;
const AGAIN_MILLIS = 500;

/** Whether a command failed because its orderer is down or has no leader. */
export function isOrdererAway(error: unknown): boolean {
  return says(error, NO_ORDERER) || says(error, NO_LEADER);
}

function says(error: unknown, words: RegExp): boolean {
  return error instanceof NetworkError && words.test(error.detail);
}

/**
 * Runs `peer …` through an orderer: any of them will do, and the next is asked when one is away. While they elect a leader it is waited for.
 * @throws NetworkError `program-failed`; when all are away, what the last one led to.
 */
export async function peerCommandThroughOrderer(context: NetworkContext, organisation: PeerOrganisation, args: readonly string[]): Promise<ProgramOutput> {
  const deadline = Date.now() + ELECTION_MILLIS;
  for (;;) {
    const failures: unknown[] = [];
    for (const node of context.topology.ordering.nodes) {
      try {
        return await peerCommand(context, organisation, [...args, ...toOrderer(context, node)]);
      } catch (error) {
        if (!isOrdererAway(error)) throw error;
        failures.push(error);
      }
    }
    if (Date.now() > deadline || !failures.some((error) => says(error, NO_LEADER))) throw failures.at(-1) ?? new TypeError('a topology has an orderer');
    await wait(AGAIN_MILLIS);
  }
}

function toOrderer({ topology, layout }: NetworkContext, { name, port }: OrdererNode): readonly string[] {
  return ['-o', `${topology.host}:${port}`, '--tls', '--cafile', tlsFiles(join(layout.node(topology.ordering.name, name), 'tls')).root];
}

/** The options that name peers whose endorsement is asked for. */
export function toPeers({ topology, layout }: NetworkContext, organisations: readonly PeerOrganisation[]): readonly string[] {
  return organisations.flatMap(({ name, peer }) => ['--peerAddresses', `${topology.host}:${peer.port}`, '--tlsRootCertFiles', tlsFiles(join(layout.node(name, peer.name), 'tls')).root]);
}
