import { dirname } from 'node:path';
import type { FilePort, OpenFile, OpenMode } from '../file-port';
import { type DiskOperation, SimulatedDisk, type Survival } from './simulated-disk';

/** Which operations a fault counts: writes and truncations; syncs of files and directories; every change. */
export type FaultTarget = 'write' | 'sync' | 'any';

/** A failure of the disk, raised at the `at`-th operation (from 1) of its target after it was set. */
export interface Fault {
  readonly of: FaultTarget;
  readonly at: number;
  readonly code: 'EIO' | 'ENOSPC';
  /** Whether every later operation of the target fails too, until {@link RecordingFiles.heal}. */
  readonly lasting?: boolean;
}

/** What every call of a stopped file port rejects with: the process is gone. */
export class StoppedError extends Error {
  override readonly name = 'StoppedError';
}

/**
 * A file port in memory for fault tests. It records each change of the disk, and from the record
 * - {@link powerCut} makes the disk as a power cut at any recorded point leaves it: what was synced, and of the rest nothing, all, a torn
 *   prefix or scattered sectors; a new name is there only after its directory was synced;
 * - {@link stopAt} kills the process at the n-th change (which may be done in part); {@link afterKill} is the disk that the next process finds;
 * - {@link failAt} fails the n-th write or sync with EIO or ENOSPC: a failed write may be done in part, a failed sync loses what it
 *   should have synced although programs still see it;
 * - {@link flipBit} damages a file.
 *
 * Use: run a workload over `new RecordingFiles()`, and at each acknowledgement remember `files.recorded`. For each point p from 0 to
 * `files.recorded` open the store over `files.powerCut(p, …)`: whatever was acknowledged at or before p must be there.
 */
export class RecordingFiles implements FilePort {
  private readonly log: DiskOperation[] = [];
  private readonly start: SimulatedDisk;
  private fault: Fault | undefined;
  private counted = 0;
  private stopAfter = Number.POSITIVE_INFINITY;
  private stopped = false;

  /**
   * @param random answers numbers in [0, 1): how much of a failed or killed write is done. Seed it, so that a failure can be repeated.
   */
  constructor(
    private readonly random: () => number = seededRandom(1),
    private readonly disk: SimulatedDisk = new SimulatedDisk(),
  ) {
    this.start = disk.copy();
  }

  /** How many changes were recorded so far. */
  get recorded(): number {
    return this.log.length;
  }

  /** The record, in order. */
  get operations(): readonly DiskOperation[] {
    return this.log;
  }

  /** Whether a fault that was set has been raised at least once, or the port was stopped. */
  get struck(): boolean {
    return this.stopped || (this.fault !== undefined && this.counted >= this.fault.at);
  }

  /** The disk after a power cut behind the first `point` recorded changes. */
  powerCut(point: number, survival: Survival, random: () => number = seededRandom(point)): RecordingFiles {
    const disk = this.start.copy();
    for (const operation of this.log.slice(0, point)) disk.apply(operation);
    return new RecordingFiles(random, disk.afterPowerCut(survival, random));
  }

  /** Kills the process at its n-th change from now on (from 1): that one may be done in part, no later call is answered. */
  stopAt(n: number): void {
    this.stopAfter = this.log.length + n - 1;
  }

  /** The disk as the next process finds it after a kill: the page cache is kept, what was unsynced is still unsynced. */
  afterKill(): RecordingFiles {
    return new RecordingFiles(this.random, this.disk.copy());
  }

  /** Sets a fault; counting begins now. */
  failAt(fault: Fault): void {
    this.fault = fault;
    this.counted = 0;
  }

  /** Ends a fault. */
  heal(): void {
    this.fault = undefined;
  }

  /** Turns one bit of a file, counted from its first, for good. */
  flipBit(path: string, bit: number): void {
    this.disk.flipBit(path, bit);
  }

  /** The names of all files. */
  paths(): string[] {
    return this.disk.paths();
  }

  /** What programs see in a file. */
  contentOf(path: string): Buffer {
    return Buffer.from(this.disk.contentOf(this.existing(path)).view());
  }

  async open(path: string, mode: OpenMode): Promise<OpenFile> {
    this.refuseWhenStopped();
    if (mode !== 'create') return this.handle(this.existing(path));
    if (this.disk.nodeOf(path) !== undefined) throw systemError('EEXIST', 'open', path);
    const node = this.disk.freeNode();
    this.change({ kind: 'create', path, node });
    return this.handle(node);
  }

  async makeDirectory(): Promise<void> {
    this.refuseWhenStopped();
  }

  async syncDirectory(path: string): Promise<void> {
    this.change({ kind: 'sync-directory', path });
  }

  async list(path: string): Promise<readonly string[]> {
    this.refuseWhenStopped();
    return this.disk.paths().filter((name) => dirname(name) === path).map((name) => name.slice(path.length + 1));
  }

  async exists(path: string): Promise<boolean> {
    this.refuseWhenStopped();
    return this.disk.paths().some((name) => name === path || name.startsWith(`${path}/`));
  }

  async rename(from: string, to: string): Promise<void> {
    this.existing(from);
    if (dirname(from) !== dirname(to)) throw new Error('renames within one directory are what the model knows');
    this.change({ kind: 'rename', from, to });
  }

  async createWhole(path: string, content: Uint8Array): Promise<boolean> {
    this.refuseWhenStopped();
    if (this.disk.nodeOf(path) !== undefined) return false;
    await (await this.open(path, 'create')).write(0, content);
    return true;
  }

  async remove(path: string): Promise<void> {
    this.refuseWhenStopped();
    if (this.disk.nodeOf(path) !== undefined) this.change({ kind: 'remove', path });
  }

  private existing(path: string): number {
    this.refuseWhenStopped();
    const node = this.disk.nodeOf(path);
    if (node === undefined) throw systemError('ENOENT', 'open', path);
    return node;
  }

  private handle(node: number): OpenFile {
    let open = true;
    const answering = (): void => {
      this.refuseWhenStopped();
      if (!open) throw systemError('EBADF', 'use', 'a closed file');
    };
    return {
      read: async (offset, length) => {
        answering();
        return Buffer.from(this.disk.contentOf(node).view(offset, length));
      },
      write: async (offset, bytes) => {
        answering();
        this.change({ kind: 'write', node, offset, bytes: Buffer.from(bytes) });
      },
      size: async () => {
        answering();
        return this.disk.contentOf(node).length;
      },
      truncate: async (length) => {
        answering();
        this.change({ kind: 'truncate', node, length });
      },
      sync: async () => {
        answering();
        this.change({ kind: 'sync', node });
      },
      close: async () => {
        open = false;
      },
    };
  }

  private change(operation: DiskOperation): void {
    this.refuseWhenStopped();
    if (this.log.length >= this.stopAfter) {
      this.stopped = true;
      this.recordPart(operation);
      this.refuseWhenStopped();
    }
    const fault = this.dueFault(operation);
    if (fault === undefined) return this.record(operation);
    this.recordPart(operation);
    throw systemError(fault.code, operation.kind, 'a simulated disk');
  }

  private dueFault(operation: DiskOperation): Fault | undefined {
    if (this.fault === undefined || !counts(operation, this.fault.of)) return undefined;
    this.counted++;
    const due = this.fault.lasting === true ? this.counted >= this.fault.at : this.counted === this.fault.at;
    return due ? this.fault : undefined;
  }

  /** What a failed or killed operation leaves. */
  private recordPart(operation: DiskOperation): void {
    if (operation.kind === 'write') {
      const done = Math.floor(this.random() * (operation.bytes.length + 1));
      if (done > 0) this.record({ ...operation, bytes: operation.bytes.subarray(0, done) });
    } else if (operation.kind === 'sync' && !this.stopped) this.record({ kind: 'sync-failed', node: operation.node });
  }

  private record(operation: DiskOperation): void {
    this.disk.apply(operation);
    this.log.push(operation);
  }

  private refuseWhenStopped(): void {
    if (this.stopped) throw new StoppedError('the process was stopped here');
  }
}

function counts(operation: DiskOperation, target: FaultTarget): boolean {
  if (target === 'any') return true;
  const isSync = operation.kind === 'sync' || operation.kind === 'sync-directory';
  return target === 'sync' ? isSync : operation.kind === 'write' || operation.kind === 'truncate' || operation.kind === 'create';
}

function systemError(code: string, call: string, path: string): Error {
  return Object.assign(new Error(`${code}: ${call} ${path}`), { code });
}

/** A repeatable source of numbers in [0, 1) (mulberry32). */
export function seededRandom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  };
}
