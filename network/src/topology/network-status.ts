import { join } from 'node:path';
import { expiryNotice } from '@kesu/certs';
import { heldCertificates } from './certificate-check';
import { leads, ordererChannel } from './channel';
import { channelFigure } from './channel-figure';
import { chaincodeSpec, caSpec, ordererSpec, peerSpec } from './process-specs';
import { chaincodeServer, labelOf } from './chaincode-build';
import { packageOf, readDeployment } from './deployment';
import { whatAils } from './health';
import { NetworkLayout, tlsFiles } from './layout';
import type { NetworkContext } from './peer-command';
import { NetworkProcesses, type ProcessSpec, type ProcessState } from './processes';
import { PROGRAM_NAMES, type ProgramName } from './programs';
import { allOrganisations, readTopology, type PeerOrganisation } from './topology';

/** One process of the network as it is now. */
export interface ProcessStatus {
  readonly name: string;
  readonly kind: ProcessSpec['kind'];
  readonly organisation: string;
  readonly state: ProcessState;
  readonly pid?: number;
  readonly ports: readonly number[];
  /** What is wrong with it; absent when it answers as it should. */
  readonly ails?: string;
  /** Blocks in its channel ledger. */
  readonly height?: number;
  /** Raft's leader now. */
  readonly leads?: boolean;
}

/** The network as it is now. */
export interface NetworkStatus {
  readonly directory: string;
  readonly channel: string;
  readonly sequence?: number;
  readonly build?: string;
  readonly processes: readonly ProcessStatus[];
  /** The certificate that ends first, with how near that is; `notAfter` in epoch milliseconds. */
  readonly firstToExpire?: { readonly path: string; readonly notAfter: number; readonly notice: string };
}

type Seen = Pick<NetworkContext, 'topology' | 'layout'>;

/** Looks at every process of the network. Needs no program of Fabric. @throws NetworkError `network-missing`, `topology-malformed`. */
export async function networkStatus(directory: string, now: number): Promise<NetworkStatus> {
  const layout = new NetworkLayout(directory);
  const seen = { topology: readTopology(layout.topology), layout };
  const processes = await Promise.all(networkSpecs(seen).map((spec) => statusOf(seen, spec)));
  const deployment = readDeployment(layout);
  const [first] = [...heldCertificates(seen)].sort((a, b) => a.notAfter - b.notAfter);
  return {
    directory,
    channel: seen.topology.channel,
    ...(deployment === undefined ? {} : { sequence: deployment.sequence, build: labelOf(Object.values(deployment.packages)[0]?.id ?? '') }),
    processes,
    ...(first === undefined ? {} : { firstToExpire: { path: first.path, notAfter: first.notAfter, notice: expiryNotice(first.notAfter, now).kind } }),
  };
}

/** Every process that the network consists of. */
export function networkSpecs({ topology, layout }: Seen): readonly ProcessSpec[] {
  // Only for looking: no program is run.
  const paths = Object.fromEntries(PROGRAM_NAMES.map((name) => [name, name])) as Record<ProgramName, string>;
  const context = { topology, layout, paths };
  const deployment = readDeployment(layout);
  return [
    ...allOrganisations(topology).map((organisation) => caSpec(context, organisation)),
    ...topology.ordering.nodes.map((node) => ordererSpec(context, node)),
    ...topology.organisations.map((organisation) => peerSpec(context, organisation)),
    ...(deployment === undefined
      ? []
      : topology.organisations
          .filter(({ name }) => deployment.packages[name] !== undefined)
          .map((organisation) => {
            const { id, port } = packageOf(deployment, organisation);
            return chaincodeSpec(context, organisation, { packageId: id, port, sequence: deployment.sequence, server: chaincodeServer(organisation) });
          })),
  ];
}

async function statusOf(seen: Seen, spec: ProcessSpec): Promise<ProcessStatus> {
  const processes = new NetworkProcesses(seen.layout);
  const { name, kind, organisation, ports } = spec;
  const state = await processes.state(name);
  const pid = processes.pid(name);
  const base = { name, kind, organisation, state, ports, ...(state === 'running' && pid !== undefined ? { pid } : {}) };
  if (state === 'stopped') return base;
  if (state === 'crashed') return { ...base, ails: `it ended by itself: ${processes.lastWords(name)}` };
  const ails = await whatAils(spec.health);
  return { ...base, ...(ails === undefined ? await positionOf(seen, spec) : { ails }) };
}

async function positionOf(seen: Seen, { kind, name, organisation }: ProcessSpec): Promise<Pick<ProcessStatus, 'height' | 'leads'>> {
  try {
    if (kind === 'orderer') return await ordererPosition(seen, name);
    const peerOrganisation = seen.topology.organisations.find((known) => known.name === organisation);
    return kind === 'peer' && peerOrganisation !== undefined ? await peerPosition(seen, peerOrganisation) : {};
  } catch {
    return {};
  }
}

async function ordererPosition(seen: Seen, name: string): Promise<Pick<ProcessStatus, 'height' | 'leads'>> {
  const node = seen.topology.ordering.nodes.find((known) => known.name === name);
  if (node === undefined) return {};
  const channel = await ordererChannel(seen, node);
  return { leads: await leads(seen, node), ...(channel === undefined ? {} : { height: channel.height }) };
}

/** The blocks in a peer's ledger of the channel; absent before it has joined. */
export async function peerPosition({ topology, layout }: Seen, { name, peer }: PeerOrganisation): Promise<Pick<ProcessStatus, 'height'>> {
  const height = await channelFigure(topology, { port: peer.operationsPort, tls: tlsFiles(join(layout.node(name, peer.name), 'tls')) }, 'ledger_blockchain_height');
  return height === undefined ? {} : { height };
}
