import { spawn, type ChildProcess } from 'node:child_process';
import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import { cp, rm } from 'node:fs/promises';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const ROOT = join(__dirname, '..', '..');
const PROGRAM = join(ROOT, 'gateway', 'bin', 'kesu.js');

/** How a command ended. */
export interface Ended {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** A directory that commands run in: `kesu.yaml` beside `data` and `keep`. */
export interface Place {
  readonly directory: string;
  readonly data: string;
  readonly keep: string;
  readonly port: number;
  /** What its commands find in their environment beside what is inherited. */
  readonly env?: Readonly<Record<string, string>>;
}

function environment(extra: Readonly<Record<string, string>> = {}): NodeJS.ProcessEnv {
  const inherited = Object.entries(process.env).filter(([name]) => !name.startsWith('KESU_') && name !== 'NODE_OPTIONS');
  return { ...Object.fromEntries(inherited), ...extra };
}

/** Everything that the programs of this run wrote to their outputs: scanned for personal data at the end (I16). */
export const outputs: string[] = [];

/** A program that this process started. */
export class KesuProcess {
  stdout = '';
  stderr = '';
  /** It outlives the test that runs now. */
  isShared = false;
  readonly ended: Promise<Ended>;
  readonly #child: ChildProcess;

  constructor(command: string, args: readonly string[], options: { readonly cwd: string; readonly env?: Readonly<Record<string, string>>; readonly input?: string }) {
    const child = spawn(command, [...args], { cwd: options.cwd, env: environment(options.env), stdio: ['pipe', 'pipe', 'pipe'] });
    this.#child = child;
    child.stdout.setEncoding('utf8').on('data', (text: string) => (this.stdout += text));
    child.stderr.setEncoding('utf8').on('data', (text: string) => (this.stderr += text));
    child.stdin.on('error', () => undefined);
    child.stdin.end(options.input ?? '');
    this.ended = new Promise((resolve) => {
      child.once('close', (code, signal) => {
        // The letter that a signer reads on its own terminal holds its name and code, as it must.
        outputs.push(...(args.includes('grant') && !args.includes('--json') ? [] : [this.stdout]), this.stderr);
        resolve({ code, signal, stdout: this.stdout, stderr: this.stderr });
      });
    });
    children.add(this);
    void this.ended.then(() => children.delete(this));
  }

  get pid(): number {
    return this.#child.pid ?? -1;
  }

  /** Sends a signal to this process alone. */
  kill(signal: NodeJS.Signals): void {
    this.#child.kill(signal);
  }

  /** Resolves when the output matches. @throws Error when the process ends before. */
  async says(stream: 'stdout' | 'stderr', pattern: RegExp): Promise<void> {
    const over = this.ended.then(({ code, stderr }) => Promise.reject(new Error(`ended with ${code} before it said ${String(pattern)}: ${stderr}`)));
    over.catch(() => undefined);
    const said = new Promise<void>((resolve) => {
      const look = (): void => {
        if (pattern.test(this[stream])) resolve();
      };
      this.#child[stream]?.on('data', look);
      look();
    });
    await Promise.race([said, over]);
  }

  /** Stops it gracefully. */
  stop(signal: NodeJS.Signals = 'SIGTERM'): Promise<Ended> {
    this.kill(signal);
    return this.ended;
  }
}

const children = new Set<KesuProcess>();

/** Ends what a failed test left running: the port is needed by the next one. */
export async function endLeftOver(): Promise<void> {
  await endThose((child) => !child.isShared);
}

/** Ends everything. */
export async function endAll(): Promise<void> {
  await endThose(() => true);
}

async function endThose(matches: (child: KesuProcess) => boolean): Promise<void> {
  const ending = [...children].filter(matches);
  for (const child of ending) child.kill('SIGKILL');
  await Promise.all(ending.map((child) => child.ended));
}

/** A command of `kesu`, to its end. */
export function kesu(place: Pick<Place, 'directory' | 'env'>, args: readonly string[], input?: string): Promise<Ended> {
  return new KesuProcess(process.execPath, [PROGRAM, ...args], { cwd: place.directory, ...envOf(place), ...(input === undefined ? {} : { input }) }).ended;
}

function envOf({ env }: Pick<Place, 'env'>): Pick<Place, 'env'> {
  return env === undefined ? {} : { env };
}

/** Starts a gateway; it listens when `says('stdout', /origin/)` resolves. */
export function launch(place: Pick<Place, 'directory' | 'env'>, args: readonly string[] = []): KesuProcess {
  return new KesuProcess(process.execPath, [PROGRAM, 'start', ...args], { cwd: place.directory, ...envOf(place) });
}

/** Starts a gateway and waits until it listens. */
export async function started(place: Pick<Place, 'directory' | 'env'>, args: readonly string[] = []): Promise<KesuProcess> {
  const gateway = launch(place, ['--json', ...args]);
  await gateway.says('stdout', /\n/);
  return gateway;
}

/** A port that nothing listens on. */
export async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

const ROOM = mkdtempSync(join(tmpdir(), 'kesu-e2e-'));

/** Where every place of this run lies. */
export function room(): string {
  return ROOM;
}

/** Removes every place of this run. */
export function removeRoom(): Promise<void> {
  return rm(ROOM, { recursive: true, force: true });
}

/** An empty place. */
export function newPlace(name: string, port: number, enterprises: number): Place {
  const directory = join(ROOM, name);
  mkdirSync(directory);
  writeFileSync(join(directory, 'kesu.yaml'), `port: ${port}\ndata: data\nkeep: keep\ndemonstration:\n  enterprises: ${enterprises}\n`);
  return { directory, data: join(directory, 'data'), keep: join(directory, 'keep'), port };
}

/** A copy of a stopped place. The port stays: a passkey belongs to its origin. */
export async function copyOf(place: Place, name: string): Promise<Place> {
  const directory = join(ROOM, name);
  await cp(place.directory, directory, { recursive: true });
  return { directory, data: join(directory, 'data'), keep: join(directory, 'keep'), port: place.port };
}
