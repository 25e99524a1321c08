import { existsSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import type { Command } from 'commander';
import { createBackup, inspectLedger, restoreBackup, verifyBackup } from '@kesu/network';
import { readConfiguration, type Configuration } from '../config';
import { lockStores, placesOf } from '../stores';
import { CommandError, EXIT, print } from './output';

interface StoreOptions {
  readonly data?: string;
  readonly keep?: string;
  readonly json?: boolean;
}

/** Options that name the stores. */
export function withStoreOptions(command: Command): Command {
  return command.option('--data <dir>', 'data directory').option('--keep <dir>', 'directory of anchors and data key').option('--json', 'one JSON value');
}

/** The configuration that store options name. */
export function configurationOf(options: StoreOptions): Configuration {
  const { data, keep } = options;
  return readConfiguration(process.cwd(), { ...(data === undefined ? {} : { data }), ...(keep === undefined ? {} : { keep }) }, process.env);
}

function ledgerPlace(configuration: Configuration): { directory: string; anchorDirectory: string } {
  const places = placesOf(configuration);
  return { directory: places.ledger, anchorDirectory: places.anchors };
}

/** Runs while nobody else writes the stores. */
export async function whileLocked<T>(configuration: Configuration, act: () => Promise<T>): Promise<T> {
  const lock = await lockStores(configuration);
  try {
    return await act();
  } finally {
    await lock.release();
  }
}

/** `kesu doctor`, `kesu backup`, `kesu index`. */
export function addStoreCommands(program: Command): void {
  addDoctor(program);
  addBackup(program);
  addIndex(program);
}

function addDoctor(program: Command): void {
  withStoreOptions(program.command('doctor'))
    .description('examine a stopped ledger: lock, anchor, every block, disk')
    .action(async (options: StoreOptions) => {
      const configuration = configurationOf(options);
      if (!existsSync(placesOf(configuration).ledger)) throw new CommandError(EXIT.UNAVAILABLE, `there is no ledger in ${configuration.data}: \`npm start\` makes one`);
      const report = await whileLocked(configuration, () => inspectLedger(ledgerPlace(configuration), new AbortController().signal));
      const head = report.head === undefined ? 'no head' : `head ${report.head.block}  ${report.head.hash}  ${report.head.time}`;
      const state = report.problems.length === 0 ? ['nothing is wrong'] : report.problems.map((problem) => `wrong: ${problem}`);
      print(report, [head, `${report.checkedBlocks} blocks followed from block 0`, `${Math.floor(report.diskFreeBytes / 1_048_576)} MiB free`, ...state], options.json === true);
      process.exitCode = report.problems.length === 0 ? EXIT.DONE : EXIT.NO;
    });
}

function addBackup(program: Command): void {
  const backup = program.command('backup').description('copy the ledger, verify a copy, restore it');
  withStoreOptions(backup.command('create'))
    .argument('<to>', 'a directory that does not exist or is empty')
    .description('copy blocks, anchors and the private journal; works while the gateway runs')
    .action(async (to: string, options: StoreOptions) => {
      const manifest = await createBackup(ledgerPlace(configurationOf(options)), to);
      print(manifest, [`backup in ${to} up to block ${manifest.head.block} ${manifest.head.hash}`, ...manifest.notIncluded.map((part) => `not in it: ${part}`)], options.json === true);
    });
  backup
    .command('verify')
    .argument('<at>', 'the backup')
    .option('--json', 'one JSON value')
    .description('read every file of a backup and follow its blocks')
    .action(async (at: string, options: StoreOptions) => {
      const manifest = await verifyBackup(at);
      print(manifest, [`the backup is whole up to block ${manifest.head.block} ${manifest.head.hash}`], options.json === true);
    });
  withStoreOptions(backup.command('restore'))
    .argument('<from>', 'the backup')
    .option('--accept-loss', 'restore although the present anchor is past the backup: what was acknowledged since is lost')
    .description('put a backup in place of an empty data directory')
    .action(async (from: string, options: StoreOptions & { acceptLoss?: boolean }) => {
      const configuration = configurationOf(options);
      const manifest = await whileLocked(configuration, () => restoreBackup(from, ledgerPlace(configuration), options.acceptLoss === true ? { acceptLoss: true } : {}));
      print(manifest, [`restored up to block ${manifest.head.block}`], options.json === true);
    });
}

function addIndex(program: Command): void {
  const index = program.command('index').description("the gateway's projection: compare it with the ledger, or make it anew");
  withStoreOptions(index.command('rebuild'))
    .description('remove the projection of a stopped gateway; the next start folds it from the ledger')
    .action(async (options: StoreOptions) => {
      const configuration = configurationOf(options);
      await whileLocked(configuration, () => rm(placesOf(configuration).projection, { recursive: true, force: true }));
      print({ removed: placesOf(configuration).projection }, ['the projection is removed; the next start folds it from the ledger'], options.json === true);
    });
}
