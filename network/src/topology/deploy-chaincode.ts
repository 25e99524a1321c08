import { setTimeout as wait } from 'node:timers/promises';
import { chaincodeServer, labelOf, ownLabel } from './chaincode-build';
import { approve, awaitAnswers, commit, committedSequence, installPackages, requireEqualBuilds } from './chaincode-lifecycle';
import { isOutdated, packageOf, planDeployment, readDeployment, settleDeployment, withNewcomers, writeNextDeployment, type Deployment } from './deployment';
import { NetworkError } from './network-error';
import type { NetworkContext } from './peer-command';
import { chaincodeProcessName, chaincodeSpec } from './process-specs';
import type { NetworkProcesses, ProcessSpec } from './processes';
import type { PeerOrganisation } from './topology';

/** Bring back what is deployed, or deploy the present build under the next sequence. */
export type DeployMode = 'continue' | 'upgrade';

/** What a deployment needs of who runs it. */
export interface DeployPort {
  readonly processes: NetworkProcesses;
  /** Starts those that don't run and waits until all answer. */
  start(specs: readonly ProcessSpec[]): Promise<void>;
}

/** How long the old chaincode may finish what it was asked before the new one was committed, milliseconds. */
const DRAIN_MILLIS = 2_000;

/** Sees to it that the chaincode runs, is installed, approved, committed and answers; then ends processes of older sequences. */
export async function deployChaincode(context: NetworkContext, port: DeployPort, mode: DeployMode): Promise<Deployment> {
  const { layout, topology } = context;
  const first = firstOrganisation(topology.organisations);
  const committed = await committedSequence(context, first);
  const target = targetOf(context, committed, mode);
  writeNextDeployment(layout, target);
  await port.start(await dueSpecs(context, port, target));
  await installPackages(context, target);
  await requireEqualBuilds(context, target);
  await approve(context, target);
  if (committed < target.sequence) await commit(context, first, target);
  await awaitAnswers(context, target.sequence);
  settleDeployment(layout, target);
  await endOthers(context, port, target);
  return target;
}

function firstOrganisation(organisations: readonly PeerOrganisation[]): PeerOrganisation {
  const [first] = organisations;
  if (first === undefined) throw new TypeError('a topology has an organisation');
  return first;
}

/** A call that was cut off may have committed what it had under way: the ledger says. */
function targetOf(context: NetworkContext, committed: number, mode: DeployMode): Deployment {
  const { layout } = context;
  const records = [readDeployment(layout, 'next'), readDeployment(layout)];
  const present = records.find((record) => record?.sequence === committed);
  if (committed === 0) return planDeployment(context, 1);
  if (present === undefined) {
    throw new NetworkError('package-mismatch', `The channel is at chaincode sequence ${committed}, of which no package is on record in ${layout.deployment}.`, 'Restore that file from a backup of the network.');
  }
  if (mode === 'upgrade' && isOutdated(context, present)) return planDeployment(context, committed + 1);
  return withNewcomers(context, present);
}

function deployedLabel(deployment: Deployment, { name }: PeerOrganisation): string | undefined {
  const found = deployment.packages[name];
  return found === undefined ? undefined : labelOf(found.id);
}

/** A process that is to be started serves the build that lies on disk now, so that must be the one of the package. */
async function dueSpecs(context: NetworkContext, { processes }: DeployPort, deployment: Deployment): Promise<readonly ProcessSpec[]> {
  const specs: ProcessSpec[] = [];
  for (const organisation of context.topology.organisations) {
    const spec = specOf(context, organisation, deployment);
    if ((await processes.state(spec.name)) !== 'running') requirePresentBuild(context, organisation, deployment);
    specs.push(spec);
  }
  return specs;
}

function requirePresentBuild({ topology }: NetworkContext, organisation: PeerOrganisation, deployment: Deployment): void {
  const own = ownLabel(topology, organisation);
  const deployed = deployedLabel(deployment, organisation);
  if (own === deployed) return;
  throw new NetworkError('build-mismatch', `The chaincode of ${organisation.name} is built as ${own}, the network runs ${deployed}.`, 'Run `kesu network upgrade` to deploy the present build, or go back to the release that was deployed.');
}

function specOf({ topology, layout, programs }: NetworkContext, organisation: PeerOrganisation, deployment: Deployment): ProcessSpec {
  const { id, port } = packageOf(deployment, organisation);
  return chaincodeSpec({ topology, layout, paths: programs.paths }, organisation, { packageId: id, port, sequence: deployment.sequence, server: chaincodeServer(organisation) });
}

async function endOthers({ topology }: NetworkContext, { processes }: DeployPort, { sequence }: Deployment): Promise<void> {
  const current = topology.organisations.map((organisation) => chaincodeProcessName(organisation, sequence));
  const prefixes = topology.organisations.map((organisation) => chaincodeProcessName(organisation, ''));
  const others = processes.started().map(({ name }) => name).filter((name) => prefixes.some((prefix) => name.startsWith(prefix)) && !current.includes(name));
  if (others.length === 0) return;
  await wait(DRAIN_MILLIS);
  await Promise.all(others.map((name) => processes.stop(name)));
}
