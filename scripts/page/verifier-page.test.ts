import { spawnSync } from 'node:child_process';
import { webcrypto } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { copyFile, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { createContext, runInContext } from 'node:vm';
import { CHECK_WORDS, CODE_WORDS_ZH, FAILURE_CODES, inChinese, readContainer, readTrust, reportPage, reportSubject, verifyFile, writeContainer, type Verification } from '@kesu/verifier';
import { kesuProgram } from '../../gateway/src/cli/kesu';
import { makeSample } from '../../gateway/src/evidence/make-sample';
import { Chromium, chromiumOnPath, type Tab } from './chromium';

let directory: string;
let page: string;

/** Each is a file of the directory: evidence and the trust file that it is verified with. */
const CASES: readonly (readonly [name: string, evidence: string, trust: string])[] = [
  ['the good bundle', 'good.asice', 'trust.json'],
  ['a bundle with one bit changed', 'bit.asice', 'trust.json'],
  ['a bundle packed anew with a changed part', 'changed.asice', 'trust.json'],
  ['a bundle that was cut', 'cut.asice', 'trust.json'],
  ['a bundle of too few cosigners', 'good.asice', 'all-must-sign.json'],
  ['a bundle whose timestamps nobody vouches for', 'good.asice', 'no-authority.json'],
  ['a checkpoint alone', 'parts/checkpoint.txt', 'trust.json'],
  ['a consent receipt', 'receipt.json', 'trust.json'],
  ['the proof of a release', 'proof.json', 'trust.json'],
  ['no evidence at all', 'trust.json', 'trust.json'],
];

const at = (name: string): string => join(directory, 'sample', name);

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'kesu-page-'));
  page = join(directory, 'verify.html');
  const built = spawnSync(process.execPath, [join(__dirname, '..', 'build-page.mjs'), page], { encoding: 'utf8' });
  if (built.status !== 0) throw new Error(`the page is not built: ${built.stderr}`);
  await makeSample(join(directory, 'sample'));
  const good = await readFile(at('good.asice'));
  const flip = (bytes: Uint8Array, index: number): Uint8Array => bytes.map((byte, at) => (at === index ? byte ^ 1 : byte));
  await writeFile(at('bit.asice'), flip(good, 3_000));
  await writeFile(at('changed.asice'), writeContainer(readContainer(good).map((part) => (part.name === 'bundle.json' ? { ...part, bytes: flip(part.bytes, 20) } : part))));
  await writeFile(at('cut.asice'), good.subarray(0, -1));
  const trust = JSON.parse(await readFile(at('trust.json'), 'utf8')) as { cosigners: { keys: string[] } };
  const [key = ''] = trust.cosigners.keys;
  // In the place of one that signed stands a key that didn't.
  await writeFile(at('all-must-sign.json'), JSON.stringify({ ...trust, cosigners: { threshold: 3, keys: [STRANGER, ...trust.cosigners.keys.filter((one) => one !== key)] } }));
  await writeFile(at('no-authority.json'), JSON.stringify({ ...trust, timestampAuthorities: [] }));
});
afterAll(() => rm(directory, { recursive: true, force: true }));

/** A cosigner's key of another log. */
const STRANGER = (JSON.parse(readFileSync(join(__dirname, '..', '..', 'chaincode', 'vectors', 'log.json'), 'utf8')) as { keys: { cosigner: { verifierKey: string } } }).keys.cosigner.verifierKey;

/** What the verifier says under Node, as `kesu verify --json` prints it. */
async function underNode(evidence: string, trust: string): Promise<Verification> {
  return JSON.parse(JSON.stringify(verifyFile(await readFile(at(evidence)), readTrust(await readFile(at(trust), 'utf8'))))) as Verification;
}

const scriptOf = (html: string): string => /<script>([\s\S]*)<\/script>/.exec(html)?.[1] ?? '';

describe('the script of the page, without Node', () => {
  let verify: (evidence: Uint8Array, trust: string) => string;

  beforeAll(async () => {
    // What a browser gives and the language itself doesn't; sm-crypto-v2 fills a pool of random bytes when it is loaded. Nothing that connects.
    const context = createContext({ TextEncoder, TextDecoder, URL, crypto: { getRandomValues: <T extends Uint8Array>(bytes: T): T => webcrypto.getRandomValues(bytes) } });
    runInContext(scriptOf(await readFile(page, 'utf8')), context);
    verify = runInContext('(evidence, trust) => JSON.stringify(kesuVerifier.verifyFile(new Uint8Array(evidence), kesuVerifier.readTrust(trust)))', context) as typeof verify;
    expect(runInContext('[typeof process, typeof require, typeof Buffer, typeof fetch, typeof document, typeof crypto.subtle].join()', context)).toBe('undefined,undefined,undefined,undefined,undefined,undefined');
  });

  it.each(CASES)('says of %s what the command line says', async (_name, evidence, trust) => {
    const said = JSON.parse(verify(await readFile(at(evidence)), await readFile(at(trust), 'utf8'))) as Verification;
    expect(said).toEqual(await underNode(evidence, trust));
  });

  it('tells proven, refuted and undetermined apart', async () => {
    const verdicts = await Promise.all(CASES.map(async ([, evidence, trust]) => (await underNode(evidence, trust)).verdict));
    expect(verdicts).toEqual(['PROVEN', 'REFUTED', 'REFUTED', 'REFUTED', 'REFUTED', 'UNDETERMINED', 'PROVEN', 'PROVEN', 'PROVEN', 'REFUTED']);
  });
});

describe('kesu verify', () => {
  const kesu = async (...words: string[]): Promise<void> => {
    const write = jest.spyOn(process.stdout, 'write').mockImplementation(() => true);
    try {
      await kesuProgram().parseAsync(['node', 'kesu', 'verify', ...words]);
    } finally {
      write.mockRestore();
    }
  };
  afterEach(() => {
    process.exitCode = undefined;
  });

  it('writes a report in the language asked for, and overwrites none', async () => {
    const report = at('report.html');
    await kesu(at('changed.asice'), '--trust', at('trust.json'), '--report', report, '--language', 'en');
    expect(process.exitCode).toBe(1);
    const text = await readFile(report, 'utf8');
    expect(text.includes('■ refuted')).toBe(true);
    expect([text.includes('[digest-mismatch]'), text.includes('<script')]).toEqual([true, false]);
    await expect(kesu(at('good.asice'), '--trust', at('trust.json'), '--report', report)).rejects.toMatchObject({ exitCode: 2, message: expect.stringContaining('there already') });
  });

  it('asks for what it needs', async () => {
    await expect(kesu(at('good.asice'))).rejects.toMatchObject({ exitCode: 2 });
    await expect(kesu('--trust', at('trust.json'))).rejects.toMatchObject({ exitCode: 2 });
  });
});

describe('what a notary reads in Chinese', () => {
  it('has words for every code of a refusal', () => {
    expect(FAILURE_CODES.filter((code) => CODE_WORDS_ZH[code] === undefined)).toEqual([]);
  });

  it('has words for every check and sentence of the sample’s files', async () => {
    const checks = (await Promise.all(['good.asice', 'receipt.json', 'proof.json'].map((name) => underNode(name, 'trust.json')))).flatMap((one) => one.checks);
    expect(checks.filter(({ name }) => CHECK_WORDS[name] === undefined)).toEqual([]);
    const sayings = checks.flatMap(({ name, value, restsOn }) => [...(name === 'letters' ? [] : [value]), ...(name === 'ledger-native-proof' ? [] : [restsOn])]);
    const untranslated = sayings.filter((one) => one !== '–' && one !== 'SHA-256' && !/[\u4e00-\u9fff]/.test(inChinese(one) ?? ''));
    expect(untranslated).toEqual([]);
    expect(inChinese('signature T by A (a development authority: it proves no time to others); checkpoint U by B')).not.toContain('checkpoint');
  });
});

const chromium = chromiumOnPath();
const inChromium = chromium === undefined ? describe.skip : describe;
if (chromium === undefined) process.stderr.write('NOT RUN: the verifier\u2019s page in a browser: no chromium, chromium-browser or google-chrome on the path\n');

inChromium('the page in a real browser, opened as a file', () => {
  let browser: Chromium;

  beforeAll(async () => {
    browser = await Chromium.start(chromium ?? '');
  });
  afterAll(() => browser.close());

  const url = (): string => pathToFileURL(page).href;

  /** A page with both files chosen and its result shown. */
  async function opened(evidence: string, trust: string): Promise<Tab> {
    const tab = await browser.open(url());
    await tab.choose('#trust', at(trust));
    await tab.choose('#evidence', at(evidence));
    await tab.until(`document.querySelector('#result').dataset.verdict !== ''`);
    return tab;
  }

  it.each(CASES)('shows of %s what the command line says, asking nobody for anything', async (_name, evidence, trust) => {
    const { verdict, checks } = await underNode(evidence, trust);
    const tab = await opened(evidence, trust);
    expect(await tab.value(`document.querySelector('#result').dataset.verdict`)).toBe(verdict);
    const rows = await tab.value(`[...document.querySelectorAll('tr.PASS, tr.FAIL, tr.UNKNOWN')].map((row) => [row.className, row.querySelector('.name code').textContent, row.querySelector('.found code')?.textContent.trim() ?? ''])`);
    expect(rows).toEqual(checks.map(({ state, name, code }) => [state, name, code === undefined ? '' : `[${code}]`]));
    expect([tab.requested, tab.complaints]).toEqual([[url()], []]);
  });

  it('speaks Chinese and English, and says that the data is a demonstration', async () => {
    const tab = await opened('good.asice', 'trust.json');
    const text = (): Promise<string> => tab.value('document.body.innerText');
    expect(await text()).toContain('未证明的事项');
    expect(await text()).toContain('演示数据');
    await tab.value(`document.querySelector('#language').click()`);
    expect(await text()).toContain('What is not proven');
    expect(await tab.value('document.documentElement.lang')).toBe('en');
  });

  it('prints what the command writes as its report, and takes no name for markup', async () => {
    const name = '<img src=x>&"\u2019.asice';
    await copyFile(at('good.asice'), at(name));
    const [bytes, trustBytes] = await Promise.all([readFile(at(name)), readFile(at('trust.json'))]);
    const trust = readTrust(trustBytes.toString());
    const tab = await opened(name, 'trust.json');
    const shown = await tab.value<string>(`document.querySelector('#result').innerHTML`);
    const when = /<code>(\d{4}-[^<]+Z)<\/code>/.exec(shown)?.[1] ?? '';
    const written = reportPage(reportSubject(name, bytes, trustBytes, when), verifyFile(bytes, trust), trust, 'zh');
    const article = /<article[\s\S]*<\/article>/.exec(written)?.[0].replaceAll('&quot;', '"');
    expect(shown).toBe(article);
    expect(await tab.value('document.images.length')).toBe(0);
  });

  it('says why a trust file can\u2019t be used', async () => {
    const tab = await browser.open(url());
    await tab.choose('#evidence', at('good.asice'));
    await tab.choose('#trust', at('parts/bundle.json'));
    await tab.until(`document.querySelector('#result').textContent.includes('信任文件不能使用')`);
  });

  it('can\u2019t connect even where its script wanted to', async () => {
    let connections = 0;
    const server = createServer((socket) => {
      connections++;
      socket.destroy();
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const target = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
    const attempts = [
      `fetch('${target}').then(() => 'sent', () => 'refused')`,
      `new Promise((done) => { const image = new Image(); image.onload = () => done('sent'); image.onerror = () => done('refused'); image.src = '${target}'; })`,
      `Promise.resolve().then(() => { document.body.innerHTML = '<b>'; return 'sent'; }).catch(() => 'refused')`,
    ];
    const tab = await browser.open(url());
    for (const attempt of attempts) expect(await tab.value(attempt)).toBe('refused');
    expect([connections, tab.complaints.filter((one) => one.includes('Content Security Policy')).length > 1]).toEqual([0, true]);
    await new Promise((resolve) => server.close(resolve));
  });
});
