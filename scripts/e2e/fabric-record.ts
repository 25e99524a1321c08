import { digestOf, eventsOf, type AnnexFact } from '@kesu/chaincode/domain';
import type { FabricRecord } from '../../gateway/src/evidence/testing/fabric-record';
import { kesuVocabulary } from '../../network/src/embedded/testing/ledger-harnesses';
import type { FabricTestNetwork } from '../../network/src/fabric/testing/test-network';
import type { CommittedBlock } from '../../network/src/ledger';

const NODE = 'provincial-node';
const CALLS_AT_ONCE = 4;

/**
 * Founds a ledger and has a grant given; of what follows it keeps the blocks: two releases with a refusal between them, then calls one after the other and
 * at once, so that blocks hold several, among them such as lose a race.
 */
export async function recordOf(network: FabricTestNetwork): Promise<FabricRecord> {
  const ledger = await network.ledger();
  try {
    const world = await network.world(ledger);
    const identity = world.identities.get(NODE);
    if (identity === undefined) throw new Error('the node has no identity');
    const grant = await world.give(await world.addEnterprise());
    const { block: before } = await ledger.head();
    const [one, other] = [world.asking({ grant }), world.asking({ grant })];
    await world.submit(NODE, 'releases:record', { requests: [one, one, other] });
    const { write, contend } = kesuVocabulary({ network: ledger.network, node: NODE, organisations: [] });
    const ids = Array.from({ length: CALLS_AT_ONCE }, (_, at) => at.toString(16).repeat(32));
    await ledger.submit({ identity, ...write('e'.repeat(32)) });
    await Promise.allSettled([...ids.map((id) => ledger.submit({ identity, ...write(id) })), ...ids.map(() => ledger.submit({ identity, ...contend('d'.repeat(32)) }))]);
    const facts = factsIn((await world.history()).filter(({ block }) => block > before));
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

/** Every event of a valid transaction, as an annex names it. */
function factsIn(blocks: readonly CommittedBlock[]): AnnexFact[] {
  const events = blocks.flatMap(({ block, transactions }) => transactions.filter(({ validity }) => validity === 'VALID').flatMap((transaction) => eventsOf(transaction).map((event, item) => ({ block, index: transaction.index, item, eventDigest: digestOf(event) }))));
  return events.map((fact, leaf) => ({ leaf, ...fact }));
}
