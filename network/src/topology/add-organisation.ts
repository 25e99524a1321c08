import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { organisationConfig } from './channel-config';
import { genesisFile, joinPeers } from './channel';
import { updateChannel, type ChannelConfiguration, type ConfigurationGroup } from './channel-update';
import { deployChaincode } from './deploy-chaincode';
import { enrolOrganisation } from './enrol-organisation';
import { NetworkLayout } from './layout';
import { NetworkError } from './network-error';
import type { Phase } from './network-up';
import { writeCaConfig, writePeerConfig } from './node-configs';
import { openNetwork, whileChanging } from './open-network';
import type { NetworkContext } from './peer-command';
import { ProcessGroup } from './process-group';
import { caSpec, peerSpec } from './process-specs';
import { NetworkProcesses } from './processes';
import { writeProfile } from './profile';
import { runProgram } from './run-program';
import { allOrganisations, nextFreePort, organisationAt, readTopology, topologySchema, writeTopology, type PeerOrganisation, type Topology } from './topology';
import { writeWhole } from './write-whole';

/** An organisation that is to take part. */
export interface AddOrganisationOptions {
  readonly directory: string;
  readonly organisation: Pick<PeerOrganisation, 'name' | 'mspId' | 'title' | 'client'>;
  /** Its first port; the one after the network's last when absent. */
  readonly basePort?: number;
  readonly environment: NodeJS.ProcessEnv;
  readonly progress?: (phase: Phase) => void;
}

/**
 * Lets an organisation take part: its authority and peer start, the administrators of the present organisations sign a channel update,
 * its peer joins, and it approves the chaincode that runs. It endorses once the topology's `endorsement` names it and an upgrade follows.
 * @throws NetworkError `organisation-known`, `update-refused` and what `networkUp` throws; until the channel is updated nothing of it stays.
 */
export function addOrganisation(options: AddOrganisationOptions): Promise<PeerOrganisation> {
  const layout = new NetworkLayout(options.directory);
  readTopology(layout.topology);
  return whileChanging(layout, async () => new Addition(options, await openNetwork(options.directory, options.environment)).run());
}

class Addition {
  private readonly organisation: PeerOrganisation;
  private readonly grown: NetworkContext;
  private readonly group: ProcessGroup;

  constructor(
    private readonly options: AddOrganisationOptions,
    private readonly present: NetworkContext,
  ) {
    const { topology, layout } = present;
    requireUnknown(topology, options.organisation);
    this.organisation = organisationAt(options.basePort ?? nextFreePort(topology), options.organisation);
    this.grown = { ...present, topology: grownTopology(topology, this.organisation) };
    this.group = new ProcessGroup(new NetworkProcesses(layout), topology.host);
  }

  async run(): Promise<PeerOrganisation> {
    const { layout, topology } = this.grown;
    let isMember = false;
    try {
      await this.phase('authority', () => this.enrol());
      await this.phase('channel update', () => this.join());
      isMember = true;
      writeTopology(layout.topology, topology);
      await this.phase('peer', () => this.startPeer());
      await this.phase('chaincode', () => deployChaincode(this.grown, this.group, 'continue'));
      writeProfile(topology, layout);
      return this.organisation;
    } catch (error) {
      await this.group.undo();
      if (!isMember) rmSync(layout.organisation(this.organisation.name), { recursive: true, force: true });
      throw error;
    }
  }

  private async enrol(): Promise<void> {
    const { topology, layout, programs } = this.grown;
    const specs = { topology, layout, paths: programs.paths };
    await this.group.requirePorts([caSpec(specs, this.organisation), peerSpec(specs, this.organisation)]);
    writeCaConfig(this.grown, this.organisation);
    await this.group.start([caSpec(specs, this.organisation)]);
    await enrolOrganisation(topology, this.organisation, layout);
  }

  private async join(): Promise<void> {
    const group = await this.organisationGroup();
    const { mspId, peer } = this.organisation;
    const values = { ...group.values, AnchorPeers: { mod_policy: 'Admins', value: { anchor_peers: [{ host: this.grown.topology.host, port: peer.port }] }, version: '0' } };
    await updateChannel(this.present, { change: (configuration) => addGroup(configuration, mspId, { ...group, values }), signers: this.present.topology.organisations });
  }

  private async organisationGroup(): Promise<ConfigurationGroup> {
    const { topology, layout, programs } = this.grown;
    const directory = join(layout.organisation(this.organisation.name), 'channel');
    mkdirSync(directory, { recursive: true });
    writeWhole(join(directory, 'configtx.yaml'), organisationConfig(topology, this.organisation, layout));
    const { stdout } = await runProgram(programs.paths.configtxgen, ['-printOrg', this.organisation.mspId], { FABRIC_CFG_PATH: directory, FABRIC_LOGGING_SPEC: 'error' });
    return JSON.parse(stdout) as ConfigurationGroup;
  }

  private async startPeer(): Promise<void> {
    const { topology, layout, programs } = this.grown;
    writePeerConfig(this.grown, this.organisation);
    await this.group.start([peerSpec({ topology, layout, paths: programs.paths }, this.organisation)]);
    await joinPeers(this.grown, [this.organisation], genesisFile(this.grown));
  }

  private async phase(name: string, work: () => Promise<unknown>): Promise<void> {
    const began = Date.now();
    await work();
    this.options.progress?.({ name, millis: Date.now() - began });
  }
}

function requireUnknown(topology: Topology, { name, mspId }: Pick<PeerOrganisation, 'name' | 'mspId'>): void {
  const known = allOrganisations(topology).find((organisation) => organisation.name === name || organisation.mspId === mspId);
  if (known === undefined) return;
  throw new NetworkError('organisation-known', `${known.name} with the MSP id ${known.mspId} takes part already.`, 'Run `kesu network up` if its peer is down, or choose another name and MSP id.');
}

function grownTopology(topology: Topology, organisation: PeerOrganisation): Topology {
  const parsed = topologySchema.safeParse({ ...topology, organisations: [...topology.organisations, organisation] });
  if (parsed.success) return parsed.data;
  throw new NetworkError('topology-malformed', `The organisation can't be added: ${parsed.error.issues.map(({ message }) => message).join('; ')}.`, 'Choose another name, MSP id or `--base-port`.');
}

/** A member already, when an earlier call was cut off behind the update. */
function addGroup(configuration: ChannelConfiguration, mspId: string, group: ConfigurationGroup): boolean {
  const application = configuration.channel_group.groups?.Application;
  if (application === undefined) throw new TypeError('a channel has an application group');
  const groups = application.groups ?? {};
  if (groups[mspId] !== undefined) return false;
  application.groups = { ...groups, [mspId]: group };
  return true;
}
