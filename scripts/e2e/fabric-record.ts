import { digestOf, eventsOf, type AnnexFact } from '@kesu/chaincode/domain';
import type { FabricRecord } from '../../gateway/src/evidence/testing/fabric-record';
import { foundingRequest, kesuVocabulary } from '../../network/src/embedded/testing/ledger-harnesses';
import type { FabricTestNetwork } from '../../network/src/fabric/testing/test-network';
import type { CommittedBlock } from '../../network/src/ledger';

const NODE = 'platform-01';
const CALLS_AT_ONCE = 4;

/** Founds a ledger, then has calls made one after the other and at once, so that blocks hold several; among them such as lose a race. */
export async function recordOf(network: FabricTestNetwork): Promise<FabricRecord> {
  const ledger = await network.ledger();
  try {
    const founder = { network: ledger.network, node: NODE, organisations: network.topology.organisations.map(({ mspId }) => mspId) };
    const identity = await network.caller(NODE, 'provincialNode', 'NodeMSP');
    await ledger.submit({ identity, ...foundingRequest('f'.repeat(32), founder) });
    const { write, contend } = kesuVocabulary(founder);
    const ids = Array.from({ length: CALLS_AT_ONCE }, (_, at) => at.toString(16).repeat(32));
    await ledger.submit({ identity, ...write('e'.repeat(32)) });
    await Promise.allSettled([...ids.map((id) => ledger.submit({ identity, ...write(id) })), ...ids.map(() => ledger.submit({ identity, ...contend('d'.repeat(32)) }))]);
    const facts = factsIn(await historyOf(ledger));
    const numbers = [...new Set([0, ...facts.map(({ block }) => block)])];
    const blocks: string[] = [];
    for (const number of numbers) blocks.push(await ledger.blockText(number));
    const { channel, chaincode, ordering, endorsement, organisations } = network.profile;
    return {
      network: ledger.network,
      organisations: Object.fromEntries(organisations.map(({ mspId, roots }) => [mspId, { roots }])),
      fabric: { channel, chaincode, orderers: { [ordering.mspId]: { roots: ordering.roots } }, endorsement },
      facts,
      blocks,
    };
  } finally {
    await ledger.close();
  }
}

async function historyOf(ledger: Awaited<ReturnType<FabricTestNetwork['ledger']>>): Promise<CommittedBlock[]> {
  const { block: head } = await ledger.head();
  const found: CommittedBlock[] = [];
  for await (const block of ledger.blocks(0, new AbortController().signal)) {
    found.push(block);
    if (block.block >= head) break;
  }
  return found;
}

/** Every event of a valid transaction, as an annex names it. */
function factsIn(blocks: readonly CommittedBlock[]): AnnexFact[] {
  const events = blocks.flatMap(({ block, transactions }) => transactions.filter(({ validity }) => validity === 'VALID').flatMap((transaction) => eventsOf(transaction).map((event, item) => ({ block, index: transaction.index, item, eventDigest: digestOf(event) }))));
  return events.map((fact, leaf) => ({ leaf, ...fact }));
}
