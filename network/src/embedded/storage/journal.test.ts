import { mkdtemp, readdir, readFile, rm, stat, unlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { DamagedStoreError, StoreUnavailableError } from './damaged-store-error';
import type { JournalChange, PrivateJournal } from './journal';
import { nodeFiles } from './node-files';
import { openPrivateJournal } from './open-private-journal';
import { RecordingFiles } from './testing/recording-files';

const ROOTS: string[] = [];

interface Place {
  readonly directory: string;
  readonly anchorDirectory: string;
  readonly keyFile: string;
}

async function aPlace(): Promise<Place> {
  const root = await mkdtemp(join(tmpdir(), 'kesu-journal-'));
  ROOTS.push(root);
  return { directory: join(root, 'data', 'private'), anchorDirectory: join(root, 'anchor'), keyFile: join(root, 'keys', 'private.key') };
}

afterAll(async () => {
  for (const root of ROOTS) await rm(root, { recursive: true });
});

const opened = (place: Place): Promise<PrivateJournal> => openPrivateJournal({ files: nodeFiles, ...place });
const put = (table: string, key: string, value: string): JournalChange => ({ table, key, value: Buffer.from(value) });

async function contents(journal: PrivateJournal, table: string, range?: { gt?: string; limit?: number }): Promise<string[]> {
  const found: string[] = [];
  for await (const { key, value } of journal.entries(table, range)) found.push(`${key}=${value.toString()}`);
  return found;
}

async function everyByteOf(directory: string): Promise<Buffer> {
  const names = await readdir(directory);
  return Buffer.concat(await Promise.all(names.map((name) => readFile(join(directory, name)))));
}

describe('the private journal', () => {
  it('gives back what was committed, and forgets what was deleted, before and after a restart and a compaction', async () => {
    const place = await aPlace();
    let journal = await opened(place);
    await journal.commit([put('salts', 'b', '2'), put('salts', 'a', '1'), put('outbox', 'a', 'x')]);
    await journal.commit([put('salts', 'c', '3'), put('salts', 'b', 'two'), { table: 'salts', key: 'a' }]);
    for (const step of ['as committed', 'reopened', 'compacted', 'reopened again']) {
      if (step.startsWith('reopened')) {
        await journal.close();
        journal = await opened(place);
      }
      if (step === 'compacted') await journal.compact();
      expect(await contents(journal, 'salts')).toEqual(['b=two', 'c=3']);
      expect(await contents(journal, 'salts', { gt: 'b' })).toEqual(['c=3']);
      expect(await contents(journal, 'salts', { limit: 1 })).toEqual(['b=two']);
      expect(await journal.get('salts', 'a')).toBeUndefined();
      expect((await journal.get('outbox', 'a'))?.toString()).toBe('x');
    }
    await journal.close();
  });

  it('behaves like a sorted map under any commits, compactions and restarts', async () => {
    const step = fc.oneof(
      { weight: 8, arbitrary: fc.record({ table: fc.constantFrom('a', 'a!', 'b'), key: fc.string({ unit: 'grapheme', maxLength: 3 }), value: fc.option(fc.uint8Array({ maxLength: 40 })) }) },
      { weight: 1, arbitrary: fc.constant('compact' as const) },
      { weight: 1, arbitrary: fc.constant('restart' as const) },
    );
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 60 }), async (steps) => {
        const options = { files: new RecordingFiles(), directory: '/private', anchorDirectory: '/anchor', keyFile: '/keys/key' };
        const model = new Map<string, string>();
        let journal = await openPrivateJournal(options);
        for (const each of steps) {
          if (each === 'compact') await journal.compact();
          else if (each === 'restart') {
            await journal.close();
            journal = await openPrivateJournal(options);
          } else {
            const { table, key, value } = each;
            await journal.commit([value === null ? { table, key } : { table, key, value }]);
            if (value === null) model.delete(`${table} ${key}`);
            else model.set(`${table} ${key}`, Buffer.from(value).toString('hex'));
          }
        }
        for (const table of ['a', 'a!', 'b']) {
          const found: [string, string][] = [];
          for await (const { key, value } of journal.entries(table)) found.push([`${table} ${key}`, value.toString('hex')]);
          const expected = [...model].filter(([key]) => key.startsWith(`${table} `)).sort(([one], [other]) => (one < other ? -1 : 1));
          expect(found).toEqual(expected);
          for (const [key, value] of expected) expect((await journal.get(table, key.slice(table.length + 1)))?.toString('hex')).toBe(value);
        }
        expect((await journal.verify(new AbortController().signal)).damaged).toEqual([]);
      }),
      { numRuns: 60 },
    );
  });

  it('reads over many pages of its base', async () => {
    const place = await aPlace();
    const journal = await opened(place);
    const key = (n: number): string => String(n).padStart(6, '0');
    await journal.commit(Array.from({ length: 3000 }, (_, n) => put('salts', key(n), `value ${n} ${'.'.repeat(40)}`)));
    await journal.compact();
    await journal.commit([put('salts', key(1500), 'changed'), { table: 'salts', key: key(1501) }, put('salts', `${key(1501)}a`, 'new')]);
    expect(await contents(journal, 'salts', { gt: key(1499), limit: 2 })).toEqual([`${key(1500)}=changed`, `${key(1501)}a=new`]);
    expect(await contents(journal, 'salts')).toHaveLength(3000);
    for (const n of [0, 1, 999, 2999]) expect((await journal.get('salts', key(n)))?.toString()).toContain(`value ${n} `);
    expect(await journal.get('salts', 'zzz')).toBeUndefined();
    expect(await journal.get('a', 'a')).toBeUndefined();
    expect((await journal.verify(new AbortController().signal)).verified).toBeGreaterThan(10);
    await journal.close();
  });

  it('shares one sync among concurrent commits', async () => {
    const files = new RecordingFiles();
    const journal = await openPrivateJournal({ files, directory: '/private', anchorDirectory: '/anchor', keyFile: '/keys/key' });
    const before = files.recorded;
    await Promise.all(Array.from({ length: 100 }, (_, n) => journal.commit([put('outbox', String(n), 'x')])));
    const syncs = files.operations.slice(before).filter(({ kind }) => kind === 'sync');
    expect(syncs.length).toBeLessThanOrEqual(4);
    expect(await contents(journal, 'outbox')).toHaveLength(100);
  });

  it('writes no value and no key of an entry in the clear, and makes its key file for the owner only', async () => {
    const place = await aPlace();
    const journal = await opened(place);
    await journal.commit([put('subjects', 'KEYKEYKEYKEY', 'VALUEVALUEVALUE')]);
    await journal.compact();
    await journal.commit([put('subjects', 'KEYKEYKEYKEY2', 'VALUEVALUEVALUE2')]);
    await journal.close();
    const bytes = (await everyByteOf(place.directory)).toString('latin1');
    expect(bytes).not.toMatch(/KEYKEY|VALUEVALUE|subjects/);
    expect((await stat(place.keyFile)).mode & 0o777).toBe(0o600);
  });

  it('leaves nothing of deleted and replaced values on disk after a compaction', async () => {
    const place = await aPlace();
    const journal = await opened(place);
    await journal.commit([put('outbox', 'gone', 'x'.repeat(5000)), put('outbox', 'stays', 'y')]);
    await journal.compact();
    const before = await everyByteOf(place.directory);
    await journal.commit([{ table: 'outbox', key: 'gone' }]);
    await journal.compact();
    const after = await everyByteOf(place.directory);
    expect(after.length).toBeLessThan(1000);
    // No piece of the old ciphertext is in the new files.
    for (let at = 80; at + 32 <= before.length; at += 32) expect(after.includes(before.subarray(at, at + 32))).toBe(false);
    expect(await contents(journal, 'outbox')).toEqual(['stays=y']);
    await journal.close();
  });

  it('compacts itself when enough was appended', async () => {
    const files = new RecordingFiles();
    const journal = await openPrivateJournal({ files, directory: '/private', anchorDirectory: '/anchor', keyFile: '/keys/key', compactAtBytes: 4000 });
    for (let n = 0; n < 200; n++) await journal.commit([put('outbox', 'same', `${n} ${'.'.repeat(200)}`)]);
    const total = files.paths().filter((path) => path.startsWith('/private')).reduce((sum, path) => sum + files.contentOf(path).length, 0);
    expect(total).toBeLessThan(6000);
    expect((await journal.get('outbox', 'same'))?.toString()).toMatch(/^199 /);
  });

  it('lets a reader finish over what a compaction replaces meanwhile', async () => {
    const journal = await opened(await aPlace());
    await journal.commit(Array.from({ length: 500 }, (_, n) => put('salts', String(n).padStart(4, '0'), 'x'.repeat(100))));
    await journal.compact();
    let count = 0;
    for await (const { value } of journal.entries('salts')) {
      if (count++ === 10) {
        await journal.commit([put('salts', '0300', 'changed')]);
        await journal.compact();
      }
      expect(value.length).toBeGreaterThan(6);
    }
    expect(count).toBe(500);
    await journal.close();
  });

  it('refuses a store with a missing, foreign or malformed key file, and names the file and the next step', async () => {
    const place = await aPlace();
    const journal = await opened(place);
    await journal.commit([put('salts', 'a', '1')]);
    await journal.close();
    const key = await readFile(place.keyFile);
    await unlink(place.keyFile);
    await expect(opened(place)).rejects.toThrow(/private\.key .*missing.*put the key file of this store there/);
    await writeFile(place.keyFile, 'kesu-data-key-1 short\n');
    await expect(opened(place)).rejects.toThrow(/private\.key .*malformed/);
    await writeFile(place.keyFile, `kesu-data-key-1 ${'A'.repeat(43)}\n`);
    await expect(opened(place)).rejects.toThrow(/private\.key .*not the one/);
    await writeFile(place.keyFile, key);
    const again = await opened(place);
    expect(await contents(again, 'salts')).toEqual(['a=1']);
    await again.close();
  });

  it('refuses to open without its anchor, without its files or behind its anchor', async () => {
    const place = await aPlace();
    const journal = await opened(place);
    await journal.commit([put('salts', 'a', '1')]);
    const [name = ''] = await readdir(place.directory);
    const shorter = await readFile(join(place.directory, name));
    await journal.commit([put('salts', 'b', '2')]);
    await journal.close();
    await writeFile(join(place.directory, name), shorter);
    await expect(opened(place)).rejects.toThrow(/entry 2 of 3 acknowledged is damaged or missing.*kesu backup restore/);
    await unlink(join(place.directory, name));
    await expect(opened(place)).rejects.toThrow(DamagedStoreError);
    await writeFile(join(place.directory, name), shorter);
    await unlink(join(place.anchorDirectory, 'private.anchor'));
    await expect(opened(place)).rejects.toThrow(/anchor is missing/);
  });

  it('refuses bad keys and tables, and everything after it was closed', async () => {
    const journal = await opened(await aPlace());
    await expect(journal.commit([put('with space', 'a', '1')])).rejects.toThrow(RangeError);
    await expect(journal.commit([put('a', '\ud800', '1')])).rejects.toThrow(RangeError);
    await expect(journal.commit([put('a', 'x'.repeat(2000), '1')])).rejects.toThrow(RangeError);
    await journal.close();
    await expect(journal.commit([put('a', 'a', '1')])).rejects.toThrow(StoreUnavailableError);
    await expect(journal.get('a', 'a')).rejects.toThrow(StoreUnavailableError);
  });
});
