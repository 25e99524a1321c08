import { join } from 'node:path';
import { instantOf, participantKeyAt } from '@kesu/chaincode/domain';
import { systemClock } from '../clock';
import { openHandoverChannels, type HandoverChannels } from '../handover';
import type { ReadModel } from '../read-model';
import type { Stores } from '../stores';
import { startHandoverReceiver } from './handover-receiver';
import { ORGANISATIONS } from './organisations';

/** Starts a receiver for the demonstration's notary, arbitrator and court on a free port of 127.0.0.1, and the connectors to it. */
export async function openDemonstrationHandovers(stores: Stores, readModel: ReadModel): Promise<HandoverChannels> {
  const authorities = ORGANISATIONS.filter(({ role }) => role === 'notary' || role === 'arbitrator' || role === 'court').map(({ id }) => id);
  const keys = new Map(authorities.flatMap((id) => {
    const key = stores.identities.requestKeyOf(id);
    return key === undefined ? [] : [[id, key] as const];
  }));
  const keyOf = (sender: string, keyId: string): string | undefined => {
    const participant = readModel.record('participant', sender)?.record;
    return participant === undefined ? undefined : participantKeyAt(participant, keyId, instantOf(systemClock.now()))?.publicKey;
  };
  const receiver = await startHandoverReceiver({ network: stores.ledger.network, keys, keyOf, directory: join(stores.places.demonstration, 'handovers'), now: () => systemClock.now() });
  const channels = openHandoverChannels(Object.fromEntries([...keys.keys()].map((id) => [id, { endpoint: receiver.endpointOf(id) }])));
  return {
    channelOf: (authority) => channels.channelOf(authority),
    close: async () => {
      await channels.close();
      await receiver.close();
    },
  };
}
