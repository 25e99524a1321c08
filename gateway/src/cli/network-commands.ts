import { join, resolve } from 'node:path';
import { InvalidArgumentError, type Command } from 'commander';
import { networkDown, networkUp } from '@kesu/network';
import { print } from './output';

interface NetworkOptions {
  readonly dir: string;
  readonly json?: boolean;
}

/** Where a network lies unless told otherwise. */
const DEFAULT_DIRECTORY = join('var', 'network');

function described(parent: Command, name: string, description: string): Command {
  return parent.command(name).description(description).option('--dir <dir>', 'directory of the network', DEFAULT_DIRECTORY).option('--json', 'one JSON value');
}

/** `kesu network …`: a Hyperledger Fabric network from programs that the user installed. */
export function addNetworkCommands(program: Command): void {
  const network = program.command('network').description('the Fabric network: up, down, status, doctor, add-org, upgrade (Fabric is found through FABRIC_BIN, else PATH)');
  addUp(network);
  addDown(network);
}

function basePortOf(text: string): number {
  const port = Number(text);
  if (!Number.isInteger(port) || port < 1024 || port > 65_000) throw new InvalidArgumentError('a base port is a number from 1024 to 65000');
  return port;
}

const seconds = (millis: number): string => `${(millis / 1000).toFixed(1)} s`;

function addUp(network: Command): void {
  described(network, 'up', 'make the network, or continue the one that exists')
    .option('--base-port <port>', 'first port of a network that is made now', basePortOf)
    .action(async (options: NetworkOptions & { basePort?: number }) => {
      const report = await networkUp({
        directory: resolve(options.dir),
        ...(options.basePort === undefined ? {} : { basePort: options.basePort }),
        environment: process.env,
        progress: ({ name, millis }) => process.stderr.write(`${name.padEnd(14)} ${seconds(millis)}\n`),
      });
      print(report, [`the network in ${report.directory} is up: Fabric ${report.fabric}, chaincode sequence ${report.sequence}, in ${seconds(report.millis)}`, `clients connect with ${report.profile}`], options.json === true);
    });
}

function addDown(network: Command): void {
  described(network, 'down', 'stop what `up` started; data stay')
    .option('--purge', 'remove the network with its data, keys and certificates')
    .action(async (options: NetworkOptions & { purge?: boolean }) => {
      const report = await networkDown(resolve(options.dir), { purge: options.purge === true });
      print(report, [report.stopped.length === 0 ? 'nothing ran' : `stopped: ${report.stopped.join(', ')}`, ...(report.purged ? ['its directory is removed'] : [])], options.json === true);
    });
}
