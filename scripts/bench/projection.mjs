// The projection: made again from the embedded ledger, beside a raw load of the same rows into level; and how soon a check
// denies what was revoked.
import { mkdirSync, readFileSync, rmSync } from 'node:fs';
import { Agent, request as httpRequest } from 'node:http';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { countWrong } from './arithmetic.mjs';
import { log, serveGateway, TOKENS } from './gateway.mjs';
import { atLeast, atMost, figure, median, percentile, seconds } from './measure.mjs';
import { countEvents, giveGrants, recordHistory } from './recorded-history.mjs';

const require = createRequire(new URL('../../gateway/package.json', import.meta.url));
const { TestWorld } = require('./lib/testing/test-world.js');
const { CAST, ITEMS } = require('./lib/testing/test-cast.js');
const { Projection, rebuildProjection } = require('./lib/projection/index.js');
const { ProjectionStore, LEVEL_OPTIONS, WRITTEN_AT_ONCE } = require('./lib/projection/projection-store.js');
const { sealValue } = require('./lib/projection/stored-value.js');
const { Level } = require('level');

const RUNS = 5;
const GRANTS = 600;
const EVENTS = 45_000;
const REVOCATIONS = 200;
const CHECKERS = 8;

/** CPU seconds of the main thread, where the system tells; the fold runs on it alone, and other processes hardly change it. */
function mainThreadSeconds() {
  try {
    return Number(readFileSync(`/proc/self/task/${process.pid}/schedstat`, 'utf8').split(' ')[0]) / 1e9;
  } catch {
    return undefined;
  }
}

async function rebuild(directory, ledger) {
  const cpu = mainThreadSeconds();
  const started = process.hrtime.bigint();
  await rebuildProjection({ directory, ledger, log });
  return { wall: seconds(started), cpu: cpu === undefined ? undefined : mainThreadSeconds() - cpu };
}

/** A projection's rows as they lie on disk, in the order of the blocks that set them. */
async function rowsOf(directory) {
  const store = await ProjectionStore.open(directory);
  const rows = [];
  for await (const { key, stored } of store.entries()) rows.push({ key, block: stored.block, value: sealValue(key, stored.block, stored.body) });
  await store.close();
  return rows.sort((a, b) => a.block - b.block);
}

/** Seconds that level takes for the rows with the projection's own options, batch size and syncs, and nothing else. */
async function rawLoad(directory, rows) {
  mkdirSync(directory);
  const started = process.hrtime.bigint();
  const level = new Level(directory, LEVEL_OPTIONS);
  await level.open();
  for (let from = 0; from < rows.length; from += WRITTEN_AT_ONCE) {
    const batch = level.batch();
    for (const { key, value } of rows.slice(from, from + WRITTEN_AT_ONCE)) batch.put(key, value);
    await batch.write({ sync: true });
  }
  await level.close();
  return seconds(started);
}

async function rebuildFigures(world) {
  await recordHistory(world, { grants: GRANTS, events: EVENTS });
  // Opened again, it has no decoded block in memory.
  await world.reopenLedger();
  const events = await countEvents(world.ledger);
  const rates = { wall: [], cpu: [], raw: [] };
  let rows;
  for (let run = 0; run < RUNS; run++) {
    const directory = join(world.root, 'rebuilt');
    const { wall, cpu } = await rebuild(directory, world.ledger);
    rates.wall.push(events / wall);
    if (cpu !== undefined) rates.cpu.push(events / cpu);
    rows ??= await rowsOf(directory);
    const raw = join(world.root, `raw-${run}`);
    rates.raw.push(events / (await rawLoad(raw, rows)));
    rmSync(raw, { recursive: true });
  }
  const megabytes = rows.reduce((sum, { key, value }) => sum + key.length + value.length, 0) / 1e6;
  return [
    figure(`rebuild of ${events.toLocaleString('en')} events`, rates.wall, 'events/s', atLeast(50_000)),
    ...(rates.cpu.length > 0 ? [figure("rebuild, by the main thread's CPU time", rates.cpu, 'events/s')] : []),
    figure(`ruler: level, the same ${rows.length.toLocaleString('en')} rows, ${megabytes.toFixed(0)} MB`, rates.raw, 'events/s'),
    figure('rebuild ÷ ruler', [median(rates.wall) / median(rates.raw)], '×'),
  ];
}

/** Asks over HTTP with kept connections. */
function asker(port) {
  const agent = new Agent({ keepAlive: true, maxSockets: CHECKERS + 1 });
  const headers = { 'content-type': 'application/json', authorization: `Bearer ${TOKENS.platform}` };
  const ask = (body) =>
    new Promise((resolve, reject) => {
      const sent = httpRequest({ port, host: '127.0.0.1', path: '/access/v1/evaluation', method: 'POST', agent, headers: { ...headers, 'content-length': Buffer.byteLength(body) } }, (response) => {
        let text = '';
        response.on('data', (part) => (text += part));
        response.on('end', () => (response.statusCode === 200 ? resolve(JSON.parse(text)) : reject(new Error(text))));
      });
      sent.on('error', reject);
      sent.end(body);
    });
  return { ask, close: () => agent.destroy() };
}

function question({ enterprise }) {
  return JSON.stringify({ subject: { type: 'recipient', id: CAST.bank }, action: { name: 'read' }, resource: { type: 'catalogue-item', id: ITEMS.collected, properties: { enterprise } }, context: { purpose: 'RISK_MONITORING' } });
}

/**
 * Revokes grants one after another while checkers ask all the time, in one process: milliseconds from the commit to the
 * arrival of the first denial, and how many answers allowed with a head that holds the revocation.
 */
async function revocations(ask, grants, revoke) {
  const answers = [];
  const latencies = [];
  let present = 0;
  let ended = false;
  const note = async (index) => {
    const { decision, context } = await ask(question(grants[index]));
    answers.push({ index, decision, block: context.asOf.block });
    return decision;
  };
  const checkers = Array.from({ length: CHECKERS }, async () => {
    while (!ended) await note(Math.min(present, grants.length - 1));
  });
  const blocks = [];
  for (; present < grants.length; present++) {
    const { head } = await revoke(grants[present].id);
    const committed = process.hrtime.bigint();
    blocks.push(head.block);
    while (await note(present));
    latencies.push(seconds(committed) * 1000);
  }
  ended = true;
  await Promise.all(checkers);
  return { latencies, answers: answers.length, allowed: answers.filter(({ decision }) => decision).length, wrong: countWrong(answers, blocks) };
}

async function revocationFigures(world) {
  const grants = await giveGrants(world, REVOCATIONS);
  const projection = await Projection.open({ directory: join(world.root, 'followed'), ledger: world.ledger, log });
  await projection.caughtUp();
  const { port, server } = await serveGateway({ clock: world.clock, ledger: world.ledger, projection, directory: world.root, identityOf: (id) => world.identities.get(id) });
  const { ask, close } = asker(port);
  try {
    const { latencies, answers, allowed, wrong } = await revocations(ask, grants, (id) => world.revoke(id));
    if (allowed === 0) throw new Error('no check allowed anything before the revocation');
    return [
      figure(`revoke committed → first deny over HTTP, p50 of ${REVOCATIONS}`, [percentile(latencies, 0.5)], 'ms'),
      figure(`revoke committed → first deny over HTTP, p99 of ${REVOCATIONS}`, [percentile(latencies, 0.99)], 'ms', atMost(25)),
      figure(`allows whose asOf includes the revoke, of ${answers.toLocaleString('en')} answers`, [wrong], '', { text: '0', holds: (value) => value === 0 }),
    ];
  } finally {
    close();
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
    await projection.close();
  }
}

export async function run() {
  const world = await TestWorld.open();
  try {
    return { runs: RUNS, figures: [...(await rebuildFigures(world)), ...(await revocationFigures(world))] };
  } finally {
    await world.dispose();
  }
}
