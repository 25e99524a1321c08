// One access event durably appended and proven on the embedded ledger: a public release with its requester's signature,
// decided by the contract, in a signed block, after two syncs. Clients that wait share a transaction, as the gateway's
// group commit does.
import { createRequire } from 'node:module';
import { figure, repeated, percentile, seconds } from './measure.mjs';
import { groupCommitRate, syncMillis } from './rulers.mjs';
import { median } from './measure.mjs';

const require = createRequire(new URL('../../gateway/package.json', import.meta.url));
process.env.CORE_CHAINCODE_LOGGING_LEVEL = 'ERROR';
const { TestWorld } = require('./lib/testing/test-world.js');
const { CAST, ITEMS } = require('./lib/testing/test-cast.js');

const MOST_IN_FLIGHT = 2;
const MOST_PER_BATCH = 200;

/** Appends a second with so many clients, and the latency of each, ms. */
async function appendRate(world, requests, clients, duration) {
  let waiting = [];
  let inFlight = 0;
  const flush = () => {
    while (inFlight < MOST_IN_FLIGHT && waiting.length > 0) {
      const batch = waiting.splice(0, MOST_PER_BATCH);
      inFlight++;
      world
        .submit(CAST.node, 'releases:record', { requests: batch.map((entry) => entry.request) })
        .then(
          ({ result }) => batch.forEach((entry, index) => (result.releases[index].kind === 'RECORDED' ? entry.resolve() : entry.reject(new Error(JSON.stringify(result.releases[index]))))),
          (error) => batch.forEach((entry) => entry.reject(error)),
        )
        .finally(() => {
          inFlight--;
          flush();
        });
    }
  };
  const append = (request) =>
    new Promise((resolve, reject) => {
      waiting.push({ request, resolve, reject });
      setImmediate(flush);
    });
  const latencies = [];
  let next = 0;
  const started = process.hrtime.bigint();
  await Promise.all(
    Array.from({ length: clients }, async () => {
      while (seconds(started) < duration) {
        const at = process.hrtime.bigint();
        await append(requests[next++ % requests.length]);
        latencies.push(seconds(at) * 1000);
      }
    }),
  );
  return { perSecond: latencies.length / seconds(started), latencies };
}

export async function run() {
  const world = await TestWorld.open();
  try {
    const requests = [];
    for (let i = 0; i < 500; i++) requests.push(await world.releaseRequest({ basis: 'PUBLIC', items: [{ code: ITEMS.open, granularity: 'RAW' }], sources: [] }));
    await appendRate(world, requests, 10, 1);
    const sync = median(await syncMillis(300));
    const ruler = figure('ruler: append + fdatasync, 100 clients', await repeated(3, () => groupCommitRate(100, 1)), 'events/s');
    const alone = await appendRate(world, requests, 1, 3);
    const ten = await repeated(3, async () => (await appendRate(world, requests, 10, 2)).perSecond);
    const hundred = await repeated(3, async () => (await appendRate(world, requests, 100, 2)).perSecond);
    const p50 = percentile(alone.latencies, 0.5);
    return {
      runs: 3,
      figures: [
        figure('ruler: one fdatasync, p50', [sync], 'ms'),
        ruler,
        figure('1 client, p50', [p50], 'ms', { text: `≤ two syncs + 1 ms (${(2 * sync + 1).toFixed(2)})`, holds: (value) => value <= 2 * sync + 1 }),
        figure('1 client', [alone.perSecond], 'events/s'),
        figure('10 clients', ten, 'events/s'),
        figure('100 clients', hundred, 'events/s'),
        figure('100 clients ÷ ruler', [median(hundred) / ruler.value], '×', { text: '≥ 0.15', holds: (value) => value >= 0.15 }),
      ],
      missing: ['immudb and Tessera POSIX: no harness for them is part of this repository'],
    };
  } finally {
    await world.dispose();
  }
}
