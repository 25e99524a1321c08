// The gateway's HTTP server over a real ledger and projection, for the check bench. Prints one JSON line when it listens:
// its port and the bodies to send with the answers that they must get.
import { createRequire } from 'node:module';
import { join } from 'node:path';

process.env.CORE_CHAINCODE_LOGGING_LEVEL = 'ERROR';
const require = createRequire(new URL('../../gateway/package.json', import.meta.url));
const { TestWorld } = require('./lib/testing/test-world.js');
const { CAST, ITEMS } = require('./lib/testing/test-cast.js');
const { Projection } = require('./lib/projection/index.js');
const { createGatewayServer } = require('./lib/http/index.js');
const { openReleaseParts } = require('./lib/use-cases/index.js');
const { LedgerClient } = require('./lib/ledger-client.js');
const { nodeFiles, openPrivateJournal } = require('@kesu/network');
const { randomBytes } = require('node:crypto');
const { pino } = require('pino');

const ENTERPRISES = Number(process.argv[2] ?? 200);
const world = await TestWorld.open();
const bodies = [];
for (let i = 0; i < ENTERPRISES; i++) {
  const by = i === 0 ? world.enterprise : await world.addEnterprise();
  const { grant } = await world.giveGrant({ by, purpose: 'RISK_MONITORING', frequency: { times: 1, per: 'DAY' } });
  if (i % 5 === 4) await world.revoke(grant.id);
  for (const code of [ITEMS.collected, ITEMS.live]) {
    bodies.push({
      body: JSON.stringify({ subject: { type: 'recipient', id: CAST.bank }, action: { name: 'read' }, resource: { type: 'catalogue-item', id: code, properties: { enterprise: by.ref } }, context: { purpose: 'RISK_MONITORING' } }),
      decision: i % 5 !== 4,
      tuple: { enterprise: by.ref, code, until: grant.until, isLive: i % 5 !== 4 },
    });
  }
}
const log = pino({ level: 'error' }, pino.destination(2));
const projection = await Projection.open({ directory: join(world.root, 'projection'), ledger: world.ledger, log });
await projection.caughtUp();
const store = await openPrivateJournal({ files: nodeFiles, directory: join(world.root, 'private'), anchorDirectory: join(world.root, 'anchors'), keyFile: join(world.root, 'key') });
const parts = {
  clock: world.clock,
  random: (bytes) => randomBytes(bytes),
  ledger: new LedgerClient(world.ledger),
  readModel: projection,
  store,
  self: CAST.node,
  identityOf: (id) => world.identities.get(id),
  requestKeyOf: () => undefined,
  sourceOf: () => undefined,
  log,
};
const releases = await openReleaseParts(parts);
const tokens = new Map([['demo-platform', { kind: 'PARTICIPANT', id: CAST.platform, role: 'platform', demonstration: true }]]);
const { server } = createGatewayServer(releases, { origin: 'http://localhost', rpId: 'localhost', demonstration: { tokens: () => tokens }, rateLimits: { general: { windowMillis: 60_000, requests: 1_000_000_000 } } });
server.listen(0, '127.0.0.1', () => process.stdout.write(`${JSON.stringify({ port: server.address().port, bodies })}\n`));
process.on('SIGTERM', () => {
  world.dispose().finally(() => process.exit(0));
});
