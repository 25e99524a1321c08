// Peers of the append bench that are Go modules: small programs of ours under peers/ that import them, built when asked for.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { isOnPath } from './processes.mjs';

const EVENT_BYTES = 300;
const SECONDS = 3;

/** Why the peers can't run, with the command that helps; undefined when they can. */
export function peersMissing() {
  if (!isOnPath('go')) return 'immudb 1.10.0 and Tessera 1.0.4: install Go ≥ 1.25 (https://go.dev/dl), then npm run bench -- append --peers';
  return process.argv.includes('--peers') ? undefined : 'immudb 1.10.0 and Tessera 1.0.4: npm run bench -- append --peers (Go downloads and builds them)';
}

/**
 * Builds a peer's program and answers how to run it: with so many clients, in a directory of its own, events as long as the ruler's.
 * @throws Error with what the compiler or the program said.
 */
export function buildPeer(name) {
  const directory = mkdtempSync(join(tmpdir(), `kesu-peer-${name}-`));
  const program = join(directory, `kesu-bench-${name}`);
  checked(spawnSync('go', ['build', '-o', program, '.'], { cwd: fileURLToPath(new URL(`peers/${name}`, import.meta.url)), encoding: 'utf8' }));
  return {
    run(clients) {
      const store = mkdtempSync(join(directory, 'store-'));
      const { stdout } = checked(spawnSync(program, [store, String(clients), String(SECONDS), String(EVENT_BYTES)], { encoding: 'utf8' }));
      rmSync(store, { recursive: true });
      return JSON.parse(stdout);
    },
    remove: () => rmSync(directory, { recursive: true, force: true }),
  };
}

function checked(ended) {
  if (ended.status !== 0) throw new Error(`${ended.error?.message ?? ''}${ended.stderr ?? ''}`);
  return ended;
}
