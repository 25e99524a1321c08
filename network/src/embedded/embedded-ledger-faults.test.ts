import { cp, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Level } from 'level';
import { BlockError, canonicalJson } from '@kesu/chaincode/domain';
import { type CommittedBlock, LedgerError } from '../ledger';
import { EmbeddedLedger, type EmbeddedLedgerOptions } from './embedded-ledger';
import { DamagedStoreError } from './storage/damaged-store-error';
import type { Processes } from './storage/lock';
import { RecordingFiles, seededRandom } from './storage/testing/recording-files';
import { SURVIVALS } from './storage/testing/simulated-disk';
import { ProbeContract } from './testing/probe-contract';
import { NETWORK } from './testing/test-ledger';
import { anOrganisation, type TestCaller, TestClock, type TestOrganisation } from './testing/test-network';

/** The whole sweep; without it a part that still has the sizes that are promised (issue 3, point 8). */
const isFull = process.env.KESU_FULL === '1';

/** An operation that was answered as done, and how many changes of the disk were recorded by then. */
interface Acknowledged {
  readonly key: string;
  readonly value: string;
  readonly block: number;
  readonly txId: string;
  readonly recorded: number;
}

let node: TestOrganisation;
let caller: TestCaller;
let operator: TestCaller;
let roots: readonly string[];
let root: string;
let directories = 0;

beforeAll(async () => {
  node = await anOrganisation('NodeMSP');
  caller = await node.caller();
  operator = await node.caller();
  roots = (await node.authority.trust()).roots;
  root = await mkdtemp(join(tmpdir(), 'kesu-faults-'));
});

afterAll(() => rm(root, { recursive: true, force: true }));

function freshDirectory(): string {
  return join(root, `state-${directories++}`);
}

function processNumber(pid: number): Processes {
  return { self: async () => ({ pid: pid + 1, started: '', host: 'test', command: 'kesu' }), isAlive: async () => false };
}

function optionsFor(files: RecordingFiles, stateDirectory: string): EmbeddedLedgerOptions {
  return {
    directory: '/data',
    anchorDirectory: '/anchor',
    stateDirectory,
    files,
    // Each opening is a process of its own, and those before it are gone.
    processes: processNumber(directories++),
    clock: new TestClock(),
    contracts: [ProbeContract],
    operator,
    create: { network: NETWORK, organisations: { NodeMSP: { roots } } },
  };
}

/** Submits `count` writes, half of them together, and answers those that were acknowledged. Stops at the first failure of one alone. */
async function work(ledger: EmbeddedLedger, files: RecordingFiles, count: number): Promise<{ acknowledged: Acknowledged[]; failures: LedgerError[] }> {
  const acknowledged: Acknowledged[] = [];
  const failures: LedgerError[] = [];
  const write = async (i: number): Promise<void> => {
    const [key, value] = [`key-${i}`, `value-${i}`];
    try {
      const { position } = await ledger.submit({ identity: caller, transaction: 'probe:write', command: canonicalJson({ key, value }) });
      acknowledged.push({ key, value, block: position.block, txId: position.txId, recorded: files.recorded });
    } catch (error) {
      if (!(error instanceof LedgerError)) throw error;
      failures.push(error);
    }
  };
  for (let i = 0; i < count / 2; i++) await write(i);
  await Promise.all(Array.from({ length: Math.floor(count / 2) }, (_, i) => write(count + i)));
  return { acknowledged, failures };
}

async function history(ledger: EmbeddedLedger): Promise<CommittedBlock[]> {
  const { block: last } = await ledger.head();
  const blocks: CommittedBlock[] = [];
  for await (const block of ledger.blocks(0, new AbortController().signal)) {
    blocks.push(block);
    if (block.block === last) break;
  }
  return blocks;
}

async function valueOf(ledger: EmbeddedLedger, key: string): Promise<string> {
  const { result } = await ledger.evaluate({ identity: caller, transaction: 'probe:read', command: canonicalJson({ key }) });
  return (JSON.parse(result) as { value: string }).value;
}

/** How many acknowledged operations are missing or wrong; anything that occurs twice counts too. */
async function lost(ledger: EmbeddedLedger, acknowledged: readonly Acknowledged[]): Promise<number> {
  const transactions = (await history(ledger)).flatMap((block) => block.transactions.map(({ txId }) => ({ block: block.block, txId })));
  const places = new Map(transactions.map(({ txId, block }) => [txId, block]));
  let missing = transactions.length - places.size;
  for (const each of acknowledged) if (places.get(each.txId) !== each.block || (await valueOf(ledger, each.key)) !== each.value) missing++;
  return missing;
}

/** How many values are served of calls that no block holds. */
async function unfounded(ledger: EmbeddedLedger, all: readonly Acknowledged[]): Promise<number> {
  const present = new Set((await history(ledger)).flatMap((block) => block.transactions.map(({ txId }) => txId)));
  let served = 0;
  for (const { key, txId } of all) if (!present.has(txId) && (await valueOf(ledger, key)) !== '') served++;
  return served;
}

describe('the embedded ledger under faults', () => {
  it('loses no acknowledged operation in a power cut at any recorded change (I6)', async () => {
    const files = new RecordingFiles();
    const finalState = freshDirectory();
    const ledger = await EmbeddedLedger.open(optionsFor(files, finalState));
    const { acknowledged } = await work(ledger, files, isFull ? 120 : 90);
    await ledger.close();
    let points = 0;
    await inParallel(files.recorded + 1, async (point) => {
      const survivals = isFull ? SURVIVALS : SURVIVALS.slice(point % SURVIVALS.length).slice(0, 1);
      for (const survival of survivals) {
        const disk = files.powerCut(point, survival);
        const state = freshDirectory();
        // Every third run finds the state of a later time than the blocks: it must not be believed.
        if (point % 3 === 0) await cp(finalState, state, { recursive: true });
        const again = await EmbeddedLedger.open(optionsFor(disk, state));
        expect(await lost(again, acknowledged.filter((each) => each.recorded <= point))).toBe(0);
        expect(await unfounded(again, acknowledged)).toBe(0);
        await again.close();
        points++;
        await rm(state, { recursive: true, force: true });
      }
    });
    expect(acknowledged).toHaveLength(isFull ? 120 : 90);
    expect(points).toBeGreaterThanOrEqual(200);
  });

  it('loses no acknowledged operation when it is killed at the n-th change, n = 1 … 100 (I6)', async () => {
    let killed = 0;
    for (let n = 1; n <= 100; n++) {
      const files = new RecordingFiles(seededRandom(n));
      const state = freshDirectory();
      files.stopAt(n);
      let acknowledged: Acknowledged[] = [];
      const ledger = await EmbeddedLedger.open(optionsFor(files, state)).catch(() => undefined);
      if (ledger !== undefined) {
        ({ acknowledged } = await work(ledger, files, 40));
        await ledger.close().catch(() => undefined);
      }
      if (files.struck) killed++;
      const again = await EmbeddedLedger.open(optionsFor(files.afterKill(), state));
      expect(await lost(again, acknowledged)).toBe(0);
      await again.close();
      await rm(state, { recursive: true, force: true });
    }
    expect(killed).toBe(100);
  });

  it('acknowledges nothing after an I/O error or a full disk at any change, and has lost nothing when it is opened again (I6, I8, I13)', async () => {
    const step = isFull ? 1 : 2;
    for (const code of ['EIO', 'ENOSPC'] as const) {
      for (let n = 1; n <= 80; n += step) {
        const files = new RecordingFiles(seededRandom(n));
        const state = freshDirectory();
        files.failAt({ of: 'any', at: n, code });
        const ledger = await EmbeddedLedger.open(optionsFor(files, state)).catch(() => undefined);
        let done: Awaited<ReturnType<typeof work>> = { acknowledged: [], failures: [] };
        if (ledger !== undefined) {
          done = await work(ledger, files, 30);
          expect(done.failures.length > 0).toBe(files.struck);
          for (const { kind } of done.failures) expect(['unavailable', 'outcome-unknown']).toContain(kind);
          if (files.struck) await expect(ledger.head()).rejects.toMatchObject({ kind: 'unavailable' });
          await ledger.close().catch(() => undefined);
        }
        files.heal();
        const disk = n % 2 === 0 ? files : files.powerCut(files.recorded, 'lost');
        const again = await EmbeddedLedger.open(optionsFor(disk, state));
        expect(await lost(again, done.acknowledged)).toBe(0);
        await again.submit({ identity: caller, transaction: 'probe:write', command: canonicalJson({ key: 'after', value: 'the fault' }) });
        await again.close();
        await rm(state, { recursive: true, force: true });
      }
    }
  });

  it('refuses or repairs exactly after a flipped bit in blocks or anchor: never another value, never a shorter history', async () => {
    const files = new RecordingFiles();
    const ledger = await EmbeddedLedger.open(optionsFor(files, freshDirectory()));
    const { acknowledged } = await work(ledger, files, 20);
    const whole = await history(ledger);
    await ledger.close();
    const random = seededRandom(7);
    const outcomes = { refused: 0, exact: 0 };
    await inParallel(isFull ? 1000 : 280, async (flip) => {
      const disk = files.powerCut(files.recorded, 'kept');
      const paths = disk.paths();
      const path = paths[flip % paths.length] ?? '';
      disk.flipBit(path, Math.floor(random() * disk.contentOf(path).length * 8));
      const state = freshDirectory();
      const outcome = await judgeDamaged(optionsFor(disk, state), acknowledged, whole);
      outcomes[outcome]++;
      await rm(state, { recursive: true, force: true });
    });
    expect(outcomes.refused).toBeGreaterThan(0);
    expect(outcomes.refused + outcomes.exact).toBe(isFull ? 1000 : 280);
  });

  it('repairs the state exactly after a flipped bit in any of its files', async () => {
    const { state, acknowledged, files } = await aStateAtRest();
    const random = seededRandom(11);
    await inParallel(isFull ? 600 : 60, async () => {
      const damaged = await copyOfState(state);
      await flipBitOfDirectory(damaged, random);
      const ledger = await EmbeddedLedger.open(optionsFor(files, damaged));
      for (const { key, value } of acknowledged) expect(await valueOf(ledger, key)).toBe(value);
      await ledger.close();
      await rm(damaged, { recursive: true, force: true });
    });
  });

  it('never serves a stored value with a flipped bit: it is refused, and served right after the repair', async () => {
    const { state, acknowledged, files } = await aStateAtRest();
    const random = seededRandom(13);
    await inParallel(isFull ? 600 : 60, async (flip) => {
      const target = acknowledged[flip % acknowledged.length];
      if (target === undefined) throw new Error('nothing was acknowledged');
      const damaged = await copyOfState(state);
      await inState(damaged, async (level) => {
        const stored = Buffer.from((await level.get(`s!${target.key}`)) ?? '');
        const bit = Math.floor(random() * stored.length * 8);
        stored.writeUInt8(stored.readUInt8(bit >> 3) ^ (1 << (bit & 7)), bit >> 3);
        await level.put<string, Buffer>(`s!${target.key}`, stored, { valueEncoding: 'buffer' });
      });
      const ledger = await EmbeddedLedger.open(optionsFor(files, damaged));
      await expect(valueOf(ledger, target.key)).rejects.toMatchObject({ kind: 'unavailable' });
      await ledger.rebuilt();
      for (const { key, value } of acknowledged) expect(await valueOf(ledger, key)).toBe(value);
      await ledger.close();
      await rm(damaged, { recursive: true, force: true });
    });
  });

  it('finds values that are missing, old or moved by the background replay, and repairs them', async () => {
    const { state, acknowledged, files } = await aStateAtRest();
    const [first, second] = acknowledged;
    if (first === undefined || second === undefined) throw new Error('nothing was acknowledged');
    const damages: Record<string, (level: Level) => Promise<void>> = {
      missing: (level) => level.del(`s!${first.key}`),
      moved: async (level) => level.put(`s!${first.key}`, (await level.get(`s!${second.key}`)) ?? ''),
    };
    for (const damage of Object.values(damages)) {
      const damaged = await copyOfState(state);
      await inState(damaged, damage);
      const ledger = await EmbeddedLedger.open(optionsFor(files, damaged));
      expect(await ledger.verifyState(new AbortController().signal)).toMatchObject({ damagedKeys: [first.key], complete: true });
      expect(await valueOf(ledger, first.key)).toBe(first.value);
      expect(await ledger.verifyState(new AbortController().signal)).toMatchObject({ damagedKeys: [], complete: true });
      await ledger.close();
    }
  });
});

/** Runs a numbered work 0 … count − 1, several at a time: most of each is waiting for the disk. */
async function inParallel(count: number, run: (number: number) => Promise<void>): Promise<void> {
  let next = 0;
  const worker = async (): Promise<void> => {
    while (next < count) await run(next++);
  };
  await Promise.all(Array.from({ length: 6 }, worker));
}

/** A ledger that was closed cleanly: its files, its state and what it acknowledged. */
async function aStateAtRest(): Promise<{ state: string; acknowledged: Acknowledged[]; files: RecordingFiles }> {
  const files = new RecordingFiles();
  const state = freshDirectory();
  const first = await EmbeddedLedger.open(optionsFor(files, state));
  const { acknowledged } = await work(first, files, 60);
  await first.close();
  // Opening again turns LevelDB's log into a table, so that both kinds of file are there.
  await (await EmbeddedLedger.open(optionsFor(files, state))).close();
  return { state, acknowledged, files };
}

async function copyOfState(state: string): Promise<string> {
  const copy = freshDirectory();
  await cp(state, copy, { recursive: true });
  await cp(`${state}.seal`, `${copy}.seal`);
  return copy;
}

/** Changes a state past its seal, as damage does that no seal shows: after an unclean end, or while the ledger runs. */
async function inState(directory: string, change: (level: Level) => Promise<void>): Promise<void> {
  await rm(`${directory}.seal`);
  const level = new Level(directory);
  await change(level);
  await level.close();
}

async function judgeDamaged(options: EmbeddedLedgerOptions, acknowledged: readonly Acknowledged[], whole: readonly CommittedBlock[]): Promise<'refused' | 'exact'> {
  let ledger: EmbeddedLedger | undefined;
  try {
    ledger = await EmbeddedLedger.open(options);
    const blocks = await history(ledger);
    expect(blocks).toEqual(whole);
    expect(await lost(ledger, acknowledged)).toBe(0);
    return 'exact';
  } catch (error) {
    if (error instanceof DamagedStoreError || error instanceof LedgerError || error instanceof BlockError) return 'refused';
    throw error;
  } finally {
    await ledger?.close();
  }
}

async function flipBitOfDirectory(directory: string, random: () => number): Promise<void> {
  const names = (await readdir(directory)).filter((name) => name !== 'LOCK' && !name.startsWith('LOG')).sort();
  const name = names[Math.floor(random() * names.length)] ?? '';
  const path = join(directory, name);
  const bytes = await readFile(path);
  if (bytes.length === 0) return flipBitOfDirectory(directory, random);
  const bit = Math.floor(random() * bytes.length * 8);
  bytes.writeUInt8(bytes.readUInt8(bit >> 3) ^ (1 << (bit & 7)), bit >> 3);
  await writeFile(path, bytes);
}
