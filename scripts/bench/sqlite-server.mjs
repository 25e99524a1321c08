// The peer of the trace bench: better-sqlite3 behind bare node:http. The releases of a projection in a table that is its own
// index by enterprise and number, so that a page is one range of neighbouring rows. Arguments: the projection, the database.
import { createServer } from 'node:http';
import { createRequire } from 'node:module';
import { optional } from './measure.mjs';

const require = createRequire(new URL('../../gateway/package.json', import.meta.url));
const { ProjectionStore } = require('./lib/projection/projection-store.js');
const Database = optional('better-sqlite3');

const [directory, file] = process.argv.slice(2);
const database = new Database(file);
database.pragma('journal_mode = OFF');
database.pragma('synchronous = OFF');
database.pragma('cache_size = -262144');
database.exec('CREATE TABLE staged (enterprise TEXT, block INTEGER, item INTEGER, body TEXT)');
database.exec('CREATE TABLE release (enterprise TEXT, number INTEGER, body TEXT, PRIMARY KEY (enterprise, number)) WITHOUT ROWID');

async function copyRows() {
  const insert = database.prepare('INSERT INTO staged VALUES (?, ?, ?, ?)');
  const store = await ProjectionStore.open(directory);
  database.exec('BEGIN');
  for await (const { key, stored } of store.entries()) {
    if (!key.startsWith('r!')) continue;
    const { release, position } = JSON.parse(stored.body);
    insert.run(release.enterprise, position.block, position.item, stored.body);
  }
  database.exec('INSERT INTO release SELECT enterprise, row_number() OVER (PARTITION BY enterprise ORDER BY block, item) - 1, body FROM staged ORDER BY 1, 2');
  database.exec('COMMIT');
  database.exec('DROP TABLE staged');
  await store.close();
}

await copyRows();
// The table is its own covering index: a page is a range of neighbouring rows.
const page = database.prepare('SELECT body FROM release WHERE enterprise = ? AND number < ? ORDER BY number DESC LIMIT ?').pluck();

const server = createServer((request, response) => {
  const { pathname, searchParams } = new URL(request.url, 'http://localhost');
  const cursor = searchParams.get('cursor');
  const below = cursor === null ? Number.MAX_SAFE_INTEGER : Number(Buffer.from(cursor, 'base64url').toString());
  const text = `{"entries":[${page.all(pathname.split('/').at(-1), below, Number(searchParams.get('limit'))).join(',')}]}`;
  response.writeHead(200, { 'content-type': 'application/json', 'content-length': Buffer.byteLength(text) });
  response.end(text);
});
server.listen(0, '127.0.0.1', () => process.stdout.write(`${JSON.stringify({ port: server.address().port })}\n`));
process.on('SIGTERM', () => process.exit(0));
