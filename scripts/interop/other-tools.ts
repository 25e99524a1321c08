import { spawn, spawnSync, type SpawnSyncReturns } from 'node:child_process';
import { mkdtempSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** A tool that is there, or why it isn't. */
export type Found<T> = { readonly tool: T } | { readonly missing: string };

/** How a program ended, and what it said. */
export interface Ended {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs a program to its end, while this process goes on serving. */
export type Run = (...args: readonly string[]) => Promise<Ended>;

/** Where what the tools make of their sources lies: never in the repository. */
export const workplace = mkdtempSync(join(tmpdir(), 'kesu-interop-'));

const run = (command: string, args: readonly string[], cwd?: string): SpawnSyncReturns<string> => spawnSync(command, [...args], { encoding: 'utf8', ...(cwd === undefined ? {} : { cwd }) });

function start(command: string, args: readonly string[]): Promise<Ended> {
  return new Promise((resolve, reject) => {
    const child = spawn(command, [...args], { stdio: ['ignore', 'pipe', 'pipe'] });
    let [stdout, stderr] = ['', ''];
    child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text));
    child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text));
    child.once('error', reject);
    child.once('close', (status) => resolve({ status, stdout, stderr }));
  });
}

function lastLine(text: string): string {
  return text.trim().split('\n').at(-1) ?? '';
}

/** openssl on the path. */
export function findOpenssl(): Found<Run> {
  return run('openssl', ['version']).status === 0 ? { tool: (...args) => start('openssl', args) } : { missing: 'no openssl on the path' };
}

/** Our program over Go's C2SP libraries, built once. A build that fails though everything is there is our fault and throws. */
export function findGo(): Found<Run> {
  if (run('go', ['version']).status !== 0) return { missing: 'no go on the path' };
  const source = join(__dirname, 'go');
  const fetched = run('go', ['mod', 'download'], source);
  if (fetched.status !== 0) return { missing: `the Go modules can't be fetched: ${lastLine(fetched.stderr)}` };
  const program = join(workplace, 'interop-go');
  const built = run('go', ['build', '-o', program, '.'], source);
  if (built.status !== 0) throw new Error(built.stderr);
  return { tool: (...args) => start(program, args) };
}

/** Our program over the European DSS library, run by the JVM from its source. */
export function findDss(): Found<Run> {
  for (const program of ['java', 'mvn']) if (run(program, ['-version']).status !== 0) return { missing: `no ${program} on the path` };
  const source = join(__dirname, 'java');
  const classpath = join(workplace, 'classpath');
  const resolved = run('mvn', ['-q', '-B', '-f', join(source, 'pom.xml'), 'dependency:build-classpath', `-Dmdep.outputFile=${classpath}`]);
  if (resolved.status !== 0) return { missing: `Maven can't fetch the DSS library: ${/ERROR\] (.*)/.exec(resolved.stdout)?.[1] ?? lastLine(resolved.stdout)}` };
  return { tool: (...args) => start('java', ['-cp', readFileSync(classpath, 'utf8').trim(), join(source, 'Inspect.java'), ...args]) };
}

/** Describes what a tool says, or says that it did not run and why. */
export function describeWith<T>(what: string, found: Found<T>, describeIt: (tool: T) => void): void {
  if ('tool' in found) return describe(what, () => describeIt(found.tool));
  process.stderr.write(`NOT RUN: ${what}: ${found.missing}\n`);
  describe.skip(what, () => it('is not there', () => undefined));
}
