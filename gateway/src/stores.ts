import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Identity } from '@kesu/certs';
import { contracts, TRANSACTION_NAMES } from '@kesu/chaincode';
import { EmbeddedLedger, nodeFiles, openPrivateJournal, takeLock, type LedgerHost, type PrivateJournal, type StoreLock } from '@kesu/network';
import type { ConnectionProfile } from '@kesu/network/fabric';
import { openDevelopmentAuthorities, openFabricAuthorities } from './authorities';
import type { Clock } from './clock';
import { closeEach } from './close-each';
import type { Configuration } from './config';
import { Identities, NEXT_OPERATOR_LABEL } from './identities';

/** The organisations of an embedded ledger: the node's, the platforms', the notaries' and courts'. */
export const ORGANISATION_MSPS = ['NodeMSP', 'PlatformMSP', 'JudicialMSP'] as const;

/** Where a gateway's stores lie. `keep` holds what must not be lost together with `data`: anchors and the data key. */
export interface Places {
  readonly ledger: string;
  readonly projection: string;
  /** The log over the ledger's events; derived. */
  readonly log: string;
  readonly journal: string;
  readonly anchors: string;
  readonly keyFile: string;
  readonly lock: string;
  readonly demonstration: string;
}

/** The places of a configuration. */
export function placesOf({ data, keep }: Pick<Configuration, 'data' | 'keep'>): Places {
  return {
    ledger: join(data, 'ledger'),
    projection: join(data, 'projection'),
    log: join(data, 'log'),
    journal: join(data, 'ledger', 'private'),
    anchors: join(keep, 'anchors'),
    keyFile: join(keep, 'data.key'),
    lock: join(data, 'kesu.lock'),
    demonstration: join(data, 'demonstration'),
  };
}

/** A gateway's stores, open, on a ledger of either make. */
export interface Stores<L extends LedgerHost = LedgerHost> {
  readonly places: Places;
  readonly journal: PrivateJournal;
  readonly identities: Identities;
  readonly ledger: L;
  /** MSP ids of the organisations that the ledger is founded with, the node's first. */
  readonly organisations: readonly string[];
  /** The profile of its network; absent unless the ledger is on Fabric. */
  readonly fabric?: ConnectionProfile;
  /** Closes them in the order that loses nothing, then gives up the lock. */
  close(): Promise<void>;
}

/** The wallet's label of the identity that reads a Fabric network's blocks; no participant's. */
export const READER_LABEL = 'block-reader';

/** Takes the lock of the data directory. @throws StoreLockedError that names who holds it. */
export async function lockStores(configuration: Pick<Configuration, 'data' | 'keep'>): Promise<StoreLock> {
  await mkdir(configuration.data, { recursive: true });
  await mkdir(configuration.keep, { recursive: true });
  return takeLock(placesOf(configuration).lock);
}

/**
 * Opens the stores on the ledger that the configuration names. The caller holds the lock.
 * @param network the random id of an embedded ledger that is made now.
 * @throws LedgerError, ConfigurationError, EnrolmentError.
 */
export function openStores(configuration: Configuration, lock: StoreLock, clock: Clock, network: string): Promise<Stores> {
  return configuration.ledger === 'fabric' ? openFabricStores(configuration, lock, clock) : openEmbeddedStores(configuration, lock, clock, network);
}

/** Opens the stores on the embedded ledger, and makes what a new one needs when there is none. */
export function openEmbeddedStores(configuration: Configuration, lock: StoreLock, clock: Clock, network: string): Promise<Stores<EmbeddedLedger>> {
  return withJournal(configuration, lock, async (places, journal) => {
    const identities = await Identities.open(journal, (storage) => openDevelopmentAuthorities(storage, ORGANISATION_MSPS, clock));
    const operator = await identities.operator(ORGANISATION_MSPS[0]);
    const nextOperator = identities.identityOf(NEXT_OPERATOR_LABEL);
    const ledger = await EmbeddedLedger.open({
      directory: places.ledger,
      anchorDirectory: places.anchors,
      files: nodeFiles,
      clock,
      contracts,
      transactions: TRANSACTION_NAMES,
      operator,
      ...(nextOperator === undefined ? {} : { nextOperator }),
      create: { network, organisations: await identities.organisations() },
    });
    if (nextOperator?.certificate === ledger.configuration.operator.certificate) await identities.takeNextOperator();
    return { identities, ledger, organisations: ORGANISATION_MSPS };
  });
}

/** Opens the stores on the Fabric network in the configuration's directory; identities come from its organisations' fabric-ca. */
function openFabricStores(configuration: Configuration, lock: StoreLock, clock: Clock): Promise<Stores> {
  return withJournal(configuration, lock, async (_places, journal) => {
    // Its libraries take long to load: an embedded ledger never does.
    const { FabricLedger, readConnectionProfile } = await import('@kesu/network/fabric');
    const profile = await readConnectionProfile(join(configuration.network, 'profile.json'));
    const identities = await Identities.open(journal, (storage) => openFabricAuthorities(configuration.network, storage, clock));
    const ledger = await FabricLedger.open({ profile, transactions: TRANSACTION_NAMES, reader: await readerOf(identities, profile.organisations[0]?.mspId ?? ''), clock });
    return { identities, ledger, organisations: profile.organisations.map(({ mspId }) => mspId), fabric: profile };
  });
}

/** The journal first, everything else over it; when that fails the journal is closed. */
async function withJournal<L extends LedgerHost>(configuration: Configuration, lock: StoreLock, open: (places: Places, journal: PrivateJournal) => Promise<Pick<Stores<L>, 'identities' | 'ledger' | 'organisations' | 'fabric'>>): Promise<Stores<L>> {
  const places = placesOf(configuration);
  const journal = await openPrivateJournal({ files: nodeFiles, directory: places.journal, anchorDirectory: places.anchors, keyFile: places.keyFile });
  try {
    const opened = await open(places, journal);
    return { places, journal, ...opened, close: () => closeEach([() => opened.ledger.close(), () => journal.close(), () => lock.release()]) };
  } catch (error) {
    await journal.close();
    throw error;
  }
}

/** The organisation where this gateway's own identities are enrolled must be the first whose authority can be asked from here. */
async function readerOf(identities: Identities, nodeMspId: string): Promise<Identity> {
  const kept = identities.identityOf(READER_LABEL);
  if (kept !== undefined) return kept;
  const mspId = identities.mspIds.includes(nodeMspId) ? nodeMspId : (identities.mspIds[0] ?? nodeMspId);
  const enrolment = identities.enrolmentOf(mspId);
  const { secret } = await enrolment.register({ id: READER_LABEL, role: 'client', attributes: {} });
  await identities.keep(READER_LABEL, await enrolment.enroll({ id: READER_LABEL, secret }));
  return identities.need(READER_LABEL);
}
