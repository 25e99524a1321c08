import { existsSync } from 'node:fs';
import { buildDigest, packageLabel } from './build-digest';

/** What a chaincode server is told, all of it needed, as Fabric's own samples name it: address, package id, and paths of PEM files. */
export const SERVER_SETTINGS = ['CHAINCODE_SERVER_ADDRESS', 'CHAINCODE_ID', 'CHAINCODE_TLS_KEY', 'CHAINCODE_TLS_CERT', 'CHAINCODE_CLIENT_CA_CERT'] as const;

/** Paths among {@link SERVER_SETTINGS}. */
const TLS_SETTINGS = ['CHAINCODE_TLS_KEY', 'CHAINCODE_TLS_CERT', 'CHAINCODE_CLIENT_CA_CERT'] as const;

/** One value for each of {@link SERVER_SETTINGS}. */
export type ServerSettings = Readonly<Record<(typeof SERVER_SETTINGS)[number], string>>;

const NO_START = "without TLS for both sides the chaincode doesn't start";

/**
 * The settings in an environment.
 * @throws Error when one is missing or a TLS file can't be read: fabric-shim itself would serve without TLS.
 */
export function serverSettings(environment: NodeJS.ProcessEnv): ServerSettings {
  const missing = SERVER_SETTINGS.filter((name) => (environment[name] ?? '') === '');
  if (missing.length > 0) throw new Error(`${missing.join(', ')} ${missing.length === 1 ? 'is' : 'are'} not set: ${NO_START}. \`kesu network up\` sets all of them`);
  const settings = Object.fromEntries(SERVER_SETTINGS.map((name) => [name, environment[name]])) as ServerSettings;
  const absent = TLS_SETTINGS.filter((name) => !existsSync(settings[name]));
  if (absent.length > 0) throw new Error(`${absent.map((name) => `${name} (${settings[name]})`).join(', ')} can't be read: ${NO_START}. \`kesu network up\` enrols what is missing`);
  return settings;
}

/**
 * Whether the build in `directory` is the one that the package was made for: its label names the build's digest.
 * @param packageId `label:hash`.
 * @throws Error when it is another.
 */
export function requireApprovedBuild(packageId: string, directory: string): void {
  const [label = ''] = packageId.split(':');
  const [name = ''] = label.split('_');
  const own = packageLabel(name, buildDigest(directory));
  if (label !== own) throw new Error(`this build is ${own}, the package ${label}: it isn't what the organisations approved. \`kesu network upgrade\` deploys the present build`);
}
