#!/usr/bin/env node
// What must hold on Fabric's own programs. Without them it fails: a proof that was not made is none.
import { spawnSync } from 'node:child_process';
import { accessSync, constants } from 'node:fs';
import { delimiter, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const ROOT = join(dirname(fileURLToPath(import.meta.url)), '..');
const PROGRAMS = ['peer', 'orderer', 'configtxgen', 'configtxlator', 'osnadmin', 'fabric-ca-server'];

function isExecutable(path) {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

const where = process.env.FABRIC_BIN ? [process.env.FABRIC_BIN] : (process.env.PATH ?? '').split(delimiter);
const missing = PROGRAMS.filter((name) => !where.some((directory) => isExecutable(join(directory, name))));
if (missing.length > 0) {
  process.stdout.write(`0 passed, 1 failed: ${missing.join(', ')} not found ${process.env.FABRIC_BIN ? 'in FABRIC_BIN' : 'on PATH, and FABRIC_BIN is not set'}. Install Hyperledger Fabric's programs and set FABRIC_BIN to their directory.\n`);
  process.exit(1);
}
const child = spawnSync(process.execPath, [join(ROOT, 'node_modules', 'jest', 'bin', 'jest.js'), '--config', join(ROOT, 'jest.fabric.config.js'), ...process.argv.slice(2)], { cwd: ROOT, stdio: 'inherit' });
process.exit(child.status ?? 1);
