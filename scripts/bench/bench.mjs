#!/usr/bin/env node
// `npm run bench -- <name> [--json]`: runs one bench (or `all`) and prints each goal beside its figure.
// Exit code 1 when a goal isn't met, 3 when a needed peer is missing.
import { cpus, totalmem } from 'node:os';

const BENCHES = ['rulers', 'decide', 'append', 'check', 'projection', 'trace', 'growth', 'evidence', 'release-fabric'];
const json = process.argv.includes('--json');
const [name = 'all'] = process.argv.slice(2).filter((argument) => !argument.startsWith('--'));

export const machine = { cpu: cpus()[0]?.model ?? 'unknown', cores: cpus().length, memoryGiB: Math.round(totalmem() / 2 ** 30), node: process.version, platform: `${process.platform} ${process.arch}` };

function line({ name: figure, value, unit, spread, goal, met }) {
  const shown = typeof value === 'number' ? (Math.abs(value) >= 100 ? Math.round(value).toLocaleString('en') : value.toPrecision(3)) : value;
  const judged = goal === undefined ? '' : `   goal ${goal}: ${met ? 'met' : 'NOT MET'}`;
  return `  ${figure.padEnd(52)} ${String(shown).padStart(12)} ${unit}${spread === undefined ? '' : ` (${spread})`}${judged}`;
}

async function one(bench) {
  const module = await import(`./${bench}.mjs`);
  const { figures, missing = [], runs = 1 } = await module.run();
  const report = { bench, machine, runs, figures, missing };
  if (json) process.stdout.write(`${JSON.stringify(report)}\n`);
  else {
    process.stdout.write(`\n${bench}  (${machine.cpu}, ${machine.cores} cores, ${machine.memoryGiB} GiB, Node ${machine.node})\n`);
    for (const figure of figures) process.stdout.write(`${line(figure)}\n`);
    for (const peer of missing) process.stdout.write(`  not run: ${peer}\n`);
  }
  return report;
}

const wanted = name === 'all' ? BENCHES : [name];
if (!wanted.every((bench) => BENCHES.includes(bench))) {
  process.stderr.write(`unknown bench ${name}: ${BENCHES.join(', ')} or all\n`);
  process.exit(2);
}
const reports = [];
try {
  for (const bench of wanted) reports.push(await one(bench));
} catch (error) {
  // Left alone it would end in the handler that the contract library installs, with exit code 0.
  process.stderr.write(`error: ${error.stack}\n`);
  process.exit(process.exitCode || 1);
}
if (reports.some((report) => report.figures.some((figure) => figure.met === false))) process.exitCode = 1;
else if (reports.some((report) => report.missing.length > 0)) process.exitCode = 3;
