import { dirname } from 'node:path';

/** Bytes of a disk's sector: the smallest part of a write that a power cut keeps or loses when it is scattered. */
export const SECTOR_BYTES = 512;

/** A change of a simulated disk. `node` numbers a file's content; names point to nodes. */
export type DiskOperation =
  | { readonly kind: 'create'; readonly path: string; readonly node: number }
  | { readonly kind: 'write'; readonly node: number; readonly offset: number; readonly bytes: Buffer }
  | { readonly kind: 'truncate'; readonly node: number; readonly length: number }
  | { readonly kind: 'sync'; readonly node: number }
  | { readonly kind: 'sync-failed'; readonly node: number }
  | { readonly kind: 'rename'; readonly from: string; readonly to: string }
  | { readonly kind: 'remove'; readonly path: string }
  | { readonly kind: 'sync-directory'; readonly path: string };

/**
 * What of the unsynced survives a power cut. `lost`: nothing. `kept`: everything. `torn`: of each file and directory a prefix of its
 * unsynced changes and a byte prefix of the next write. `scattered`: each unsynced sector by itself, in any combination.
 */
export const SURVIVALS = ['lost', 'kept', 'torn', 'scattered'] as const;
export type Survival = (typeof SURVIVALS)[number];

type ContentChange = Extract<DiskOperation, { kind: 'write' | 'truncate' }>;
type NameChange = Extract<DiskOperation, { kind: 'create' | 'rename' | 'remove' }>;

/** The bytes of one file: as programs see them, as they would be after a power cut, and what is between the two. */
interface Node {
  cached: GrowingBytes;
  durable: GrowingBytes;
  unsynced: ContentChange[];
}

/** Bytes that grow without copying at each write. */
export class GrowingBytes {
  private buffer: Buffer;

  constructor(
    content: Buffer = Buffer.alloc(0),
    private used = content.length,
  ) {
    this.buffer = Buffer.from(content);
  }

  get length(): number {
    return this.used;
  }

  view(offset = 0, length = this.used): Buffer {
    return this.buffer.subarray(Math.min(offset, this.used), Math.min(offset + length, this.used));
  }

  copy(): GrowingBytes {
    return new GrowingBytes(this.view());
  }

  apply(change: ContentChange): void {
    if (change.kind === 'write') this.put(change.offset, change.bytes);
    else this.resize(change.length);
  }

  private put(offset: number, bytes: Buffer): void {
    if (offset + bytes.length > this.used) this.resize(offset + bytes.length);
    bytes.copy(this.buffer, offset);
  }

  private resize(length: number): void {
    if (length > this.buffer.length) {
      const grown = Buffer.alloc(Math.max(length, this.buffer.length * 2));
      this.buffer.copy(grown, 0, 0, this.used);
      this.buffer = grown;
    }
    if (length < this.used) this.buffer.fill(0, length, this.used);
    this.used = length;
  }
}

/** A file system in memory that tells what programs see from what a power cut leaves. A pure state machine over {@link DiskOperation}. */
export class SimulatedDisk {
  private readonly nodes = new Map<number, Node>();
  private names = new Map<string, number>();
  private durableNames = new Map<string, number>();
  private unsyncedNames: NameChange[] = [];

  /** The names that programs see. */
  paths(): string[] {
    return [...this.names.keys()].sort();
  }

  nodeOf(path: string): number | undefined {
    return this.names.get(path);
  }

  contentOf(node: number): GrowingBytes {
    return this.node(node).cached;
  }

  /** A number that no node has. */
  freeNode(): number {
    return this.nodes.size;
  }

  apply(operation: DiskOperation): void {
    switch (operation.kind) {
      case 'create':
        this.nodes.set(operation.node, { cached: new GrowingBytes(), durable: new GrowingBytes(), unsynced: [] });
        return this.changeNames(operation);
      case 'rename':
      case 'remove':
        return this.changeNames(operation);
      case 'write':
      case 'truncate':
        this.node(operation.node).cached.apply(operation);
        this.node(operation.node).unsynced.push(operation);
        return;
      case 'sync':
        return this.sync(this.node(operation.node));
      case 'sync-failed':
        // As Linux does: the pages count as clean although they never reached the disk, so a later sync doesn't write them.
        this.node(operation.node).unsynced = [];
        return;
      case 'sync-directory':
        return this.syncNames(operation.path);
    }
  }

  /** The disk after the process was killed: everything in the page cache is still there, and still unsynced. */
  copy(): SimulatedDisk {
    const disk = new SimulatedDisk();
    for (const [number, node] of this.nodes)
      disk.nodes.set(number, { cached: node.cached.copy(), durable: node.durable.copy(), unsynced: [...node.unsynced] });
    disk.names = new Map(this.names);
    disk.durableNames = new Map(this.durableNames);
    disk.unsyncedNames = [...this.unsyncedNames];
    return disk;
  }

  /** The disk after a power cut. `random` answers numbers in [0, 1). */
  afterPowerCut(survival: Survival, random: () => number): SimulatedDisk {
    const disk = new SimulatedDisk();
    for (const [number, node] of this.nodes) {
      const content = node.durable.copy();
      for (const change of survivors(node.unsynced, survival, random)) content.apply(change);
      disk.nodes.set(number, { cached: content, durable: content.copy(), unsynced: [] });
    }
    const names = new Map(this.durableNames);
    for (const change of survivingNames(this.unsyncedNames, survival, random)) applyName(names, change);
    disk.names = names;
    disk.durableNames = new Map(names);
    return disk;
  }

  /** Damages a file for good: turns one bit, counted from the file's first, in what programs see and in what is durable. */
  flipBit(path: string, bit: number): void {
    const number = this.names.get(path);
    if (number === undefined) throw new Error(`no file ${path}`);
    const { cached, durable } = this.node(number);
    const at = bit >> 3;
    for (const content of [cached, durable]) {
      const old = content.view()[at];
      if (old !== undefined) content.apply({ kind: 'write', node: number, offset: at, bytes: Buffer.from([old ^ (1 << (bit & 7))]) });
    }
  }

  private node(number: number): Node {
    const node = this.nodes.get(number);
    if (node === undefined) throw new Error(`no node ${number}`);
    return node;
  }

  private sync(node: Node): void {
    for (const change of node.unsynced) node.durable.apply(change);
    node.unsynced = [];
  }

  private changeNames(change: NameChange): void {
    applyName(this.names, change);
    this.unsyncedNames.push(change);
  }

  private syncNames(directory: string): void {
    const rest: NameChange[] = [];
    for (const change of this.unsyncedNames)
      if (directoryOf(change) === directory) applyName(this.durableNames, change);
      else rest.push(change);
    this.unsyncedNames = rest;
  }
}

function directoryOf(change: NameChange): string {
  return dirname(change.kind === 'rename' ? change.to : change.path);
}

function applyName(names: Map<string, number>, change: NameChange): void {
  if (change.kind === 'create') names.set(change.path, change.node);
  else if (change.kind === 'remove') names.delete(change.path);
  else {
    const node = names.get(change.from);
    if (node === undefined) return;
    names.delete(change.from);
    names.set(change.to, node);
  }
}

function survivors(changes: readonly ContentChange[], survival: Survival, random: () => number): readonly ContentChange[] {
  if (survival === 'lost') return [];
  if (survival === 'kept') return changes;
  if (survival === 'scattered') return changes.flatMap((change) => scattered(change, random));
  const whole = Math.floor(random() * (changes.length + 1));
  const kept = changes.slice(0, whole);
  const next = changes[whole];
  if (next?.kind === 'write') kept.push({ ...next, bytes: next.bytes.subarray(0, Math.floor(random() * (next.bytes.length + 1))) });
  return kept;
}

/** Each sector that a write touches, kept or lost by itself. */
function scattered(change: ContentChange, random: () => number): ContentChange[] {
  if (change.kind === 'truncate') return random() < 0.5 ? [change] : [];
  const parts: ContentChange[] = [];
  for (let at = 0; at < change.bytes.length; ) {
    const length = SECTOR_BYTES - ((change.offset + at) % SECTOR_BYTES);
    if (random() < 0.5) parts.push({ ...change, offset: change.offset + at, bytes: change.bytes.subarray(at, at + length) });
    at += length;
  }
  return parts;
}

/** Directories are journaled: of each a prefix of its changes survives, whatever the survival of contents. */
function survivingNames(changes: readonly NameChange[], survival: Survival, random: () => number): readonly NameChange[] {
  if (survival === 'lost') return [];
  if (survival === 'kept') return changes;
  const left = new Map<string, number>();
  for (const change of changes) left.set(directoryOf(change), (left.get(directoryOf(change)) ?? 0) + 1);
  for (const [directory, count] of left) left.set(directory, Math.floor(random() * (count + 1)));
  return changes.filter((change) => {
    const remaining = left.get(directoryOf(change)) ?? 0;
    left.set(directoryOf(change), remaining - 1);
    return remaining > 0;
  });
}
