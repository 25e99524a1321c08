import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import type { Identity } from '@kesu/certs';
import { DomainError, HOUR_MILLIS } from '@kesu/chaincode/domain';
import { StoreLockedError, type StoreLock } from '@kesu/network';
import { pino, type Logger } from 'pino';
import { systemClock, type Clock } from './clock';
import { closeEach } from './close-each';
import type { Configuration } from './config';
import { DEMONSTRATION_COSIGNERS, prepareDemonstration, type Demonstration } from './demonstration';
import { CheckpointTimestamps } from './evidence/checkpoint-timestamps';
import { openSealingMeans, type SealingMeans } from './evidence/sealing-means';
import { openEvidence } from './evidence/open-evidence';
import { httpWitness, openLogParts, type LogParts } from './evidence-log';
import { fileNoticeChannel } from './file-notice-channel';
import { foundLedger } from './found-ledger';
import { GatewayError } from './gateway-error';
import type { GatewayParts } from './gateway-parts';
import { HandoverOutbox, openHandoverChannels } from './handover';
import { createGatewayServer } from './http';
import { LedgerClient } from './ledger-client';
import { Projection } from './projection';
import { StartError } from './start-error';
import { lockStores, openStores, placesOf, type Stores } from './stores';
import { openReleaseParts, resumePending } from './use-cases';
import { DeletionAsking } from './use-cases/deletions';
import { NoticeOutbox } from './use-cases/notices';

/** How often the outboxes look for work, milliseconds. */
const TICK_MILLIS = 10_000;

/** Names itself for what it is in every token and trust file. */
const DEVELOPMENT_AUTHORITY = 'development timestamp authority of the demonstration';

/** A gateway that listens. */
export interface RunningGateway {
  readonly origin: string;
  readonly network: string;
  readonly demonstration: Demonstration | undefined;
  /** Blocks and enterprises that it found or made, for the start page. */
  readonly head: number;
  /** Stops accepting, finishes what runs, closes every store. Nothing acknowledged is lost. */
  stop(): Promise<void>;
}

/** With what a gateway starts. */
export interface StartOptions {
  readonly configuration: Configuration;
  /** Removes the present data first. */
  readonly reset?: boolean;
  /** A line of progress for people. */
  readonly progress: (line: string) => void;
}

/**
 * The composition root: opens the stores, fills an empty ledger, folds the projection, listens.
 * @throws StartError, StoreLockedError, DamagedStoreError; nothing half-started is left behind.
 */
export async function startGateway({ configuration, reset = false, progress }: StartOptions): Promise<RunningGateway> {
  const lock = await lockStores(configuration).catch((error: unknown) => {
    throw alreadyRunning(error, configuration);
  });
  const closing: (() => Promise<void>)[] = [() => lock.release()];
  const closeAll = () => closeEach(closing.reverse().splice(0));
  try {
    await assertPortIsFree(configuration.port);
    if (reset) await removeData(configuration, progress);
    return await open(configuration, lock, progress, closing, closeAll);
  } catch (error) {
    await closeAll();
    throw error;
  }
}

function alreadyRunning(error: unknown, { data, origin }: Configuration): unknown {
  if (!(error instanceof StoreLockedError) || error.holder === undefined) return error;
  const { pid, command, host } = error.holder;
  return new StartError(`Kesu is already running on ${data}: process ${pid} (${command}) on ${host}. Try ${origin}, stop it with Ctrl-C there, or start another with \`--data DIR --port PORT\``);
}

async function open(configuration: Configuration, lock: StoreLock, progress: (line: string) => void, closing: (() => Promise<void>)[], closeAll: () => Promise<void>): Promise<RunningGateway> {
  const log = pino({ level: configuration.logLevel }, pino.destination({ dest: join(configuration.data, 'gateway.log'), mkdir: true, sync: false }));
  const isNew = configuration.ledger === 'embedded' && !existsSync(join(placesOf(configuration).ledger, 'blocks'));
  const demonstration = configuration.demonstration.enabled ? prepareDemonstration(configuration, isNew, progress) : undefined;
  const clock: Clock = demonstration?.clock ?? systemClock;
  const stores = await openStores(configuration, lock, clock, randomBytes(16).toString('hex'));
  closing.splice(0, 1, () => stores.close());
  const client = new LedgerClient(stores.ledger);
  await fill(configuration, stores, client, demonstration, progress);
  const projection = await Projection.open({ directory: stores.places.projection, ledger: stores.ledger, log });
  closing.push(() => projection.close());
  progress('Folding the ledger …');
  await projection.caughtUp();
  const sources = await demonstration?.openSources(stores, projection);
  if (sources !== undefined) closing.push(() => sources.close());
  const parts: GatewayParts = {
    clock: systemClock,
    random: (bytes) => randomBytes(bytes),
    ledger: client,
    readModel: projection,
    store: stores.journal,
    self: configuration.self,
    identityOf: (id) => stores.identities.identityOf(id),
    requestKeyOf: (id) => stores.identities.requestKeyOf(id),
    sourceOf: (item) => sources?.sourceOf(item),
    log,
  };
  progress('Folding the log …');
  const evidenceLog = await openLog(configuration, parts, stores, demonstration);
  closing.push(() => evidenceLog.close());
  await listen(configuration, { parts, stores, projection, demonstration, evidenceLog }, closing);
  const { block } = projection.asOf();
  return { origin: configuration.origin, network: stores.ledger.network, demonstration, head: block, stop: closeAll };
}

async function fill(configuration: Configuration, stores: Stores, client: LedgerClient, demonstration: Demonstration | undefined, progress: (line: string) => void): Promise<void> {
  if (demonstration !== undefined) return demonstration.fill(stores, client);
  progress('Opening the ledger …');
  const { journal, identities, ledger, organisations } = stores;
  const stored = await journal.get('gateway', 'founding');
  const operation = stored?.toString('utf8') ?? randomBytes(16).toString('hex');
  if (stored === undefined) await journal.commit([{ table: 'gateway', key: 'founding', value: Buffer.from(operation) }]);
  const caller = await callerOf(configuration, stores);
  if (await isFounded(client, caller)) return;
  if (caller.mspId !== organisations[0]) throw new StartError(`the ledger is not founded yet: the gateway of ${organisations[0] ?? ''} founds it at its first start`);
  await foundLedger({ client, identities, network: ledger.network, organisations, node: configuration.self, origin: configuration.origin, operation });
}

/** The identity of whom this gateway speaks for; the node's is enrolled by itself. */
async function callerOf({ self }: Configuration, { identities, organisations }: Stores): Promise<Identity> {
  const [nodeMsp = ''] = organisations;
  const held = identities.identityOf(self);
  if (held === undefined && !identities.mspIds.includes(nodeMsp)) throw new StartError(`this gateway holds no identity of ${self}: \`kesu identity enroll ${self} ROLE --msp MSP --network DIR\` makes one`);
  return held ?? identities.enrol(self, 'provincialNode', nodeMsp);
}

/** What a ledger that is founded says to a caller that it doesn't list, or not any more. */
const UNLISTED: readonly string[] = ['participant-not-listed', 'participant-not-active', 'role-not-allowed'];

/** Whether the rule book is there; one that the ledger doesn't list yet is told so only when it is. @throws LedgerError; DomainError such as caller-unknown. */
async function isFounded(client: LedgerClient, caller: Identity): Promise<boolean> {
  try {
    await client.evaluate(caller, 'records:read', { kind: 'rule-book', id: 'current' });
    return true;
  } catch (error) {
    if (!(error instanceof DomainError)) throw error;
    if (error.code === 'not-found') return false;
    if (UNLISTED.includes(error.code)) return true;
    throw error;
  }
}

/** The log recomputed from the ledger; in the demonstration the wallet holds every organisation's cosigner. */
async function openLog({ self, witnesses }: Configuration, parts: GatewayParts, { places, ledger, journal }: Stores, demonstration: Demonstration | undefined): Promise<LogParts> {
  const opened = await openLogParts({
    directory: places.log,
    network: ledger.network,
    ledger,
    parts,
    store: journal,
    publishes: parts.readModel.ruleBook()?.node === self,
    alsoCosigns: demonstration === undefined ? [] : DEMONSTRATION_COSIGNERS,
    witnesses: witnesses.map(({ name, url }) => httpWitness(name, url)),
  });
  await opened.log.caughtUp();
  return opened;
}

/** What listens is made of. */
interface ListeningParts {
  readonly parts: GatewayParts;
  readonly stores: Stores;
  readonly projection: Projection;
  readonly demonstration: Demonstration | undefined;
  readonly evidenceLog: LogParts;
}

async function listen(configuration: Configuration, { parts, stores, projection, demonstration, evidenceLog }: ListeningParts, closing: (() => Promise<void>)[]): Promise<void> {
  const means = await openSealingMeans({ evidence: configuration.evidence, development: demonstration === undefined ? undefined : DEVELOPMENT_AUTHORITY }, { ...parts, journal: stores.journal });
  const timestamps = await openTimestamps(configuration, { parts, means, evidenceLog });
  const releases = await openReleaseParts(parts, {}, () => timestamps?.assertFresh());
  closing.push(() => releases.close());
  await resumePending(releases);
  const notices = new NoticeOutbox({ ledger: stores.ledger, readModel: parts.readModel, store: parts.store, clock: parts.clock, channel: fileNoticeChannel(join(configuration.data, 'notices.jsonl')), log: parts.log });
  const channels = (await demonstration?.openHandovers(stores, projection)) ?? openHandoverChannels(configuration.handover);
  closing.push(async () => channels.close());
  const evidence = openEvidence({ configuration, parts, stores, evidenceLog, means });
  const handovers = new HandoverOutbox(parts, (authority) => channels.channelOf(authority), (caseId) => evidence.newestOf(caseId));
  const deletions = parts.readModel.ruleBook()?.node === parts.self ? new DeletionAsking(parts, stores.ledger) : undefined;
  const sweeps = [() => notices.sendDue(), () => releases.sweep(), () => handovers.sendDue(), async () => deletions?.askDue(), async () => evidenceLog.publisher?.publish(), async () => timestamps?.stampDue()];
  closing.push(runInBackground(parts.log, deletions === undefined ? [notices] : [notices, deletions], sweeps));
  closing.push(verifyInBackground(stores, parts.log));
  const { server, stop } = createGatewayServer(releases, {
    origin: configuration.origin,
    rpId: new URL(configuration.origin).hostname,
    notices,
    handovers,
    evidenceLog,
    ...(timestamps === undefined ? {} : { timestamps }),
    evidence,
    readiness: [
      { name: 'projection-follows', verify: () => assertFollowing(projection) },
      { name: 'evidence-log', verify: () => assertLogging(evidenceLog) },
      ...(timestamps === undefined ? [] : [{ name: 'timestamps', verify: () => timestamps.assertFresh() }]),
    ],
    ...(demonstration === undefined ? {} : { demonstration: { tokens: () => demonstration.tokens() } }),
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(configuration.port, '127.0.0.1', resolve);
  });
  closing.push(stop);
}

/** Absent without an authority outside, or where another gateway publishes the log. */
async function openTimestamps({ evidence }: Configuration, { parts, means, evidenceLog: { publisher } }: { readonly parts: GatewayParts; readonly means: SealingMeans; readonly evidenceLog: LogParts }): Promise<CheckpointTimestamps | undefined> {
  const { stampTime } = means;
  if (publisher === undefined || stampTime === undefined || evidence.timestampAuthorities.length === 0) return undefined;
  const timestamps = await CheckpointTimestamps.open({ publisher, stampTime, store: parts.store, clock: parts.clock, graceMillis: evidence.timestampGraceHours * HOUR_MILLIS, log: parts.log });
  // A start waits for nobody outside: what fails is told and tried again.
  void timestamps.stampDue();
  return timestamps;
}

function assertFollowing(projection: Projection): void {
  const { status } = projection;
  if (status.state === 'STOPPED') throw new Error(`the projection stopped: ${status.reason}`);
}

/** The reason names what disagrees, no record: it is told in full. */
function assertLogging({ log }: LogParts): void {
  if (log.status.state === 'STOPPED') throw GatewayError.of('not-ready', `the log stopped: ${log.status.reason}`);
}

/** Reads events into outboxes, and looks for due work now and then. @returns how to stop it. */
function runInBackground(log: Logger, outboxes: readonly { follow(signal: AbortSignal): Promise<void> }[], sweeps: readonly (() => Promise<unknown>)[]): () => Promise<void> {
  const aborting = new AbortController();
  const following = outboxes.map((outbox) =>
    outbox.follow(aborting.signal).catch((error: unknown) => {
      if (!aborting.signal.aborted) log.error({ outbox: outbox.constructor.name, error: String(error) }, 'an outbox stopped to follow the ledger');
    }),
  );
  let working: Promise<unknown> = Promise.resolve();
  const tick = setInterval(() => {
    for (const sweep of sweeps) working = working.then(() => (aborting.signal.aborted ? undefined : sweep())).catch((error: unknown) => log.error({ error: String(error) }, 'an outbox failed'));
  }, TICK_MILLIS);
  tick.unref();
  return async () => {
    clearInterval(tick);
    aborting.abort();
    await Promise.all(following);
    await working;
  };
}

/** Reads older segments and replays the state beside the running gateway: what is damaged is never served, what is missing is repaired. */
function verifyInBackground({ ledger }: Stores, log: Logger): () => Promise<void> {
  const aborting = new AbortController();
  const verifying = (async () => {
    const { problems, figures } = await ledger.verify(aborting.signal);
    if (problems.length > 0) log.error({ problems }, 'the ledger is not as it must be');
    log.info(figures, 'the ledger was verified');
  })().catch((error: unknown) => {
    if (!aborting.signal.aborted) log.error({ error: String(error) }, 'verifying the ledger failed');
  });
  return async () => {
    aborting.abort();
    await verifying;
  };
}

async function assertPortIsFree(port: number): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    const probe = createServer();
    probe.once('error', (error: NodeJS.ErrnoException) => {
      const taken = error.code === 'EADDRINUSE' ? 'is taken by another program' : `can't be used (${error.code ?? error.message})`;
      reject(new StartError(`port ${port} on 127.0.0.1 ${taken}: end that program, or choose another with \`npm start -- --port ${port + 1}\``));
    });
    probe.listen(port, '127.0.0.1', () => probe.close(() => resolve()));
  });
}

async function removeData(configuration: Configuration, progress: (line: string) => void): Promise<void> {
  const places = placesOf(configuration);
  progress(`Removing the data in ${configuration.data} …`);
  const derived = [places.projection, places.log].flatMap((place) => ['', '.seal', '.session', '.lock', '.condemned'].map((suffix) => `${place}${suffix}`));
  for (const path of [places.ledger, ...derived, places.demonstration, places.anchors, places.keyFile, join(configuration.data, 'notices.jsonl')]) await rm(path, { recursive: true, force: true });
}
