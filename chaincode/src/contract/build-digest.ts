import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

const PACKAGE = join(__dirname, '..', '..', 'package.json');
const CODE = /\.(js|ts)$/;
const NO_CODE = /\.(d|test)\.ts$/;

/**
 * What this build of the chaincode is: SHA-256 (lower-case hex) over its code files, each as `SHA-256 path` in the order of paths, and
 * the exact libraries that its package names. Equal at two organisations exactly when they run the same rules.
 */
export function digestOfBuild(root: string = join(__dirname, '..'), packageFile: string = PACKAGE): string {
  const lines = codeFiles(root, '').map((path) => `${sha256(readFileSync(join(root, path)))} ${path}`);
  const { dependencies } = JSON.parse(readFileSync(packageFile, 'utf8')) as { dependencies: Record<string, string> };
  for (const name of Object.keys(dependencies).sort()) lines.push(`${name} ${dependencies[name] ?? ''}`);
  return sha256(lines.join('\n'));
}

/** The digest of the build that this process loaded, taken when it was loaded: what lies on the disk later is another build. */
export const BUILD_DIGEST = digestOfBuild();

function codeFiles(root: string, under: string): string[] {
  const entries = readdirSync(join(root, under), { withFileTypes: true }).sort((a, b) => (a.name < b.name ? -1 : 1));
  return entries.flatMap((entry) => {
    const path = under === '' ? entry.name : `${under}/${entry.name}`;
    if (entry.isDirectory()) return entry.name === 'testing' ? [] : codeFiles(root, path);
    return CODE.test(entry.name) && !NO_CODE.test(entry.name) ? [path] : [];
  });
}

function sha256(input: Uint8Array | string): string {
  return createHash('sha256').update(input).digest('hex');
}
