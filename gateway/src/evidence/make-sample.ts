import { randomBytes } from 'node:crypto';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { releaseProofOf, type ConsentReceipt, type ReleaseProof } from '@kesu/chaincode/domain';
import type { Part } from '@kesu/verifier';
import { pino } from 'pino';
import { systemClock } from '../clock';
import { closeEach } from '../close-each';
import type { Configuration } from '../config';
import { openLogParts } from '../evidence-log';
import { proofOf } from '../evidence-log/event-proof';
import type { GatewayParts } from '../gateway-parts';
import { LedgerClient } from '../ledger-client';
import { Projection } from '../projection';
import { lockStores, openEmbeddedStores, type Stores } from '../stores';
import { consentReceipt, type ReceiptParts } from './consent-receipt';
import { SAMPLE, SampleLedger } from './sample-ledger';
import { bundleOf, sealLoan } from './seal-evidence';
import { openSealingMeans } from './sealing-means';
import { trustOfGateway } from './trust-of-gateway';

/** How many of the sample's three cosigners must have signed. */
const THRESHOLD = 2;

/** What the sample wrote. */
export interface MadeSample {
  readonly bundle: string;
  readonly trust: string;
  /** The consent receipt of its grant, and the proof of its release. */
  readonly receipt: string;
  readonly proof: string;
  readonly bytes: number;
  readonly parts: number;
}

/** What a bench changes. */
export interface SampleOptions {
  /** The ledger that the log is folded from, made of the sample's own. */
  readonly logOver?: (ledger: Stores['ledger']) => Pick<Stores['ledger'], 'blocks' | 'head'>;
  /** Runs a part of the work: the folding of the `log`, the `seal`. */
  readonly timed?: <T>(name: 'log' | 'seal', act: () => Promise<T>) => Promise<T>;
}

/**
 * Makes a small loan's evidence on a fresh ledger in a temporary directory, without a server: `good.asice`, `trust.json`, the parts, and of the same
 * loan `receipt.json` and `proof.json`. The directory is made, nothing in it is overwritten, and the ledger is removed.
 */
export async function makeSample(out: string, options: SampleOptions = {}): Promise<MadeSample> {
  await mkdir(out, { recursive: true });
  const root = await mkdtemp(join(tmpdir(), 'kesu-sample-'));
  const closing: (() => Promise<void>)[] = [() => rm(root, { recursive: true, force: true })];
  try {
    const { parts, trust, receipt, proof } = await sealSample(root, closing, options);
    const [bundle, trustFile, receiptFile, proofFile] = [join(out, 'good.asice'), join(out, 'trust.json'), join(out, 'receipt.json'), join(out, 'proof.json')];
    const bytes = bundleOf(parts);
    await writeFile(bundle, bytes, { flag: 'wx' });
    for (const [path, value] of [[trustFile, trust], [receiptFile, receipt], [proofFile, proof]] as const) await writeFile(path, `${JSON.stringify(value, null, 2)}\n`, { flag: 'wx' });
    await writeParts(join(out, 'parts'), parts);
    return { bundle, trust: trustFile, receipt: receiptFile, proof: proofFile, bytes: bytes.length, parts: parts.length };
  } finally {
    await closeEach(closing.reverse());
  }
}

async function sealSample(root: string, closing: (() => Promise<void>)[], { logOver = (ledger) => ledger, timed = (_name, act) => act() }: SampleOptions) {
  const configuration: Configuration = { port: 0, data: join(root, 'data'), keep: join(root, 'keep'), ledger: 'embedded', network: join(root, 'network'), self: SAMPLE.node, origin: 'http://localhost', logLevel: 'error', handover: {}, evidence: { timestampAuthorities: [], timestampGraceHours: 4, sm2Seal: undefined }, witnesses: [], demonstration: { enabled: false, seed: 0, enterprises: 0 } };
  const stores = await openEmbeddedStores(configuration, await lockStores(configuration), systemClock, randomBytes(16).toString('hex'));
  closing.push(() => stores.close());
  const loan = await new SampleLedger(stores, systemClock, configuration.origin).fill();
  const log = pino({ enabled: false });
  const projection = await Projection.open({ directory: stores.places.projection, ledger: stores.ledger, log });
  closing.push(() => projection.close());
  const parts = gatewayParts(stores, projection, log);
  await projection.caughtUp();
  const logParts = await openLogParts({ directory: stores.places.log, network: stores.ledger.network, ledger: logOver(stores.ledger), parts, store: stores.journal, publishes: true, alsoCosigns: [SAMPLE.platform, SAMPLE.notary], witnesses: [] });
  closing.push(() => logParts.close());
  await projection.caughtUp();
  await timed('log', () => logParts.log.caughtUp());
  const { publisher } = logParts;
  if (publisher === undefined) throw new TypeError('the sample publishes its log');
  const { random } = parts;
  const { stampTime, timestampAuthorities, sm2Seal } = await openSealingMeans({ evidence: configuration.evidence, development: 'development timestamp authority of the sample' }, { journal: stores.journal, clock: systemClock, random });
  if (stampTime === undefined || sm2Seal === undefined) throw new TypeError('the sample is sealed with development means');
  const sealed = await timed('seal', () => sealLoan({ ...parts, evidenceLog: logParts.log, checkpoint: () => publisher.publish(), stampTime, ledgerKind: 'EMBEDDED', demonstration: true, sm2Seal }, { id: randomBytes(16).toString('hex'), ...loan }));
  const trust = trustOfGateway({ parts, network: stores.ledger.network, organisations: stores.ledger.configuration.organisations, threshold: THRESHOLD, timestampAuthorities, sm2Roots: [sm2Seal.root] });
  const { log: evidenceLog } = logParts;
  return { parts: sealed, trust, ...(await singleProofs({ ...parts, log: evidenceLog, publisher, demonstration: true, addressOf: () => undefined }, loan.enterprise)) };
}

/** The receipt of the enterprise's grant, and the proof of the first release under it. */
async function singleProofs(parts: ReceiptParts, enterprise: string): Promise<{ readonly receipt: ConsentReceipt; readonly proof: ReleaseProof }> {
  const { readModel, log, publisher } = parts;
  const [grant] = readModel.grantsOf(enterprise);
  const [released] = readModel.trace('enterprise', enterprise, { decision: 'PERMIT' }, { limit: 1 }).entries;
  const index = released === undefined ? undefined : log.indexOf(released.position);
  const logged = index === undefined ? undefined : await log.event(index);
  if (grant === undefined || logged === undefined) throw new TypeError('the sample has a grant and a release');
  return { receipt: await consentReceipt(parts, grant.id, true), proof: releaseProofOf(proofOf(log, logged, await publisher.publish())) };
}

function gatewayParts(stores: Stores, projection: Projection, log: GatewayParts['log']): GatewayParts {
  return {
    clock: systemClock,
    random: (bytes) => randomBytes(bytes),
    ledger: new LedgerClient(stores.ledger),
    readModel: projection,
    store: stores.journal,
    self: SAMPLE.node,
    identityOf: (participant) => stores.identities.identityOf(participant),
    requestKeyOf: (participant) => stores.identities.requestKeyOf(participant),
    sourceOf: () => undefined,
    log,
  };
}

async function writeParts(directory: string, parts: readonly Part[]): Promise<void> {
  for (const { name, bytes } of parts) {
    const path = join(directory, name);
    await mkdir(dirname(path), { recursive: true });
    await writeFile(path, bytes, { flag: 'wx' });
  }
}
