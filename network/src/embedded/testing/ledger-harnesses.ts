import { randomBytes } from 'node:crypto';
import { canonicalJson, initialPolicy, initialPurposes } from '@kesu/chaincode/domain';
import type { LedgerHarness, LedgerVocabulary, Request } from '../../conformance';
import { contracts } from '@kesu/chaincode';
import type { EmbeddedLedgerOptions } from '../embedded-ledger';
import { aLedger, NETWORK } from './test-ledger';
import { anOrganisation, DAY, START } from './test-network';

/** The vocabulary of the probe contract. */
export function probeVocabulary(): LedgerVocabulary {
  let names = 0;
  const request = (transaction: string, command: object): Request => ({ transaction, command: canonicalJson(command) });
  return {
    freshName: () => `name-${names++}`,
    write: (key) => request('probe:write', { key, value: 'x' }),
    read: (key) => request('probe:read', { key }),
    isWritten: (result) => (JSON.parse(result) as { value: string }).value !== '',
    contend: (key) => request('probe:count', { key }),
    refuse: (key) => request('probe:refuse', { key }),
    refusal: 'state-conflict',
  };
}

/**
 * The vocabulary of Kesu's own contracts: closing an operation writes its key, founding a founded ledger is refused.
 * @param founder who founded the ledger.
 */
export function kesuVocabulary(founder: Founder = { network: NETWORK, node: NODE, organisations: ['NodeMSP'] }): LedgerVocabulary {
  const request = (transaction: string, command: object): Request => ({ transaction, command: canonicalJson(command) });
  const close = (operation: string): Request => request('operations:close', { operation });
  return {
    freshName: () => randomBytes(16).toString('hex'),
    write: close,
    read: (operation) => request('operations:read', { operation, actor: founder.node }),
    isWritten: (result) => (JSON.parse(result) as { kind: string }).kind === 'CLOSED',
    contend: close,
    refuse: (operation) => foundingRequest(operation, founder),
    refusal: 'already-exists',
  };
}

/** The participant that founds the ledger in these tests. */
const NODE = 'platform-01';

/** What a ledger is founded with: its network's id, the node that founds it, its organisations. */
export interface Founder {
  readonly network: string;
  readonly node: string;
  readonly organisations: readonly string[];
}

/** The ledger's first transaction, under an operation's id. */
export function foundingRequest(operation: string, { network, node, organisations }: Founder): Request {
  const command = {
    operation,
    network,
    node: { id: node, names: [{ from: '2026-01-01', zh: '省级节点', en: 'Provincial node' }] },
    organisations,
    policy: initialPolicy([]),
    purposes: initialPurposes(),
    documentDigest: 'ab'.repeat(32),
  };
  return { transaction: 'rule-book:found', command: canonicalJson(command) };
}

/** An embedded ledger with the probe contract, its callers and its intruders. */
export function aProbeHarness(): Promise<LedgerHarness> {
  return aHarness(probeVocabulary(), {});
}

/** An embedded ledger with Kesu's own contracts, founded. */
export async function aKesuHarness(): Promise<LedgerHarness> {
  const harness = await aHarness(kesuVocabulary(), { contracts });
  await harness.ledger.submit({ identity: harness.caller, ...foundingRequest('f'.repeat(32), { network: NETWORK, node: NODE, organisations: ['NodeMSP'] }) });
  return harness;
}

async function aHarness(vocabulary: LedgerVocabulary, changes: Partial<EmbeddedLedgerOptions>): Promise<LedgerHarness> {
  const made = await aLedger(changes);
  const { ledger, node, caller, clock } = made;
  const foreigner = await (await anOrganisation('NodeMSP')).caller();
  const revoked = await node.caller();
  await node.authority.revoke([revoked.serial], 'keyCompromise');
  const { roots, revocationList } = await node.authority.trust();
  await ledger.updateOrganisation('NodeMSP', { roots, ...(revocationList === undefined ? {} : { revocationList }) });
  clock.time = START + DAY;
  return {
    ledger,
    vocabulary,
    caller,
    colleague: await node.caller(),
    intruders: { foreign: foreigner, expired: await node.caller({ notBefore: START, notAfter: START + DAY - 1000 }), revoked },
    submitClaiming: (call, offset) => ledger.submit(call, { claimedTime: clock.now() + offset }),
    dispose: made.dispose,
  };
}
