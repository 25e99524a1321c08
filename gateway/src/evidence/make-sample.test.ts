import { spawnSync } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { SM2_USER_ID } from '@kesu/chaincode/domain';
import { MANIFEST_PART, readContainer, readTrust, SM2_SEAL_PART, verifyBundle, verifyFile, type TrustFile } from '@kesu/verifier';
import { makeSample } from './make-sample';
import { bundleOf } from './seal-evidence';
import { signingTime } from './signed-data';
import { makeSm2Seal, readSm2Seal } from './sm2-seal';
import { encodeDer, nodeAt, parseDer } from './testing/der-edit';

let out: string;

beforeAll(async () => {
  out = await mkdtemp(join(tmpdir(), 'kesu-sample-test-'));
  await makeSample(join(out, 'sample'));
});
afterAll(() => rm(out, { recursive: true, force: true }));

const path = (...names: string[]): string => join(out, 'sample', ...names);
const trustFile = async (): Promise<TrustFile> => JSON.parse(await readFile(path('trust.json'), 'utf8')) as TrustFile;

describe('the sample', () => {
  it('is proven by its own trust file, its issuer\u2019s certificate not revoked as far as its list goes', async () => {
    const { verdict, checks } = verifyBundle(await readFile(path('good.asice')), readTrust(await readFile(path('trust.json'), 'utf8')));
    expect(checks.filter(({ state }) => state === 'FAIL')).toEqual([]);
    expect(verdict).toBe('PROVEN');
    expect(checks.find(({ name }) => name === 'certificate-state')).toMatchObject({ state: 'UNKNOWN', value: expect.stringContaining('not revoked in the list of') });
    expect(checks.find(({ name }) => name === 'letters')?.value).toBe('示范有限公司');
    expect(checks.find(({ name }) => name === 'sm2-seal')).toMatchObject({ state: 'PASS', restsOn: 'the SM2 root in the trust file' });
  });

  it('comes with a receipt and a proof that prove themselves by the same trust file', async () => {
    const trust = readTrust(await readFile(path('trust.json'), 'utf8'));
    for (const [name, kind] of [['receipt.json', 'consent-receipt'], ['proof.json', 'release-proof']] as const) {
      const { checks, ...verified } = verifyFile(await readFile(path(name)), trust);
      expect([name, verified.kind, verified.verdict, checks.filter(({ state }) => state === 'FAIL')]).toEqual([name, kind, 'PROVEN', []]);
    }
  });

  it('overwrites nothing', async () => {
    await expect(makeSample(path())).rejects.toMatchObject({ code: 'EEXIST' });
  });
});

/** Whether a program answers; tests that need a missing one say so instead of passing silently. */
const hasOpenssl = spawnSync('openssl', ['version']).status === 0;
const withOpenssl = hasOpenssl ? it : it.skip;
const hasSm2 = hasOpenssl && spawnSync('openssl', ['ecparam', '-list_curves'], { encoding: 'utf8' }).stdout.includes('SM2') && spawnSync('openssl', ['dgst', '-sm3'], { input: '' }).status === 0;
const withSm2 = hasSm2 ? it : it.skip;
if (!hasOpenssl) process.stderr.write('NOT RUN: openssl over the sample: no openssl on the path\n');
else if (!hasSm2) process.stderr.write('NOT RUN: openssl over the SM2 seal: this build of openssl knows no SM2 or no SM3\n');

describe('openssl, where it is installed', () => {
  const openssl = (...args: string[]) => spawnSync('openssl', args, { encoding: 'utf8' });

  withOpenssl('accepts the issuer\u2019s signature over the manifest', async () => {
    const root = join(out, 'issuer.pem');
    await writeFile(root, (await trustFile()).organisations.NodeMSP?.roots[0] ?? '');
    const verified = openssl('cms', '-verify', '-inform', 'DER', '-binary', '-purpose', 'any', '-in', path('parts', 'META-INF', 'signature.p7s'), '-content', path('parts', 'META-INF', 'ASiCManifest.xml'), '-CAfile', root, '-out', join(out, 'content'));
    expect([verified.status, verified.stderr]).toEqual([0, expect.stringContaining('successful')]);
  });

  withOpenssl('accepts the timestamp over the checkpoint', async () => {
    const root = join(out, 'authority.pem');
    await writeFile(root, (await trustFile()).timestampAuthorities[0]?.roots[0] ?? '');
    const verified = openssl('ts', '-verify', '-token_in', '-in', path('parts', 'checkpoint.tst'), '-data', path('parts', 'checkpoint.txt'), '-CAfile', root);
    expect([verified.status, verified.stdout]).toEqual([0, expect.stringContaining('Verification: OK')]);
  });
});

describe('openssl, where it knows SM2', () => {
  /** What the seal signs, its signature and its certificate's key, taken from the CMS. */
  async function sealParts() {
    const seal = parseDer(await readFile(path('parts', 'META-INF', 'sm2-seal.p7s')));
    const signer = nodeAt(seal, 1, 0, 4, 0);
    const attributes = encodeDer({ ...nodeAt(signer, 3), tag: 0x31 });
    const key = encodeDer(nodeAt(seal, 1, 0, 3, 0, 0, 6));
    const [keyFile, signed, signature] = [join(out, 'sm2-key.pem'), join(out, 'sm2-attributes'), join(out, 'sm2-signature')];
    await writeFile(keyFile, `-----BEGIN PUBLIC KEY-----\n${key.toString('base64')}\n-----END PUBLIC KEY-----\n`);
    await writeFile(signed, attributes);
    await writeFile(signature, nodeAt(signer, 5).content);
    return { keyFile, signed, signature };
  }

  const verify = ({ keyFile, signed, signature }: Awaited<ReturnType<typeof sealParts>>, userId: string) =>
    spawnSync('openssl', ['dgst', '-sm3', '-verify', keyFile, '-sigopt', `distid:${userId}`, '-signature', signature, signed], { encoding: 'utf8' });

  withSm2('agrees with the SM2 signature over the seal\u2019s signed attributes, under that user id alone', async () => {
    const parts = await sealParts();
    expect(verify(parts, SM2_USER_ID)).toMatchObject({ status: 0, stdout: 'Verified OK\n' });
    expect(verify(parts, '1234567812345679').status).not.toBe(0);
  });

  withSm2('agrees with the SM3 digest of the manifest that they hold', async () => {
    const seal = parseDer(await readFile(path('parts', 'META-INF', 'sm2-seal.p7s')));
    const digest = spawnSync('openssl', ['dgst', '-sm3', '-binary', path('parts', 'META-INF', 'ASiCManifest.xml')]).stdout;
    expect(nodeAt(seal, 1, 0, 4, 0, 3).children.some((one) => nodeAt(one, 1, 0).content.equals(digest))).toBe(true);
  });

  withSm2('makes keys and certificates that seal', async () => {
    const [key, certificate] = [join(out, 'own-sm2.key'), join(out, 'own-sm2.pem')];
    const made = spawnSync('openssl', ['req', '-x509', '-newkey', 'sm2', '-nodes', '-sm3', '-sigopt', `distid:${SM2_USER_ID}`, '-keyout', key, '-out', certificate, '-days', '2', '-subj', '/CN=own seal'], { encoding: 'utf8' });
    expect([made.status, made.stderr.includes('rror')]).toEqual([0, false]);
    const { signer, root } = await readSm2Seal({ certificate, key, root: certificate });
    const file = await readFile(path('good.asice'));
    const parts = readContainer(file);
    const manifest = parts.find(({ name }) => name === MANIFEST_PART)?.bytes ?? new Uint8Array();
    const seal = await makeSm2Seal(signer, manifest, [signingTime(Date.now())]);
    const sealed = bundleOf(parts.map((part) => (part.name === SM2_SEAL_PART ? { ...part, bytes: seal } : part)));
    const { verdict, checks } = verifyBundle(sealed, readTrust(JSON.stringify({ ...(await trustFile()), sm2Roots: [root] })));
    expect([verdict, checks.find(({ name }) => name === 'sm2-seal')?.value]).toEqual(['PROVEN', expect.stringContaining('certificate')]);
    const other = join(out, 'other-sm2.key');
    spawnSync('openssl', ['genpkey', '-algorithm', 'SM2', '-out', other]);
    await expect(readSm2Seal({ certificate, key: other, root: certificate })).rejects.toThrow('not one of its key');
    await expect(readSm2Seal({ certificate, key: certificate, root: certificate })).rejects.toThrow('PEM key');
  });
});
