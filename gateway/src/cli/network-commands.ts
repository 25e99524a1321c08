import { join, resolve } from 'node:path';
import { PARTICIPANT_ROLES, type ParticipantRole } from '@kesu/chaincode/domain';
import { InvalidArgumentError, Option, type Command } from 'commander';
import {
  addOrganisation,
  networkDoctor,
  networkDown,
  networkStatus,
  networkUp,
  networkUpgrade,
  packageBuild,
  readTopology,
  superviseNetwork,
  topologyDiagram,
  type Finding,
  type NetworkStatus,
  type Phase,
  type ProcessStatus,
  type SuperviseEvent,
  type UpReport,
} from '@kesu/network';
import { systemClock } from '../clock';
import { EXIT, print } from './output';

interface NetworkOptions {
  readonly dir: string;
  readonly json?: boolean;
}

/** Where a network lies unless told otherwise. */
const DEFAULT_DIRECTORY = join('var', 'network');
const TOPOLOGY_FILE = 'topology.yaml';

function described(parent: Command, name: string, description: string): Command {
  return parent.command(name).description(description).option('--dir <dir>', 'directory of the network', DEFAULT_DIRECTORY).option('--json', 'one JSON value');
}

/** `kesu network …`: a Hyperledger Fabric network from programs that the user installed. */
export function addNetworkCommands(program: Command): void {
  const network = program.command('network').description('the Fabric network (its programs are found through FABRIC_BIN, else PATH)');
  addUp(network);
  addSupervise(network);
  addDown(network);
  addStatus(network);
  addDoctor(network);
  addUpgrade(network);
  addAddOrganisation(network);
  addPackage(network);
}

function basePortOf(text: string): number {
  const port = Number(text);
  if (!Number.isInteger(port) || port < 1024 || port > 65_000) throw new InvalidArgumentError('a base port is a number from 1024 to 65000');
  return port;
}

const seconds = (millis: number): string => `${(millis / 1000).toFixed(1)} s`;

function tellPhase({ name, millis }: Phase): void {
  process.stderr.write(`${name.padEnd(14)} ${seconds(millis)}\n`);
}

function printUp(report: UpReport, json: boolean): void {
  const { directory, fabric, sequence, millis, profile } = report;
  print(report, [`the network in ${directory} is up: Fabric ${fabric}, chaincode sequence ${sequence}, in ${seconds(millis)}`, `clients connect with ${profile}`], json);
}

function addUp(network: Command): void {
  described(network, 'up', 'make the network, or continue the one that exists')
    .option('--base-port <port>', 'first port of a network that is made now', basePortOf)
    .option('--renew', 'renew certificates that have ended or end soon, and restart their nodes one after the other')
    .action(async ({ dir, basePort, renew, json }: NetworkOptions & { basePort?: number; renew?: boolean }) => {
      const ports = basePort === undefined ? {} : { basePort };
      printUp(await networkUp({ directory: resolve(dir), ...ports, renew: renew === true, environment: process.env, progress: tellPhase }), json === true);
    });
}

function addSupervise(network: Command): void {
  described(network, 'supervise', 'as up; then start again what ends by itself, until this command is ended: the network runs on').action(async ({ dir, json }: NetworkOptions) => {
    const directory = resolve(dir);
    printUp(await networkUp({ directory, environment: process.env, progress: tellPhase }), json === true);
    const ending = new AbortController();
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => ending.abort());
    await superviseNetwork({ directory, environment: process.env, signal: ending.signal, tell: (event) => print(toldOf(event), [`${new Date(systemClock.now()).toISOString()}  ${supervisionLine(event)}`], json === true) });
    const end = ending.signal.aborted ? 'supervision-ended' : 'network-down';
    print({ kind: end }, [ending.signal.aborted ? 'no longer supervised; the network runs on' : 'the network was brought down'], json === true);
  });
}

function toldOf(event: SuperviseEvent): object {
  if (event.kind !== 'failed') return event;
  const { error, againInMillis } = event;
  return { kind: event.kind, code: error.code, detail: error.detail, nextStep: error.nextStep, againInMillis };
}

function supervisionLine(event: SuperviseEvent): string {
  if (event.kind === 'ended') return `ended by itself: ${event.processes.map(({ name, lastWords }) => `${name} (${lastWords})`).join('; ')}`;
  if (event.kind === 'started') return `runs again: ${event.processes.join(', ')}, in ${seconds(event.millis)}`;
  return `${event.error.message} Tried again in ${seconds(event.againInMillis)}.`;
}

function addUpgrade(network: Command): void {
  described(network, 'upgrade', 'deploy the chaincode as it is built now, under the next sequence; clients run on').action(async ({ dir, json }: NetworkOptions) => {
    printUp(await networkUpgrade({ directory: resolve(dir), environment: process.env, progress: tellPhase }), json === true);
  });
}

interface NewOrganisationOptions extends NetworkOptions {
  readonly name: string;
  readonly msp: string;
  readonly title?: string;
  readonly role: ParticipantRole;
  readonly participant: string;
  readonly basePort?: number;
}

function addAddOrganisation(network: Command): void {
  described(network, 'add-org', 'let a further organisation take part, by a channel update that the present ones sign')
    .requiredOption('--name <name>', 'short name: a–z, 0–9 and -')
    .requiredOption('--msp <id>', 'MSP id')
    .requiredOption('--participant <id>', "the participant that its gateway's identity speaks for")
    .addOption(new Option('--role <role>', "that participant's role").choices([...PARTICIPANT_ROLES]).makeOptionMandatory())
    .option('--title <title>', 'what people call it')
    .option('--base-port <port>', "its first port; the one after the network's last unless given", basePortOf)
    .action(async ({ dir, name, msp, title, role, participant, basePort, json }: NewOrganisationOptions) => {
      const ports = basePort === undefined ? {} : { basePort };
      const organisation = { name, mspId: msp, title: title ?? name, client: { role, participant } };
      const added = await addOrganisation({ directory: resolve(dir), organisation, ...ports, environment: process.env, progress: tellPhase });
      print(added, [`${added.mspId} takes part, with its peer on port ${added.peer.port}`, `It endorses once \`endorsement\` in ${join(resolve(dir), TOPOLOGY_FILE)} names it and \`kesu network upgrade\` has run.`], json === true);
    });
}

interface PackageCommandOptions {
  readonly address: string;
  readonly tls: string;
  readonly out: string;
  readonly chaincode: string;
  readonly json?: boolean;
}

function addPackage(network: Command): void {
  network
    .command('package')
    .description('package the chaincode as it is built here, for an organisation that runs its own peer')
    .requiredOption('--address <host:port>', 'where its peer reaches the chaincode')
    .requiredOption('--tls <dir>', 'directory with server/ and caller/, each with ca.crt, server.crt and server.key')
    .requiredOption('--out <file>', 'the package; it holds the key of the caller')
    .option('--chaincode <name>', 'name of the chaincode in the channel', 'kesu')
    .option('--json', 'one JSON value')
    .action(({ address, tls, out, chaincode, json }: PackageCommandOptions) => {
      const made = packageBuild({ address, chaincode, tls: resolve(tls), out: resolve(out) });
      print(made, [made.id], json === true);
    });
}

function addDown(network: Command): void {
  described(network, 'down', 'stop what `up` started; data stay')
    .option('--purge', 'remove the network with its data, keys and certificates')
    .action(async ({ dir, purge, json }: NetworkOptions & { purge?: boolean }) => {
      const report = await networkDown(resolve(dir), { purge: purge === true });
      print(report, [report.stopped.length === 0 ? 'nothing ran' : `stopped: ${report.stopped.join(', ')}`, ...(report.purged ? ['its directory is removed'] : [])], json === true);
    });
}

function addStatus(network: Command): void {
  described(network, 'status', 'one table of the processes: exit code 0 when all run and answer')
    .option('--diagram', 'the topology as a Mermaid flowchart instead')
    .action(async ({ dir, diagram, json }: NetworkOptions & { diagram?: boolean }) => {
      const directory = resolve(dir);
      if (diagram === true) {
        const drawn = topologyDiagram(readTopology(join(directory, TOPOLOGY_FILE)));
        print({ diagram: drawn }, [drawn], json === true);
        return;
      }
      const status = await networkStatus(directory, systemClock.now());
      print(status, statusLines(status), json === true);
      process.exitCode = status.processes.every(({ state, ails }) => state === 'running' && ails === undefined) ? EXIT.DONE : EXIT.NO;
    });
}

function statusLines({ channel, sequence, build, processes, firstToExpire }: NetworkStatus): string[] {
  return [
    sequence === undefined ? `channel ${channel}, no chaincode yet` : `channel ${channel}, chaincode ${build} at sequence ${sequence}`,
    ...table([['process', 'state', 'pid', 'ports', 'blocks', ''], ...processes.map(statusRow)]),
    ...(firstToExpire === undefined ? [] : [`the first certificate to end: ${firstToExpire.path} on ${new Date(firstToExpire.notAfter).toISOString()}`]),
  ];
}

function statusRow({ name, state, pid, ports, height, leads, ails }: ProcessStatus): string[] {
  return [name, state, pid === undefined ? '' : String(pid), ports.join(' '), height === undefined ? '' : String(height), ails ?? (leads === true ? 'leader' : '')];
}

function table(rows: readonly (readonly string[])[]): string[] {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => (row[column] ?? '').length)));
  return rows.map((row) => row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join('  ').trimEnd());
}

function addDoctor(network: Command): void {
  described(network, 'doctor', 'try each hop and name the cause and the next step: exit code 0 when nothing is wrong').action(async ({ dir, json }: NetworkOptions) => {
    const findings = await networkDoctor(resolve(dir), process.env, () => systemClock.now());
    print(findings, findings.flatMap(findingLines), json === true);
    process.exitCode = findings.every(({ ok }) => ok) ? EXIT.DONE : EXIT.NO;
  });
}

function findingLines({ hop, ok, detail, nextStep }: Finding): string[] {
  return [`${ok ? '✔' : '✖'} ${hop}: ${detail}`, ...(nextStep === undefined ? [] : [`    ${nextStep}`])];
}
