// What the machine can do: every other figure is read beside these.
import { generateKeyPairSync, sign, verify } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createRequire } from 'node:module';
import { figure, median, percentile, rate, repeated, seconds } from './measure.mjs';

const require = createRequire(new URL('../../gateway/package.json', import.meta.url));
const { Level } = require('level');

/** Milliseconds of one 300-byte append with fdatasync, alone. */
export async function syncMillis(count = 500) {
  const directory = mkdtempSync(join(tmpdir(), 'kesu-ruler-'));
  const file = await open(join(directory, 'log'), 'w');
  const bytes = Buffer.alloc(300, 7);
  const times = [];
  for (let i = 0; i < count; i++) {
    const started = process.hrtime.bigint();
    await file.write(bytes, 0, bytes.length, i * bytes.length);
    await file.datasync();
    times.push(seconds(started) * 1000);
  }
  await file.close();
  rmSync(directory, { recursive: true });
  return times;
}

/** Events a second appended with group commit: everything that waits goes with one fdatasync. */
export async function groupCommitRate(clients = 100, duration = 2) {
  const directory = mkdtempSync(join(tmpdir(), 'kesu-ruler-'));
  const file = await open(join(directory, 'log'), 'w');
  let waiting = [];
  let offset = 0;
  let writing;
  const flush = async () => {
    while (waiting.length > 0) {
      const batch = waiting;
      waiting = [];
      const bytes = Buffer.concat(batch.map((entry) => entry.bytes));
      await file.write(bytes, 0, bytes.length, offset);
      offset += bytes.length;
      await file.datasync();
      for (const entry of batch) entry.resolve();
    }
    writing = undefined;
  };
  const append = (bytes) =>
    new Promise((resolve) => {
      waiting.push({ bytes, resolve });
      writing ??= Promise.resolve().then(flush);
    });
  const bytes = Buffer.alloc(300, 7);
  let done = 0;
  const started = process.hrtime.bigint();
  await Promise.all(
    Array.from({ length: clients }, async () => {
      while (seconds(started) < duration) {
        await append(bytes);
        done++;
      }
    }),
  );
  const result = done / seconds(started);
  await file.close();
  rmSync(directory, { recursive: true });
  return result;
}

export async function run() {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const message = Buffer.alloc(300, 3);
  const signature = sign('sha256', message, privateKey);
  const syncs = await syncMillis();
  const directory = mkdtempSync(join(tmpdir(), 'kesu-ruler-'));
  const level = new Level(directory, { valueEncoding: 'buffer' });
  await level.open();
  const value = Buffer.alloc(400, 5);
  for (let i = 0; i < 100_000; i += 1000) await level.batch(Array.from({ length: 1000 }, (_, k) => ({ type: 'put', key: `key-${String(i + k).padStart(8, '0')}`, value })));
  let at = 0;
  const gets = rate(() => level.getSync(`key-${String((at = (at * 1103515245 + 12345) % 100_000)).padStart(8, '0')}`));
  const batches = await repeated(3, async () => {
    const started = process.hrtime.bigint();
    for (let i = 0; i < 50_000; i += 1000) await level.batch(Array.from({ length: 1000 }, (_, k) => ({ type: 'put', key: `new-${i + k}`, value })));
    return 50_000 / seconds(started);
  });
  await level.close();
  rmSync(directory, { recursive: true });
  return {
    runs: 3,
    figures: [
      figure('append 300 bytes + fdatasync, p50', [median(syncs)], 'ms'),
      figure('append 300 bytes + fdatasync, p99', [percentile(syncs, 0.99)], 'ms'),
      figure('append + fdatasync, 100 clients, group commit', await repeated(3, () => groupCommitRate()), 'events/s'),
      figure('P-256 sign (node:crypto)', [rate(() => sign('sha256', message, privateKey))], '/s'),
      figure('P-256 verify (node:crypto)', [rate(() => verify('sha256', message, publicKey, signature))], '/s'),
      figure('level getSync, 100 k keys', [gets], '/s'),
      figure('level batch of 1,000 puts', batches, 'puts/s'),
    ],
  };
}
