import { DamagedStoreError } from './damaged-store-error';
import type { JournalChange, PrivateJournal } from './journal';
import { openPrivateJournal } from './open-private-journal';
import { type Fault, RecordingFiles, seededRandom } from './testing/recording-files';
import { SURVIVALS } from './testing/simulated-disk';

const FULL = process.env.KESU_FULL === '1';
const ROUNDS = FULL ? 10 : 1;
const PLACE = { directory: '/data/private', anchorDirectory: '/anchor', keyFile: '/keys/private.key', compactAtBytes: 6000 };

/** Batches over few keys, with deletions, so that most are replaced; the journal compacts itself several times on the way. */
const BATCHES: readonly (readonly JournalChange[])[] = Array.from({ length: 70 }, (_, n) => [
  { table: 'position', key: 'batch', value: Buffer.from(String(n)) },
  { table: 'outbox', key: `k${n % 13}`, value: Buffer.alloc(50 + ((n * 97) % 300), `value ${n} `) },
  { table: 'outbox', key: `k${(n * 5) % 13}` },
  { table: 'salts', key: `s${n}`, value: Buffer.alloc(32, n) },
]);

/** The whole content after so many batches: equal contents have equal texts. */
const STATES: readonly string[] = statesOf(BATCHES);

function statesOf(batches: readonly (readonly JournalChange[])[]): string[] {
  const model = new Map<string, string>();
  const states = [textOf(model)];
  for (const batch of batches) {
    for (const { table, key, value } of batch)
      if (value === undefined) model.delete(`${table} ${key}`);
      else model.set(`${table} ${key}`, Buffer.from(value).toString('base64'));
    states.push(textOf(model));
  }
  return states;
}

function textOf(model: ReadonlyMap<string, string>): string {
  return [...model].map(([key, value]) => `${key}=${value}`).sort().join('\n');
}

const opened = (files: RecordingFiles): Promise<PrivateJournal> => openPrivateJournal({ files, ...PLACE });

async function contentOf(journal: PrivateJournal): Promise<string> {
  const content = new Map<string, string>();
  for (const table of ['outbox', 'position', 'salts'])
    for await (const { key, value } of journal.entries(table)) content.set(`${table} ${key}`, value.toString('base64'));
  return textOf(content);
}

/** How many batches the journal holds: none in part. */
async function lengthOfExactPrefix(journal: PrivateJournal): Promise<number> {
  const length = Number((await journal.get('position', 'batch'))?.toString() ?? -1) + 1;
  if ((await contentOf(journal)) !== STATES[length]) throw new Error(`the content is not that after ${length} batches`);
  return length;
}

async function commitUntilItFails(files: RecordingFiles): Promise<number[]> {
  const points: number[] = [];
  try {
    const journal = await opened(files);
    for (const batch of BATCHES) {
      await journal.commit(batch);
      points.push(files.recorded);
    }
  } catch (error) {
    if (!files.struck) throw error;
  }
  return points;
}

/** The next start finds what was acknowledged and nothing half, and what it acknowledges itself survives a power cut. */
async function expectRecovery(files: RecordingFiles, acknowledged: number): Promise<void> {
  const journal = await opened(files);
  const length = await lengthOfExactPrefix(journal);
  expect(length).toBeGreaterThanOrEqual(acknowledged);
  expect(length).toBeLessThanOrEqual(acknowledged + 1);
  for (const batch of BATCHES.slice(length, length + 2)) await journal.commit(batch);
  const again = await opened(files.powerCut(files.recorded, 'lost'));
  expect(await lengthOfExactPrefix(again)).toBe(Math.min(BATCHES.length, length + 2));
}

describe('the private journal under faults', () => {
  it('loses no acknowledged batch at a power cut at any recorded point, compactions included', async () => {
    const files = new RecordingFiles();
    const acknowledgedAt = await commitUntilItFails(files);
    expect(acknowledgedAt).toHaveLength(BATCHES.length);
    expect(files.recorded).toBeGreaterThanOrEqual(200);
    expect(files.paths().join()).toMatch(/private-00000000[3-9]\.base/);
    let seed = 1;
    for (let point = 0; point <= files.recorded; point++)
      for (const survival of SURVIVALS)
        for (let round = 0; round < ROUNDS; round++)
          await expectRecovery(files.powerCut(point, survival, seededRandom(seed++)), acknowledgedAt.filter((at) => at <= point).length);
  });

  it('loses no acknowledged batch when it is killed at its n-th write, also when the power goes at the next start', async () => {
    for (let n = 1; n <= (FULL ? 340 : 100); n++) {
      const files = new RecordingFiles(seededRandom(n));
      files.stopAt(n);
      const acknowledged = (await commitUntilItFails(files)).length;
      await expectRecovery(files.afterKill(), acknowledged);
      await expectRecovery(files.powerCut(files.recorded, 'torn', seededRandom(n)), acknowledged);
    }
  });

  it.each<Omit<Fault, 'at'>>([
    { of: 'write', code: 'ENOSPC' },
    { of: 'write', code: 'EIO', lasting: true },
    { of: 'sync', code: 'EIO' },
    { of: 'sync', code: 'ENOSPC', lasting: true },
  ])('acknowledges nothing that a failed disk lost: $code on $of at every n', async (fault) => {
    for (let n = 1; ; n += FULL ? 1 : 2) {
      const files = new RecordingFiles(seededRandom(n));
      files.failAt({ ...fault, at: n });
      const acknowledged = (await commitUntilItFails(files)).length;
      if (!files.struck) break;
      files.heal();
      await expectRecovery(files.powerCut(files.recorded, 'lost'), acknowledged);
      await expectRecovery(files.afterKill(), acknowledged);
    }
  });

  it('refuses or answers exactly with any bit flipped in base, entries, anchor and key file', async () => {
    const files = new RecordingFiles();
    await commitUntilItFails(files);
    const random = seededRandom(5);
    const outcomes = { refused: 0, exact: 0 };
    for (let flip = 0; flip < (FULL ? 5000 : 400); flip++) {
      const damaged = files.afterKill();
      const paths = damaged.paths();
      const path = paths[flip % paths.length] ?? '';
      damaged.flipBit(path, Math.floor(random() * damaged.contentOf(path).length * 8));
      outcomes[await outcomeOf(damaged)]++;
    }
    expect(outcomes.refused).toBeGreaterThan(200);
    expect(outcomes.exact).toBeGreaterThan(20);
  });
});

/** Anything but a refusal or the exact content fails the test; what is refused at reading the verification reports too. */
async function outcomeOf(files: RecordingFiles): Promise<'refused' | 'exact'> {
  try {
    const journal = await opened(files);
    try {
      expect(await lengthOfExactPrefix(journal)).toBe(BATCHES.length);
      return 'exact';
    } catch (error) {
      if (error instanceof DamagedStoreError) expect((await journal.verify(new AbortController().signal)).damaged).toHaveLength(1);
      throw error;
    }
  } catch (error) {
    if (error instanceof DamagedStoreError) return 'refused';
    throw error;
  }
}
