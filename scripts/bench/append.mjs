// One access event durably appended and proven on the embedded ledger: a public release with its requester's signature,
// decided by the contract, in a signed block, after two syncs. Clients that wait share a transaction, as the gateway's
// group commit does.
import { createRequire } from 'node:module';
import { atLeast, figure, median, percentile, seconds } from './measure.mjs';
import { buildPeer, peersMissing } from './peers.mjs';
import { groupCommitRate, syncMillis } from './rulers.mjs';

const require = createRequire(new URL('../../gateway/package.json', import.meta.url));
process.env.CORE_CHAINCODE_LOGGING_LEVEL = 'ERROR';
const { TestWorld } = require('./lib/testing/test-world.js');
const { CAST, ITEMS } = require('./lib/testing/test-cast.js');

const MOST_IN_FLIGHT = 2;
const MOST_PER_BATCH = 200;
const RUNS = 3;

/** Appends a second with so many clients, the latency of each, ms, and the CPU time of an append, µs: all threads, clients included. */
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
  const cpu = process.cpuUsage();
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
  const perSecond = latencies.length / seconds(started);
  const { user, system } = process.cpuUsage(cpu);
  return { perSecond, latencies, cpuMicros: (user + system) / latencies.length };
}

const perSecondOf = (runs) => runs.map(({ perSecond }) => perSecond);

/** Interleaved with the ruler and the peers, so that a slow minute of the machine falls on all of them. */
async function interleaved(world, requests, peers) {
  const runs = { ruler: [], one: [], ten: [], hundred: [], immudbOne: [], immudb: [], tesseraOne: [], tessera: [] };
  for (let run = 0; run < RUNS; run++) {
    runs.ruler.push(await groupCommitRate(100, 1));
    runs.one.push(await appendRate(world, requests, 1, 2));
    runs.ten.push(await appendRate(world, requests, 10, 2));
    runs.hundred.push(await appendRate(world, requests, 100, 3));
    if (peers === undefined) continue;
    runs.immudbOne.push(peers.immudb.run(1));
    runs.immudb.push(peers.immudb.run(100));
    runs.tesseraOne.push(peers.tessera.run(1));
    runs.tessera.push(peers.tessera.run(100));
  }
  return runs;
}

function ownFigures({ ruler, one, ten, hundred }, sync) {
  const p50s = one.map(({ latencies }) => percentile(latencies, 0.5));
  return [
    figure('ruler: one fdatasync, p50', [sync], 'ms'),
    figure('ruler: append + fdatasync, 100 clients', ruler, 'events/s'),
    figure('1 client, p50', p50s, 'ms', { text: `≤ two syncs + 1 ms (${(2 * sync + 1).toFixed(2)})`, holds: (value) => value <= 2 * sync + 1 }),
    figure('1 client', perSecondOf(one), 'events/s'),
    figure('10 clients', perSecondOf(ten), 'events/s'),
    figure('100 clients', perSecondOf(hundred), 'events/s'),
    figure('100 clients ÷ ruler', [median(perSecondOf(hundred)) / median(ruler)], '×', { text: '≥ 0.15', holds: (value) => value >= 0.15 }),
    figure('CPU time of an append, 1 client', one.map(({ cpuMicros }) => cpuMicros), 'µs'),
    figure('CPU time of an append, 100 clients', hundred.map(({ cpuMicros }) => cpuMicros), 'µs'),
  ];
}

/** No peer verifies a signature of an event, decides it or signs a block; each proves inclusion, as Kesu does. */
function peerFigures({ hundred, immudbOne, immudb, tesseraOne, tessera }) {
  const own = median(perSecondOf(hundred));
  const published = tessera.map((run) => run.published);
  return [
    figure('immudb store, synced, 1 client, p50', immudbOne.map(({ p50Millis }) => p50Millis), 'ms'),
    figure('immudb store, synced, 100 clients', perSecondOf(immudb), 'events/s'),
    figure('100 clients ÷ immudb', [own / median(perSecondOf(immudb))], '×', atLeast(5)),
    figure('Tessera POSIX, published, 1 client, p50', tesseraOne.map((run) => run.published.p50Millis), 'ms'),
    figure('Tessera POSIX, integrated, 100 clients', tessera.map((run) => run.integrated.perSecond), 'events/s'),
    figure('Tessera POSIX, published, 100 clients', perSecondOf(published), 'events/s'),
    figure('100 clients ÷ Tessera, published', [own / median(perSecondOf(published))], '×', atLeast(3)),
  ];
}

export async function run() {
  const world = await TestWorld.open();
  try {
    const requests = [];
    for (let i = 0; i < 500; i++) requests.push(await world.releaseRequest({ basis: 'PUBLIC', items: [{ code: ITEMS.open, granularity: 'RAW' }], sources: [] }));
    await appendRate(world, requests, 10, 1);
    const sync = median(await syncMillis(300));
    const missing = peersMissing();
    const peers = missing === undefined ? { immudb: buildPeer('immudb'), tessera: buildPeer('tessera') } : undefined;
    const runs = await interleaved(world, requests, peers);
    peers?.immudb.remove();
    peers?.tessera.remove();
    return { runs: RUNS, figures: [...ownFigures(runs, sync), ...(peers === undefined ? [] : peerFigures(runs))], missing: missing === undefined ? [] : [missing] };
  } finally {
    await world.dispose();
  }
}
