import { createHash } from 'node:crypto';
import { type BlockLog, type LoggedBlock, NO_BLOCK_HASH } from './block-log';
import { DamagedStoreError, StoreUnavailableError } from './damaged-store-error';
import { openBlockLog } from './open-block-log';
import { type Fault, RecordingFiles, seededRandom } from './testing/recording-files';
import { SURVIVALS } from './testing/simulated-disk';

const FULL = process.env.KESU_FULL === '1';
const ROUNDS = FULL ? 10 : 1;
const PLACE = { directory: '/data/blocks', anchorDirectory: '/anchor', segmentBytes: 3000 };

function aChain(length: number): LoggedBlock[] {
  const blocks: LoggedBlock[] = [];
  let previousHash = NO_BLOCK_HASH;
  for (let number = 0; number < length; number++) {
    const hash = createHash('sha256').update(`${number} ${previousHash}`).digest('hex');
    blocks.push({ number, hash, previousHash, bytes: Uint8Array.from(Buffer.alloc(100 + ((number * 389) % 1400), `content of ${number} `)) });
    previousHash = hash;
  }
  return blocks;
}

const CHAIN = aChain(48);

const opened = (files: RecordingFiles): Promise<BlockLog> => openBlockLog({ files, ...PLACE });

/** Appends blocks until one fails; answers the points at which each was acknowledged. */
async function appendAll(files: RecordingFiles, log: BlockLog, until = CHAIN.length): Promise<number[]> {
  const points: number[] = [];
  for (const block of CHAIN.slice((log.head?.number ?? -1) + 1, until)) {
    await log.append(block);
    points.push(files.recorded);
  }
  return points;
}

/** Compares bytes at once: jest's own equality takes a step for each. */
function expectSame(block: LoggedBlock, place: number): void {
  const expected = CHAIN[place];
  const isSame = expected !== undefined && block.number === place && block.hash === expected.hash && block.previousHash === expected.previousHash;
  if (!isSame || Buffer.compare(block.bytes, expected.bytes) !== 0) throw new Error(`block ${place} is not what was appended`);
}

/** Reads the whole log, which must be a beginning of the chain; answers its length. */
async function lengthOfExactPrefix(log: BlockLog): Promise<number> {
  let length = 0;
  for await (const block of log.iterate(0)) expectSame(block, length++);
  expect(log.head?.number ?? -1).toBe(length - 1);
  expect((await log.verifyOlderSegments(new AbortController().signal)).damaged).toEqual([]);
  return length;
}

/** The next start finds at least what was acknowledged and exactly what was appended, and can go on to the chain's end. */
async function expectRecovery(files: RecordingFiles, acknowledged: number, attempted: number): Promise<void> {
  const log = await opened(files);
  const length = await lengthOfExactPrefix(log);
  expect(length).toBeGreaterThanOrEqual(acknowledged);
  expect(length).toBeLessThanOrEqual(attempted);
  await appendAll(files, log, length + 3);
  // What was acknowledged after the recovery is there after a power cut too: it doesn't stand on what was never synced.
  const again = await opened(files.powerCut(files.recorded, 'lost'));
  expect(await lengthOfExactPrefix(again)).toBeGreaterThanOrEqual(Math.min(CHAIN.length, length + 3));
}

describe('the block log under faults', () => {
  it('loses no acknowledged block at a power cut at any recorded point, whatever of the unsynced survives', async () => {
    const files = new RecordingFiles();
    const acknowledgedAt = await appendAll(files, await opened(files));
    expect(files.recorded).toBeGreaterThanOrEqual(200);
    let seed = 1;
    for (let point = 0; point <= files.recorded; point++)
      for (const survival of SURVIVALS)
        for (let round = 0; round < ROUNDS; round++) {
          const acknowledged = acknowledgedAt.filter((at) => at <= point).length;
          await expectRecovery(files.powerCut(point, survival, seededRandom(seed++)), acknowledged, Math.min(CHAIN.length, acknowledged + 1));
        }
  });

  it('loses no acknowledged block when it is killed at its n-th write, also when the power goes at the next start', async () => {
    for (let n = 1; n <= (FULL ? 330 : 100); n++) {
      const files = new RecordingFiles(seededRandom(n));
      files.stopAt(n);
      const acknowledged = await appendUntilItFails(files);
      await expectRecovery(files.afterKill(), acknowledged, acknowledged + 1);
      await expectRecovery(files.powerCut(files.recorded, 'torn', seededRandom(n)), acknowledged, acknowledged + 1);
    }
  });

  it.each<Omit<Fault, 'at'>>([
    { of: 'write', code: 'EIO' },
    { of: 'write', code: 'ENOSPC', lasting: true },
    { of: 'sync', code: 'EIO' },
    { of: 'sync', code: 'ENOSPC', lasting: true },
    { of: 'any', code: 'EIO', lasting: true },
  ])('acknowledges nothing that a failed disk lost: $code on $of at every n', async (fault) => {
    for (let n = 1; ; n++) {
      const files = new RecordingFiles(seededRandom(n));
      files.failAt({ ...fault, at: n });
      const acknowledged = await appendUntilItFails(files);
      if (!files.struck) break;
      files.heal();
      await expectRecovery(files.powerCut(files.recorded, 'lost'), acknowledged, acknowledged + 1);
      await expectRecovery(files.afterKill(), acknowledged, acknowledged + 1);
    }
  });

  it('takes no block after a failed write until it is opened again', async () => {
    const files = new RecordingFiles();
    const log = await opened(files);
    await appendAll(files, log, 5);
    files.failAt({ of: 'sync', at: 1, code: 'EIO' });
    await expect(appendAll(files, log, 6)).rejects.toThrow(StoreUnavailableError);
    await expect(appendAll(files, log, 6)).rejects.toThrow(StoreUnavailableError);
    expect(log.head?.number).toBe(4);
    await log.close();
    await expectRecovery(files.afterKill(), 5, 6);
  });

  it('refuses or answers exactly with any bit flipped in segments, side files and anchor', async () => {
    const files = new RecordingFiles();
    const log = await opened(files);
    await appendAll(files, log);
    await log.close();
    const random = seededRandom(7);
    const outcomes = { refused: 0, exact: 0 };
    for (let flip = 0; flip < (FULL ? 5000 : 400); flip++) {
      const damaged = files.afterKill();
      const paths = damaged.paths();
      const path = paths[flip % paths.length] ?? '';
      damaged.flipBit(path, Math.floor(random() * damaged.contentOf(path).length * 8));
      outcomes[await outcomeOf(damaged)]++;
    }
    expect(outcomes.refused).toBeGreaterThan(100);
    expect(outcomes.exact).toBeGreaterThan(20);
  });

  it('serves no block of a segment that the verification found damaged', async () => {
    const files = new RecordingFiles();
    await appendAll(files, await opened(files));
    const path = files.paths().filter((name) => name.endsWith('.segment'))[1] ?? '';
    files.flipBit(path, 8 * (files.contentOf(path).length - 40));
    const log = await opened(files);
    const { damaged, verified } = await log.verifyOlderSegments(new AbortController().signal);
    expect(damaged).toHaveLength(1);
    expect(damaged[0]?.damage.file).toBe(path);
    expect(damaged[0]?.message).toMatch(/kesu backup restore/);
    expect(verified).toBeGreaterThan(4);
    const first = Number(path.slice(-20, -8));
    await expect(log.read(first)).rejects.toThrow(DamagedStoreError);
    expect(await log.read(first - 1)).toEqual(CHAIN[first - 1]);
  });
});

async function appendUntilItFails(files: RecordingFiles): Promise<number> {
  let acknowledged = 0;
  try {
    const log = await opened(files);
    for (const block of CHAIN) {
      await log.append(block);
      acknowledged++;
    }
  } catch {
    if (!files.struck) throw new Error('it failed without a fault');
  }
  return acknowledged;
}

/** Every block is read singly and in order; a wrong value or a shorter history fails the test. */
async function outcomeOf(files: RecordingFiles): Promise<'refused' | 'exact'> {
  let refused = false;
  const refuse = (error: unknown): void => {
    if (!(error instanceof DamagedStoreError)) throw error;
    refused = true;
  };
  const log = await opened(files).catch(refuse);
  if (log === undefined) return 'refused';
  expect(log.head).toEqual({ number: CHAIN.length - 1, hash: CHAIN.at(-1)?.hash });
  for (const block of CHAIN) await log.read(block.number).then((read) => expectSame(read, block.number), refuse);
  let length = 0;
  try {
    for await (const block of log.iterate(0)) expectSame(block, length++);
    expect(length).toBe(CHAIN.length);
  } catch (error) {
    refuse(error);
  }
  const { damaged } = await log.verifyOlderSegments(new AbortController().signal);
  return refused || damaged.length > 0 ? 'refused' : 'exact';
}
