import { readFileSync } from 'node:fs';
import { request } from 'node:https';
import { expiryNotice } from '@kesu/certs';
import { heldCertificates, requireCertificates } from './certificate-check';
import { labelOf, ownLabel } from './chaincode-build';
import { approvedPackage, askChaincode, committedSequence, installedPackages, requireInstalled, requireOneLabel } from './chaincode-lifecycle';
import { leaderOf, ordererChannel } from './channel';
import { packageOf, readDeployment, type Deployment } from './deployment';
import { caRootFile, caTlsRoots } from './enrol-organisation';
import { whatAils } from './health';
import { NetworkError } from './network-error';
import { networkSpecs, peerPosition } from './network-status';
import { openNetwork } from './open-network';
import type { NetworkContext } from './peer-command';
import { NetworkProcesses, type ProcessSpec } from './processes';
import { allOrganisations, type AnyOrganisation, type PeerOrganisation } from './topology';

/** One hop that was tried. */
export interface Finding {
  /** What was tried: `node-peer health`. */
  readonly hop: string;
  readonly ok: boolean;
  /** What was seen, or the cause. */
  readonly detail: string;
  /** What to do; absent when all is well. */
  readonly nextStep?: string;
}

/** How far clocks of this machine and a node's may lie apart before proposals are near being refused, milliseconds (half the tolerance). */
const CLOCK_TOLERANCE_MILLIS = 15_000;

/** A peer that is behind the orderers by more blocks than this lags. */
const LAG_BLOCKS = 50;

const UP = 'Run `kesu network up`, which starts what is down.';

/**
 * Tries each hop of the network, in the order in which they rest on one another.
 * @throws NetworkError when there is nothing to try: no network, no programs.
 */
export async function networkDoctor(directory: string, environment: NodeJS.ProcessEnv, now: () => number): Promise<readonly Finding[]> {
  const context = await openNetwork(directory, environment);
  const { fabricText, caText } = context.programs;
  const findings: Finding[] = [{ hop: 'programs', ok: true, detail: `Fabric ${fabricText}, fabric-ca ${caText}` }];
  for (const organisation of allOrganisations(context.topology)) findings.push(...certificateFindings(context, organisation, now()));
  findings.push(...(await Promise.all(networkSpecs(context).map((spec) => processFinding(context, spec)))));
  findings.push(...(await Promise.all(allOrganisations(context.topology).map((organisation) => clockFinding(context, organisation, now)))));
  findings.push(...(await orderingFindings(context)));
  findings.push(...(await Promise.all(context.topology.organisations.map((organisation) => peerFinding(context, organisation)))));
  findings.push(...(await chaincodeFindings(context)));
  return findings;
}

async function tried(hop: string, nextStep: string, look: () => Promise<string>): Promise<Finding> {
  try {
    return { hop, ok: true, detail: await look() };
  } catch (error) {
    if (error instanceof NetworkError) return { hop, ok: false, detail: error.detail, nextStep: error.code === 'program-failed' ? nextStep : error.nextStep };
    return { hop, ok: false, detail: error instanceof Error ? error.message : String(error), nextStep };
  }
}

function certificateFindings(context: NetworkContext, organisation: AnyOrganisation, now: number): Finding[] {
  const hop = `${organisation.name} certificates`;
  try {
    caTlsRoots(context.layout, organisation.name);
    requireCertificates(context, organisation, now);
  } catch (error) {
    if (!(error instanceof NetworkError)) throw error;
    return [{ hop, ok: false, detail: error.detail, nextStep: error.nextStep }];
  }
  const held = heldCertificates(context).filter((certificate) => certificate.organisation === organisation.name);
  const ending = held.map((certificate) => ({ ...certificate, notice: expiryNotice(certificate.notAfter, now) })).filter(({ notice }) => notice.kind !== 'far');
  if (ending.length === 0) return [{ hop, ok: true, detail: `${held.length} are valid` }];
  return ending.map(({ of, notAfter, path }) => ({ hop: `${organisation.name} ${of}`, ok: false, detail: `${path} ends on ${new Date(notAfter).toISOString()}`, nextStep: 'Run `kesu network up --renew` before that day.' }));
}

async function processFinding({ layout }: NetworkContext, spec: ProcessSpec): Promise<Finding> {
  const { name, health, ports } = spec;
  const processes = new NetworkProcesses(layout);
  const hop = `${name} port ${ports[0]}`;
  const state = await processes.state(name);
  if (state === 'stopped') return { hop, ok: false, detail: 'it was not started', nextStep: UP };
  if (state === 'crashed') return { hop, ok: false, detail: `it ended by itself: ${processes.lastWords(name)}`, nextStep: `Read ${processes.log(name)}, then run \`kesu network up\`.` };
  const ails = await whatAils(health);
  return ails === undefined ? { hop, ok: true, detail: 'it answers' } : { hop, ok: false, detail: ails, nextStep: `Read ${processes.log(name)}; \`kesu network down\` and \`kesu network up\` start it anew.` };
}

/** The clock of the machine on which an organisation's authority runs, by the date in its answers. */
function clockFinding({ layout, topology }: NetworkContext, organisation: AnyOrganisation, now: () => number): Promise<Finding> {
  return tried(`${organisation.name} clock`, UP, async () => {
    const date = Date.parse(await dateOf(topology.host, organisation.ca.port, caRootFile(layout, organisation.name)));
    const apart = Math.abs(date - now());
    if (!(apart <= CLOCK_TOLERANCE_MILLIS)) throw new NetworkError('not-ready', `its clock and ours are ${Math.round(apart / 1000)} s apart`, 'Set both clocks by NTP: proposals more than 30 s off are refused.');
    return 'within the tolerance';
  });
}

function dateOf(host: string, port: number, roots: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const call = request({ host, port, path: '/cainfo', ca: readFileSync(roots), agent: false, timeout: 2_000 }, (response) => {
      response.resume();
      resolve(response.headers.date ?? '');
    });
    call.on('timeout', () => call.destroy(new Error('no answer within 2 s')));
    call.on('error', reject);
    call.end();
  });
}

async function orderingFindings(context: NetworkContext): Promise<Finding[]> {
  const joined = context.topology.ordering.nodes.map((node) =>
    tried(`${node.name} channel`, UP, async () => {
      const channel = await ordererChannel(context, node);
      if (channel === undefined) throw new NetworkError('not-ready', 'it has not joined the channel', UP);
      if (channel.status !== 'active') throw new NetworkError('not-ready', `its part in the channel is ${channel.status}`, 'Wait until it has caught up and run `kesu network doctor` again.');
      return `${channel.height} blocks`;
    }),
  );
  const nodes = await Promise.all(joined);
  const leader = await tried('ordering leader', UP, async () => {
    const answering = nodes.filter(({ ok }) => ok).length;
    // A leader that has lost its followers believes in itself for a while.
    if (answering * 2 <= nodes.length) throw new NetworkError('not-ready', `${answering} of ${nodes.length} orderers answer, and more than half must`, UP);
    const name = await leaderOf(context);
    if (name === undefined) throw new NetworkError('not-ready', 'no orderer leads', 'Wait a few seconds for the election and run `kesu network doctor` again; else read the orderers\' logs.');
    return name;
  });
  return [...nodes, leader];
}

function peerFinding(context: NetworkContext, organisation: PeerOrganisation): Promise<Finding> {
  return tried(`${organisation.name} peer channel`, UP, async () => {
    const { height } = await peerPosition(context, organisation);
    if (height === undefined) throw new NetworkError('not-ready', 'its peer has not joined the channel', UP);
    const ahead = await highestOrderer(context);
    if (ahead - height > LAG_BLOCKS) throw new NetworkError('not-ready', `its peer has ${height} of ${ahead} blocks`, 'Wait until it has caught up; when the number stands still, read its log.');
    return `${height} blocks`;
  });
}

async function highestOrderer(context: NetworkContext): Promise<number> {
  const heights = await Promise.all(context.topology.ordering.nodes.map((node) => ordererChannel(context, node).then((channel) => channel?.height ?? 0, () => 0)));
  return Math.max(...heights);
}

async function chaincodeFindings(context: NetworkContext): Promise<Finding[]> {
  const deployment = readDeployment(context.layout);
  if (deployment === undefined) return [{ hop: 'chaincode', ok: false, detail: 'none is deployed', nextStep: UP }];
  const { organisations } = context.topology;
  const builds = await tried('chaincode builds', 'Run `kesu network upgrade`.', () => {
    requireOneLabel(organisations.map((organisation) => ({ name: organisation.name, label: labelOf(packageOf(deployment, organisation).id) })));
    return Promise.resolve(presentBuild(context, deployment));
  });
  const each = await Promise.all(organisations.map((organisation) => packageFindings(context, organisation, deployment)));
  return [builds, ...each.flat()];
}

function presentBuild({ topology }: NetworkContext, deployment: Deployment): string {
  const newer = topology.organisations.filter((organisation) => ownLabel(topology, organisation) !== labelOf(packageOf(deployment, organisation).id));
  return newer.length === 0 ? 'equal, and the one built here' : 'equal, and another than the one built here: `kesu network upgrade` deploys that';
}

function packageFindings(context: NetworkContext, organisation: PeerOrganisation, deployment: Deployment): Promise<Finding[]> {
  const { name } = organisation;
  return Promise.all([
    tried(`${name} package id`, UP, async () => {
      const { id } = packageOf(deployment, organisation);
      requireInstalled(name, id, await installedPackages(context, organisation));
      const approved = await approvedPackage(context, organisation, deployment.sequence);
      if (approved !== id) throw new NetworkError('package-mismatch', `${name} approved ${approved ?? 'nothing'} for sequence ${deployment.sequence}, its chaincode is ${id}`, UP);
      return id;
    }),
    tried(`${name} definition`, UP, async () => {
      const committed = await committedSequence(context, organisation);
      if (committed !== deployment.sequence) throw new NetworkError('package-mismatch', `its peer knows sequence ${committed}, the record says ${deployment.sequence}`, UP);
      return `sequence ${committed}`;
    }),
    tried(`${name} chaincode answer`, 'Look at the chaincode port above; `kesu network up` starts what is down.', async () => {
      await askChaincode(context, organisation);
      return 'it answers through its peer';
    }),
  ]);
}
