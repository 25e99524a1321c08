import { spawn } from 'node:child_process';
import { closeSync, existsSync, mkdirSync, openSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { z } from 'zod';
import { ENDED, processStart } from '../embedded/storage/lock';
import { whatAils, type HealthCheck } from './health';
import type { NetworkLayout } from './layout';
import { NetworkError } from './network-error';
import { programEnvironment } from './run-program';
import { writeWhole } from './write-whole';

/** A process of the network: how it is started and how it is seen to answer. */
export interface ProcessSpec {
  readonly name: string;
  readonly kind: 'ca' | 'orderer' | 'peer' | 'chaincode';
  /** The organisation whose process it is. */
  readonly organisation: string;
  readonly program: string;
  readonly args: readonly string[];
  readonly env: NodeJS.ProcessEnv;
  readonly cwd: string;
  /** Ports on loopback that it listens on, the main one first. */
  readonly ports: readonly number[];
  readonly health: HealthCheck;
}

/** What a pid file says: a pid alone may have been given to another process since. */
const pidSchema = z.strictObject({ name: z.string(), pid: z.int().positive(), started: z.string(), program: z.string() });

/** A process that was started. */
export type StartedProcess = z.infer<typeof pidSchema>;

/** What became of a process: it runs, it was never started or stopped in order, or it ended by itself. */
export type ProcessState = 'running' | 'stopped' | 'crashed';

/** Between two looks at something that isn't ready yet, milliseconds. */
const LOOK_AGAIN_MILLIS = 50;

/** How long a process has to answer after its start, and to end after it was asked to, milliseconds. */
const READY_MILLIS = 30_000;
const END_MILLIS = 20_000;

/** Starts, watches and stops the network's processes; their pid files are the memory between commands. */
export class NetworkProcesses {
  constructor(private readonly layout: NetworkLayout) {}

  /** Every process with a pid file, running or not. */
  started(): readonly StartedProcess[] {
    if (!existsSync(this.layout.processes)) return [];
    return readdirSync(this.layout.processes)
      .filter((file) => file.endsWith('.json'))
      .sort()
      .flatMap((file) => this.read(basename(file, '.json')) ?? []);
  }

  /** What became of a process. */
  async state(name: string): Promise<ProcessState> {
    const started = this.read(name);
    if (started === undefined) return 'stopped';
    return (await isRunning(started)) ? 'running' : 'crashed';
  }

  /** The pid of a running process. */
  pid(name: string): number | undefined {
    return this.read(name)?.pid;
  }

  /** Starts a process apart from this one; its output goes to its log. */
  async start(spec: ProcessSpec): Promise<void> {
    mkdirSync(this.layout.logs, { recursive: true });
    mkdirSync(this.layout.processes, { recursive: true });
    const log = openSync(this.log(spec.name), 'a');
    try {
      const child = spawn(spec.program, [...spec.args], { cwd: spec.cwd, env: programEnvironment(spec.env), detached: true, stdio: ['ignore', log, log] });
      const pid = await spawned(child, spec);
      writeWhole(this.pidFile(spec.name), JSON.stringify({ name: spec.name, pid, started: await processStart(pid), program: spec.program }));
      child.unref();
    } finally {
      closeSync(log);
    }
  }

  /**
   * Waits until a started process answers.
   * @throws NetworkError `process-ended` with its last words, `not-ready`.
   */
  async ready({ name, health }: ProcessSpec): Promise<void> {
    const deadline = Date.now() + READY_MILLIS;
    for (;;) {
      const ails = await whatAils(health);
      if (ails === undefined) return;
      if ((await this.state(name)) !== 'running') {
        throw new NetworkError('process-ended', `${name} ended while it started: ${this.lastWords(name)}`, `Its log is ${this.log(name)}; correct the cause and run \`kesu network up\` again.`);
      }
      if (Date.now() > deadline) throw new NetworkError('not-ready', `${name} doesn't answer on port ${health.port}: ${ails}.`, `Read its log ${this.log(name)}, then run \`kesu network doctor\`.`);
      await wait(LOOK_AGAIN_MILLIS);
    }
  }

  /** Asks a process to end, and makes it end when it doesn't. Only the very process that was started is touched. */
  async stop(name: string): Promise<void> {
    const started = this.read(name);
    if (started === undefined) return;
    if (await isRunning(started)) await end(started);
    rmSync(this.pidFile(name), { force: true });
  }

  /** Where a process writes. */
  log(name: string): string {
    return join(this.layout.logs, `${name}.log`);
  }

  /** The last line of a process's log. */
  lastWords(name: string): string {
    if (!existsSync(this.log(name))) return 'it wrote nothing.';
    const lines = readFileSync(this.log(name), 'utf8').trim().split('\n');
    const telling = lines.slice(-40).findLast((line) => /panic|fatal|error|PANI/i.test(line));
     
    return (telling ?? lines.at(-1) ?? '').replace(/\u001b\[[0-9;]*m/g, '').slice(0, 400);
  }

  private pidFile(name: string): string {
    return join(this.layout.processes, `${name}.json`);
  }

  private read(name: string): StartedProcess | undefined {
    const path = this.pidFile(name);
    if (!existsSync(path)) return undefined;
    return pidSchema.safeParse(JSON.parse(readFileSync(path, 'utf8'))).data;
  }
}

function spawned(child: ReturnType<typeof spawn>, spec: ProcessSpec): Promise<number> {
  return new Promise((resolve, reject) => {
    child.on('error', (cause) => reject(new NetworkError('program-missing', `${spec.program} can't be run: ${cause.message}.`, `It lies in ${dirname(spec.program)}: make it executable for this machine.`, { cause })));
    child.on('spawn', () => resolve(child.pid ?? 0));
  });
}

async function isRunning({ pid, started }: StartedProcess): Promise<boolean> {
  return (await processStart(pid)) === started && signal(pid, 0);
}

async function end(started: StartedProcess): Promise<void> {
  signal(started.pid, 'SIGTERM');
  const deadline = Date.now() + END_MILLIS;
  while (await holdsPorts(started)) {
    if (Date.now() > deadline) {
      if (!(await isRunning(started))) return;
      signal(started.pid, 'SIGKILL');
    }
    await wait(LOOK_AGAIN_MILLIS);
  }
}

/** A process whose first thread has ended may have others that still hold its ports: it is gone when its parent has buried it. */
async function holdsPorts({ pid, started }: StartedProcess): Promise<boolean> {
  const now = await processStart(pid);
  return (now === started || now === ENDED) && signal(pid, 0);
}

function signal(pid: number, name: NodeJS.Signals | 0): boolean {
  try {
    return process.kill(pid, name);
  } catch {
    return false;
  }
}
