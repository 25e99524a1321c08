// The same at 1e4, 1e5, 1e6 and 1e7 grants: a check over HTTP, the server's memory, its restart. The grants are copies of what
// the contract recorded, folded into the projection; no ledger of that size lies behind it, so a restart is the gateway's own.
import { mkdirSync, readFileSync, statSync, readdirSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { sizesUpTo } from './arithmetic.mjs';
import { assertSpace, derived, foldInto, idOf, sizeAsked, withCopies } from './copied-projection.mjs';
import { TOKENS } from './gateway.mjs';
import { atMost, figure, median, seconds } from './measure.mjs';
import { isOnPath, startServer, wrk } from './processes.mjs';

const require = createRequire(new URL('../../gateway/package.json', import.meta.url));
const { CAST, ITEMS } = require('./lib/testing/test-cast.js');

const here = (name) => fileURLToPath(new URL(name, import.meta.url));
const RUNS = 3;
/** The goal is at 1e7: `--size 10000000` takes a free disk of 80 GB and most of an hour. */
const SIZE = 1_000_000;
const COMPARED_SIZE = 100_000;
/** An enterprise's grants: their purposes. */
const PURPOSES = ['RISK_MONITORING', 'EVALUATION', 'EVALUATION'];
const ENTERPRISES_A_BLOCK = 20;
const ASKED = 20_000;
const BYTES_A_GRANT = 7_000;

function* enterprises({ patterns, history }, from, until) {
  function* copies() {
    for (let n = from; n < until; n++) {
      const enterprise = idOf(`enterprise ${n}`);
      const other = derived(`enterprise ${n}`);
      yield (token) => (token === patterns.enterprise ? enterprise : other(token));
    }
  }
  yield* history.copyTransactions(patterns.ofEnterprise, copies(), ENTERPRISES_A_BLOCK);
}

/** Questions about enterprises from everywhere; one in five asks for what no grant covers. */
function questions(count) {
  return Array.from({ length: Math.min(ASKED, count) }, (_, n) => {
    const isCovered = n % 5 !== 4;
    const enterprise = idOf(`enterprise ${(n * 7_368_787) % count}`);
    const resource = { type: 'catalogue-item', id: ITEMS.collected, properties: { enterprise, ...(isCovered ? {} : { granularity: 'RAW' }) } };
    return { decision: isCovered, body: JSON.stringify({ subject: { type: 'recipient', id: CAST.bank }, action: { name: 'read' }, resource, context: { purpose: 'RISK_MONITORING' } }) };
  });
}

async function assertAnswers(port, asked) {
  for (const { body, decision } of asked.slice(0, 500)) {
    const response = await fetch(`http://127.0.0.1:${port}/access/v1/evaluation`, { method: 'POST', headers: { 'content-type': 'application/json', authorization: `Bearer ${TOKENS.platform}` }, body });
    const answer = await response.json();
    if (answer.decision !== decision) throw new Error(`another answer than expected: ${body} → ${JSON.stringify(answer)}`);
  }
}

function postScript(path, bodies) {
  const list = bodies.map((body) => `[==[${body}]==]`).join(',\n');
  writeFileSync(path, `local bodies = {\n${list}\n}\nlocal n = 0\nwrk.method = "POST"\nwrk.headers["content-type"] = "application/json"\nwrk.headers["authorization"] = "Bearer ${TOKENS.platform}"\nfunction request()\n  n = n % #bodies + 1\n  return wrk.format(nil, nil, nil, bodies[n])\nend\n`);
  return path;
}

/** The memory that is a process's own, and with the files that LevelDB maps, which the system takes back when it needs them; GB. */
function memoryOf(pid) {
  try {
    const status = readFileSync(`/proc/${pid}/status`, 'utf8');
    const gigabytes = (name) => (Number(new RegExp(`${name}:\\s+(\\d+) kB`).exec(status)?.[1]) * 1024) / 1e9;
    return { own: gigabytes('RssAnon'), withMappedFiles: gigabytes('VmHWM') };
  } catch {
    return undefined;
  }
}

function gigabytesIn(directory) {
  return readdirSync(directory).reduce((sum, name) => sum + statSync(join(directory, name)).size, 0) / 1e9;
}

/** One size: the server is started, checked, measured, and started again. */
async function atSize({ directory, history, world, now }, size) {
  const scratch = join(world.root, `gateway-${size}`);
  const argument = JSON.stringify({ directory, scratch, head: history.head, now });
  const start = () => startServer(0, process.execPath, [here('projection-server.mjs'), argument]);
  let server = await start();
  const asked = questions(Math.ceil(size / PURPOSES.length));
  await assertAnswers(server.port, asked);
  mkdirSync(scratch, { recursive: true });
  const script = postScript(join(scratch, 'check.lua'), asked.map(({ body }) => body));
  const checks = [];
  for (let run = 0; run < RUNS; run++) checks.push(await wrk(1, { url: `http://127.0.0.1:${server.port}/access/v1/evaluation`, pid: server.pid }, script, 4, 1));
  const memory = memoryOf(server.pid);
  await server.stop();
  const restarts = [];
  for (let run = 0; run < RUNS; run++) {
    server = await start();
    restarts.push({ wall: server.readyMillis / 1000, cpu: server.readyCpuMillis / 1000 });
    await server.stop();
  }
  return { size, checks, memory, restarts, disk: gigabytesIn(directory) };
}

function figuresAt({ size, checks, memory, restarts, disk }) {
  const of = (text) => `${size.toLocaleString('en')} grants: ${text}`;
  return [
    figure(of('check over HTTP, one connection, p50'), checks.map(({ p50Millis }) => p50Millis), 'ms'),
    figure(of("check, server's CPU time"), checks.map(({ cpuMicros }) => cpuMicros), 'µs'),
    ...(memory === undefined ? [] : [figure(of('memory of the server'), [memory.own], 'GB', atMost(1.5)), figure(of('most memory with mapped files'), [memory.withMappedFiles], 'GB')]),
    figure(of('restart, from the start of the process to the first port'), restarts.map(({ wall }) => wall), 's', atMost(2)),
    figure(of('restart, CPU time'), restarts.map(({ cpu }) => cpu), 's'),
    figure(of('projection on disk'), [disk], 'GB'),
  ];
}

export async function run() {
  if (!isOnPath('wrk')) return { figures: [], missing: ['wrk: apt-get install wrk'] };
  const sizes = sizesUpTo(sizeAsked(SIZE));
  return withCopies(PURPOSES, async (copies) => {
    assertSpace(copies.world.root, sizes.at(-1) * BYTES_A_GRANT);
    const results = [];
    const figures = [];
    let made = 0;
    for (const size of sizes) {
      const until = Math.ceil(size / PURPOSES.length);
      const started = process.hrtime.bigint();
      await foldInto(copies.directory, enterprises(copies, made, until));
      figures.push(figure(`generator: up to ${size.toLocaleString('en')} grants, copies of what the contract recorded, folded into the projection`, [((until - made) * PURPOSES.length) / seconds(started)], 'grants/s'));
      made = until;
      const result = await atSize(copies, size);
      results.push(result);
      figures.push(...figuresAt(result));
    }
    const compared = results.find(({ size }) => size === COMPARED_SIZE);
    const largest = results.at(-1);
    const p50 = ({ checks }) => median(checks.map(({ p50Millis }) => p50Millis));
    if (compared !== undefined && largest.size > COMPARED_SIZE) figures.push(figure(`check p50(${largest.size.toLocaleString('en')}) ÷ p50(${COMPARED_SIZE.toLocaleString('en')})`, [p50(largest) / p50(compared)], '×', atMost(2)));
    return { runs: RUNS, figures };
  });
}
