// A loan's evidence under a log of 1e6 events: how fast the log is folded, how long sealing and verifying take, how large bundle and proof are. The loan, its
// keys, signatures and timestamps are the sample's, real; the events behind it are copies of its release about other enterprises, which only fill the log.
import { createHash } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { sizeAsked } from './copied-projection.mjs';
import { atMost, figure, seconds } from './measure.mjs';

const require = createRequire(new URL('../../gateway/package.json', import.meta.url));
process.env.CORE_CHAINCODE_LOGGING_LEVEL = 'ERROR';
const { makeSample } = require('./lib/evidence/make-sample.js');
const { eventsOf } = require('@kesu/chaincode/domain');
const { readTrust, verifyFile } = require('@kesu/verifier');

const SIZE = 1_000_000;
const PER_BLOCK = 200;
const RUNS = 9;
const ENTERPRISES = 10_000;

const digest = (text) => createHash('sha256').update(text).digest('hex');

/** The same ledger as if, behind its present head, blocks of copied releases followed. */
function filledUp(ledger, events) {
  const more = Math.ceil(events / PER_BLOCK);
  let last;
  return {
    head: async () => {
      const head = await ledger.head();
      return { ...head, block: head.block + more };
    },
    async *blocks(from, signal) {
      const head = await ledger.head();
      let release;
      for await (const block of ledger.blocks(0, signal)) {
        for (const transaction of block.transactions) release ??= eventsOf(transaction).find(({ kind }) => kind === 'release');
        last = block;
        if (block.block >= from) yield block;
        if (block.block === head.block) break;
      }
      const { enterprise, id } = release.release;
      const text = JSON.stringify(release);
      for (let at = 1; at <= more; at++) {
        const number = head.block + at;
        const operation = digest(`operation ${number}`).slice(0, 32);
        const copies = Array.from({ length: PER_BLOCK }, (_, item) => text.replaceAll(id, `${operation}.${item}`).replaceAll(enterprise, digest(`enterprise ${(number * PER_BLOCK + item) % ENTERPRISES}`).slice(0, 32)));
        const filler = { ...last, block: number, previousHash: last.hash, hash: digest(`block ${number}`), transactions: [{ ...last.transactions[0], index: 0, txId: digest(`transaction ${number}`), validity: 'VALID', command: `{"operation":"${operation}"}`, events: `[${copies.join(',')}]` }] };
        last = filler;
        if (number >= from) yield filler;
      }
      await new Promise((resolve) => signal.addEventListener('abort', resolve, { once: true }));
    },
  };
}

/** What of a release proof (docs/formats/release-proof.md) is proof: everything besides the event, as bytes; a number counts 8. */
function proofOf(directory) {
  const { leaf, path, checkpoint } = JSON.parse(readFileSync(join(directory, 'proof.json'), 'utf8'));
  const bytesIn = (text) => Buffer.from(text, 'base64').length;
  return { hashes: bytesIn(path) / 32, cosigners: checkpoint.signatures.length - 1, bytes: bytesIn(leaf.hashes) + bytesIn(path) + checkpoint.signatures.reduce((sum, one) => sum + bytesIn(one), 0) + 7 * 8 };
}

export async function run() {
  const size = sizeAsked(SIZE);
  const out = mkdtempSync(join(tmpdir(), 'kesu-bench-evidence-'));
  const took = { log: [], seal: [] };
  const timed = async (name, act) => {
    const started = process.hrtime.bigint();
    const done = await act();
    took[name].push(seconds(started));
    return done;
  };
  try {
    const directory = join(out, 'sample');
    await makeSample(directory, { logOver: (ledger) => filledUp(ledger, size), timed });
    const bundle = readFileSync(join(directory, 'good.asice'));
    const trust = readTrust(readFileSync(join(directory, 'trust.json')));
    const verifying = [];
    for (let round = 0; round <= RUNS; round++) {
      const started = process.hrtime.bigint();
      const { verdict } = verifyFile(bundle, trust);
      if (round > 0) verifying.push(seconds(started) * 1000);
      else verifying.first = seconds(started) * 1000;
      if (verdict !== 'PROVEN') throw new Error(`the sample is ${verdict}`);
    }
    const proof = proofOf(directory);
    const name = `${size.toLocaleString('en')} events`;
    return {
      runs: RUNS,
      figures: [
        figure(`log folded, ${name}`, [size / took.log[0]], 'events/s'),
        figure(`seal, ${name}`, took.seal.map((one) => one * 1000), 'ms'),
        figure('verify, first time in a process', [verifying.first], 'ms', atMost(1_000)),
        figure('verify', [...verifying], 'ms', atMost(1_000)),
        figure('bundle', [statSync(join(directory, 'good.asice')).size / 1024], 'KiB'),
        figure(`proof of a release: ${proof.hashes} hashes, ${proof.cosigners} cosigners, as bytes`, [proof.bytes / 1000], 'KB', atMost(1.2)),
      ],
    };
  } finally {
    rmSync(out, { recursive: true, force: true });
  }
}
