import { initialPolicy, initialPurposes } from '@kesu/chaincode/domain';
import type { LedgerClient } from './ledger-client';
import type { Identities } from './identities';

/** What an empty ledger is founded with. */
export interface Founding {
  readonly client: LedgerClient;
  readonly identities: Identities;
  readonly network: string;
  /** MSP ids, the node's first. */
  readonly organisations: readonly string[];
  /** The node's participant id. */
  readonly node: string;
  readonly origin: string;
  readonly operation: string;
}

/** A ledger without demonstration data: the node, its policy and purposes, nobody else. A repeat does nothing. */
export async function foundLedger({ client, identities, network, organisations, node, origin, operation }: Founding): Promise<void> {
  const identity = await identities.enrol(node, 'provincialNode', organisations[0] ?? '');
  await identities.createRequestKey(node);
  await client.submit(identity, 'rule-book:found', {
    operation,
    network,
    node: { id: node, names: [{ from: '2022-09-02', zh: '省级节点', en: 'Provincial node' }] },
    organisations: [...organisations],
    policy: initialPolicy([{ origin, rpId: new URL(origin).hostname }]),
    purposes: initialPurposes(),
    documentDigest: '0'.repeat(64),
  });
}
