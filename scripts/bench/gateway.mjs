// The gateway's HTTP server over a projection, for the benches: the demonstration's tokens, no rate limit, errors on stderr.
import { randomBytes } from 'node:crypto';
import { createRequire } from 'node:module';
import { join } from 'node:path';

process.env.CORE_CHAINCODE_LOGGING_LEVEL = 'ERROR';
const require = createRequire(new URL('../../gateway/package.json', import.meta.url));
const { CAST } = require('./lib/testing/test-cast.js');
const { createGatewayServer } = require('./lib/http/index.js');
const { openReleaseParts } = require('./lib/use-cases/index.js');
const { LedgerClient } = require('./lib/ledger-client.js');
const { nodeFiles, openPrivateJournal } = require('@kesu/network');
const { pino } = require('pino');

/** Errors alone. */
export const log = pino({ level: 'error' }, pino.destination(2));

/** What the benches authenticate with. */
export const TOKENS = { platform: 'demo-platform', node: 'demo-node' };

/** Serves on a free port of loopback; `directory` takes the private journal. */
export async function serveGateway({ clock, ledger, projection, directory, identityOf = () => undefined }) {
  const store = await openPrivateJournal({ files: nodeFiles, directory: join(directory, 'private'), anchorDirectory: join(directory, 'anchors'), keyFile: join(directory, 'key') });
  const parts = { clock, random: (bytes) => randomBytes(bytes), ledger: new LedgerClient(ledger), readModel: projection, store, self: CAST.node, identityOf, requestKeyOf: () => undefined, sourceOf: () => undefined, log };
  const releases = await openReleaseParts(parts);
  const tokens = new Map([
    [TOKENS.platform, { kind: 'PARTICIPANT', id: CAST.platform, role: 'platform', demonstration: true }],
    [TOKENS.node, { kind: 'PARTICIPANT', id: CAST.node, role: 'provincialNode', demonstration: true }],
  ]);
  const { server } = createGatewayServer(releases, { origin: 'http://localhost', rpId: 'localhost', demonstration: { tokens: () => tokens }, rateLimits: { general: { windowMillis: 60_000, requests: 1_000_000_000 } } });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  return { port: server.address().port, server, releases };
}
