import { existsSync, mkdirSync, renameSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { z } from 'zod';
import { CHANNEL_PROFILE, channelConfig } from './channel-config';
import { channelFigure } from './channel-figure';
import { ADMIN_TLS } from './enrol-organisation';
import { httpsGet, type ClientFiles } from './health';
import { tlsFiles } from './layout';
import { NetworkError } from './network-error';
import { peerCommand, type NetworkContext } from './peer-command';
import { runProgram } from './run-program';
import type { OrdererNode, PeerOrganisation } from './topology';
import { writeWhole } from './write-whole';

const LEADER_MILLIS = 60_000;
const LOOK_AGAIN_MILLIS = 100;

/** The genesis block's file. */
export function genesisFile({ layout, topology }: NetworkContext): string {
  return join(layout.channel, `${topology.channel}.block`);
}

/** Makes the channel's genesis block unless it is there. */
export async function makeGenesis(context: NetworkContext): Promise<void> {
  const { topology, layout, programs } = context;
  const block = genesisFile(context);
  if (existsSync(block)) return;
  mkdirSync(layout.channel, { recursive: true });
  writeWhole(join(layout.channel, 'configtx.yaml'), channelConfig(topology, layout));
  const unfinished = `${block}.new`;
  await runProgram(programs.paths.configtxgen, ['-profile', CHANNEL_PROFILE, '-channelID', topology.channel, '-outputBlock', unfinished], { FABRIC_CFG_PATH: layout.channel, FABRIC_LOGGING_SPEC: 'error' });
  renameSync(unfinished, block);
}

type Seen = Pick<NetworkContext, 'topology' | 'layout'>;

/** The certificate that the orderers' administration ports ask for. */
function ordererAdminFiles({ layout, topology }: Seen): ClientFiles {
  return tlsFiles(layout.identity(topology.ordering.name, ADMIN_TLS));
}

/** What an orderer says of the channel; `undefined` when it doesn't have it. */
export async function ordererChannel(context: Seen, node: OrdererNode): Promise<{ readonly status: string; readonly height: number } | undefined> {
  const { layout, topology } = context;
  const roots = tlsFiles(join(layout.node(topology.ordering.name, node.name), 'tls')).root;
  const { status, body } = await httpsGet({ port: node.adminPort, path: `/participation/v1/channels/${topology.channel}`, roots, client: ordererAdminFiles(context) });
  if (status === 404) return undefined;
  return z.object({ status: z.string(), height: z.number() }).parse(JSON.parse(body));
}

/** Lets the orderers take part in the channel, those that don't yet. */
export async function joinOrderers(context: NetworkContext): Promise<void> {
  const { topology, layout, programs } = context;
  const client = ordererAdminFiles(context);
  await Promise.all(
    topology.ordering.nodes.map(async (node) => {
      if ((await ordererChannel(context, node)) !== undefined) return;
      const root = tlsFiles(join(layout.node(topology.ordering.name, node.name), 'tls')).root;
      const server = ['-o', `${topology.host}:${node.adminPort}`, '--ca-file', root, '--client-cert', client.certificate, '--client-key', client.privateKey];
      const { stdout } = await runProgram(programs.paths.osnadmin, ['channel', 'join', '--channelID', topology.channel, '--config-block', genesisFile(context), ...server], {});
      if (!/Status: 201/.test(stdout)) throw new NetworkError('program-failed', `${node.name} did not join the channel: ${stdout.trim()}.`, 'Run `kesu network doctor`.');
    }),
  );
}

/** Which channels a peer has joined. */
export async function peerChannels(context: NetworkContext, organisation: PeerOrganisation): Promise<readonly string[]> {
  const { stdout } = await peerCommand(context, organisation, ['channel', 'list']);
  return stdout.split('\n').slice(stdout.split('\n').findIndex((line) => line.includes('has joined')) + 1).map((line) => line.trim()).filter((line) => line !== '');
}

/** Lets the peers join the channel, those that haven't yet. */
export async function joinPeers(context: NetworkContext, organisations: readonly PeerOrganisation[], block: string): Promise<void> {
  await Promise.all(
    organisations.map(async (organisation) => {
      if ((await peerChannels(context, organisation)).includes(context.topology.channel)) return;
      await peerCommand(context, organisation, ['channel', 'join', '-b', block]);
    }),
  );
}

/** Waits until an orderer leads. @throws NetworkError `not-ready`. */
export async function awaitLeader(seen: Seen): Promise<void> {
  const deadline = Date.now() + LEADER_MILLIS;
  while ((await leaderOf(seen)) === undefined) {
    if (Date.now() > deadline) throw new NetworkError('not-ready', 'The orderers have not elected a leader.', 'Run `kesu network doctor` to see which of them is down.');
    await wait(LOOK_AGAIN_MILLIS);
  }
}

/** The orderer that leads now; undefined while none does. */
export async function leaderOf(seen: Seen): Promise<string | undefined> {
  const leading = await Promise.all(seen.topology.ordering.nodes.map((node) => leads(seen, node)));
  return seen.topology.ordering.nodes.find((_, index) => leading[index] === true)?.name;
}

/** Whether an orderer says of itself that it leads. */
export async function leads({ topology, layout }: Seen, node: OrdererNode): Promise<boolean> {
  const figure = await channelFigure(topology, { port: node.operationsPort, tls: tlsFiles(join(layout.node(topology.ordering.name, node.name), 'tls')) }, 'consensus_etcdraft_is_leader').catch(() => undefined);
  return figure === 1;
}
