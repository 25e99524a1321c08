import type { Identity } from '@kesu/certs';
import { canonicalJson, type Grant } from '@kesu/chaincode/domain';
import { type Call, type Committed, LedgerError } from '../ledger';
import { breachesOf } from '../testing/history-checker';
import type { LedgerWorld, WorldEnterprise } from '../testing/ledger-world';
import { networkStatus } from '../topology';
import type { FabricLedger } from './fabric-ledger';
import { FabricTestNetwork } from './testing/test-network';

let network: FabricTestNetwork;
let ledger: FabricLedger;
let world: LedgerWorld<FabricLedger>;
let by: WorldEnterprise;
const closing: (() => Promise<void>)[] = [];

beforeAll(async () => {
  network = await FabricTestNetwork.up();
  closing.push(() => network.down());
  ledger = await network.ledger();
  closing.push(() => ledger.close());
  world = await network.world(ledger);
  by = await world.addEnterprise();
}, 300_000);
afterAll(async () => {
  for (const close of closing.reverse()) await close();
}, 120_000);

function operation(): Call {
  return { identity: world.identities.get('provincial-node') as Identity, transaction: 'operations:close', command: canonicalJson({ operation: world.nextId() }) };
}

function releaseUnder(grant: Grant): Call {
  return { identity: world.identities.get('provincial-node') as Identity, transaction: 'releases:record', command: canonicalJson({ operation: world.nextId(), requests: [world.asking({ grant })] }) };
}

async function kill(name: string): Promise<void> {
  process.kill(await network.pidOf(name), 'SIGKILL');
}

/** What was answered as done is in its block, at its position, and what was refused as lost is not there as valid (I6). */
async function expectAnswersOnLedger(sent: readonly { readonly txId: string; readonly block: number; readonly index: number }[]): Promise<void> {
  const history = await world.history();
  for (const { txId, block, index } of sent) {
    const found = history[block]?.transactions.find((each) => each.index === index);
    expect([found?.txId, found?.validity]).toEqual([txId, 'VALID']);
  }
  expect(breachesOf(history)).toEqual([]);
}

/** As the ledger that committed it shows it: the peer that another one follows may be behind. */
async function expectValidAt(committedBy: FabricLedger, { position: { block, index, txId } }: Committed): Promise<void> {
  for await (const { transactions } of committedBy.blocks(block, new AbortController().signal)) {
    const found = transactions.find((each) => each.index === index);
    expect([found?.txId, found?.validity]).toEqual([txId, 'VALID']);
    return;
  }
}

/** Submits until told to stop; answers what was done, and each other answer's kind. */
function load(callers: number, call: () => Call): { stop(): Promise<{ done: { txId: string; block: number; index: number }[]; failed: string[] }> } {
  let isOver = false;
  const done: { txId: string; block: number; index: number }[] = [];
  const failed: string[] = [];
  const running = Array.from({ length: callers }, async () => {
    while (!isOver) {
      await ledger.submit(call()).then(
        ({ position }) => void done.push(position),
        (error: unknown) => void failed.push(error instanceof LedgerError ? error.kind : String(error)),
      );
    }
  });
  return {
    stop: async () => {
      isOver = true;
      await Promise.all(running);
      return { done, failed };
    },
  };
}

const pause = (millis: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, millis));

/** Submits until it is done, a call anew each time: within 60 s of a fault's end (I8). */
async function untilDone(call: () => Call = operation): Promise<void> {
  const end = Date.now() + 60_000;
  for (;;) {
    try {
      await ledger.submit(call());
      return;
    } catch (error) {
      if (Date.now() > end) throw error;
      await pause(250);
    }
  }
}

describe('a Fabric ledger', () => {
  it('goes on when each orderer in turn, the leader among them, is killed under load and comes back', async () => {
    const loaded = load(6, operation);
    for (const orderer of ['orderer1', 'orderer2', 'orderer3']) {
      await kill(orderer);
      await untilDone();
      await network.upAgain();
    }
    const { done, failed } = await loaded.stop();
    expect(done.length).toBeGreaterThan(20);
    expect(failed.filter((kind) => kind !== 'unavailable' && kind !== 'outcome-unknown')).toEqual([]);
    await expectAnswersOnLedger(done);
  }, 300_000);

  it('answers unavailable or unknown without a quorum, and goes on when there is one', async () => {
    await kill('orderer1');
    await kill('orderer2');
    const answers = await Promise.allSettled(Array.from({ length: 3 }, () => ledger.submit(operation())));
    for (const answer of answers) {
      expect(answer.status).toBe('rejected');
      if (answer.status === 'rejected') expect(['unavailable', 'outcome-unknown']).toContain((answer.reason as LedgerError).kind);
    }
    await network.upAgain();
    await untilDone();
  }, 300_000);

  it('goes on when the followed peer is killed, with two others’ endorsements, and the peer catches up 200 blocks later', async () => {
    const grants = await Promise.all(Array.from({ length: 5 }, () => world.give(by)));
    const from = (await ledger.head()).block;
    await kill('node-peer');
    await untilDone();
    // One of the two peers may lag behind what was given: its orderer was killed in the test before.
    await Promise.all(grants.map((grant) => untilDone(() => releaseUnder(grant))));
    // A change of a participant needs the node: nobody stands in for it.
    await expect(world.submit('provincial-node', 'participants:rename', { id: 'other-bank', name: { from: '2023-01-01', zh: '示范', en: 'Example' }, documentDigest: 'ab'.repeat(32) })).rejects.toMatchObject({ kind: 'unavailable' });
    while ((await ledger.head()).block < from + 200) await ledger.submit(operation());
    await network.upAgain();
    const renamed = async (): Promise<void> => void (await world.submit('provincial-node', 'participants:rename', { id: 'other-bank', name: { from: '2023-01-01', zh: '示范', en: 'Example' }, documentDigest: 'ab'.repeat(32) }));
    for (let tries = 0; ; tries++) {
      const outcome = await renamed().then(() => undefined, (error: unknown) => error);
      if (outcome === undefined) break;
      if (tries > 100) throw outcome;
      await pause(300);
    }
    const { problems } = await ledger.verify(new AbortController().signal);
    expect(problems).toEqual([]);
    expect(breachesOf(await world.history())).toEqual([]);
  }, 300_000);

  it('sees a commit through another peer when the followed one stops without a word', async () => {
    const following = await network.ledger({ homeMspId: 'JudicialMSP' });
    const endorsed = await following.endorse(operation());
    const pid = await network.pidOf('notary-peer');
    process.kill(pid, 'SIGSTOP');
    try {
      await expectValidAt(following, await following.commit(endorsed));
    } finally {
      process.kill(pid, 'SIGCONT');
      await following.close();
    }
  }, 60_000);

  it('hands a transaction over again when the one that was to order it stops with it', async () => {
    const leader = (await networkStatus(network.directory, Date.now())).processes.find(({ leads }) => leads === true)?.name ?? '';
    const orderers = network.profile.orderers.filter(({ name }) => name !== leader);
    expect(orderers).toHaveLength(network.profile.orderers.length - 1);
    const through = await network.ledger({ profile: { ...network.profile, orderers } });
    const endorsed = await through.endorse(operation());
    process.kill(await network.pidOf(leader), 'SIGSTOP');
    try {
      await expectValidAt(through, await through.commit(endorsed));
    } finally {
      await kill(leader);
      await through.close();
      await network.upAgain();
    }
  }, 120_000);

  it('goes on when a chaincode is killed in an invoke', async () => {
    const loaded = load(4, operation);
    await pause(500);
    await kill('platform-chaincode-1');
    await untilDone();
    await network.upAgain();
    await untilDone();
    const { done, failed } = await loaded.stop();
    expect(failed.filter((kind) => kind !== 'unavailable' && kind !== 'outcome-unknown')).toEqual([]);
    await expectAnswersOnLedger(done);
  }, 300_000);
});
