import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { contracts, TRANSACTION_NAMES } from '@kesu/chaincode';
import { EmbeddedLedger, nodeFiles, openPrivateJournal, takeLock, type PrivateJournal, type StoreLock } from '@kesu/network';
import { openDevelopmentAuthorities } from './authorities';
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

/** A gateway's stores, open. */
export interface Stores {
  readonly places: Places;
  readonly journal: PrivateJournal;
  readonly identities: Identities;
  readonly ledger: EmbeddedLedger;
  /** Closes them in the order that loses nothing, then gives up the lock. */
  close(): Promise<void>;
}

/** Takes the lock of the data directory. @throws StoreLockedError that names who holds it. */
export async function lockStores(configuration: Pick<Configuration, 'data' | 'keep'>): Promise<StoreLock> {
  await mkdir(configuration.data, { recursive: true });
  await mkdir(configuration.keep, { recursive: true });
  return takeLock(placesOf(configuration).lock);
}

/**
 * Opens the stores, and makes what a new ledger needs when there is none. The caller holds the lock.
 * @param network the random id of a ledger that is made now.
 */
export async function openStores(configuration: Configuration, lock: StoreLock, clock: Clock, network: string): Promise<Stores> {
  const places = placesOf(configuration);
  const journal = await openPrivateJournal({ files: nodeFiles, directory: places.journal, anchorDirectory: places.anchors, keyFile: places.keyFile });
  try {
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
    return {
      places,
      journal,
      identities,
      ledger,
      close: () => closeEach([() => ledger.close(), () => journal.close(), () => lock.release()]),
    };
  } catch (error) {
    await journal.close();
    throw error;
  }
}
