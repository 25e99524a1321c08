// The newest 50 releases of one enterprise among 1e7, over HTTP, and its page 1000; beside it better-sqlite3 with a covering
// index behind bare node:http, answering the same rows.
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { PAGE, population } from './arithmetic.mjs';
import { assertSpace, derived, foldInto, idOf, sizeAsked, withCopies } from './copied-projection.mjs';
import { TOKENS } from './gateway.mjs';
import { atMost, figure, median, optional, seconds } from './measure.mjs';
import { isOnPath, startServer, wrk } from './processes.mjs';

const here = (name) => fileURLToPath(new URL(name, import.meta.url));
const RUNS = 3;
/** The goal is at 1e7: `--size 10000000` takes a free disk of 40 GB and a quarter of an hour. */
const SIZE = 1_000_000;
const PER_BATCH = 200;
const BYTES_A_RELEASE = 2_500;
const SQLITE = 'better-sqlite3: npm install --no-save better-sqlite3@12.6.2 && npm rebuild better-sqlite3 --ignore-scripts=false';

function* batches({ history, patterns }, size, ownerOf) {
  for (let from = 0; from < size; from += PER_BATCH) {
    const releases = Array.from({ length: Math.min(PER_BATCH, size - from) }, (_, item) => {
      const owner = ownerOf(from + item);
      const [enterprise, grant, other] = [idOf(owner), idOf(`grant of ${owner}`), derived(`release ${from + item}`)];
      return (token) => (token === patterns.enterprise ? enterprise : token === patterns.grant ? grant : other(token));
    });
    yield history.batchOfReleases(patterns.release, derived(`batch ${from}`), releases);
  }
}

const pathOf = (owner, cursor) => `/v1/trace/enterprises/${idOf(owner)}?limit=${PAGE}${cursor === undefined ? '' : `&cursor=${cursor}`}`;

/** The cursor of a page: the number of the entry behind its first, base64url (gateway/src/projection/page-cursor.ts). */
function cursorOfPage(page, releases) {
  return Buffer.from(String(releases - (page - 1) * PAGE)).toString('base64url');
}

function getScript(directory, name, paths) {
  const path = join(directory, `${name}.lua`);
  writeFileSync(path, `local paths = {\n${paths.map((one) => `"${one}"`).join(',\n')}\n}\nlocal n = 0\nwrk.headers["authorization"] = "Bearer ${TOKENS.node}"\nfunction request()\n  n = n % #paths + 1\n  return wrk.format("GET", paths[n])\nend\n`);
  return path;
}

async function pageAt(port, path) {
  const response = await fetch(`http://127.0.0.1:${port}${path}`, { headers: { authorization: `Bearer ${TOKENS.node}` } });
  if (!response.ok) throw new Error(`${path}: ${response.status} ${await response.text()}`);
  return response.json();
}

/** Ids of a page of the peer must be those of ours: the same question has the same answer before anything is measured. */
async function assertSame(kesu, peer, paths) {
  for (const path of paths) {
    const [ours, theirs] = [await pageAt(kesu.port, path), await pageAt(peer.port, path)];
    if (ours.entries.length === 0 || JSON.stringify(ours.entries.map(({ release }) => release)) !== JSON.stringify(theirs.entries.map(({ release }) => release))) throw new Error(`better-sqlite3 answers other rows to ${path}`);
  }
}

async function measure(server, scripts) {
  const results = Object.fromEntries(Object.keys(scripts).map((name) => [name, []]));
  for (let run = 0; run < RUNS; run++) for (const [name, script] of Object.entries(scripts)) results[name].push(await wrk(1, { url: `http://127.0.0.1:${server.port}/`, pid: server.pid }, script, 4, 1));
  return results;
}

const picked = (results, member) => results.map((result) => result[member]);

function figures(size, { first, firstOfLarge, deep }, deepPage, peer) {
  const name = `${size.toLocaleString('en')} releases`;
  return [
    figure(`first page of any enterprise, ${name}, p50`, picked(first, 'p50Millis'), 'ms'),
    figure(`first page of any enterprise, ${name}, p99`, picked(first, 'p99Millis'), 'ms', atMost(1.5)),
    figure('first page, CPU time of the server', picked(first, 'cpuMicros'), 'µs'),
    figure('first page of a large enterprise, p50', picked(firstOfLarge, 'p50Millis'), 'ms'),
    figure(`page ${deepPage} of a large enterprise, p50`, picked(deep, 'p50Millis'), 'ms'),
    figure(`page ${deepPage} ÷ page 1`, [median(picked(deep, 'p50Millis')) / median(picked(firstOfLarge, 'p50Millis'))], '×', atMost(1.5)),
    ...(peer === undefined
      ? []
      : [
          figure('better-sqlite3 behind bare node:http, first page, p50', picked(peer.first, 'p50Millis'), 'ms'),
          figure('better-sqlite3 behind bare node:http, first page, p99', picked(peer.first, 'p99Millis'), 'ms'),
          figure(`better-sqlite3, page ${deepPage}, p50`, picked(peer.deep, 'p50Millis'), 'ms'),
        ]),
  ];
}

async function peerFor(directory) {
  if (optional('better-sqlite3') === undefined) return undefined;
  return startServer(0, process.execPath, [here('sqlite-server.mjs'), directory, join(directory, '..', 'peer.sqlite')]);
}

export async function run() {
  if (!isOnPath('wrk')) return { figures: [], missing: ['wrk: apt-get install wrk'] };
  const size = sizeAsked(SIZE);
  const { large, small, ownerOf, releasesOfLarge, deepPage } = population(size);
  return withCopies(['RISK_MONITORING'], async (copies) => {
    const { directory, history, world, now } = copies;
    assertSpace(world.root, size * BYTES_A_RELEASE);
    const started = process.hrtime.bigint();
    await foldInto(directory, batches(copies, size, ownerOf));
    const folding = seconds(started);
    // Before the gateway takes the projection's lock, the peer copies its rows.
    const peer = await peerFor(directory);
    const kesu = await startServer(0, process.execPath, [here('projection-server.mjs'), JSON.stringify({ directory, scratch: join(world.root, 'gateway'), head: history.head, now })]);
    try {
      const scratch = join(world.root, 'scripts');
      mkdirSync(scratch);
      const anyOf = Array.from({ length: Math.min(20_000, small) }, (_, n) => pathOf(`small ${(n * 104_729) % small}`));
      const [ofLarge, deepOfLarge] = [undefined, cursorOfPage(deepPage, releasesOfLarge)].map((cursor) => Array.from({ length: large }, (_, n) => pathOf(`large ${n}`, cursor)));
      if (peer !== undefined) await assertSame(kesu, peer, [...anyOf.slice(0, 50), ...ofLarge, ...deepOfLarge]);
      const scripts = { first: getScript(scratch, 'first', anyOf), firstOfLarge: getScript(scratch, 'large', ofLarge), deep: getScript(scratch, 'deep', deepOfLarge) };
      const ours = await measure(kesu, scripts);
      const theirs = peer === undefined ? undefined : await measure(peer, scripts);
      return {
        runs: RUNS,
        figures: [figure(`generator: ${size.toLocaleString('en')} releases, copies of one that the contract recorded, folded into the projection`, [size / folding], 'releases/s'), ...figures(size, ours, deepPage, theirs)],
        missing: peer === undefined ? [SQLITE] : [],
      };
    } finally {
      await Promise.all([kesu.stop(), peer?.stop()]);
      rmSync(directory, { recursive: true, force: true });
    }
  });
}
