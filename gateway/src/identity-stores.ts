import { existsSync } from 'node:fs';
import { NetworkError, nodeFiles, openNetwork, openPrivateJournal, publishRevocations, type EmbeddedLedger } from '@kesu/network';
import { openFabricAuthorities } from './authorities';
import { closeEach } from './close-each';
import type { Clock } from './clock';
import type { Configuration } from './config';
import { Identities } from './identities';
import { lockStores, openEmbeddedStores, placesOf } from './stores';
import type { RevocationParts } from './use-cases/revoke-identity';

/** The identities of a stopped gateway, and how a revocation reaches its ledger. */
export interface IdentityStores extends Pick<RevocationParts, 'publish'> {
  readonly identities: Identities;
  close(): Promise<void>;
}

/** There is no ledger whose identities could be opened. */
export class NoLedgerError extends Error {
  override readonly name = 'NoLedgerError';
}

/** Opens the identities of an embedded ledger. @throws NoLedgerError, StoreLockedError. */
export async function openEmbeddedIdentities(configuration: Configuration, clock: Clock): Promise<IdentityStores & { readonly ledger: EmbeddedLedger }> {
  if (!existsSync(placesOf(configuration).ledger)) throw new NoLedgerError(`there is no ledger in ${configuration.data}: \`npm start\` makes one`);
  const lock = await lockStores(configuration);
  const stores = await openEmbeddedStores(configuration, lock, clock, '0'.repeat(32)).catch(async (error: unknown) => {
    await lock.release();
    throw error;
  });
  const { identities, ledger } = stores;
  const publish: RevocationParts['publish'] = async (mspId) => {
    const trust = (await identities.organisations())[mspId];
    if (trust === undefined) throw new TypeError(`the enrolment of ${mspId} has an authority`);
    return { kind: 'embedded', block: (await ledger.updateOrganisation(mspId, trust)).block };
  };
  return { identities, ledger, publish, close: () => stores.close() };
}

/**
 * Opens the identities that a gateway keeps for a Fabric network.
 * @param directory the network's.
 * @throws ConfigurationError, EnrolmentError, StoreLockedError.
 */
export async function openFabricIdentities(configuration: Configuration, directory: string, clock: Clock): Promise<IdentityStores> {
  const lock = await lockStores(configuration);
  const closing = [() => lock.release()];
  try {
    const { journal: place, anchors, keyFile } = placesOf(configuration);
    const journal = await openPrivateJournal({ files: nodeFiles, directory: place, anchorDirectory: anchors, keyFile });
    closing.unshift(() => journal.close());
    const identities = await Identities.open(journal, (storage) => openFabricAuthorities(directory, storage, clock));
    return { identities, publish: (mspId, serials) => publishOnNetwork(identities, directory, mspId, serials), close: () => closeEach(closing) };
  } catch (error) {
    await closeEach(closing);
    throw error;
  }
}

async function publishOnNetwork(identities: Identities, directory: string, mspId: string, serials: readonly string[]): ReturnType<RevocationParts['publish']> {
  const context = await openNetwork(directory, process.env);
  const organisation = context.topology.organisations.find((known) => known.mspId === mspId);
  if (organisation === undefined) throw new NetworkError('organisation-unknown', `The network has no organisation ${mspId}.`, 'Run `kesu network status` to see who takes part.');
  const revocationList = async (): Promise<string> => (await identities.organisations())[mspId]?.revocationList ?? '';
  const { peers } = await publishRevocations(context, { organisation, serials, revocationList });
  return { kind: 'fabric', peers };
}
