// The gateway's HTTP server over a real ledger and projection, for the check bench. Prints one JSON line when it listens:
// its port and the bodies to send with the answers that they must get.
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { log, serveGateway } from './gateway.mjs';

process.env.CORE_CHAINCODE_LOGGING_LEVEL = 'ERROR';
const require = createRequire(new URL('../../gateway/package.json', import.meta.url));
const { TestWorld } = require('./lib/testing/test-world.js');
const { CAST, ITEMS } = require('./lib/testing/test-cast.js');
const { Projection } = require('./lib/projection/index.js');

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
const projection = await Projection.open({ directory: join(world.root, 'projection'), ledger: world.ledger, log });
await projection.caughtUp();
const { port } = await serveGateway({ clock: world.clock, ledger: world.ledger, projection, directory: world.root, identityOf: (id) => world.identities.get(id) });
process.stdout.write(`${JSON.stringify({ port, bodies })}\n`);
process.on('SIGTERM', () => {
  world.dispose().finally(() => process.exit(0));
});
