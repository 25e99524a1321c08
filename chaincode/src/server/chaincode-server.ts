/**
 * The chaincode as a service: one process an organisation, which its own peer connects to. fabric-shim's server, behind two
 * questions that it doesn't ask: is there TLS material for both sides, and is this build the one the package was approved for.
 */
import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { buildDigest, packageLabel } from './build-digest';

/** Settings, all needed, as Fabric's own samples name them: address, package id, and paths of PEM files. */
const SETTINGS = ['CHAINCODE_SERVER_ADDRESS', 'CHAINCODE_ID', 'CHAINCODE_TLS_KEY', 'CHAINCODE_TLS_CERT', 'CHAINCODE_CLIENT_CA_CERT'] as const;
type Settings = Readonly<Record<(typeof SETTINGS)[number], string>>;

const PACKAGE_DIRECTORY = join(__dirname, '..', '..');
const CANNOT_START = 3;

function settingsOf(environment: NodeJS.ProcessEnv): Settings {
  const missing = SETTINGS.filter((name) => (environment[name] ?? '') === '');
  if (missing.length > 0) throw new Error(`${missing.join(', ')} ${missing.length === 1 ? 'is' : 'are'} not set: without TLS for both sides the chaincode doesn't start`);
  const settings = Object.fromEntries(SETTINGS.map((name) => [name, environment[name]])) as Settings;
  const absent = SETTINGS.slice(2).filter((name) => !existsSync(settings[name]));
  if (absent.length > 0) throw new Error(`${absent.map((name) => `${name} (${settings[name]})`).join(', ')} can't be read: without TLS for both sides the chaincode doesn't start`);
  return settings;
}

/** The label stands before the colon of a package id. */
function requireApprovedBuild(packageId: string): void {
  const [label = ''] = packageId.split(':');
  const [name = ''] = label.split('_');
  const own = packageLabel(name, buildDigest(PACKAGE_DIRECTORY));
  if (label !== own) throw new Error(`this build is ${own}, the package ${label}: it isn't what was approved`);
}

function serve(settings: Settings): void {
  process.argv = [
    process.execPath,
    'fabric-chaincode-node',
    'server',
    '--chaincode-address',
    settings.CHAINCODE_SERVER_ADDRESS,
    '--chaincode-id',
    settings.CHAINCODE_ID,
    '--chaincode-tls-key-file',
    settings.CHAINCODE_TLS_KEY,
    '--chaincode-tls-cert-file',
    settings.CHAINCODE_TLS_CERT,
    '--chaincode-tls-client-cacert-file',
    settings.CHAINCODE_CLIENT_CA_CERT,
    '--module-path',
    PACKAGE_DIRECTORY,
  ];
  // Its arguments are read when it is loaded.
  createRequire(__filename)('fabric-shim/cli.js');
}

try {
  const settings = settingsOf(process.env);
  requireApprovedBuild(settings.CHAINCODE_ID);
  serve(settings);
} catch (error) {
  process.stderr.write(`error: ${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = CANNOT_START;
}
