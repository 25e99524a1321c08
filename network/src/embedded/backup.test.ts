import { appendFile, mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { canonicalJson } from '@kesu/chaincode/domain';
import type { EmbeddedLedger } from './embedded-ledger';
import { createBackup, restoreBackup, verifyBackup } from './backup';
import { inspectLedger } from './inspect-ledger';
import { aLedger, type TestLedger } from './testing/test-ledger';

let made: TestLedger;

beforeEach(async () => {
  made = await aLedger();
});

afterEach(() => made.dispose());

async function write(ledger: EmbeddedLedger, key: string): Promise<void> {
  await ledger.submit({ identity: made.caller, transaction: 'probe:write', command: canonicalJson({ key, value: key }) });
}

async function valueOf(ledger: EmbeddedLedger, key: string): Promise<unknown> {
  const { result } = await ledger.evaluate({ identity: made.caller, transaction: 'probe:read', command: canonicalJson({ key }) });
  return (JSON.parse(result) as { value: string }).value;
}

describe('a backup', () => {
  it('is taken while the ledger writes, verifies, and restores everything acknowledged before it began', async () => {
    const { ledger, options, root } = made;
    for (let i = 0; i < 5; i++) await write(ledger, `before-${i}`);
    const during = Promise.all(Array.from({ length: 30 }, (_, i) => write(ledger, `during-${i}`)));
    const manifest = await createBackup(options, join(root, 'backup'));
    await during;
    expect(manifest.head?.block).toBeGreaterThanOrEqual(5);
    expect(await verifyBackup(join(root, 'backup'))).toEqual(manifest);
    expect(manifest.files.some(({ path }) => path.includes('state'))).toBe(false);
    expect(manifest.notIncluded.join()).toContain('key file');
    const place = { directory: join(root, 'restored'), anchorDirectory: join(root, 'restored-anchor') };
    await restoreBackup(join(root, 'backup'), place);
    const again = await made.reopen({ ...place, stateDirectory: join(place.directory, 'state') });
    for (let i = 0; i < 5; i++) expect(await valueOf(again, `before-${i}`)).toBe(`before-${i}`);
    await write(again, 'after');
  });

  it('of a gateway on Fabric is its private journal, named as that, and fits no embedded ledger', async () => {
    const { root } = made;
    const place = { directory: join(root, 'on-fabric'), anchorDirectory: join(root, 'on-fabric-anchor'), withoutBlocks: true };
    await mkdir(join(place.directory, 'private'), { recursive: true });
    await mkdir(place.anchorDirectory);
    await writeFile(join(place.directory, 'private', 'journal'), 'entries');
    const manifest = await createBackup(place, join(root, 'backup'));
    expect(manifest.head).toBeUndefined();
    expect(manifest.notIncluded.join()).toContain('peer of the Fabric network');
    expect(await verifyBackup(join(root, 'backup'))).toEqual(manifest);
    const restored = { directory: join(root, 'restored'), anchorDirectory: join(root, 'restored-anchor') };
    await expect(restoreBackup(join(root, 'backup'), restored)).rejects.toThrow('a gateway on Fabric');
    await restoreBackup(join(root, 'backup'), { ...restored, withoutBlocks: true });
    expect(await readFile(join(restored.directory, 'private', 'journal'), 'utf8')).toBe('entries');
    await expect(createBackup({ ...place, withoutBlocks: false }, join(root, 'other'))).rejects.toThrow('no blocks');
  });

  it('holds what lies beside the ledger, and puts it back', async () => {
    const { ledger, options, root } = made;
    await write(ledger, 'a');
    const besideDirectory = join(root, 'demonstration');
    await mkdir(join(besideDirectory, 'keys'), { recursive: true });
    await writeFile(join(besideDirectory, 'keys', 'one.json'), '{"key":1}');
    const { files } = await createBackup({ ...options, besideDirectory }, join(root, 'backup'));
    expect(files.map(({ path }) => path)).toContain(join('beside', 'keys', 'one.json'));
    const place = { directory: join(root, 'restored'), anchorDirectory: join(root, 'restored-anchor'), besideDirectory: join(root, 'restored-beside') };
    await restoreBackup(join(root, 'backup'), place);
    expect(await readFile(join(place.besideDirectory, 'keys', 'one.json'), 'utf8')).toBe('{"key":1}');
    await writeFile(join(root, 'backup', 'beside', 'keys', 'one.json'), '{"key":2}');
    await expect(verifyBackup(join(root, 'backup'))).rejects.toThrow('one.json');
    await createBackup({ ...options, besideDirectory: join(root, 'no-such') }, join(root, 'bare'));
    expect((await verifyBackup(join(root, 'bare'))).files.some(({ path }) => path.startsWith('beside'))).toBe(false);
  });

  it('is refused when a byte of any of its files is changed, or a file is missing or added', async () => {
    const { ledger, options, root } = made;
    await write(ledger, 'a');
    const { files } = await createBackup(options, join(root, 'backup'));
    for (const { path } of files) {
      const copy = join(root, 'copy');
      await createBackup(options, copy);
      await appendFile(join(copy, path), 'x');
      await expect(verifyBackup(copy)).rejects.toThrow(path);
      await rm(join(copy, path));
      await expect(verifyBackup(copy)).rejects.toThrow(path);
      await rm(copy, { recursive: true });
    }
    await appendFile(join(root, 'backup', 'data', 'extra'), 'x');
    await expect(verifyBackup(join(root, 'backup'))).rejects.toThrow('data/extra is not part of the backup');
  });

  it('is not restored over data, nor behind the present anchor unless the loss is accepted', async () => {
    const { ledger, options, root } = made;
    await write(ledger, 'kept');
    await createBackup(options, join(root, 'backup'));
    await expect(restoreBackup(join(root, 'backup'), options)).rejects.toThrow('is not empty');
    await write(ledger, 'lost-1');
    await write(ledger, 'lost-2');
    await ledger.close();
    await rm(options.directory, { recursive: true });
    await expect(restoreBackup(join(root, 'backup'), options)).rejects.toThrow('blocks 2 to 3 would be lost');
    expect(await readdir(root)).not.toContain('data');
    await restoreBackup(join(root, 'backup'), options, { acceptLoss: true });
    const again = await made.reopen();
    expect(await valueOf(again, 'kept')).toBe('kept');
    expect(await valueOf(again, 'lost-1')).toBe('');
  });
});

describe('the report for the doctor', () => {
  it('names the head and finds nothing wrong in a sound ledger', async () => {
    const { ledger, options } = made;
    await write(ledger, 'a');
    const head = await ledger.head();
    expect((await inspectLedger(options, new AbortController().signal)).holder).toMatchObject({ pid: process.pid });
    expect(await ledger.inspect()).toMatchObject({ head, stateBlock: 1, problems: [] });
    await ledger.close();
    const report = await inspectLedger(options, new AbortController().signal);
    expect(report).toMatchObject({ head, checkedBlocks: 2, problems: [] });
    expect(report.diskFreeBytes).toBeGreaterThan(0);
  });

  it('names what the anchor knows and the blocks lack', async () => {
    const { ledger, options } = made;
    await write(ledger, 'a');
    await ledger.close();
    await rm(join(options.directory, 'blocks'), { recursive: true });
    const { problems } = await inspectLedger(options, new AbortController().signal);
    expect(problems.join()).toContain('kesu backup restore');
  });
});
