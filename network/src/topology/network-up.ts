import { existsSync, rmSync } from 'node:fs';
import { dirname } from 'node:path';
import { requireCertificates } from './certificate-check';
import { awaitLeader, genesisFile, joinOrderers, joinPeers, makeGenesis } from './channel';
import { deployChaincode, type DeployMode } from './deploy-chaincode';
import { caTlsCertificateFile, endsSoon, enrolOrganisation, requireCaRoot, type Needed } from './enrol-organisation';
import { NetworkLayout } from './layout';
import { NetworkError } from './network-error';
import { writeCaConfig, writeOrdererConfigs, writePeerConfig } from './node-configs';
import { openNetwork, whileChanging } from './open-network';
import type { NetworkContext } from './peer-command';
import { ProcessGroup } from './process-group';
import { caSpec, ordererSpec, peerSpec } from './process-specs';
import { NetworkProcesses, type ProcessSpec } from './processes';
import { writeProfile } from './profile';
import { findPrograms } from './programs';
import { allOrganisations, DEFAULT_BASE_PORT, defaultTopology, readTopology, requireOneMachine, writeTopology, type AnyOrganisation } from './topology';

/** How a network is brought up. */
export interface UpOptions {
  readonly directory: string;
  /** The first port of a network that is made now. */
  readonly basePort?: number;
  /** Renews certificates that have ended or end soon, restarts their nodes one after the other, and deploys the chaincode with its new ones. */
  readonly renew?: boolean;
  /** Under supervision a network that was brought down is left alone, and when a step fails what was started runs on. */
  readonly isSupervised?: boolean;
  readonly environment: NodeJS.ProcessEnv;
  /** Told each phase as it ends. */
  readonly progress?: (phase: Phase) => void;
}

/** A part of bringing a network up, with the time it took. */
export interface Phase {
  readonly name: string;
  readonly millis: number;
}

/** What came of it. */
export interface UpReport {
  readonly directory: string;
  readonly profile: string;
  /** As the programs say it: `v3.1.5`. */
  readonly fabric: string;
  /** The chaincode's. */
  readonly sequence: number;
  /** The processes that were started: none where all ran. */
  readonly started: readonly string[];
  readonly phases: readonly Phase[];
  readonly millis: number;
}

/**
 * Makes the network where there is none, else continues what exists. When a step fails, the processes that this call started end again, but for supervision.
 * @throws NetworkError.
 */
export async function networkUp(options: UpOptions): Promise<UpReport> {
  const layout = new NetworkLayout(options.directory);
  requireOneMachine(layout.topology);
  // Nothing is written before it is known that the programs are there.
  await findPrograms(options.environment);
  return whileChanging(layout, async () => {
    if (options.isSupervised === true && isBroughtDown(layout)) throw new NetworkError('network-down', 'The network was brought down.', 'Run `kesu network up` to have it again.');
    rmSync(layout.broughtDown, { force: true });
    if (!existsSync(layout.topology)) writeTopology(layout.topology, defaultTopology(options.basePort ?? DEFAULT_BASE_PORT));
    else requireBasePort(layout, options.basePort);
    return new NetworkStart(options, await openNetwork(options.directory, options.environment)).run(options.renew === true ? 'upgrade' : 'continue');
  });
}

/**
 * Deploys the present chaincode build, or the topology's endorsement policy, under the next sequence, while the network and its clients run on.
 * With an unchanged build and policy nothing changes.
 * @throws NetworkError.
 */
export function networkUpgrade(options: Omit<UpOptions, 'basePort'>): Promise<UpReport> {
  const layout = new NetworkLayout(options.directory);
  readTopology(layout.topology);
  return whileChanging(layout, async () => new NetworkStart(options, await openNetwork(options.directory, options.environment)).run('upgrade'));
}

/** Whether `networkDown` had the last word, or removed all of it. */
export function isBroughtDown(layout: NetworkLayout): boolean {
  return existsSync(layout.broughtDown) || !existsSync(layout.topology);
}

function requireBasePort(layout: NetworkLayout, basePort: number | undefined): void {
  const present = readTopology(layout.topology).ordering.ca.port;
  if (basePort === undefined || basePort === present) return;
  throw new NetworkError('network-exists', `The network in ${layout.directory} has ports from ${present} on.`, 'Leave `--base-port` out to continue it, or name another directory with `--dir`.');
}

/** One run of `up` or `upgrade`, phase by phase. */
class NetworkStart {
  private readonly phases: Phase[] = [];
  private readonly beganMillis = Date.now();
  private readonly group: ProcessGroup;

  constructor(
    private readonly options: UpOptions,
    private readonly context: NetworkContext,
  ) {
    this.group = new ProcessGroup(new NetworkProcesses(context.layout), context.topology.host);
  }

  async run(mode: DeployMode): Promise<UpReport> {
    const { layout, programs, topology } = this.context;
    try {
      await this.startNodes();
      const { sequence } = await this.phase('chaincode', () => deployChaincode(this.context, this.group, mode));
      writeProfile(topology, layout);
      return { directory: layout.directory, profile: layout.profile, fabric: programs.fabricText, sequence, started: this.group.started, phases: this.phases, millis: Date.now() - this.beganMillis };
    } catch (error) {
      if (this.options.isSupervised !== true) await this.group.undo();
      throw error;
    }
  }

  private async startNodes(): Promise<void> {
    const { topology, layout } = this.context;
    const specs = { topology, layout, paths: this.context.programs.paths };
    const organisations = allOrganisations(topology);
    const authorities = organisations.map((organisation) => caSpec(specs, organisation));
    const nodes = [...topology.ordering.nodes.map((node) => ordererSpec(specs, node)), ...topology.organisations.map((organisation) => peerSpec(specs, organisation))];
    organisations.forEach((organisation) => {
      requireCaRoot(layout, organisation.name);
      requireCertificates(this.context, organisation, Date.now(), { mayHaveEnded: this.isRenewal });
    });
    await this.group.requirePorts([...authorities, ...nodes]);
    await this.phase('authorities', async () => {
      organisations.forEach((organisation) => writeCaConfig(this.context, organisation));
      if (this.isRenewal) await this.forgetCaTls(organisations);
      await this.group.start(authorities);
    });
    const enrolled = await this.phase('certificates', () => Promise.all(organisations.map((organisation) => enrolOrganisation(topology, organisation, layout, this.isRenewal ? 'renew' : 'missing'))));
    await this.phase('genesis', () => {
      writeOrdererConfigs(this.context);
      topology.organisations.forEach((organisation) => writePeerConfig(this.context, organisation));
      return makeGenesis(this.context);
    });
    if (this.isRenewal) await this.phase('restarts', () => this.restart(nodes, enrolled.flat()));
    await this.phase('nodes', () => this.group.start(nodes));
    await this.phase('channel', () => Promise.all([joinOrderers(this.context), joinPeers(this.context, topology.organisations, genesisFile(this.context))]));
    await this.phase('leader', () => awaitLeader(this.context));
  }

  private get isRenewal(): boolean {
    return this.options.renew === true;
  }

  /** A fabric-ca-server makes its own TLS certificate when it starts without one. */
  private async forgetCaTls(organisations: readonly AnyOrganisation[]): Promise<void> {
    const { topology, layout, programs } = this.context;
    for (const organisation of organisations) {
      const path = caTlsCertificateFile(layout, organisation.name);
      if (!existsSync(path) || !endsSoon(path)) continue;
      await this.group.processes.stop(caSpec({ topology, layout, paths: programs.paths }, organisation).name);
      rmSync(path);
    }
  }

  /** One after the other, so that a majority of the orderers goes on. */
  private async restart(nodes: readonly ProcessSpec[], enrolled: readonly Needed[]): Promise<void> {
    const { processes } = this.group;
    for (const spec of nodes) {
      if (!enrolled.some(({ directory }) => dirname(directory) === spec.cwd) || (await processes.state(spec.name)) !== 'running') continue;
      await processes.stop(spec.name);
      await processes.start(spec);
      await processes.ready(spec);
    }
  }

  private async phase<T>(name: string, work: () => Promise<T>): Promise<T> {
    const began = Date.now();
    const result = await work();
    const phase = { name, millis: Date.now() - began };
    this.phases.push(phase);
    this.options.progress?.(phase);
    return result;
  }
}
