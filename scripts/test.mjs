#!/usr/bin/env node
// Everything that must hold: types, lint, tests. Prints each skipped part with its reason and ends with one line of counts.
import { spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { missingFabric } from './fabric-programs.mjs';

const ROOT = join(dirname(fileURLToPath(import.meta.url)), '..');
const full = process.argv.includes('--full');
const jestArguments = process.argv.slice(2).filter((argument) => argument !== '--full');

function started(name, script, args, env, stdio) {
  const child = spawn(process.execPath, [join(ROOT, 'node_modules', script), ...args], { cwd: ROOT, stdio, env: { ...process.env, ...env } });
  const began = Date.now();
  let told = '';
  for (const stream of [child.stdout, child.stderr]) stream?.on('data', (chunk) => (told += chunk));
  return new Promise((resolve) => {
    child.once('error', (error) => resolve({ name, ok: false, told: String(error), seconds: 0 }));
    child.once('close', (code) => resolve({ name, ok: code === 0, told, seconds: Math.round((Date.now() - began) / 1000) }));
  });
}

function finished({ name, ok, told, seconds }) {
  process.stdout.write(`${told}── ${name}: ${ok ? 'passed' : 'FAILED'} in ${seconds} s\n`);
  return ok;
}

/** Two at a time, each with its output in one piece. */
async function inPairs(first, second) {
  const run = async (steps) => {
    const done = [];
    for (const [name, script, args] of steps) done.push(finished(await started(name, script, args, {}, ['ignore', 'pipe', 'pipe'])));
    return done;
  };
  return (await Promise.all([run(first), run(second)])).flat();
}

const scratch = mkdtempSync(join(tmpdir(), 'kesu-test-'));
const report = join(scratch, 'report.json');
process.stdout.write('\n── types, lint\n');
const steps = await inPairs(
  [
    ['types', 'typescript/bin/tsc', ['--noEmit', '-p', 'tsconfig.test.json']],
    ['types of the page', 'typescript/bin/tsc', ['--noEmit', '-p', 'verifier/page/tsconfig.json']],
  ],
  [['lint', 'eslint/bin/eslint.js', ['.', '--max-warnings', '0']]],
);
const tests = full ? 'tests at full size' : 'tests';
process.stdout.write(`\n── ${tests}\n`);
finished(await started(tests, 'jest/bin/jest.js', ['--json', `--outputFile=${report}`, ...jestArguments], full ? { KESU_FULL: '1' } : {}, 'inherit'));

let passed = steps.filter(Boolean).length;
let failed = steps.length - passed;
let skipped = 0;

function count(path) {
  try {
    const result = JSON.parse(readFileSync(path, 'utf8'));
    passed += result.numPassedTests;
    failed += result.numFailedTests + result.numRuntimeErrorTestSuites;
    for (const suite of result.testResults) {
      for (const test of suite.assertionResults) {
        if (test.status === 'pending' || test.status === 'todo') {
          skipped++;
          process.stdout.write(`skipped: ${test.fullName}\n`);
        }
      }
    }
  } catch (error) {
    failed++;
    process.stdout.write(`no test report: ${error.message}\n`);
  }
}

count(report);

// The proof on Fabric's own programs takes minutes of its own, behind all that runs anywhere. Named tests are run alone.
if (jestArguments.length === 0) {
  const missing = missingFabric();
  if (missing === undefined) {
    const fabricReport = join(scratch, 'fabric-report.json');
    const started = Date.now();
    process.stdout.write("\n── tests on Fabric's programs\n");
    const child = spawnSync(process.execPath, [join(ROOT, 'scripts', 'test-fabric.mjs'), '--json', `--outputFile=${fabricReport}`], { cwd: ROOT, stdio: 'inherit' });
    process.stdout.write(`── tests on Fabric's programs: ${child.status === 0 ? 'passed' : 'FAILED'} in ${Math.round((Date.now() - started) / 1000)} s\n`);
    count(fabricReport);
  } else {
    process.stdout.write(`\nNOT RUN: the tests on Fabric's programs (npm run test:fabric): ${missing}\n`);
  }
}
rmSync(scratch, { recursive: true, force: true });
process.stdout.write(`\n${passed} passed, ${failed} failed, ${skipped} skipped\n`);
process.exit(failed === 0 ? 0 : 1);
