import { spawnSync } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { decodeCheckpoint, decodeNote } from '@kesu/chaincode/domain';
import { contentDigest, Facts, readBundle, readContainer, summaryPart, type Part } from '@kesu/verifier';
import { CaseWorld } from './testing/case-world';
import { summaryCode, summaryPaper, type SummaryFacts } from './summary-paper';

let made: CaseWorld;
let parts: readonly Part[];
let summary: SummaryFacts;

beforeAll(async () => {
  made = await CaseWorld.open();
  parts = readContainer(await made.bundles.bytesOf(await made.bundles.seal(made.caseId)));
  const { description, facts, letters, checkpoint } = readBundle(parts);
  summary = { description, facts: new Facts(facts), letters, size: decodeCheckpoint(decodeNote(checkpoint).text).size, contentDigest: contentDigest(parts) };
});
afterAll(() => made.dispose());

const stored = (language: 'zh' | 'en'): Buffer => Buffer.from(parts.find(({ name }) => name === summaryPart(language))?.bytes ?? []);

/** Whether a program is installed; tests that need a missing one are shown as skipped. */
const where = (program: string) => (spawnSync(program, ['-v']).error === undefined ? it : it.skip);

describe('the printed summary', () => {
  it.each(['zh', 'en'] as const)('follows from the data of the bundle, byte for byte (%s)', async (language) => {
    expect(stored(language).length).toBeGreaterThan(10_000);
    expect(Buffer.from(await summaryPaper(summary, language)).equals(stored(language))).toBe(true);
    const other: SummaryFacts = { ...summary, contentDigest: 'ab'.repeat(32) };
    expect(Buffer.from(await summaryPaper(other, language)).equals(stored(language))).toBe(false);
  });

  where('pdftotext')('names what the data name, and on every page that they are for demonstration', async () => {
    const file = join(made.world.root, 'summary.pdf');
    await writeFile(file, stored('zh'));
    const text = spawnSync('pdftotext', ['-layout', file, '-'], { encoding: 'utf8' }).stdout;
    for (const named of [summary.contentDigest, made.caseId, '示范有限公司', '张示范', '起诉状', '录制', '已移交', '准予', '见证']) expect(text).toContain(named);
    const pages = text.split('\f').filter((page) => page.trim() !== '');
    expect(pages.length).toBeGreaterThan(1);
    for (const page of pages) expect(page).toContain('演示数据,非真实业务');
  });

  where('zbarimg')('carries its address and content digest in a code that others read', async () => {
    const file = join(made.world.root, 'summary-en.pdf');
    await writeFile(file, stored('en'));
    spawnSync('pdftoppm', ['-r', '150', '-l', '1', '-png', '-singlefile', file, join(made.world.root, 'page')]);
    const read = spawnSync('zbarimg', ['-q', '--raw', join(made.world.root, 'page.png')], { encoding: 'utf8' });
    expect(read.stdout.trim()).toBe(summaryCode(summary));
  });
});
