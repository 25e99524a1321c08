// Projections larger than the contract writes in a bench's time: a founded ledger and patterns of what the contract recorded
// on it, copied under other ids and folded by the projection's own fold (gateway/src/projection/testing/copied-history.ts).
import { createHash } from 'node:crypto';
import { statfsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';

const require = createRequire(new URL('../../gateway/package.json', import.meta.url));
process.env.CORE_CHAINCODE_LOGGING_LEVEL = 'ERROR';
const { TestWorld } = require('./lib/testing/test-world.js');
const { DOCUMENT, ITEMS } = require('./lib/testing/test-cast.js');
const { CopiedHistory, derived } = require('./lib/projection/testing/copied-history.js');
const { foldInto } = require('./lib/projection/testing/fold-into.js');

export { derived, foldInto };

/** The 128-bit id of a name. */
export function idOf(name) {
  return createHash('sha256').update(name).digest('hex').slice(0, 32);
}

/** The size that was asked for with `--size`, or the one that is usual. */
export function sizeAsked(usual) {
  const at = process.argv.findIndex((argument) => argument === '--size' || argument.startsWith('--size='));
  if (at < 0) return usual;
  const size = Number(process.argv[at].split('=')[1] ?? process.argv[at + 1]);
  if (!Number.isSafeInteger(size) || size < 1_000) throw new RangeError('--size takes a whole number from 1000 on');
  return size;
}

/** @throws Error when the disk would be left with less than a tenth. */
export function assertSpace(directory, bytes) {
  const { bavail, bsize, blocks } = statfsSync(directory);
  if (bavail * bsize - bytes < (blocks * bsize) / 10) throw new Error(`this size needs about ${Math.ceil(bytes / 1e9)} GB in ${directory}: set TMPDIR to another disk, or give a smaller --size`);
}

/** Committed transactions as patterns: an enterprise's registration with its grants, and a release under the first. */
export async function recordPatterns(world, purposes) {
  const from = (await world.ledger.head()).block + 1;
  const by = await world.addEnterprise();
  const grants = [];
  for (const purpose of purposes) grants.push((await world.giveGrant({ by, purpose })).grant);
  await world.recordBatch([{ grant: grants[0], items: [{ code: ITEMS.collected, granularity: 'ANSWER' }] }]);
  const { block: head } = await world.ledger.head();
  const transactions = [];
  for await (const block of world.ledger.blocks(from, new AbortController().signal)) {
    transactions.push(...block.transactions);
    if (block.block === head) break;
  }
  return { enterprise: by.ref, grant: grants[0].id, ofEnterprise: transactions.slice(0, -1), release: transactions.at(-1) };
}

/** The blocks of a ledger up to its head. */
export async function* blocksOf(ledger) {
  const { block: head } = await ledger.head();
  for await (const block of ledger.blocks(0, new AbortController().signal)) {
    yield block;
    if (block.block === head) return;
  }
}

/** A founded world, the projection of it, and a history to be copied behind it. `use` gets them; all is removed in the end. */
export async function withCopies(purposes, use) {
  const world = await TestWorld.open();
  try {
    const patterns = await recordPatterns(world, purposes);
    const directory = join(world.root, 'projection');
    await foldInto(directory, blocksOf(world.ledger));
    const template = await world.read('template', 'PRE-LOAN@1');
    const shared = new Set([world.ledger.network, world.batchId, DOCUMENT, template.digest, ...[...world.requestKeys.values()].map(({ keyId }) => keyId)]);
    const history = new CopiedHistory(await world.ledger.head(), shared);
    return await use({ world, patterns, directory, history, now: world.clock.now() });
  } finally {
    await world.dispose();
  }
}
