// A Fabric network of a bench's own: in a temporary directory, on free ports, gone when the bench ends, fails or is interrupted.
import { existsSync, rmSync } from 'node:fs';
import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { cpuSeconds } from './processes.mjs';
import { requireSource } from './typescript-sources.mjs';

const BARE = 'bare';
const SIGNALS = { SIGINT: 130, SIGTERM: 143 };

/** What lacks of Fabric's programs, in a sentence with the next step; undefined when all are there. */
export async function fabricMissing() {
  const { findPrograms } = requireSource('../../network/src/topology/programs.ts');
  try {
    await findPrograms(process.env);
    return undefined;
  } catch (error) {
    if (error.code !== 'program-missing' && error.code !== 'version-wrong') throw error;
    return `${error.detail} ${error.nextStep}`;
  }
}

/** Brings a network up, has it used, and brings it down with its directory, whatever happens. */
export async function withFabricNetwork(use) {
  const directory = await mkdtemp(join(tmpdir(), 'kesu-bench-'));
  // The tests' network takes an own directory only from there; it is this one's to remove.
  process.env.KESU_FABRIC_NETWORK = directory;
  const { FabricTestNetwork } = requireSource('../../network/src/fabric/testing/test-network.ts');
  const interruption = interrupted();
  const upping = FabricTestNetwork.up();
  try {
    return await Promise.race([upping.then(use), interruption.raised]);
  } finally {
    // A network that is halfway up can't be brought down by another call.
    await upping.catch(() => undefined);
    await remove(directory);
    interruption.forget();
  }
}

async function remove(directory) {
  const { networkDown } = requireSource('../../network/src/topology/index.ts');
  if (existsSync(join(directory, 'topology.yaml'))) await networkDown(directory, { purge: true });
  rmSync(directory, { recursive: true, force: true });
}

function interrupted() {
  const handlers = [];
  const raised = new Promise((_resolve, reject) => {
    for (const [signal, code] of Object.entries(SIGNALS)) {
      const handler = () => {
        process.exitCode = code;
        reject(new Error(`ended by ${signal}; the network is brought down`));
      };
      handlers.push([signal, handler]);
      process.on(signal, handler);
    }
  });
  raised.catch(() => undefined);
  return { raised, forget: () => handlers.forEach(([signal, handler]) => process.off(signal, handler)) };
}

/** Deploys the bare chaincode beside Kesu's, under the same endorsement policy, and answers a ledger over it. */
export async function bareLedger(network) {
  const { deployChaincode } = requireSource('../../network/src/topology/deploy-chaincode.ts');
  const { openNetwork } = requireSource('../../network/src/topology/open-network.ts');
  const { ProcessGroup } = requireSource('../../network/src/topology/process-group.ts');
  const { NetworkLayout } = requireSource('../../network/src/topology/layout.ts');
  const { FabricLedger } = requireSource('../../network/src/fabric/fabric-ledger.ts');
  const context = await openNetwork(network.directory, process.env);
  const layout = Object.defineProperties(new NetworkLayout(network.directory), {
    deployment: { value: join(network.directory, 'bare-deployment.json') },
    nextDeployment: { value: join(network.directory, 'bare-deployment-next.json') },
  });
  // Each organisation's second chaincode port is free until an upgrade.
  const organisations = context.topology.organisations.map((organisation) => ({ ...organisation, chaincodePorts: organisation.chaincodePorts.toReversed() }));
  const group = new ProcessGroup(processesOf(network), context.topology.host);
  const program = fileURLToPath(new URL('bare-chaincode.mjs', import.meta.url));
  const start = (specs) => group.start(specs.map((spec) => ({ ...spec, name: `${spec.organisation}-${BARE}-chaincode`, args: [program] })));
  const processes = { state: async () => 'running', started: () => [], stop: async () => undefined };
  await deployChaincode({ ...context, layout, topology: { ...context.topology, chaincode: BARE, organisations } }, { processes, start }, 'continue');
  return FabricLedger.open({ profile: { ...network.profile, chaincode: BARE }, transactions: ['put'], reader: await network.caller('reader', 'auditor', 'NodeMSP') });
}

function processesOf(network) {
  const { NetworkProcesses } = requireSource('../../network/src/topology/processes.ts');
  const { NetworkLayout } = requireSource('../../network/src/topology/layout.ts');
  return new NetworkProcesses(new NetworkLayout(network.directory));
}

/** CPU seconds so far of each process of the network and of this one, all threads, by name. The authorities have nothing to do. */
export function cpuByProcess(network) {
  const used = {};
  for (const { name, pid } of processesOf(network).started()) if (!name.endsWith('-ca')) used[name] = cpuSeconds(pid) ?? Number.NaN;
  const { user, system } = process.cpuUsage();
  return { ...used, client: (user + system) / 1e6 };
}
