import { readdirSync } from 'node:fs';
import { readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { encodeVerifierKey } from '@kesu/chaincode/domain';
import { readContainer, writeContainer, type TrustFile } from '@kesu/verifier';
import { introducedKeys } from '../../gateway/src/evidence-log/log-parts';
import { LogWorld } from '../../gateway/src/evidence-log/testing/log-world';
import { makeSample } from '../../gateway/src/evidence/make-sample';
import { encodeDer, nodeAt, parseDer } from '../../gateway/src/evidence/testing/der-edit';
import { HttpWorld } from '../../gateway/src/http/testing/http-world';
import { describeWith, findDss, findGo, findOpenssl, workplace } from './other-tools';

const at = (...names: string[]): string => join(workplace, 'sample', ...names);
const part = (...names: string[]): string => at('parts', ...names);
let trust: TrustFile;

beforeAll(async () => {
  await makeSample(at());
  trust = JSON.parse(await readFile(at('trust.json'), 'utf8')) as TrustFile;
});
afterAll(() => rm(workplace, { recursive: true, force: true }));

/** Root certificates as files. */
async function rootFiles(name: string, roots: readonly string[]): Promise<string[]> {
  const paths = roots.map((_, index) => join(workplace, `${name}-${index}.pem`));
  await Promise.all(roots.map((root, index) => writeFile(paths[index] ?? '', root)));
  return paths;
}

/** A file with one bit of it changed. */
async function changed(path: string, offset: number): Promise<string> {
  const bytes = await readFile(path);
  bytes[offset] = (bytes[offset] ?? 0) ^ 1;
  const to = join(workplace, 'changed');
  await writeFile(to, bytes);
  return to;
}

// The signature over the manifest, the timestamp over the checkpoint and the SM2 seal: gateway/src/evidence/make-sample.test.ts.
describeWith('openssl over the bundle\u2019s signature timestamp', findOpenssl(), (openssl) => {
  it('accepts it over the signature that it stamps, and over nothing else', async () => {
    const signer = nodeAt(parseDer(await readFile(part('META-INF', 'signature.p7s'))), 1, 0, 4, 0);
    const [token, signature] = [join(workplace, 'token'), join(workplace, 'signature')];
    await writeFile(token, encodeDer(nodeAt(signer, 6, 0, 1, 0)));
    await writeFile(signature, nodeAt(signer, 5).content);
    const [root = ''] = await rootFiles('authority', trust.timestampAuthorities[0]?.roots ?? []);
    const verify = (data: string) => openssl('ts', '-verify', '-token_in', '-in', token, '-data', data, '-CAfile', root);
    expect(await verify(signature)).toMatchObject({ status: 0, stdout: expect.stringContaining('Verification: OK') });
    expect((await verify(await changed(signature, 9))).status).not.toBe(0);
  });
});

describeWith('Go\u2019s C2SP libraries (x/mod/sumdb, torchwood, transparency-dev/formats)', findGo(), (interop) => {
  const keys = ({ log, cosigners }: Pick<TrustFile, 'log' | 'cosigners'>): string[] => ['-log', log.keys[0] ?? '', '-cosigners', cosigners.keys.join(',')];
  const facts = (): string[] => readdirSync(part('facts')).map((name) => part('facts', name));

  it('verify the bundle\u2019s checkpoint with every cosignature, and each fact\u2019s inclusion', async () => {
    const { status, stdout, stderr } = await interop('-checkpoint', part('checkpoint.txt'), ...keys(trust), ...facts());
    expect([status, stderr]).toEqual([0, '']);
    expect(stdout).toContain(`signatures ${1 + trust.cosigners.keys.length}\n`);
    expect(stdout.match(/^included \d+$/gm)).toHaveLength(facts().length);
  });

  it('refuse a changed checkpoint and a changed path', async () => {
    expect((await interop('-checkpoint', await changed(part('checkpoint.txt'), 40), ...keys(trust))).status).toBe(1);
    const [first = ''] = facts();
    const fact = JSON.parse(await readFile(first, 'utf8')) as { path: string[] };
    const swapped = join(workplace, 'swapped.json');
    await writeFile(swapped, JSON.stringify({ ...fact, path: [...fact.path].reverse() }));
    expect(await interop('-checkpoint', part('checkpoint.txt'), ...keys(trust), swapped)).toMatchObject({ status: 1, stderr: expect.stringContaining('proof') });
  });

  it('read every entry of a served log through its tiles, a full one and the rest', async () => {
    const logs = await LogWorld.open();
    const { world, releases } = logs;
    const log = await logs.openLog();
    const http = await HttpWorld.over(releases, { evidenceLog: log });
    try {
      // A full tile holds 256 hashes; the log gets a few more.
      for (let batches = 0; batches < 6; batches++) await world.recordBatch(Array.from({ length: 50 }, () => ({ payload: false })));
      await releases.projection.caughtUp();
      await log.log.caughtUp();
      await log.publisher?.publish();
      const keysOf = (use: 'LOG' | 'COSIGN'): string[] => introducedKeys(releases.parts, world.ledger.network, use).map(encodeVerifierKey);
      const { status, stdout, stderr } = await interop('-base', `${http.url}/v1/log`, ...keys({ log: { keys: keysOf('LOG') }, cosigners: { threshold: 1, keys: keysOf('COSIGN') } }));
      expect([status, stderr]).toEqual([0, '']);
      expect(stdout).toContain(`entries ${log.log.size}\n`);
      expect(log.log.size).toBeGreaterThan(300);
    } finally {
      await logs.close(log);
      await http.dispose();
    }
  });
});

describeWith('the European DSS library over the container', findDss(), (inspect) => {
  const said = (stdout: string): Readonly<Record<string, string>> => Object.fromEntries(stdout.trim().split('\n').map((line) => [line.slice(0, line.indexOf(' ')), line.slice(line.indexOf(' ') + 1)]));
  const roots = (): Promise<string[]> => rootFiles('root', [...Object.values(trust.organisations).flatMap((one) => one.roots), ...trust.timestampAuthorities.flatMap((one) => one.roots)]);

  it('finds an ASiC-E with one CAdES-BASELINE-T signature, intact with every part', async () => {
    const { status, stdout } = await inspect(at('good.asice'), ...(await roots()));
    const { digests, ...rest } = said(stdout);
    expect(status).toBe(0);
    // The manifest itself, and each part that it lists.
    expect(Number(digests)).toBe(1 + ((await readFile(part('META-INF', 'ASiCManifest.xml'), 'utf8')).match(/<asic:DataObjectReference/g)?.length ?? 0));
    expect(rest).toMatchObject({ container: 'ASiC-E', signatures: '1', format: 'CAdES-BASELINE-T', intact: 'true', 'trusted-chain': 'true', 'digests-found-and-intact': digests, 'timestamp-intact': 'true' });
    // It wants certificate states over the network: docs/formats/evidence-bundle.md, other tools.
    expect([rest.indication, rest.errors]).toEqual(['INDETERMINATE', expect.stringContaining('No revocation data found')]);
  });

  it('finds a changed part', async () => {
    const parts = readContainer(await readFile(at('good.asice'))).map((one) => (one.name === 'bundle.json' ? { ...one, bytes: one.bytes.map((byte, index) => (index === 20 ? byte ^ 1 : byte)) } : one));
    const path = join(workplace, 'changed.asice');
    await writeFile(path, writeContainer(parts));
    const { stdout } = await inspect(path, ...(await roots()));
    expect(stdout).toContain('digest-not-intact bundle.json');
    expect(said(stdout)['sub-indication']).toBe('HASH_FAILURE');
  });
});
