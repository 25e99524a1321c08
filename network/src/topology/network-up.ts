import { existsSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { caConfigs } from './ca-config';
import { approveAndCommit, chaincodeServer, committedSequence, installPackages, ownLabel, packageOf, planDeployment, readDeployment, writeDeployment, type Deployment } from './chaincode-lifecycle';
import { awaitLeader, genesisFile, joinOrderers, joinPeers, makeGenesis } from './channel';
import { coreConfig } from './core-config';
import { enrolOrganisation, registrarOf } from './enrol-organisation';
import { requireFreePorts } from './free-ports';
import { NetworkLayout } from './layout';
import { NetworkError } from './network-error';
import { ordererConfig } from './orderer-config';
import type { NetworkContext } from './peer-command';
import { caSpec, chaincodeSpec, ordererSpec, peerSpec } from './process-specs';
import { NetworkProcesses, type ProcessSpec } from './processes';
import { writeProfile } from './profile';
import { findPrograms } from './programs';
import { allOrganisations, DEFAULT_BASE_PORT, defaultTopology, readTopology, writeTopology, type PeerOrganisation } from './topology';
import { writeWhole } from './write-whole';

/** How a network is brought up. */
export interface UpOptions {
  readonly directory: string;
  /** The first port of a network that is made now. */
  readonly basePort?: number;
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
  readonly fabric: string;
  readonly sequence: number;
  readonly phases: readonly Phase[];
  readonly millis: number;
}

/**
 * Makes the network where there is none, else continues what exists. When a step fails, the processes that this call started end again.
 * @throws NetworkError.
 */
export async function networkUp(options: UpOptions): Promise<UpReport> {
  const up = await NetworkUp.begin(options);
  return up.run();
}

class NetworkUp {
  private readonly phases: Phase[] = [];
  private readonly startedNow: string[] = [];
  private readonly beganMillis = Date.now();

  private constructor(
    private readonly options: UpOptions,
    private readonly context: NetworkContext,
    private readonly processes: NetworkProcesses,
  ) {}

  static async begin(options: UpOptions): Promise<NetworkUp> {
    const layout = new NetworkLayout(options.directory);
    const programs = await findPrograms(options.environment);
    if (!existsSync(layout.topology)) writeTopology(layout.topology, defaultTopology(options.basePort ?? DEFAULT_BASE_PORT));
    return new NetworkUp(options, { topology: readTopology(layout.topology), layout, programs }, new NetworkProcesses(layout));
  }

  async run(): Promise<UpReport> {
    try {
      await this.bringUp();
    } catch (error) {
      for (const name of this.startedNow.reverse()) await this.processes.stop(name);
      throw error;
    }
    const { layout, programs } = this.context;
    return { directory: layout.directory, profile: layout.profile, fabric: programs.fabricText, sequence: readDeployment(layout)?.sequence ?? 0, phases: this.phases, millis: Date.now() - this.beganMillis };
  }

  private async bringUp(): Promise<void> {
    const { topology, layout } = this.context;
    const specs = { topology, layout, paths: this.context.programs.paths };
    const organisations = allOrganisations(topology);
    await this.phase('authorities', async () => {
      organisations.forEach((organisation) => this.writeCa(organisation.name));
      await this.start(organisations.map((organisation) => caSpec(specs, organisation)));
    });
    await this.phase('certificates', () => Promise.all(organisations.map((organisation) => enrolOrganisation(topology, organisation, layout))));
    await this.phase('genesis', async () => {
      this.writeNodes();
      await makeGenesis(this.context);
    });
    const deployment = readDeployment(layout) ?? this.firstDeployment();
    await this.phase('nodes', () =>
      this.start([
        ...topology.ordering.nodes.map((node) => ordererSpec(specs, node)),
        ...topology.organisations.map((organisation) => peerSpec(specs, organisation)),
        ...topology.organisations.map((organisation) => this.chaincode(organisation, deployment)),
      ]),
    );
    await this.phase('channel', () => Promise.all([joinOrderers(this.context), joinPeers(this.context, topology.organisations, genesisFile(this.context))]));
    await this.phase('leader', () => awaitLeader(this.context));
    await this.phase('chaincode', () => this.deploy(deployment));
    writeProfile(topology, layout);
  }

  private async phase(name: string, work: () => Promise<unknown>): Promise<void> {
    const began = Date.now();
    await work();
    const phase = { name, millis: Date.now() - began };
    this.phases.push(phase);
    this.options.progress?.(phase);
  }

  private async start(specs: readonly ProcessSpec[]): Promise<void> {
    const states = await Promise.all(specs.map(({ name }) => this.processes.state(name)));
    const due = specs.filter((_, index) => states[index] !== 'running');
    await requireFreePorts(this.context.topology.host, due);
    for (const spec of due) {
      await this.processes.start(spec);
      this.startedNow.push(spec.name);
    }
    await Promise.all(specs.map((spec) => this.processes.ready(spec)));
  }

  private writeCa(name: string): void {
    const { topology, layout } = this.context;
    const organisation = allOrganisations(topology).find((known) => known.name === name);
    if (organisation === undefined) return;
    const { identity, tls } = caConfigs(topology, organisation, registrarOf(layout, name));
    writeWhole(join(layout.ca(name), 'fabric-ca-server-config.yaml'), identity, { secret: true });
    writeWhole(join(layout.ca(name), 'tlsca', 'fabric-ca-server-config.yaml'), tls, { secret: true });
  }

  private writeNodes(): void {
    const { topology, layout, programs } = this.context;
    for (const node of topology.ordering.nodes) {
      const home = layout.node(topology.ordering.name, node.name);
      mkdirSync(join(home, 'data'), { recursive: true });
      writeWhole(join(home, 'orderer.yaml'), ordererConfig(topology, node, layout, programs.fabric));
    }
    for (const organisation of topology.organisations) {
      const home = layout.node(organisation.name, organisation.peer.name);
      mkdirSync(join(home, 'data'), { recursive: true });
      writeWhole(join(home, 'core.yaml'), coreConfig({ topology, organisation, layout, version: programs.fabric, builder: programs.builder }));
    }
  }

  private firstDeployment(): Deployment {
    const deployment = planDeployment(this.context, 1);
    writeDeployment(this.context.layout, deployment);
    return deployment;
  }

  private chaincode(organisation: PeerOrganisation, deployment: Deployment): ProcessSpec {
    const { topology, layout, programs } = this.context;
    const own = ownLabel(topology);
    if (deployment.label !== own) {
      throw new NetworkError('package-mismatch', `The chaincode built here is ${own}, the network runs ${deployment.label}.`, 'Run `kesu network upgrade` to deploy the present build, or go back to the release that was deployed.');
    }
    const { id, port } = packageOf(deployment, organisation);
    return chaincodeSpec({ topology, layout, paths: programs.paths }, organisation, { packageId: id, port, sequence: deployment.sequence, server: chaincodeServer() });
  }

  private async deploy(deployment: Deployment): Promise<void> {
    const [first] = this.context.topology.organisations;
    if (first === undefined || (await committedSequence(this.context, first)) >= deployment.sequence) return;
    await installPackages(this.context, deployment);
    await approveAndCommit(this.context, deployment);
  }
}
