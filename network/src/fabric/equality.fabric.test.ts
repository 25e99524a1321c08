import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { contracts, TRANSACTION_NAMES } from '@kesu/chaincode';
import { EmbeddedLedger } from '../embedded/embedded-ledger';
import { nodeFiles } from '../embedded/storage/node-files';
import type { Ledger } from '../ledger';
import { breachesOf } from '../testing/history-checker';
import { LedgerWorld } from '../testing/ledger-world';
import { RandomLife } from '../testing/random-life';
import { outcomeOf, type RecordedCall, RecordingLedger } from '../testing/recorded-calls';
import { FabricTestNetwork } from './testing/test-network';

const COMMANDS = 1_000;
const SEED = Number(process.env.KESU_SEED ?? '20220902');

let network: FabricTestNetwork;
let root: string;
const closing: (() => Promise<void>)[] = [];

beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'kesu-equal-'));
  closing.push(() => rm(root, { recursive: true, force: true }));
  network = await FabricTestNetwork.up();
  closing.push(() => network.down());
}, 180_000);
afterAll(async () => {
  for (const close of closing.reverse()) await close();
}, 60_000);

/** Every valid transaction: what was called, answered, written and told. Positions and ids of transactions are each ledger's own. */
async function effectsOf(ledger: Ledger): Promise<string[]> {
  const { block: head } = await ledger.head();
  const effects: string[] = [];
  for await (const { block, transactions } of ledger.blocks(0, new AbortController().signal)) {
    for (const { validity, mspId, claimedTime, transaction, command, result, writes, events } of transactions) {
      if (validity === 'VALID') effects.push(JSON.stringify({ mspId, claimedTime, transaction, command, result, writes, events }));
    }
    if (block >= head) break;
  }
  return effects;
}

async function anEmbeddedLedger(networkId: string, clock: { time: number; now(): number }): Promise<EmbeddedLedger> {
  const organisations: Record<string, { roots: readonly string[] }> = {};
  for (const [mspId, authority] of network.authorities) organisations[mspId] = { roots: [authority.rootCertificate] };
  return EmbeddedLedger.open({
    directory: join(root, 'ledger'), anchorDirectory: join(root, 'anchor'), files: nodeFiles, clock, contracts, transactions: TRANSACTION_NAMES,
    operator: await network.caller('provincial-node', 'provincialNode', 'NodeMSP'), create: { network: networkId, organisations },
  });
}

async function replayed(ledger: EmbeddedLedger, clock: { time: number }, calls: readonly RecordedCall[]): Promise<string[]> {
  const outcomes: string[] = [];
  for (const { call, claimedTime } of calls) {
    clock.time = claimedTime;
    outcomes.push(await outcomeOf(ledger.submit(call)));
  }
  return outcomes;
}

describe('one list of commands', () => {
  it(`of at least ${COMMANDS} gives equal decisions, codes and traces on Fabric and on the embedded ledger (I12)`, async () => {
    const fabric = await network.ledger();
    const recording = new RecordingLedger(fabric);
    const clock = { get time(): number { return Date.now(); }, now: () => Date.now() };
    const world = await LedgerWorld.over({ ledger: recording, identities: await network.cast(), clock, authorities: network.authorities, organisations: network.topology.organisations.map(({ mspId }) => mspId), seed: `equal ${SEED} `, root: join(root, 'none') });
    const life = new RandomLife(world, SEED);
    while (recording.calls.length < COMMANDS) await life.step();

    const time = { time: 0, now: (): number => time.time };
    const embedded = await anEmbeddedLedger(fabric.network, time);
    try {
      expect(await replayed(embedded, time, recording.calls)).toEqual(recording.calls.map(({ outcome }) => outcome));
      const effects = await effectsOf(fabric);
      expect(await effectsOf(embedded)).toEqual(effects);
      expect(effects.length).toBeGreaterThan(COMMANDS / 2);
      expect(breachesOf(await world.history())).toEqual([]);
      const refusals = new Set(recording.calls.filter(({ outcome }) => outcome.startsWith('refused')).map(({ outcome }) => outcome));
      const denials = new Set(effects.flatMap((effect) => [...effect.matchAll(/\\"reason\\":\\"([a-z-]+)\\"/g)].map((match) => match[1])));
      // The list must be worth comparing.
      expect([refusals.size >= 8, denials.size >= 6]).toEqual([true, true]);
    } finally {
      await embedded.close();
      await fabric.close();
    }
  }, 900_000);
});
