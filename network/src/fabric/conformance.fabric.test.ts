import type { Identity } from '@kesu/certs';
import { describeLedgerConformance, type LedgerHarness } from '../conformance';
import { kesuVocabulary, foundingRequest, type Founder } from '../embedded/testing/ledger-harnesses';
import { anOrganisation } from '../embedded/testing/test-network';
import { FabricTestNetwork } from './testing/test-network';

const NODE = 'platform-01';

let network: FabricTestNetwork;
let founder: Founder;
let revoked: Identity;

beforeAll(async () => {
  network = await FabricTestNetwork.up();
  const caller = await network.caller(NODE, 'provincialNode', 'NodeMSP');
  const ledger = await network.ledger();
  founder = { network: ledger.network, node: NODE, organisations: network.topology.organisations.map(({ mspId }) => mspId) };
  await ledger.submit({ identity: caller, ...foundingRequest('f'.repeat(32), founder) }).catch(() => undefined);
  // An accepted call first: it is refused later for the revocation and for nothing else.
  const certificate = await network.caller(NODE, 'provincialNode', 'NodeMSP');
  await ledger.submit({ identity: certificate, ...kesuVocabulary(founder).write('e'.repeat(32)) });
  await network.revoke('NodeMSP', [certificate.serial]);
  revoked = certificate;
  await ledger.close();
}, 180_000);
afterAll(() => network.down(), 60_000);

async function aHarness(): Promise<LedgerHarness> {
  const ledger = await network.ledger();
  const member = (until?: number) => network.caller(NODE, 'provincialNode', 'NodeMSP', until);
  return {
    ledger,
    vocabulary: kesuVocabulary(founder),
    caller: await member(),
    colleague: await member(),
    intruders: { foreign: await (await anOrganisation('NodeMSP')).caller(), expired: await member(Date.now() - 60_000), revoked },
    submitClaiming: (call, offset) => ledger.submit(call, { claimedTime: Date.now() + offset }),
    dispose: () => ledger.close(),
  };
}

describeLedgerConformance('the ledger of a Fabric network', aHarness);
