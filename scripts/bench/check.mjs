// POST /access/v1/evaluation, authenticated, one core for the server and one for wrk.
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { atLeast, figure, median } from './measure.mjs';
import { isOnPath, startServer, stop, wrk } from './processes.mjs';

const here = (name) => fileURLToPath(new URL(name, import.meta.url));
const RUNS = 3;

/** A wrk script that sends the bodies in turn; each request is made once, before the first is sent, so that the client costs least. */
function script(directory, name, bodies, headers) {
  const path = join(directory, `${name}.lua`);
  const list = bodies.map((body) => `[==[${body}]==]`).join(',\n');
  const set = Object.entries({ 'content-type': 'application/json', ...headers }).map(([key, value]) => `wrk.headers["${key}"] = "${value}"`);
  writeFileSync(path, `local bodies = {\n${list}\n}\nlocal requests = {}\nlocal n = 0\nwrk.method = "POST"\n${set.join('\n')}\nfunction init()\n  for i, body in ipairs(bodies) do requests[i] = wrk.format(nil, nil, nil, body) end\nend\nfunction request()\n  n = n % #requests + 1\n  return requests[n]\nend\n`);
  return path;
}

async function assertAnswers(url, bodies, headers, decisionOf) {
  for (const { body, decision } of bodies) {
    const response = await fetch(url, { method: 'POST', headers: { 'content-type': 'application/json', ...headers }, body });
    const answer = await response.json();
    if (decisionOf(answer) !== decision) throw new Error(`another answer than the oracle's: ${body} → ${JSON.stringify(answer)}`);
  }
}

function freePort() {
  return new Promise((resolve) => {
    const probe = createServer();
    probe.listen(0, '127.0.0.1', () => {
      const { port } = probe.address();
      probe.close(() => resolve(port));
    });
  });
}

/** OpenFGA in memory, one core, the same grants as conditional tuples; its own answers are held to the oracle first. */
async function openfga(kesuBodies) {
  const [http, grpc] = [await freePort(), await freePort()];
  const child = spawn('taskset', ['-c', '0', 'openfga', 'run', '--datastore-engine=memory', `--http-addr=127.0.0.1:${http}`, `--grpc-addr=127.0.0.1:${grpc}`, '--playground-enabled=false', '--metrics-enabled=false', '--log-level=none'], { stdio: 'ignore', env: { ...process.env, GOMAXPROCS: '1' } });
  const base = `http://127.0.0.1:${http}`;
  const post = async (path, value) => {
    const response = await fetch(`${base}${path}`, { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(value) });
    if (!response.ok) throw new Error(`${path}: ${response.status} ${await response.text()}`);
    return response.json();
  };
  for (let tries = 0; ; tries++) {
    if (await fetch(`${base}/healthz`).then((response) => response.ok, () => false)) break;
    if (tries > 100) throw new Error('openfga does not answer');
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  const store = (await post('/stores', { name: 'bench' })).id;
  const reader = { this: {} };
  const model = (
    await post(`/stores/${store}/authorization-models`, {
      schema_version: '1.1',
      type_definitions: [
        { type: 'bank' },
        { type: 'item', relations: { reader }, metadata: { relations: { reader: { directly_related_user_types: [{ type: 'bank', condition: 'in_period' }] } } } },
      ],
      conditions: { in_period: { name: 'in_period', expression: 'now < until && purpose == asked', parameters: Object.fromEntries([['now', 'TYPE_NAME_TIMESTAMP'], ['until', 'TYPE_NAME_TIMESTAMP'], ['purpose', 'TYPE_NAME_STRING'], ['asked', 'TYPE_NAME_STRING']].map(([name, type]) => [name, { type_name: type }])) } },
    })
  ).authorization_model_id;
  const live = kesuBodies.filter(({ tuple }) => tuple.isLive);
  for (let i = 0; i < live.length; i += 50) {
    const tuple_keys = live.slice(i, i + 50).map(({ tuple }) => ({ user: 'bank:bank-one', relation: 'reader', object: `item:${tuple.enterprise}-${tuple.code}`, condition: { name: 'in_period', context: { until: tuple.until, purpose: 'RISK_MONITORING' } } }));
    await post(`/stores/${store}/write`, { writes: { tuple_keys }, authorization_model_id: model });
  }
  const bodies = kesuBodies.map(({ tuple, decision }) => ({
    decision,
    body: JSON.stringify({ authorization_model_id: model, tuple_key: { user: 'bank:bank-one', relation: 'reader', object: `item:${tuple.enterprise}-${tuple.code}` }, context: { now: '2026-01-02T00:00:00Z', asked: 'RISK_MONITORING' } }),
  }));
  const url = `${base}/stores/${store}/check`;
  await assertAnswers(url, bodies, {}, (answer) => answer.allowed === true);
  return { url, pid: child.pid, bodies, stop: () => stop(child) };
}

export async function run() {
  if (!isOnPath('wrk')) return { figures: [], missing: ['wrk: apt-get install wrk'] };
  const directory = mkdtempSync(join(tmpdir(), 'kesu-check-'));
  const kesu = await startServer(0, process.execPath, [here('check-server.mjs')]);
  const headers = { authorization: 'Bearer demo-platform' };
  const url = `http://127.0.0.1:${kesu.port}/access/v1/evaluation`;
  await assertAnswers(url, kesu.bodies, headers, (answer) => answer.decision === true);
  const sample = await fetch(url, { method: 'POST', headers: { 'content-type': 'application/json', ...headers }, body: kesu.bodies[0].body });
  const bytes = (await sample.arrayBuffer()).byteLength;
  const bare = await startServer(0, process.execPath, [here('bare-server.mjs'), String(bytes)]);
  const peer = isOnPath('openfga') && isOnPath('taskset') ? await openfga(kesu.bodies) : undefined;
  const kesuScript = script(directory, 'kesu', kesu.bodies.map(({ body }) => body), headers);
  const peerScript = peer === undefined ? undefined : script(directory, 'peer', peer.bodies.map(({ body }) => body), {});
  const runs = { kesu: [], bare: [], peer: [] };
  for (let run = 0; run < RUNS; run++) {
    runs.kesu.push(await wrk(1, { url, pid: kesu.pid }, kesuScript));
    runs.bare.push(await wrk(1, { url: `http://127.0.0.1:${bare.port}/`, pid: bare.pid }, kesuScript));
    if (peer !== undefined) runs.peer.push(await wrk(1, peer, peerScript));
  }
  await Promise.all([kesu.stop(), bare.stop(), peer?.stop()]);
  rmSync(directory, { recursive: true });
  return report(runs);
}

/** Figures of the interleaved runs. */
function report({ kesu, bare, peer }) {
  const rates = (list) => list.map(({ perSecond }) => perSecond);
  const cpu = (list) => list.map(({ cpuMicros }) => cpuMicros);
  const figures = [
    figure('check over HTTP, 1 core', rates(kesu), '/s'),
    figure('check over HTTP, p99 at full load, 32 connections', kesu.map(({ p99Millis }) => p99Millis), 'ms'),
    figure('ruler: bare node:http, same body and bytes, 1 core', rates(bare), '/s'),
    figure('check ÷ bare node:http', kesu.map(({ perSecond }, run) => perSecond / bare[run].perSecond), '×', atLeast(0.5)),
  ];
  if (kesu[0].cpuMicros !== undefined) {
    figures.push(figure('CPU time of the server, a check', cpu(kesu), 'µs'), figure('CPU time of the bare server, a request', cpu(bare), 'µs'));
    figures.push(figure('bare ÷ check by CPU time', kesu.map(({ cpuMicros }, run) => bare[run].cpuMicros / cpuMicros), '×'));
  }
  if (peer.length === 0) return { runs: RUNS, figures, missing: ['openfga: go install github.com/openfga/openfga/cmd/openfga@v1.22.1, and taskset'] };
  figures.push(figure('OpenFGA over HTTP, in memory, 1 core, same answers', rates(peer), '/s'), figure('check ÷ OpenFGA', [median(rates(kesu)) / median(rates(peer))], '×', atLeast(10)));
  if (peer[0].cpuMicros !== undefined) figures.push(figure('CPU time of OpenFGA, a check', cpu(peer), 'µs'), figure('OpenFGA ÷ check by CPU time', [median(cpu(peer)) / median(cpu(kesu))], '×'));
  return { runs: RUNS, figures };
}
