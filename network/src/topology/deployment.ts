import { existsSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { ownLabel } from './chaincode-build';
import { packageWithTls, type ChaincodePackage } from './chaincode-package';
import { endorsementPolicy } from './channel-config';
import type { NetworkLayout } from './layout';
import { NetworkError } from './network-error';
import { readRecord } from './read-record';
import type { PeerOrganisation, Topology } from './topology';
import { writeWhole } from './write-whole';

const packageSchema = z.strictObject({ id: z.string(), port: z.int(), file: z.string() });
const deploymentSchema = z.strictObject({
  sequence: z.int().positive(),
  /** The endorsement policy of the definition. */
  policy: z.string(),
  /** By the organisation's name: one package each, since each names its own address. */
  packages: z.record(z.string(), packageSchema),
});

/** A chaincode definition with its packages. */
export type Deployment = z.infer<typeof deploymentSchema>;

/** An organisation's package of a deployment. */
export type DeployedPackage = z.infer<typeof packageSchema>;

/** Where packages are made from. */
interface Place {
  readonly topology: Topology;
  readonly layout: NetworkLayout;
}

/** The deployment on record, or the one that is under way; undefined where there is none. */
export function readDeployment(layout: NetworkLayout, which: 'current' | 'next' = 'current'): Deployment | undefined {
  const path = which === 'current' ? layout.deployment : layout.nextDeployment;
  return existsSync(path) ? readRecord(path, deploymentSchema) : undefined;
}

/** Keeps a deployment that is under way. */
export function writeNextDeployment(layout: NetworkLayout, deployment: Deployment): void {
  writeWhole(layout.nextDeployment, JSON.stringify(deployment, undefined, 2));
}

/** Makes a deployment the current one. */
export function settleDeployment(layout: NetworkLayout, deployment: Deployment): void {
  writeWhole(layout.deployment, JSON.stringify(deployment, undefined, 2));
  rmSync(layout.nextDeployment, { force: true });
}

/** Packages the present builds of all organisations for a sequence. */
export function planDeployment(place: Place, sequence: number): Deployment {
  const { topology } = place;
  const packages = Object.fromEntries(topology.organisations.map((organisation) => [organisation.name, makePackage(place, organisation, sequence)]));
  return { sequence, policy: endorsementPolicy(topology), packages };
}

/** The deployment with packages for organisations that have none in it yet. */
export function withNewcomers(place: Place, deployment: Deployment): Deployment {
  const newcomers = place.topology.organisations.filter(({ name }) => deployment.packages[name] === undefined);
  const made = newcomers.map((organisation) => [organisation.name, makePackage(place, organisation, deployment.sequence)] as const);
  return { ...deployment, packages: { ...deployment.packages, ...Object.fromEntries(made) } };
}

/** The package of an organisation. @throws NetworkError `package-mismatch`. */
export function packageOf({ packages }: Deployment, { name }: PeerOrganisation): DeployedPackage {
  const found = packages[name];
  if (found === undefined) throw new NetworkError('package-mismatch', `No chaincode package is on record for ${name}.`, 'Run `kesu network up`, which makes the one that lacks.');
  return found;
}

/** The two ports of an organisation's chaincode take turns, so that an upgrade's new process starts beside the old one. */
export function chaincodePort({ chaincodePorts: [odd, even] }: PeerOrganisation, sequence: number): number {
  return sequence % 2 === 1 ? odd : even;
}

/** Whether the present builds, certificates or endorsement policy would give other packages or another definition than the deployment's. */
export function isOutdated(place: Place, deployment: Deployment): boolean {
  const { topology } = place;
  return deployment.policy !== endorsementPolicy(topology) || topology.organisations.some((organisation) => presentPackage(place, organisation, deployment.sequence).id !== deployment.packages[organisation.name]?.id);
}

function presentPackage({ topology, layout }: Place, organisation: PeerOrganisation, sequence: number): ChaincodePackage {
  return packageWithTls(ownLabel(topology, organisation), `${topology.host}:${chaincodePort(organisation, sequence)}`, layout.chaincode(organisation.name));
}

function makePackage(place: Place, organisation: PeerOrganisation, sequence: number): DeployedPackage {
  const { id, bytes } = presentPackage(place, organisation, sequence);
  const file = join(place.layout.chaincode(organisation.name), `package-${sequence}.tgz`);
  // It holds the peer's client key.
  writeWhole(file, bytes, { secret: true });
  return { id, port: chaincodePort(organisation, sequence), file };
}
