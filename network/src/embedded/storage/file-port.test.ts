import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { FilePort } from './file-port';
import { nodeFiles } from './node-files';
import { RecordingFiles, seededRandom } from './testing/recording-files';

let root: string;

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'kesu-files-'));
});

afterEach(async () => {
  await rm(root, { recursive: true });
});

describe.each<[string, () => FilePort]>([
  ['the machine', () => nodeFiles],
  ['the simulated disk', () => new RecordingFiles()],
])('the file port over %s', (_name, port) => {
  it('gives back what was written, fewer bytes at the end, and what is left after a cut', async () => {
    const files = port();
    const directory = join(root, 'a', 'b');
    await files.makeDirectory(directory);
    await files.makeDirectory(directory);
    const file = await files.open(join(directory, 'f'), 'create');
    await file.write(0, Buffer.from('0123456789'));
    await file.write(4, Buffer.from('xy'));
    await file.write(12, Buffer.from('z'));
    expect((await file.read(3, 100)).toString('latin1')).toBe('3xy6789\0\0z');
    await file.truncate(5);
    await file.sync();
    expect(await file.size()).toBe(5);
    expect((await file.read(9, 4)).length).toBe(0);
    await file.close();
    const again = await files.open(join(directory, 'f'), 'read');
    expect((await again.read(0, 5)).toString('latin1')).toBe('0123x');
    await again.close();
  });

  it('lists, renames over others and removes', async () => {
    const files = port();
    const path = (name: string): string => join(root, name);
    for (const name of ['b', 'a']) await (await files.open(path(name), 'create')).close();
    expect(await files.list(root)).toEqual(['a', 'b']);
    expect(await files.list(path('none'))).toEqual([]);
    await files.rename(path('b'), path('a'));
    await files.syncDirectory(root);
    expect([await files.exists(path('a')), await files.exists(path('b'))]).toEqual([true, false]);
    await files.remove(path('a'));
    await files.remove(path('a'));
    expect(await files.list(root)).toEqual([]);
  });

  it('names a missing file and one that exists already by their codes', async () => {
    const files = port();
    await expect(files.open(join(root, 'f'), 'update')).rejects.toMatchObject({ code: 'ENOENT' });
    expect(await files.createWhole(join(root, 'f'), Buffer.from('whole'))).toBe(true);
    expect(await files.createWhole(join(root, 'f'), Buffer.from('other'))).toBe(false);
    await expect(files.open(join(root, 'f'), 'create')).rejects.toMatchObject({ code: 'EEXIST' });
    expect(await files.list(root)).toEqual(['f']);
  });
});

describe('the simulated disk', () => {
  async function aFile(files: RecordingFiles, content: string) {
    const file = await files.open('/d/f', 'create');
    await file.write(0, Buffer.from(content));
    return file;
  }

  it('keeps a new file over a power cut only after file and directory were synced', async () => {
    const files = new RecordingFiles();
    const file = await aFile(files, 'content');
    await file.sync();
    expect(files.powerCut(files.recorded, 'lost').paths()).toEqual([]);
    await files.syncDirectory('/d');
    const after = files.powerCut(files.recorded, 'lost');
    expect(after.contentOf('/d/f').toString()).toBe('content');
    expect(files.powerCut(files.recorded - 1, 'kept').contentOf('/d/f').toString()).toBe('content');
  });

  it('keeps of an unsynced write nothing, all, a prefix or scattered sectors', async () => {
    const files = new RecordingFiles();
    const file = await aFile(files, '');
    await file.sync();
    await files.syncDirectory('/d');
    await file.write(0, Buffer.alloc(2048, 'x'));
    const seen = new Set<number>();
    const holes = new Set<boolean>();
    for (let round = 0; round < 50; round++) {
      seen.add(files.powerCut(files.recorded, 'torn', () => round / 50).contentOf('/d/f').length);
      holes.add(files.powerCut(files.recorded, 'scattered', seededRandom(round)).contentOf('/d/f').includes(0));
    }
    expect(files.powerCut(files.recorded, 'lost').contentOf('/d/f').length).toBe(0);
    expect(files.powerCut(files.recorded, 'kept').contentOf('/d/f').length).toBe(2048);
    expect(seen.size).toBeGreaterThan(10);
    expect(holes).toEqual(new Set([true, false]));
  });

  it('loses what a failed sync should have synced although programs still see it, also after a later sync', async () => {
    const files = new RecordingFiles();
    const file = await aFile(files, 'first');
    await file.sync();
    await files.syncDirectory('/d');
    await file.write(0, Buffer.from('other'));
    files.failAt({ of: 'sync', at: 1, code: 'EIO' });
    await expect(file.sync()).rejects.toMatchObject({ code: 'EIO' });
    await file.sync();
    expect(files.contentOf('/d/f').toString()).toBe('other');
    expect(files.powerCut(files.recorded, 'kept').contentOf('/d/f').toString()).toBe('first');
  });

  it('answers nothing after the process was stopped, and keeps the page cache for the next', async () => {
    const files = new RecordingFiles();
    const file = await aFile(files, 'content');
    files.stopAt(1);
    await expect(file.sync()).rejects.toThrow('stopped');
    await expect(file.read(0, 1)).rejects.toThrow('stopped');
    const next = files.afterKill();
    expect(next.contentOf('/d/f').toString()).toBe('content');
    expect(next.powerCut(0, 'lost').paths()).toEqual([]);
  });
});
