import { setTimeout as wait } from 'node:timers/promises';
import { z } from 'zod';
import { labelOf } from './chaincode-build';
import { packageOf, type Deployment } from './deployment';
import { NetworkError } from './network-error';
import { peerCommand, peerCommandThroughOrderer, toPeers, type NetworkContext } from './peer-command';
import type { PeerOrganisation } from './topology';

/** How long a peer may take to see a committed definition and to reach its chaincode, milliseconds. */
const ANSWER_MILLIS = 30_000;
const LOOK_AGAIN_MILLIS = 100;

/** How many characters of the label's digest stand as the definition's version. */
const VERSION_CHARACTERS = 12;

/** A read that every contract of fabric-contract-api answers. */
const METADATA_QUERY = '{"Args":["org.hyperledger.fabric:GetMetadata"]}';

const committedSchema = z.object({ chaincode_definitions: z.array(z.object({ name: z.string(), sequence: z.number() })).optional() });
const installedSchema = z.object({ installed_chaincodes: z.array(z.object({ package_id: z.string() })).optional() });
const approvedSchema = z.object({ source: z.object({ Type: z.object({ LocalPackage: z.object({ package_id: z.string() }).optional() }).optional() }).optional() });

function lifecycle(context: NetworkContext, organisation: PeerOrganisation, ...args: string[]): Promise<string> {
  return peerCommand(context, organisation, ['lifecycle', 'chaincode', ...args]).then(({ stdout }) => stdout);
}

/** The sequence of the committed definition, 0 before the first. */
export async function committedSequence(context: NetworkContext, organisation: PeerOrganisation): Promise<number> {
  const { channel, chaincode } = context.topology;
  const stdout = await lifecycle(context, organisation, 'querycommitted', '-C', channel, '-O', 'json');
  const { chaincode_definitions: definitions = [] } = committedSchema.parse(JSON.parse(stdout));
  return definitions.find(({ name }) => name === chaincode)?.sequence ?? 0;
}

/** The ids of packages installed on an organisation's peer. */
export async function installedPackages(context: NetworkContext, organisation: PeerOrganisation): Promise<readonly string[]> {
  const stdout = await lifecycle(context, organisation, 'queryinstalled', '-O', 'json');
  return (installedSchema.parse(JSON.parse(stdout)).installed_chaincodes ?? []).map((entry) => entry.package_id);
}

/** The package id that an organisation approved for a sequence; undefined before. */
export async function approvedPackage(context: NetworkContext, organisation: PeerOrganisation, sequence: number): Promise<string | undefined> {
  const { channel, chaincode } = context.topology;
  const asked = lifecycle(context, organisation, 'queryapproved', '-C', channel, '-n', chaincode, '--sequence', String(sequence), '-O', 'json');
  const stdout = await asked.catch((error: unknown) => {
    if (error instanceof NetworkError && /could not fetch approved chaincode definition/.test(error.detail)) return '{}';
    throw error;
  });
  return approvedSchema.parse(JSON.parse(stdout)).source?.Type?.LocalPackage?.package_id;
}

/** Installs the packages on the peers that lack them. */
export async function installPackages(context: NetworkContext, deployment: Deployment): Promise<void> {
  await Promise.all(
    context.topology.organisations.map(async (organisation) => {
      const { id, file } = packageOf(deployment, organisation);
      if (!(await installedPackages(context, organisation)).includes(id)) await lifecycle(context, organisation, 'install', file);
    }),
  );
}

/**
 * Compares what the organisations installed. A package's label names the digest of the build, and a chaincode process refuses to
 * serve a package whose label isn't its own build's: equal labels mean equal rules.
 * @throws NetworkError `package-mismatch`, `build-mismatch`.
 */
export async function requireEqualBuilds(context: NetworkContext, deployment: Deployment): Promise<void> {
  const labels = await Promise.all(
    context.topology.organisations.map(async (organisation) => {
      const { id } = packageOf(deployment, organisation);
      requireInstalled(organisation.name, id, await installedPackages(context, organisation));
      return { name: organisation.name, label: labelOf(id) };
    }),
  );
  requireOneLabel(labels);
}

/** @throws NetworkError `package-mismatch` when a peer lacks the package that its organisation is to approve. */
export function requireInstalled(name: string, id: string, installed: readonly string[]): void {
  if (installed.includes(id)) return;
  throw new NetworkError('package-mismatch', `The peer of ${name} has not installed ${id} but ${installed.join(', ') || 'nothing'}.`, 'Run `kesu network up`, which installs what lacks.');
}

/** @throws NetworkError `build-mismatch` that names who has which. */
export function requireOneLabel(labels: readonly { readonly name: string; readonly label: string }[]): void {
  if (new Set(labels.map(({ label }) => label)).size <= 1) return;
  const each = labels.map(({ name, label }) => `${name} has ${label}`).join(', ');
  throw new NetworkError('build-mismatch', `The organisations' chaincode builds differ, so nobody approves: ${each}.`, 'Install the same release of Kesu everywhere, then run `kesu network upgrade`.');
}

function definition({ topology }: NetworkContext, deployment: Deployment): string[] {
  const version = labelOf(Object.values(deployment.packages)[0]?.id ?? '').slice(-VERSION_CHARACTERS);
  return ['--channelID', topology.channel, '--name', topology.chaincode, '--version', version, '--sequence', String(deployment.sequence), '--signature-policy', deployment.policy];
}

/** Approves the deployment for the organisations that have not. */
export async function approve(context: NetworkContext, deployment: Deployment): Promise<void> {
  await Promise.all(
    context.topology.organisations.map(async (organisation) => {
      const { id } = packageOf(deployment, organisation);
      if ((await approvedPackage(context, organisation, deployment.sequence)) === id) return;
      await peerCommandThroughOrderer(context, organisation, ['lifecycle', 'chaincode', 'approveformyorg', ...definition(context, deployment), '--package-id', id]);
    }),
  );
}

/** Commits the definition that the organisations approved, endorsed by all of them. */
export async function commit(context: NetworkContext, organisation: PeerOrganisation, deployment: Deployment): Promise<void> {
  await peerCommandThroughOrderer(context, organisation, ['lifecycle', 'chaincode', 'commit', ...definition(context, deployment), ...toPeers(context, context.topology.organisations)]);
}

/** Asks an organisation's chaincode through its peer. @throws NetworkError `program-failed`. */
export async function askChaincode(context: NetworkContext, organisation: PeerOrganisation): Promise<void> {
  const { channel, chaincode } = context.topology;
  await peerCommand(context, organisation, ['chaincode', 'query', '-C', channel, '-n', chaincode, '-c', METADATA_QUERY]);
}

/** Waits until each peer sees the sequence and answers through its chaincode. @throws NetworkError `chaincode-silent`. */
export async function awaitAnswers(context: NetworkContext, sequence: number): Promise<void> {
  const deadline = Date.now() + ANSWER_MILLIS;
  await Promise.all(context.topology.organisations.map((organisation) => awaitAnswer(context, organisation, sequence, deadline)));
}

async function awaitAnswer(context: NetworkContext, organisation: PeerOrganisation, sequence: number, deadline: number): Promise<void> {
  for (;;) {
    const silence = await seesSequence(context, organisation, sequence);
    if (silence === undefined) return;
    if (Date.now() > deadline) throw new NetworkError('chaincode-silent', `The chaincode of ${organisation.name} doesn't answer: ${silence}.`, 'Run `kesu network doctor` to see which hop is broken.');
    await wait(LOOK_AGAIN_MILLIS);
  }
}

async function seesSequence(context: NetworkContext, organisation: PeerOrganisation, sequence: number): Promise<string | undefined> {
  try {
    const seen = await committedSequence(context, organisation);
    if (seen < sequence) return `its peer is at sequence ${seen} of ${sequence}`;
    await askChaincode(context, organisation);
    return undefined;
  } catch (error) {
    return error instanceof NetworkError ? error.detail : String(error);
  }
}
