import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join, sep } from 'node:path';

/** How many hex digits of a build's digest stand in a package label: enough that nobody finds a second build for them. */
const LABEL_DIGITS = 40;

/**
 * The digest of a chaincode build: SHA-256 over its compiled files and the exact versions of the libraries it loads, so that
 * two organisations that hold equal digests run equal rules. Lower-case hex.
 * @param directory the chaincode's package directory, with `package.json` and `lib/`.
 * @throws Error when there is no build.
 */
export function buildDigest(directory: string): string {
  const hash = createHash('sha256');
  for (const line of [...libraries(directory), ...files(directory)]) hash.update(`${line}\n`);
  return hash.digest('hex');
}

/** The label of the package of a build. A peer shows it with the package id, so that organisations compare what they approve. */
export function packageLabel(name: string, digest: string): string {
  return `${name}_${digest.slice(0, LABEL_DIGITS)}`;
}

function files(directory: string): string[] {
  const lib = join(directory, 'lib');
  const found = readdirSync(lib, { recursive: true, encoding: 'utf8' }).filter((file) => file.endsWith('.js'));
  if (found.length === 0) throw new Error(`there is no build in ${lib}`);
  return found.map((file) => `${file.split(sep).join('/')} ${createHash('sha256').update(readFileSync(join(lib, file))).digest('hex')}`).sort();
}

interface Package {
  readonly name: string;
  readonly version: string;
  readonly dependencies?: Readonly<Record<string, string>>;
}

function libraries(directory: string): string[] {
  const own = readPackage(directory);
  const require = createRequire(join(directory, 'package.json'));
  const versions = Object.keys(own.dependencies ?? {}).map((name) => `${name}@${readPackage(packageDirectory(name, require)).version}`);
  return [`${own.name}@${own.version}`, ...versions.sort()];
}

/** A library may hide its package.json behind `exports`: it is looked for where Node would. */
function packageDirectory(name: string, require: NodeJS.Require): string {
  const found = (require.resolve.paths(name) ?? []).map((path) => join(path, name)).find((path) => isPackage(path));
  if (found === undefined) throw new Error(`the library ${name} is not installed`);
  return found;
}

function isPackage(path: string): boolean {
  try {
    readPackage(path);
    return true;
  } catch {
    return false;
  }
}

function readPackage(directory: string): Package {
  return JSON.parse(readFileSync(join(directory, 'package.json'), 'utf8')) as Package;
}
