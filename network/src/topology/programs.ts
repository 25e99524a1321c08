import { accessSync, constants, existsSync } from 'node:fs';
import { delimiter, dirname, join } from 'node:path';
import { NetworkError } from './network-error';
import { runProgram } from './run-program';

/** Fabric's programs that a network needs. */
export const PROGRAM_NAMES = ['peer', 'orderer', 'configtxgen', 'configtxlator', 'osnadmin', 'fabric-ca-server'] as const;

/** One of {@link PROGRAM_NAMES}. */
export type ProgramName = (typeof PROGRAM_NAMES)[number];

/** A version of Fabric, without its patch. */
export interface FabricVersion {
  readonly major: number;
  readonly minor: number;
}

/** The programs found, with their versions. */
export interface Programs {
  readonly paths: Readonly<Record<ProgramName, string>>;
  /** The directory of the chaincode-as-a-service builder. */
  readonly builder: string;
  readonly fabric: FabricVersion;
  /** As the programs say it: `v3.1.5`. */
  readonly fabricText: string;
  readonly caText: string;
}

const WHERE = "Get them from Hyperledger Fabric's releases (Fabric 2.5 or 3.1 and Fabric CA 1.5; docs/operations.md says how), set FABRIC_BIN to their directory and run the command again.";
const SUPPORTED: readonly FabricVersion[] = [
  { major: 2, minor: 5 },
  { major: 3, minor: 1 },
];

/** Where a program lies: in `FABRIC_BIN` if that is set, else on `PATH`; undefined when it doesn't. */
export function pathOf(name: string, environment: NodeJS.ProcessEnv): string | undefined {
  const fabricBin = environment.FABRIC_BIN;
  const directories = fabricBin !== undefined && fabricBin !== '' ? [fabricBin] : (environment.PATH ?? '').split(delimiter).filter((part) => part !== '');
  return directories.map((directory) => join(directory, name)).find(isExecutable);
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

/**
 * Finds Fabric's programs and asks them for their versions.
 * @throws NetworkError `program-missing`, `version-wrong`.
 */
export async function findPrograms(environment: NodeJS.ProcessEnv): Promise<Programs> {
  const found = PROGRAM_NAMES.map((name) => [name, pathOf(name, environment)] as const);
  const missing = found.filter(([, path]) => path === undefined).map(([name]) => name);
  const where = environment.FABRIC_BIN === undefined || environment.FABRIC_BIN === '' ? 'on PATH (FABRIC_BIN is not set)' : `in FABRIC_BIN (${environment.FABRIC_BIN})`;
  if (missing.length > 0) throw new NetworkError('program-missing', `${missing.join(', ')} ${missing.length === 1 ? 'is' : 'are'} not ${where}.`, WHERE);
  const paths = Object.fromEntries(found) as Record<ProgramName, string>;
  const [peer, orderer, authority] = await Promise.all([versionOf(paths.peer), versionOf(paths.orderer), versionOf(paths['fabric-ca-server'])]);
  return { paths, builder: builderBeside(paths.peer), fabric: supported(peer, orderer), fabricText: peer, caText: requireCa(authority) };
}

/** Whether the programs are there, without running them. */
export function hasPrograms(environment: NodeJS.ProcessEnv): boolean {
  return PROGRAM_NAMES.every((name) => pathOf(name, environment) !== undefined);
}

async function versionOf(path: string): Promise<string> {
  const { stdout, stderr } = await runProgram(path, ['version'], {});
  const version = /Version:\s*(\S+)/.exec(stdout + stderr)?.[1];
  if (version === undefined) throw new NetworkError('version-wrong', `${path} doesn't say its version.`, WHERE);
  return version;
}

/** The version in a text like `v3.1.5`; undefined when there is none. */
export function parseVersion(text: string): FabricVersion | undefined {
  const match = /^v?(\d+)\.(\d+)/.exec(text);
  return match === null ? undefined : { major: Number(match[1]), minor: Number(match[2]) };
}

function supported(peer: string, orderer: string): FabricVersion {
  const version = parseVersion(peer);
  if (version === undefined || !SUPPORTED.some(({ major, minor }) => major === version.major && minor === version.minor)) {
    throw new NetworkError('version-wrong', `The peer is Fabric ${peer}; Kesu runs on 2.5 and 3.1.`, WHERE);
  }
  if (peer !== orderer) throw new NetworkError('version-wrong', `The peer is Fabric ${peer} and the orderer ${orderer}.`, WHERE);
  return version;
}

function requireCa(text: string): string {
  const version = parseVersion(text);
  if (version?.major === 1 && version.minor === 5) return text;
  throw new NetworkError('version-wrong', `fabric-ca-server is ${text}; Kesu runs with 1.5.`, WHERE);
}

/** The release keeps `builders/ccaas/bin` beside `bin/`. */
function builderBeside(peer: string): string {
  const builder = join(dirname(dirname(peer)), 'builders', 'ccaas');
  const lacking = ['detect', 'build', 'release'].find((name) => !existsSync(join(builder, 'bin', name)));
  if (lacking === undefined) return builder;
  throw new NetworkError('program-missing', `The chaincode-as-a-service builder is not in ${builder} (bin/${lacking} is missing).`, WHERE);
}
