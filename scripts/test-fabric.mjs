#!/usr/bin/env node
// What must hold on Fabric's own programs. Without them it fails: a proof that was not made is none.
import { spawnSync } from 'node:child_process';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { missingFabric } from './fabric-programs.mjs';

const ROOT = join(dirname(fileURLToPath(import.meta.url)), '..');

const missing = missingFabric();
if (missing !== undefined) {
  process.stdout.write(`0 passed, 1 failed: ${missing}\n`);
  process.exit(1);
}
// The chaincode processes run what is built, not the sources.
const built = spawnSync(process.execPath, [join(ROOT, 'node_modules', 'typescript', 'bin', 'tsc'), '--build'], { cwd: ROOT, stdio: 'inherit' });
if (built.status !== 0) process.exit(1);
const child = spawnSync(process.execPath, [join(ROOT, 'node_modules', 'jest', 'bin', 'jest.js'), '--config', join(ROOT, 'jest.fabric.config.js'), ...process.argv.slice(2)], { cwd: ROOT, stdio: 'inherit' });
process.exit(child.status ?? 1);
