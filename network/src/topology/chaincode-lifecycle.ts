import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { buildDigest, packageLabel } from '@kesu/chaincode/build';
import { z } from 'zod';
import { endorsementPolicy } from './channel-config';
import { chaincodePackage } from './chaincode-package';
import { tlsFiles, type NetworkLayout } from './layout';
import { NetworkError } from './network-error';
import { peerCommand, toOrderer, toPeers, type NetworkContext } from './peer-command';
import type { PeerOrganisation, Topology } from './topology';
import { writeWhole } from './write-whole';

const deploymentSchema = z.strictObject({
  sequence: z.int().positive(),
  label: z.string(),
  packages: z.record(z.string(), z.strictObject({ id: z.string(), port: z.int(), file: z.string() })),
});

/** The chaincode that is deployed, or being deployed: one package an organisation, since each names its own address. */
export type Deployment = z.infer<typeof deploymentSchema>;

/** The chaincode package of this installation. */
export function chaincodeDirectory(): string {
  return dirname(dirname(require.resolve('@kesu/chaincode')));
}

/** The program that serves it. */
export function chaincodeServer(): string {
  return join(chaincodeDirectory(), 'lib', 'server', 'chaincode-server.js');
}

/** The label that packages of this installation's build get. */
export function ownLabel(topology: Topology): string {
  return packageLabel(topology.chaincode, buildDigest(chaincodeDirectory()));
}

/** The deployment on record; undefined before the first. */
export function readDeployment(layout: NetworkLayout): Deployment | undefined {
  if (!existsSync(layout.deployment)) return undefined;
  return deploymentSchema.parse(JSON.parse(readFileSync(layout.deployment, 'utf8')));
}

/** Keeps the deployment on record. */
export function writeDeployment(layout: NetworkLayout, deployment: Deployment): void {
  writeWhole(layout.deployment, JSON.stringify(deployment, undefined, 2));
}

/** Packages the build for every organisation, on the ports that the sequence uses. */
export function planDeployment({ topology, layout }: NetworkContext, sequence: number): Deployment {
  const label = ownLabel(topology);
  const packages = Object.fromEntries(
    topology.organisations.map((organisation) => {
      const port = portFor(organisation, sequence);
      const directory = layout.chaincode(organisation.name);
      const read = (path: string): string => readFileSync(path, 'utf8');
      const caller = tlsFiles(join(directory, 'caller'));
      const { id, bytes } = chaincodePackage(label, {
        address: `${topology.host}:${port}`,
        rootCertificate: read(tlsFiles(join(directory, 'server')).root),
        clientCertificate: read(caller.certificate),
        clientKey: read(caller.privateKey),
      });
      const file = join(directory, `package-${sequence}.tgz`);
      mkdirSync(directory, { recursive: true });
      writeFileSync(file, bytes, { mode: 0o600 });
      return [organisation.name, { id, port, file }];
    }),
  );
  return { sequence, label, packages };
}

/** The two ports of an organisation's chaincode take turns. */
export function portFor({ chaincodePorts: [odd, even] }: PeerOrganisation, sequence: number): number {
  return sequence % 2 === 1 ? odd : even;
}

/** The package of an organisation. @throws NetworkError `package-mismatch`. */
export function packageOf({ packages }: Deployment, { name }: PeerOrganisation): Deployment['packages'][string] {
  const found = packages[name];
  if (found === undefined) throw new NetworkError('package-mismatch', `No chaincode package is on record for ${name}.`, 'Run `kesu network upgrade`, which makes one for each organisation.');
  return found;
}

/** The sequence that is committed on the channel, 0 before the first. */
export async function committedSequence(context: NetworkContext, organisation: PeerOrganisation): Promise<number> {
  const { channel } = context.topology;
  const { stdout } = await peerCommand(context, organisation, ['lifecycle', 'chaincode', 'querycommitted', '-C', channel, '-O', 'json']);
  const { chaincode_definitions: definitions = [] } = z.object({ chaincode_definitions: z.array(z.object({ name: z.string(), sequence: z.number() })).optional() }).parse(JSON.parse(stdout));
  return definitions.find(({ name }) => name === context.topology.chaincode)?.sequence ?? 0;
}

/** The ids of packages installed on an organisation's peer. */
export async function installedPackages(context: NetworkContext, organisation: PeerOrganisation): Promise<readonly string[]> {
  const { stdout } = await peerCommand(context, organisation, ['lifecycle', 'chaincode', 'queryinstalled', '-O', 'json']);
  const { installed_chaincodes: installed = [] } = z.object({ installed_chaincodes: z.array(z.object({ package_id: z.string() })).optional() }).parse(JSON.parse(stdout));
  return installed.map((entry) => entry.package_id);
}

/** Installs the packages on the peers that lack them. */
export async function installPackages(context: NetworkContext, deployment: Deployment): Promise<void> {
  await Promise.all(
    context.topology.organisations.map(async (organisation) => {
      const { id, file } = packageOf(deployment, organisation);
      if ((await installedPackages(context, organisation)).includes(id)) return;
      await peerCommand(context, organisation, ['lifecycle', 'chaincode', 'install', file]);
    }),
  );
}

/**
 * Compares what the organisations installed: each package's label names the digest of the build that its chaincode process
 * proves at its start. Nobody approves what others don't run.
 * @throws NetworkError `build-mismatch`, `package-mismatch`.
 */
export async function requireEqualBuilds(context: NetworkContext, deployment: Deployment): Promise<void> {
  const labels = await Promise.all(
    context.topology.organisations.map(async (organisation) => {
      const { id } = packageOf(deployment, organisation);
      const installed = await installedPackages(context, organisation);
      if (!installed.includes(id)) {
        throw new NetworkError('package-mismatch', `The peer of ${organisation.name} has not installed ${id} but ${installed.join(', ') || 'nothing'}.`, 'Run `kesu network upgrade`, which installs the present build everywhere.');
      }
      return { name: organisation.name, label: id.split(':')[0] ?? '' };
    }),
  );
  requireOneLabel(labels);
}

/** @throws NetworkError `build-mismatch` that names who has which. */
export function requireOneLabel(labels: readonly { readonly name: string; readonly label: string }[]): void {
  if (new Set(labels.map(({ label }) => label)).size <= 1) return;
  const each = labels.map(({ name, label }) => `${name} has ${label}`).join(', ');
  throw new NetworkError('build-mismatch', `The organisations' chaincode builds differ: ${each}.`, 'Install the same release of Kesu everywhere, then run `kesu network upgrade`.');
}

/** Approves the deployment for every organisation that hasn't, and commits it. */
export async function approveAndCommit(context: NetworkContext, deployment: Deployment): Promise<void> {
  const { topology } = context;
  const definition = ['--channelID', topology.channel, '--name', topology.chaincode, '--version', deployment.label.slice(-12), '--sequence', String(deployment.sequence), '--signature-policy', endorsementPolicy(topology)];
  await requireEqualBuilds(context, deployment);
  await Promise.all(
    topology.organisations.map(async (organisation) => {
      const { id } = packageOf(deployment, organisation);
      await peerCommand(context, organisation, ['lifecycle', 'chaincode', 'approveformyorg', ...toOrderer(context), ...definition, '--package-id', id]).catch(unlessApproved);
    }),
  );
  const [first] = topology.organisations;
  if (first === undefined) throw new TypeError('a topology has an organisation');
  await peerCommand(context, first, ['lifecycle', 'chaincode', 'commit', ...toOrderer(context), ...definition, ...toPeers(context, topology.organisations)]);
}

/** A first attempt may have got so far. */
function unlessApproved(error: unknown): void {
  if (error instanceof NetworkError && /attempted to redefine uncommitted sequence|unchanged content/.test(error.detail)) return;
  throw error;
}
