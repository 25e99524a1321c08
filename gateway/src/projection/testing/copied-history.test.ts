import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { enterpriseSchema, eventsOf, grantSchema, releaseSchema, type DomainEvent } from '@kesu/chaincode/domain';
import type { CommittedBlock } from '@kesu/network';
import { DOCUMENT, ITEMS } from '../../testing/test-cast';
import { TestWorld } from '../../testing/test-world';
import { ProjectionStore } from '../projection-store';
import { CopiedHistory, derived } from './copied-history';
import { foldInto } from './fold-into';

const UNCHANGED = (token: string): string => token;

let root: string;
let blocks: CommittedBlock[];
let shared: ReadonlySet<string>;

beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'kesu-copied-'));
  const world = await TestWorld.open();
  const { grant } = await world.giveGrant({ by: await world.addEnterprise(), purpose: 'RISK_MONITORING' });
  await world.recordBatch([{ grant, items: [{ code: ITEMS.collected, granularity: 'ANSWER' }] }]);
  shared = new Set([world.ledger.network, world.batchId, DOCUMENT]);
  blocks = [];
  const { block: head } = await world.ledger.head();
  for await (const block of world.ledger.blocks(0, new AbortController().signal)) {
    blocks.push(block);
    if (block.block === head) break;
  }
  await world.dispose();
});

afterAll(() => rm(root, { recursive: true, force: true }));

/** The real history up to the last enterprise, and what was done with that enterprise: registration, key, confirmation, grant; release. */
function parted() {
  const founding = blocks.slice(0, -5);
  const transactions = blocks.slice(-5).flatMap((block) => block.transactions);
  const [head] = founding.slice(-1);
  const [release] = transactions.slice(-1);
  if (head === undefined || release === undefined) throw new Error('the history is too short');
  return { founding, head, enterprise: transactions.slice(0, -1), release };
}

/** The content of a projection; what depends on how blocks are cut and hashed is left out. */
async function contentOf(folded: readonly CommittedBlock[], name: string): Promise<Record<string, string>> {
  await foldInto(join(root, name), folded);
  const store = await ProjectionStore.open(join(root, name));
  const content: Record<string, string> = {};
  for await (const { key, stored } of store.entries()) if (!/^[bm]!/.test(key)) content[key] = (stored?.body ?? '').replace(/"(hash|block|index)":("[0-9a-f]*"|\d+)/g, '"$1":_');
  await store.close();
  return content;
}

function eventsIn(copied: readonly CommittedBlock[]): DomainEvent[] {
  return copied.flatMap(({ transactions }) => transactions.flatMap(eventsOf));
}

describe('a copied history', () => {
  it('folds to what the contract’s own folds to, when the ids are kept', async () => {
    const { founding, head, enterprise, release } = parted();
    const copied = new CopiedHistory(head, shared);
    const made = [...copied.copyTransactions(enterprise, [UNCHANGED], 1), copied.batchOfReleases(release, UNCHANGED, [UNCHANGED])];
    const { 's!statistics': counted, ...content } = await contentOf([...founding, ...made], 'copied');
    const { 's!statistics': expected, ...real } = await contentOf(blocks, 'real');
    expect(content).toEqual(real);
    expect(counted).toBe(expected);
  });

  it('holds lawful records, each with ids of its own', () => {
    const { head, enterprise, release } = parted();
    const copied = new CopiedHistory(head, shared);
    const grants = [...copied.copyTransactions(enterprise, Array.from({ length: 7 }, (_, n) => derived(`enterprise ${n}`)), 3)];
    const batch = copied.batchOfReleases(release, () => '0'.repeat(32), Array.from({ length: 5 }, (_, n) => derived(`release ${n}`)));
    const events = eventsIn([...grants, batch]);
    const enterprises = events.flatMap((event) => (event.kind === 'enterprise' ? [enterpriseSchema.parse(event.record).ref] : []));
    const given = events.flatMap((event) => (event.kind === 'grant' ? [grantSchema.parse(event.record)] : []));
    const releases = events.flatMap((event) => (event.kind === 'release' ? [releaseSchema.parse(event.release)] : []));
    expect([new Set(enterprises).size, new Set(given.map(({ id }) => id)).size]).toEqual([7, 7]);
    expect(given.map((grant) => grant.enterprise)).toEqual(enterprises);
    expect(releases.map(({ id }) => id)).toEqual(Array.from({ length: 5 }, (_, n) => `${'0'.repeat(32)}.${n}`));
    expect(new Set(releases.map(({ bodyDigest }) => bodyDigest)).size).toBe(5);
    expect(grants.map((block) => [block.block, block.transactions.length])).toEqual([3, 3, 1].map((count, index) => [head.block + 1 + index, 4 * count]));
    expect(batch.previousHash).toBe(grants.at(-1)?.hash);
  });
});
