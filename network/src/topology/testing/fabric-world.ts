import { cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { randomInt } from 'node:crypto';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { isPortFree } from '../free-ports';
import { networkDown } from '../network-down';
import { networkUp, type UpReport } from '../network-up';
import { defaultTopology, portsOf, writeTopology, type Topology } from '../topology';
import { NetworkLayout } from '../layout';

const LOOPBACK = '127.0.0.1';

/** How many further ports a test may take behind its network's own, for an organisation that is added. */
const SPARE_PORTS = 6;

/** A first port behind which all ports that a network of the default topology takes are free now. */
export async function freeBasePort(): Promise<number> {
  for (;;) {
    const base = randomInt(10_000, 30_000);
    const ports = portsOf(defaultTopology(base)).map(({ port }) => port);
    const wanted = [...ports, ...Array.from({ length: SPARE_PORTS }, (_, index) => Math.max(...ports) + 1 + index)];
    if ((await Promise.all(wanted.map((port) => isPortFree(LOOPBACK, port)))).every(Boolean)) return base;
  }
}

/** A real network for a suite of tests. */
export interface FabricWorld {
  readonly directory: string;
  readonly basePort: number;
  readonly report: UpReport;
  /** Stops it and removes all of it. */
  remove(): Promise<void>;
}

/**
 * Brings a network up on free ports, from the programs that `FABRIC_BIN` or `PATH` name.
 * @param settle what is to be other than in the default topology.
 */
export async function fabricWorld(settle: (topology: Topology) => Topology = (topology) => topology): Promise<FabricWorld> {
  const root = mkdtempSync(join(tmpdir(), 'kesu-fabric-'));
  const directory = join(root, 'network');
  const basePort = await freeBasePort();
  const remove = async (): Promise<void> => {
    await networkDown(directory, { purge: true });
    rmSync(root, { recursive: true, force: true });
  };
  writeTopology(new NetworkLayout(directory).topology, settle(defaultTopology(basePort)));
  try {
    const report = await networkUp({ directory, environment: process.env });
    return { directory, basePort, report, remove };
  } catch (error) {
    rmSync(root, { recursive: true, force: true });
    throw error;
  }
}

/** A copy of the chaincode's build, with the libraries of the original: what an organisation runs that has its own checkout. */
export function copyOfBuild(to: string): string {
  const original = dirname(dirname(require.resolve('@kesu/chaincode')));
  mkdirSync(to, { recursive: true });
  cpSync(join(original, 'lib'), join(to, 'lib'), { recursive: true });
  cpSync(join(original, 'package.json'), join(to, 'package.json'));
  symlinkSync(join(dirname(original), 'node_modules'), join(to, 'node_modules'));
  return to;
}
