import { canonicalJson } from '@kesu/chaincode/domain';
import type { LedgerHarness, LedgerVocabulary, Request } from '../../conformance';
import { aLedger } from './test-ledger';
import { anOrganisation, DAY, START } from './test-network';

/** The vocabulary of the probe contract. */
export function probeVocabulary(): LedgerVocabulary {
  let names = 0;
  const request = (transaction: string, command: object): Request => ({ transaction, command: canonicalJson(command) });
  return {
    freshName: () => `name-${names++}`,
    write: (key, value) => request('probe:write', { key, value }),
    read: (key) => request('probe:read', { key }),
    valueIn: (result) => (JSON.parse(result) as { value: string }).value || undefined,
    contend: (key) => request('probe:count', { key }),
    refuse: (key) => request('probe:refuse', { key }),
    refusal: 'state-conflict',
  };
}

/** An embedded ledger with the probe contract, its callers and its intruders. */
export async function aProbeHarness(): Promise<LedgerHarness> {
  const made = await aLedger();
  const { ledger, node, caller, clock } = made;
  const foreigner = await (await anOrganisation('NodeMSP')).caller();
  const revoked = await node.caller();
  await node.authority.revoke([revoked.serial], 'keyCompromise');
  const { roots, revocationList } = await node.authority.trust();
  await ledger.updateOrganisation('NodeMSP', { roots, ...(revocationList === undefined ? {} : { revocationList }) });
  clock.time = START + DAY;
  return {
    ledger,
    vocabulary: probeVocabulary(),
    caller,
    colleague: await node.caller(),
    intruders: { foreign: foreigner, expired: await node.caller({ notBefore: START, notAfter: START + DAY - 1000 }), revoked },
    submitClaiming: (call, offset) => ledger.submit(call, { claimedTime: clock.now() + offset }),
    dispose: made.dispose,
  };
}
