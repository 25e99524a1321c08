import { randomBytes } from 'node:crypto';
import { participantKeyAt } from '@kesu/chaincode/domain';
import { systemClock } from '../clock';
import { HttpDataSource, type AnswerTrust, type DataSource } from '../data-source';
import type { ReadModel } from '../read-model';
import type { Stores } from '../stores';
import { subjectOf } from '../use-cases/subject-map';
import { demonstrationProviders, type DemonstrationSources } from './demonstration-sources';
import { startProviderServer } from './provider-server';

/** The demonstration's providers over HTTP, and who answers for an item. */
export interface OpenSources {
  sourceOf(itemCode: string): DataSource | undefined;
  close(): Promise<void>;
}

/** Starts the providers' server on a free port of 127.0.0.1 and a connector to each provider, with bearer tokens made for this run. */
export async function openDemonstrationSources(stores: Stores, readModel: ReadModel, sources: DemonstrationSources): Promise<OpenSources> {
  const { network } = stores.ledger;
  const providers = demonstrationProviders(stores.identities, () => randomBytes(24).toString('base64url'));
  const isAskedLive = (item: string) => sources.isAskedLive(item);
  const server = await startProviderServer({ network, providers, records: sources.records, isAskedLive, batchOf: (item) => sources.latestBatchOf(item), now: () => systemClock.now() });
  const connectors = new Map(
    providers.map(({ id, token }) => [
      id,
      new HttpDataSource({
        trust: trustIn(id, network, readModel, isAskedLive),
        endpoint: server.endpointOf(id),
        authentication: { kind: 'BEARER', token },
        resolveSubject: async (ref) => (await subjectOf({ store: stores.journal }, ref))?.creditCode,
        now: () => systemClock.now(),
      }),
    ]),
  );
  return {
    sourceOf: (item) => connectors.get(readModel.ruleBook()?.items[item]?.provider ?? ''),
    close: async () => {
      for (const connector of connectors.values()) connector.close();
      await server.close();
    },
  };
}

/** What a provider's answers are checked against, all of it from the ledger. */
function trustIn(provider: string, network: string, readModel: ReadModel, isAskedLive: (item: string) => boolean): AnswerTrust {
  return {
    provider,
    network,
    keyOf: (keyId, at) => {
      const participant = readModel.record('participant', provider)?.record;
      return participant === undefined ? undefined : participantKeyAt(participant, keyId, at)?.publicKey;
    },
    isAskedLive,
    batchOf: (batchId) => {
      const batch = readModel.record('ingest-batch', batchId)?.record;
      return Promise.resolve(batch === undefined ? undefined : { ...batch.manifest, isAccepted: batch.state === 'ACCEPTED' });
    },
  };
}
