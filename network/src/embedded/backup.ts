import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { copyFile, mkdir, open, readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { z } from 'zod';
import { blockOf, ChainCheck } from './block-chain';
import { Anchor } from './storage/anchor';
import { nodeFiles } from './storage/node-files';
import { BLOCK_ANCHOR_FILE, openBlockLog } from './storage/open-block-log';

/** The directories of a ledger: the data directory and, outside it, the anchors'. */
export interface LedgerPlace {
  readonly directory: string;
  readonly anchorDirectory: string;
  /** A directory of files that belong to the ledger without being it, e.g. a demonstration's key files; left out where there is none. */
  readonly besideDirectory?: string;
  /** True where the blocks are a Fabric network's: only the private journal lies here. */
  readonly withoutBlocks?: boolean;
}

const manifestSchema = z.strictObject({
  format: z.literal('kesu-backup-1'),
  /** The newest block in the backup; absent where the blocks are a Fabric network's, whose peers keep them. */
  head: z.strictObject({ block: z.int().min(0), hash: z.string() }).optional(),
  /** What is not in the backup and is needed beside it. */
  notIncluded: z.array(z.string()),
  files: z.array(z.strictObject({ path: z.string(), bytes: z.int(), sha256: z.string() })),
});

/** What a backup holds: `manifest.json` beside its files. */
export type BackupManifest = z.infer<typeof manifestSchema>;

/** A backup can't be made, isn't what its manifest says, or may not be restored there. `nextStep` is an order to the operator. */
export class BackupError extends Error {
  override readonly name = 'BackupError';

  constructor(
    readonly detail: string,
    readonly nextStep: string,
    options?: ErrorOptions,
  ) {
    super(`${detail}; ${nextStep}`, options);
  }
}

const MANIFEST = 'manifest.json';
const DATA = 'data';
const ANCHOR = 'anchor';
const BESIDE = 'beside';
const BLOCKS_NOTE = "the blocks: each peer of the Fabric network has all of them";
const KEY_NOTE = 'the key file of the private journal: keep it apart from the backup, without it the journal in the backup cannot be read';
/** The state is derived and replayed; locks belong to a process. */
const LEFT_OUT = /^(state($|\.)|.*lock$)/i;
/** A running ledger may replace a file while it is copied: then the copy begins again, at most so many times. */
const ATTEMPTS = 5;

/**
 * Copies an embedded ledger with its private journal, or the journal alone where the blocks are a Fabric network's, running or stopped: the anchors first, what lies beside it, then all blocks and the private journal, so that the copy holds at least
 * what its anchor names. The state is left out: it is replayed. The journal's key file is not in it.
 * @param to a directory that doesn't exist or is empty.
 * @throws BackupError.
 */
export async function createBackup(from: LedgerPlace, to: string): Promise<BackupManifest> {
  await refuseFilled(to);
  for (let attempt = 1; ; attempt++) {
    try {
      await copyTree(from.anchorDirectory, join(to, ANCHOR));
      if (from.besideDirectory !== undefined && (await namesIn(from.besideDirectory)).length > 0) await copyTree(from.besideDirectory, join(to, BESIDE));
      const before = await listTree(from.directory);
      await copyTree(from.directory, join(to, DATA));
      const after = await listTree(from.directory);
      if (before.every((path) => after.includes(path))) break;
    } catch (error) {
      if (!isMissing(error)) throw error;
    }
    await rm(to, { recursive: true, force: true });
    if (attempt === ATTEMPTS) throw new BackupError('the files changed again and again while they were copied', 'try again when the ledger is less busy, or stop it');
  }
  const held = from.withoutBlocks === true ? { notIncluded: [KEY_NOTE, BLOCKS_NOTE] } : { head: await walkBlocks(to), notIncluded: [KEY_NOTE] };
  const files = await Promise.all((await listTree(to)).map((path) => describeFile(to, path)));
  const manifest: BackupManifest = { format: 'kesu-backup-1', ...held, files };
  await writeSynced(join(to, MANIFEST), JSON.stringify(manifest, null, 2));
  return manifest;
}

/**
 * Checks a backup whole: each file by its SHA-256, each block by its place in the chain and its operator's signature, the head.
 * @throws BackupError naming what is wrong.
 */
export async function verifyBackup(at: string): Promise<BackupManifest> {
  const manifest = await readManifest(at);
  const present = (await listTree(at)).filter((path) => path !== MANIFEST);
  const foreign = present.find((path) => !manifest.files.some((file) => file.path === path));
  if (foreign !== undefined) throw broken(`${foreign} is not part of the backup`);
  for (const file of manifest.files) {
    if (!present.includes(file.path)) throw broken(`${file.path} is missing`);
    const found = await describeFile(at, file.path);
    if (found.bytes !== file.bytes || found.sha256 !== file.sha256) throw broken(`${file.path} is not what was backed up`);
  }
  const head = manifest.head === undefined ? undefined : await walkBlocks(at);
  if (JSON.stringify(head) !== JSON.stringify(manifest.head)) throw broken('its blocks end elsewhere than it says');
  return manifest;
}

/** How a restore may go on where it would refuse. */
export interface RestoreOptions {
  /** Restore although the present anchor names blocks that the backup lacks: they are lost. */
  readonly acceptLoss?: boolean;
}

/**
 * Puts a verified backup in place: blocks and journal durable first, the anchors last.
 * @throws BackupError when the target holds anything, or when the present anchor is ahead of the backup (naming what would be lost).
 */
export async function restoreBackup(from: string, to: LedgerPlace, options: RestoreOptions = {}): Promise<BackupManifest> {
  const manifest = await verifyBackup(from);
  assertSameLedger(manifest, to);
  await refuseFilled(to.directory);
  if (options.acceptLoss !== true) await refuseLoss(manifest, to);
  await copyTree(join(from, DATA), to.directory);
  if (to.besideDirectory !== undefined && (await namesIn(join(from, BESIDE))).length > 0) await copyTree(join(from, BESIDE), to.besideDirectory);
  const paths = await listTree(join(from, ANCHOR));
  await mkdir(to.anchorDirectory, { recursive: true });
  for (const path of paths) {
    await copySynced(join(from, ANCHOR, path), join(to.anchorDirectory, `${path}.restored`));
    await rename(join(to.anchorDirectory, `${path}.restored`), join(to.anchorDirectory, path));
  }
  await nodeFiles.syncDirectory(to.anchorDirectory);
  return manifest;
}

function assertSameLedger({ head }: BackupManifest, { withoutBlocks = false }: LedgerPlace): void {
  if ((head === undefined) === withoutBlocks) return;
  throw new BackupError(`the backup is of a gateway on ${head === undefined ? 'Fabric' : 'the embedded ledger'}`, 'restore it for the same `ledger:` in kesu.yaml');
}

/** Refuses when the present anchor names blocks that the backup lacks. */
async function refuseLoss({ head }: BackupManifest, to: LedgerPlace): Promise<void> {
  const anchored = head === undefined ? -1 : await anchoredBlock(to.anchorDirectory);
  if (head === undefined || anchored <= head.block) return;
  throw new BackupError(`the backup ends at block ${head.block} and the anchor names block ${anchored}: blocks ${head.block + 1} to ${anchored} would be lost`, 'find a newer backup, or accept the loss explicitly');
}

/** The block that an anchor names; −1 when there is none. */
async function anchoredBlock(anchorDirectory: string): Promise<number> {
  const anchor = await Anchor.open(nodeFiles, join(anchorDirectory, BLOCK_ANCHOR_FILE));
  const count = anchor?.latest.count ?? 0;
  await anchor?.close();
  return count - 1;
}

/** Follows the chain of a copy from block 0 to its head. */
async function walkBlocks(at: string): Promise<NonNullable<BackupManifest['head']>> {
  const log = await openBlockLog({ files: nodeFiles, directory: join(at, DATA, 'blocks'), anchorDirectory: join(at, ANCHOR) });
  try {
    if (log.head === undefined) throw broken('it holds no blocks');
    const chain = new ChainCheck();
    for await (const logged of log.iterate(0)) chain.accept(blockOf(logged));
    return { block: log.head.number, hash: log.head.hash };
  } catch (error) {
    throw error instanceof BackupError ? error : new BackupError('the blocks are damaged', 'use another backup', { cause: error });
  } finally {
    await log.close();
  }
}

async function readManifest(at: string): Promise<BackupManifest> {
  try {
    return manifestSchema.parse(JSON.parse(await readFile(join(at, MANIFEST), 'utf8')));
  } catch (error) {
    throw new BackupError('there is no readable manifest.json', 'name the directory of a backup', { cause: error });
  }
}

function broken(problem: string): BackupError {
  return new BackupError(`the backup is damaged: ${problem}`, 'use another backup');
}

async function refuseFilled(directory: string): Promise<void> {
  if ((await namesIn(directory)).length > 0) throw new BackupError(`${directory} is not empty`, 'name an empty directory or one that does not exist');
}

async function namesIn(directory: string): Promise<string[]> {
  try {
    return await readdir(directory);
  } catch (error) {
    if (isMissing(error)) return [];
    throw error;
  }
}

/** The files below a directory, relative, sorted; without what is left out of a backup. */
async function listTree(directory: string, below = ''): Promise<string[]> {
  const paths: string[] = [];
  for (const name of (await namesIn(join(directory, below))).sort()) {
    if (LEFT_OUT.test(name)) continue;
    const path = join(below, name);
    if ((await stat(join(directory, path))).isDirectory()) paths.push(...(await listTree(directory, path)));
    else paths.push(path);
  }
  return paths;
}

async function copyTree(from: string, to: string): Promise<void> {
  const directories = new Set([to]);
  await mkdir(to, { recursive: true, mode: 0o700 });
  for (const path of await listTree(from)) {
    const target = join(to, path);
    await mkdir(dirname(target), { recursive: true, mode: 0o700 });
    directories.add(dirname(target));
    await copySynced(join(from, path), target);
  }
  for (const directory of directories) await nodeFiles.syncDirectory(directory);
  await nodeFiles.syncDirectory(dirname(to));
}

async function copySynced(from: string, to: string): Promise<void> {
  await copyFile(from, to);
  const handle = await open(to, 'r+');
  await handle.sync().finally(() => handle.close());
}

async function writeSynced(path: string, text: string): Promise<void> {
  await writeFile(path, text, { mode: 0o600 });
  const handle = await open(path, 'r+');
  await handle.sync().finally(() => handle.close());
  await nodeFiles.syncDirectory(dirname(path));
}

async function describeFile(root: string, path: string): Promise<BackupManifest['files'][number]> {
  const hash = createHash('sha256');
  let bytes = 0;
  for await (const chunk of createReadStream(join(root, path)) as AsyncIterable<Buffer>) {
    hash.update(chunk);
    bytes += chunk.length;
  }
  return { path, bytes, sha256: hash.digest('hex') };
}

function isMissing(error: unknown): boolean {
  return typeof error === 'object' && error !== null && 'code' in error && error.code === 'ENOENT';
}
