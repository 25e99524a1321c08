import { existsSync } from 'node:fs';
import type { Command } from 'commander';
import { createBackup, restoreBackup, verifyBackup, type BackupManifest, type LedgerPlace } from '@kesu/network';
import { pino } from 'pino';
import { systemClock } from '../clock';
import { readConfiguration, type Configuration } from '../config';
import { inspectJournalStores, inspectStores, type StoresReport } from '../inspect-stores';
import { ProjectionStore } from '../projection/projection-store';
import { verifyProjection, type ProjectionReport } from '../projection';
import { lockStores, openStores, placesOf } from '../stores';
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

function ledgerPlace(configuration: Configuration): LedgerPlace {
  const places = placesOf(configuration);
  return { directory: places.ledger, anchorDirectory: places.anchors, besideDirectory: places.demonstration, withoutBlocks: configuration.ledger === 'fabric' };
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

function assertLedger(configuration: Configuration): void {
  if (configuration.ledger === 'fabric') return;
  if (!existsSync(placesOf(configuration).ledger)) throw new CommandError(EXIT.UNAVAILABLE, `there is no ledger in ${configuration.data}: \`npm start\` makes one`);
}

function addDoctor(program: Command): void {
  withStoreOptions(program.command('doctor'))
    .description('examine stopped stores: lock, anchors, every block, the private journal and its key file, disk')
    .action(async (options: StoreOptions) => {
      const configuration = configurationOf(options);
      if (configuration.ledger === 'fabric') return inspectOnFabric(configuration, options.json === true);
      assertLedger(configuration);
      const report = await whileLocked(configuration, () => inspectStores(placesOf(configuration), new AbortController().signal));
      const { head, checkedBlocks, journal, operator, diskFreeBytes, problems } = report;
      const lines = [
        head === undefined ? 'no head' : `head ${head.block}  ${head.hash}  ${head.time}`,
        `${checkedBlocks} blocks followed from block 0`,
        ...journalLines(journal),
        ...(operator === undefined ? [] : [operatorLine(operator)]),
        `${Math.floor(diskFreeBytes / 1_048_576)} MiB free`,
        ...(problems.length === 0 ? ['nothing is wrong'] : problems.map((problem) => `wrong: ${problem}`)),
      ];
      print(report, lines, options.json === true);
      process.exitCode = problems.length === 0 ? EXIT.DONE : EXIT.NO;
    });
}

function journalLines({ directory, verified, keyFile, hasKeyFile }: StoresReport['journal']): string[] {
  return [`private journal in ${directory}: ${verified} entries read`, hasKeyFile ? `its key file: ${keyFile} (keep a copy apart from data and backups: without it the journal can't be read)` : `its key file is missing: ${keyFile}`];
}

/** On Fabric a gateway keeps no blocks of its own: what is its own is examined, and who examines the rest is named. */
async function inspectOnFabric(configuration: Configuration, json: boolean): Promise<void> {
  const report = await whileLocked(configuration, () => inspectJournalStores(placesOf(configuration), new AbortController().signal));
  const { journal, problems } = report;
  print(report, [...journalLines(journal), ...(problems.length === 0 ? ['nothing is wrong here'] : problems.map((problem) => `wrong: ${problem}`)), `the ledger is the Fabric network in ${configuration.network}: \`kesu network doctor\` examines one that \`kesu network up\` made`], json);
  process.exitCode = problems.length === 0 ? EXIT.DONE : EXIT.NO;
}

function operatorLine({ notAfter, notice }: NonNullable<StoresReport['operator']>): string {
  const line = `the certificate that signs the blocks holds until ${notAfter}`;
  if (notice.kind !== 'expiring') return line;
  return `${line}: ${notice.daysLeft} days left; \`kesu identity renew ledger-operator\` records a new one`;
}

function addBackup(program: Command): void {
  const backup = program.command('backup').description('copy the ledger, verify a copy, restore it');
  withStoreOptions(backup.command('create'))
    .argument('<to>', 'a directory that does not exist or is empty')
    .description("copy blocks, anchors, the private journal and a demonstration's key files; works while the gateway runs")
    .action(async (to: string, options: StoreOptions) => {
      const manifest = await createBackup(ledgerPlace(configurationOf(options)), to);
      print(manifest, [`backup in ${to} ${reachOf(manifest)}`, ...manifest.notIncluded.map((part) => `not in it: ${part}`)], options.json === true);
    });
  backup
    .command('verify')
    .argument('<at>', 'the backup')
    .option('--json', 'one JSON value')
    .description('read every file of a backup and follow its blocks')
    .action(async (at: string, options: StoreOptions) => {
      const manifest = await verifyBackup(at);
      print(manifest, [`the backup is whole, ${reachOf(manifest)}`], options.json === true);
    });
  withStoreOptions(backup.command('restore'))
    .argument('<from>', 'the backup')
    .option('--accept-loss', 'restore although the present anchor is past the backup: what was acknowledged since is lost')
    .description('put a backup in place of an empty data directory')
    .action(async (from: string, options: StoreOptions & { acceptLoss?: boolean }) => {
      const configuration = configurationOf(options);
      const manifest = await whileLocked(configuration, () => restoreBackup(from, ledgerPlace(configuration), options.acceptLoss === true ? { acceptLoss: true } : {}));
      print(manifest, [`restored ${reachOf(manifest)}`], options.json === true);
    });
}

function reachOf({ head }: BackupManifest): string {
  return head === undefined ? 'of the private journal; the blocks are with the peers' : `up to block ${head.block} ${head.hash}`;
}

function addIndex(program: Command): void {
  const index = program.command('index').description("the projection of a stopped gateway: compare it with the ledger, or make it anew");
  withStoreOptions(index.command('verify'))
    .description('compare the projection with a fresh fold of the ledger: exit code 0 when they are equal')
    .action(async (options: StoreOptions) => {
      const report = await verifyIndex(configurationOf(options));
      const { equal, asOf, reason, indexes } = report;
      const lines = [
        ...(asOf === undefined ? [] : [`projection at block ${asOf.block}  ${asOf.hash}`]),
        ...indexes.map(({ name, entries, expectedEntries, damaged, digest, expectedDigest }) => `${digest === expectedDigest && damaged === 0 ? 'equal ' : 'DIFFERS'}  ${name}  ${entries} of ${expectedEntries}${damaged === 0 ? '' : `, ${damaged} damaged`}`),
        equal ? 'the projection equals the fold of the ledger' : `the projection is not the fold of the ledger${reason === undefined ? '' : ` (${reason})`}: \`kesu index rebuild\` makes it anew`,
      ];
      print(report, lines, options.json === true);
      process.exitCode = equal ? EXIT.DONE : EXIT.NO;
    });
  withStoreOptions(index.command('rebuild'))
    .description('remove the projection; the next start folds it from the ledger')
    .action(async (options: StoreOptions) => {
      const configuration = configurationOf(options);
      const { projection } = placesOf(configuration);
      await whileLocked(configuration, () => ProjectionStore.remove(projection));
      print({ removed: projection }, ['the projection is removed; the next start folds it from the ledger'], options.json === true);
    });
}

async function verifyIndex(configuration: Configuration): Promise<ProjectionReport> {
  assertLedger(configuration);
  const lock = await lockStores(configuration);
  const stores = await openStores(configuration, lock, systemClock, '0'.repeat(32)).catch(async (error: unknown) => {
    await lock.release();
    throw error;
  });
  try {
    return await verifyProjection({ directory: stores.places.projection, ledger: stores.ledger, log: pino({ enabled: false }) }, new AbortController().signal);
  } finally {
    await stores.close();
  }
}
