// The gateway's HTTP server over a projection that lies in a directory, without the ledger that it was folded from: for the
// benches of reads. Its argument is JSON: the directory, one for the private journal, the head and the clock's time.
// Prints one JSON line when it answers: its port, the time since the process began and the CPU time in it.
import { createRequire } from 'node:module';
import { log, serveGateway } from './gateway.mjs';

const require = createRequire(new URL('../../gateway/package.json', import.meta.url));
const { Projection } = require('./lib/projection/index.js');

const { directory, scratch, head, now } = JSON.parse(process.argv[2]);

/** Stands where the projection stands and commits nothing. */
const ledger = {
  head: async () => head,
  async *blocks(_from, signal) {
    await new Promise((resolve) => signal.addEventListener('abort', resolve, { once: true }));
  },
};

const projection = await Projection.open({ directory, ledger, log });
const { port, server } = await serveGateway({ clock: { now: () => now }, ledger, projection, directory: scratch });
const { user, system } = process.cpuUsage();
process.stdout.write(`${JSON.stringify({ port, readyMillis: Math.round(process.uptime() * 1000), readyCpuMillis: Math.round((user + system) / 1000) })}\n`);
process.on('SIGTERM', () => {
  server.closeAllConnections();
  server.close();
  projection.close().then(() => process.exit(0));
});
