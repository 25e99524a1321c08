import { readFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { basename, dirname } from 'node:path';
import { z } from 'zod';
import type { FilePort } from './file-port';
import { nodeFiles } from './node-files';
import { isSystemError } from './system-error';

/** Who holds a lock. */
export interface LockHolder {
  readonly pid: number;
  /** When the process started: clock ticks since boot together with the boot's id (Linux), so that a reused pid is told apart; empty where unknown. */
  readonly started: string;
  readonly host: string;
  /** The program's name without its arguments, which may hold secrets. */
  readonly command: string;
}

/** What a lock asks the machine; a port, so that tests play the other processes. */
export interface Processes {
  /** This process. */
  self(): Promise<LockHolder>;
  /** Whether the process that took a lock on this host is still there. */
  isAlive(holder: LockHolder): Promise<boolean>;
}

/** Another process writes this store. */
export class StoreLockedError extends Error {
  override readonly name = 'StoreLockedError';

  constructor(
    readonly path: string,
    readonly holder: LockHolder | undefined,
    reason: string,
  ) {
    super(`${path}: ${reason}`);
  }
}

/** A lock that this process holds. */
export interface StoreLock {
  /** Gives the lock up; one that meanwhile names another holder is left alone. */
  release(): Promise<void>;
}

const HOLDER = z.strictObject({ pid: z.int().positive(), started: z.string(), host: z.string(), command: z.string() });
const LONGEST_HOLDER_BYTES = 4096;

/**
 * Takes the single-writer lock of a store. The lock of a process that is gone is taken over; which it is follows from its pid and its
 * start time, never from the age of the file.
 * @param path of the lock's file; its directory exists.
 * @throws StoreLockedError that names the holder.
 */
export async function takeLock(path: string, processes: Processes = machineProcesses, files: FilePort = nodeFiles): Promise<StoreLock> {
  const self = await processes.self();
  if (!(await tryCreate(files, path, self))) await takeOver(files, path, self, processes);
  return {
    release: async () => {
      const holder = await readHolder(files, path);
      if (holder !== undefined && isSame(holder, self)) await files.remove(path);
    },
  };
}

/** Only who holds the guard file may replace a stale lock: two starts at once must not both take it. */
async function takeOver(files: FilePort, path: string, self: LockHolder, processes: Processes): Promise<void> {
  const guard = `${path}.takeover`;
  if (!(await tryCreate(files, guard, self))) {
    const other = await readHolder(files, guard);
    if (other !== undefined && (await isHeld(other, self, processes))) throw held(path, other);
    await files.remove(guard);
    if (!(await tryCreate(files, guard, self))) throw new StoreLockedError(path, undefined, 'another process is just taking this store over; start again when it has ended');
  }
  try {
    const holder = await readHolder(files, path);
    if (holder !== undefined && (await isHeld(holder, self, processes))) throw held(path, holder);
    const unfinished = `${path}.new`;
    await files.remove(unfinished);
    await tryCreate(files, unfinished, self);
    await files.rename(unfinished, path);
  } finally {
    await files.remove(guard);
  }
  const now = await readHolder(files, path);
  if (now === undefined || !isSame(now, self)) throw held(path, now);
}

async function isHeld(holder: LockHolder, self: LockHolder, processes: Processes): Promise<boolean> {
  if (isSame(holder, self)) return true;
  // What runs on another host can't be seen from here: its lock stands.
  return holder.host !== self.host || processes.isAlive(holder);
}

function held(path: string, holder: LockHolder | undefined): StoreLockedError {
  if (holder === undefined) return new StoreLockedError(path, undefined, 'another process has just taken this store over');
  const who = `process ${holder.pid} (${holder.command}) on ${holder.host}`;
  return new StoreLockedError(path, holder, `${who} writes this store; stop it first, or remove the file if it runs on a host that is gone`);
}

/** False when there is a file already. */
function tryCreate(files: FilePort, path: string, holder: LockHolder): Promise<boolean> {
  return files.createWhole(path, Buffer.from(`${JSON.stringify(holder)}\n`, 'utf8'));
}

/** Undefined when there is no lock, or one that a power cut left without its content: no process survived that. */
async function readHolder(files: FilePort, path: string): Promise<LockHolder | undefined> {
  if (!(await files.exists(path))) return undefined;
  try {
    const file = await files.open(path, 'read');
    const text = (await file.read(0, LONGEST_HOLDER_BYTES)).toString('utf8');
    await file.close();
    return HOLDER.parse(JSON.parse(text));
  } catch {
    return undefined;
  }
}

function isSame(one: LockHolder, other: LockHolder): boolean {
  return one.pid === other.pid && one.started === other.started && one.host === other.host;
}

/** The processes of this machine, by signal 0 and, where there is one, /proc. */
export const machineProcesses: Processes = {
  async self() {
    return { pid: process.pid, started: await processStart(process.pid), host: hostname(), command: `${basename(process.execPath)} ${scriptName()}`.trim() };
  },
  async isAlive({ pid, started }) {
    const now = await processStart(pid);
    if (now !== '' && started !== '') return now === started;
    return answersSignal(pid);
  },
};

function scriptName(): string {
  const script = process.argv[1] ?? '';
  return `${basename(dirname(script))}/${basename(script)}`;
}

function answersSignal(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return isSystemError(error, 'EPERM');
  }
}

/** In place of the start of a process that only waits to be buried. */
export const ENDED = 'ended';

/**
 * When a process started: field 22 of /proc/PID/stat, counted behind the command, which may hold spaces and brackets, with the boot's id;
 * {@link ENDED} for one that only waits to be buried, empty where it can't be known.
 */
export async function processStart(pid: number): Promise<string> {
  try {
    const stat = await readFile(`/proc/${pid}/stat`, 'latin1');
    const boot = await readFile('/proc/sys/kernel/random/boot_id', 'latin1');
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    // A zombie writes no more.
    if (fields[0] === 'Z' || fields[0] === 'X') return ENDED;
    return `${boot.trim()} ${fields[19] ?? ''}`;
  } catch {
    return '';
  }
}
