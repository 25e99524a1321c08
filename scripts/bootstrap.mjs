#!/usr/bin/env node
// Installs what is missing, builds what is stale, then runs what was asked for. Node built-ins only: it runs before npm has
// installed anything.
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const ROOT = join(dirname(fileURLToPath(import.meta.url)), '..');
const WORKSPACES = ['chaincode', 'certs', 'verifier', 'network', 'gateway'];
const LEAST_NODE = [20, 19];

function say(text) {
  process.stderr.write(`${text}\n`);
}

function fail(text) {
  say(text);
  process.exit(3);
}

function assertNode() {
  const [major, minor] = process.versions.node.split('.').map(Number);
  if (major > LEAST_NODE[0] || (major === LEAST_NODE[0] && minor >= LEAST_NODE[1])) return;
  fail(`Kesu needs Node ${LEAST_NODE.join('.')} or newer; this is ${process.versions.node}. Install it from https://nodejs.org and run the command again.`);
}

function run(command, args, options = {}) {
  return spawnSync(command, args, { cwd: ROOT, stdio: 'inherit', ...options });
}

/** npm as it was called, so that no other npm on PATH is used. */
function npm(args) {
  const path = process.env.npm_execpath;
  return path !== undefined && path.endsWith('.js') ? run(process.execPath, [path, ...args], { stdio: ['ignore', 2, 2] }) : run('npm', args, { stdio: ['ignore', 2, 2] });
}

function installIfMissing() {
  const stamp = join(ROOT, 'node_modules', '.kesu-installed');
  const wanted = createHash('sha256').update(readFileSync(join(ROOT, 'package-lock.json'))).digest('hex');
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === wanted) return;
  say('Installing dependencies (npm ci) …');
  if (npm(['ci']).status !== 0) fail('npm ci failed: see above. Kesu needs the npm registry and nothing else from outside.');
  writeFileSync(stamp, wanted);
}

function newestIn(directory) {
  let newest = 0;
  for (const entry of readdirSync(directory, { withFileTypes: true })) {
    const path = join(directory, entry.name);
    newest = Math.max(newest, entry.isDirectory() ? newestIn(path) : statSync(path).mtimeMs);
  }
  return newest;
}

function buildIfStale() {
  const stamp = join(ROOT, 'node_modules', '.kesu-built');
  const sources = [...WORKSPACES.map((name) => join(ROOT, name, 'src')), join(ROOT, 'verifier', 'page')];
  const newest = Math.max(...sources.map(newestIn), ...['tsconfig.base.json', 'scripts/build-page.mjs'].map((name) => statSync(join(ROOT, name)).mtimeMs));
  const isBuilt = [...WORKSPACES.map((name) => join(name, 'lib', 'index.js')), join('verifier', 'lib', 'page', 'verify.html')].every((path) => existsSync(join(ROOT, path)));
  if (isBuilt && existsSync(stamp) && statSync(stamp).mtimeMs > newest) return;
  say('Building …');
  const built = run(process.execPath, [join(ROOT, 'node_modules', 'typescript', 'bin', 'tsc'), '--build'], { stdio: ['ignore', 2, 2] });
  if (built.status !== 0 || run(process.execPath, [join(ROOT, 'scripts', 'build-page.mjs')], { stdio: ['ignore', 2, 2] }).status !== 0) fail('The build failed: see above.');
  mkdirSync(dirname(stamp), { recursive: true });
  writeFileSync(stamp, '');
}

function kesu(args) {
  const child = run(process.execPath, [join(ROOT, 'gateway', 'bin', 'kesu.js'), ...args]);
  process.exit(child.status ?? 3);
}

const [, , task = 'start', ...rest] = process.argv;
assertNode();
process.on('SIGINT', () => {}); // the child answers it and ends; this process ends with it
installIfMissing();
if (task === 'test') {
  const child = run(process.execPath, [join(ROOT, 'scripts', 'test.mjs'), ...rest]);
  process.exit(child.status ?? 3);
}
if (task === 'test:interop') process.exit(run(process.execPath, [join(ROOT, 'node_modules', 'jest', 'bin', 'jest.js'), '--config', join(ROOT, 'jest.interop.config.js'), ...rest]).status ?? 3);
buildIfStale();
if (task === 'kesu') kesu(rest);
else if (task === 'test:fabric') process.exit(run(process.execPath, [join(ROOT, 'scripts', 'test-fabric.mjs'), ...rest]).status ?? 3);
else if (task === 'bench') process.exit(run(process.execPath, [join(ROOT, 'scripts', 'bench', 'bench.mjs'), ...rest]).status ?? 3);
else if (task === 'start') kesu(['start', ...rest]);
else fail(`unknown task ${task}: start, test, test:fabric, test:interop, bench or kesu`);
