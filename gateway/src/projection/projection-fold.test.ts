import { cp, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { CommittedBlock } from '@kesu/network';
import fc from 'fast-check';
import { Level } from 'level';
import { pino } from 'pino';
import { Projection } from './projection';
import { ProjectionDamage } from './projection-error';
import { BlockTape } from './testing/block-tape';
import { aLivedLedger } from './testing/lived-ledger';
import { naiveAnswers, projectedAnswers } from './testing/naive-fold';
import { rebuildProjection, verifyProjection } from './verify-projection';

const log = pino({ level: 'silent' });
const never = new AbortController().signal;

let blocks: readonly CommittedBlock[];
const naiveAt = new Map<number, unknown>();
beforeAll(async () => {
  blocks = await aLivedLedger();
});

let root: string;
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'kesu-projection-'));
});
afterEach(() => rm(root, { recursive: true, force: true }));

function expectEqualToFold(projection: Projection): void {
  const height = projection.asOf().block + 1;
  const naive = naiveAt.get(height) ?? naiveAnswers(blocks.slice(0, height));
  naiveAt.set(height, naive);
  expect(projectedAnswers(projection, naive)).toEqual(naive);
}

/** A closed projection of all blocks. */
async function aClosedProjection(): Promise<{ directory: string; tape: BlockTape }> {
  const tape = new BlockTape(blocks);
  tape.play(blocks.length);
  const directory = join(root, 'closed');
  await rebuildProjection({ directory, ledger: tape, log });
  return { directory, tape };
}

describe('the projection and the fold of the ledger', () => {
  it('has a ledger to fold on which all of it happened', () => {
    const { traces, statistics } = naiveAnswers(blocks) as { traces: Record<string, Record<string, unknown[]>>; statistics: { invalidTransactions: number; denials: object } };
    expect(statistics.invalidTransactions).toBeGreaterThan(0);
    expect(Object.keys(statistics.denials)).toEqual(expect.arrayContaining(['no-grant', 'grant-revoked', 'grant-suspended', 'already-used', 'purpose-not-covered']));
    expect(Object.values(traces.recipient ?? {}).flat().length).toBeGreaterThan(16);
  });

  it('are equal at every position, however often it is closed, killed and opened again (I11, I14)', async () => {
    const step = fc.record({ blocks: fc.integer({ min: 0, max: 25 }), then: fc.constantFrom('go on', 'close', 'crash') });
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 3, maxLength: 14 }), async (steps) => {
        const tape = new BlockTape(blocks);
        let directory = join(await mkdtemp(join(root, 'run-')), '0');
        let height = 1;
        tape.play(height);
        let projection = await Projection.open({ directory, ledger: tape, log });
        try {
          for (const [number, { blocks: more, then }] of steps.entries()) {
            tape.play((height += more));
            await projection.caughtUp();
            expectEqualToFold(projection);
            if (then === 'go on') continue;
            if (then === 'crash') {
              const copy = join(directory, '..', String(number + 1));
              await cp(directory, copy, { recursive: true });
              await projection.close();
              directory = copy;
            } else await projection.close();
            projection = await Projection.open({ directory, ledger: tape, log });
            expectEqualToFold(projection);
          }
          tape.play(blocks.length);
          await projection.caughtUp();
          expectEqualToFold(projection);
        } finally {
          await projection.close();
        }
        expect(await verifyProjection({ directory, ledger: tape, log }, never)).toMatchObject({ equal: true, asOf: { block: blocks.length - 1 } });
      }),
      { numRuns: 8 },
    );
  });

  it('differ for the verification when one value is another, is missing or is too much', async () => {
    for (const change of [
      (level: Level) => level.del('s!statistics'),
      async (level: Level) => level.put('b!7', (await level.get('b!8')) ?? ''),
      (level: Level) => level.put('x!y', 'z'),
    ]) {
      const { directory, tape } = await aClosedProjection();
      expect(await verifyProjection({ directory, ledger: tape, log }, never)).toMatchObject({ equal: true });
      await tamper(directory, change);
      expect(await verifyProjection({ directory, ledger: tape, log }, never)).toMatchObject({ equal: false });
    }
  });
});

describe('a damaged projection', () => {
  it('is folded again when any byte of its files was changed after it was closed', async () => {
    const { directory, tape } = await aClosedProjection();
    const naive = naiveAnswers(blocks);
    const files = (await readdir(directory)).filter((name) => name !== 'LOCK' && !name.startsWith('LOG'));
    const images = new Map(await Promise.all(files.map(async (name) => [name, await readFile(join(directory, name))] as const)));
    let folded = 0;
    const counting = { head: () => tape.head(), blocks: (from: number, signal: AbortSignal) => ((folded += from === 0 ? 1 : 0), tape.blocks(from, signal)) };
    for (let flip = 0; flip < 60; flip++) {
      const copy = join(root, `flip-${flip}`);
      await cp(directory, copy, { recursive: true });
      await cp(`${directory}.seal`, `${copy}.seal`);
      const [name = '', image = Buffer.alloc(0)] = [...images].filter(([, content]) => content.length > 0)[flip % files.length] ?? [...images][0] ?? [];
      const damaged = Buffer.from(image);
      const at = (flip * 7_919) % Math.max(1, damaged.length);
      damaged[at] = (damaged[at] ?? 0) ^ (1 << flip % 8);
      await writeFile(join(copy, name), damaged);
      const projection = await Projection.open({ directory: copy, ledger: counting, log });
      await projection.caughtUp();
      if (flip % 10 === 0) expect(projectedAnswers(projection, naive)).toEqual(naive);
      await projection.close();
      await rm(copy, { recursive: true, force: true });
    }
    expect(folded).toBe(60);
  });

  it('never serves a value with a flipped bit, turns red and is folded again at the next start', async () => {
    const { directory, tape } = await aClosedProjection();
    const grant = Object.keys((naiveAnswers(blocks) as { counters: object }).counters)[0] ?? '';
    const stored = await valueOf(directory, `k!grant!${grant}`);
    for (let bit = 0; bit < stored.length * 8; bit += 97) {
      const flipped = Buffer.from(stored);
      flipped[bit >> 3] = (flipped[bit >> 3] ?? 0) ^ (1 << (bit & 7));
      await tamper(directory, (level) => level.put(`k!grant!${grant}`, flipped, { valueEncoding: 'buffer' }));
      const projection = await Projection.open({ directory, ledger: tape, log });
      expect(() => projection.record('grant', grant)).toThrow(ProjectionDamage);
      expect(projection.status).toMatchObject({ state: 'STOPPED', reason: expect.stringContaining('damaged') });
      await expect(projection.waitFor(blocks.length, never)).rejects.toThrow('damaged');
      await projection.close();
      const next = await Projection.open({ directory, ledger: tape, log });
      await next.caughtUp();
      expect(next.record('grant', grant)?.record.id).toBe(grant);
      await next.close();
    }
  });

  it('is folded again when it stands on another ledger', async () => {
    const { directory, tape } = await aClosedProjection();
    const shorter = new BlockTape(blocks.slice(0, 30));
    shorter.play(30);
    const projection = await Projection.open({ directory, ledger: shorter, log });
    expect(await projection.caughtUp()).toMatchObject({ block: 29 });
    expectEqualToFold(projection);
    await projection.close();
    const forked = new BlockTape(blocks.map((block) => (block.block === 30 ? { ...block, previousHash: '0'.repeat(64) } : block)));
    forked.play(blocks.length);
    const onFork = await Projection.open({ directory, ledger: forked, log });
    await expect(onFork.caughtUp()).rejects.toThrow("doesn't follow");
    await onFork.close();
    const again = await Projection.open({ directory, ledger: tape, log });
    await again.caughtUp();
    expectEqualToFold(again);
    await again.close();
  });
});

describe('a block that can not be folded', () => {
  it.each([
    ['an event of an unknown kind', '[{"kind":"novelty"}]'],
    ['events that are no list', '{}'],
    ['events that are no JSON', '['],
    ['an outcome of a release that was not recorded', '[{"kind":"outcome","outcome":{"at":"2026-01-01T00:00:00.000Z","bytesSent":0,"outcome":"FAILED","releaseId":"0.0"}}]'],
  ])('stops the projection before it, nothing of it visible: %s', async (_name, events) => {
    const bad = blocks.map((block) => {
      if (block.block !== 40) return block;
      const transactions = block.transactions.map((transaction) => ({ ...transaction, events: events }));
      return { ...block, transactions: [...block.transactions, ...transactions] };
    });
    const tape = new BlockTape(bad);
    tape.play(blocks.length);
    const directory = join(root, 'stopped');
    const projection = await Projection.open({ directory, ledger: tape, log });
    await expect(projection.caughtUp()).rejects.toThrow();
    expect(projection.status).toMatchObject({ state: 'STOPPED', reason: expect.any(String) });
    expect(projection.asOf().block).toBe(39);
    expectEqualToFold(projection);
    await expect(projection.waitFor(40, never)).rejects.toThrow();
    await projection.close();
    const mended = new BlockTape(blocks);
    mended.play(blocks.length);
    const again = await Projection.open({ directory, ledger: mended, log });
    await again.caughtUp();
    expectEqualToFold(again);
    await again.close();
  });
});

/** Changes the values of a closed projection as the machine's own damage would not: behind the seal. */
async function tamper(directory: string, change: (level: Level) => Promise<unknown>): Promise<void> {
  const level = new Level(directory);
  await level.open();
  await change(level);
  await level.close();
  await rm(`${directory}.seal`, { force: true });
}

async function valueOf(directory: string, key: string): Promise<Buffer> {
  const level = new Level(directory);
  await level.open();
  const value = await level.get<string, Buffer>(key, { valueEncoding: 'buffer' });
  await level.close();
  return value ?? Buffer.alloc(0);
}
