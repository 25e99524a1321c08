import { spawnSync } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { derOfPem, parseCertificate, readTrust, verifyBundle, verifyFile, verifyTimestamp, type TrustFile } from '@kesu/verifier';
import { DAY_MILLIS } from '@kesu/chaincode/domain';
import { makeSample } from './make-sample';
import { DevelopmentTimestampAuthority } from './timestamp-authority';
import { encodeTimestampRequest, nonceOf, tokenOfReply } from './timestamp-request';

let out: string;

beforeAll(async () => {
  out = await mkdtemp(join(tmpdir(), 'kesu-sample-test-'));
  await makeSample(join(out, 'sample'));
});
afterAll(() => rm(out, { recursive: true, force: true }));

const path = (...names: string[]): string => join(out, 'sample', ...names);
const trustFile = async (): Promise<TrustFile> => JSON.parse(await readFile(path('trust.json'), 'utf8')) as TrustFile;

describe('the sample', () => {
  it('is proven by its own trust file, its issuer\u2019s certificate not revoked', async () => {
    const { verdict, checks } = verifyBundle(await readFile(path('good.asice')), readTrust(await readFile(path('trust.json'), 'utf8')));
    expect(checks.filter(({ state }) => state === 'FAIL')).toEqual([]);
    expect(verdict).toBe('PROVEN');
    expect(checks.find(({ name }) => name === 'certificate-state')).toMatchObject({ state: 'PASS', value: 'not revoked' });
    expect(checks.find(({ name }) => name === 'letters')?.value).toBe('示范有限公司');
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

describe('a timestamp', () => {
  const clock = { time: Date.UTC(2026, 0, 1), now: (): number => clock.time };
  const stamped = Buffer.from('stamped');
  const journal = { get: async () => undefined, commit: async () => undefined };

  async function aToken(at: number): Promise<{ token: Uint8Array; authority: { name: string; development: boolean; roots: ReturnType<typeof parseCertificate>[] } }> {
    clock.time = Date.UTC(2026, 0, 1);
    const made = await DevelopmentTimestampAuthority.open(journal, clock);
    clock.time = at;
    const hash = await crypto.subtle.digest('SHA-256', stamped);
    const token = tokenOfReply(await made.answer(encodeTimestampRequest({ hash: new Uint8Array(hash), nonce: nonceOf((bytes) => new Uint8Array(bytes)) })));
    return { token: token ?? new Uint8Array(), authority: { name: 'test', development: true, roots: [parseCertificate(derOfPem(made.root, 'trust-malformed'))] } };
  }

  it('counts within the validity of its certificate only', async () => {
    const within = await aToken(Date.UTC(2026, 0, 2));
    expect(verifyTimestamp(within.token, stamped, [within.authority])).toMatchObject({ at: '2026-01-02T00:00:00.000Z' });
    for (const at of [Date.UTC(2025, 11, 31), Date.UTC(2026, 0, 1) + 3_651 * DAY_MILLIS]) {
      const outside = await aToken(at);
      expect(() => verifyTimestamp(outside.token, stamped, [outside.authority])).toThrow('timestamp-out-of-time');
    }
  });

  it('is of what was stamped, by an authority that is trusted', async () => {
    const [one, other] = [await aToken(Date.UTC(2026, 0, 2)), await aToken(Date.UTC(2026, 0, 2))];
    expect(() => verifyTimestamp(one.token, Buffer.from('other'), [one.authority])).toThrow('timestamp-mismatch');
    expect(() => verifyTimestamp(one.token, stamped, [other.authority])).toThrow('timestamp-untrusted');
    expect(() => verifyTimestamp(one.token, stamped, [])).toThrow('timestamp-untrusted');
  });

  it('is refused to a request of another form', async () => {
    const authority = await DevelopmentTimestampAuthority.open(journal, clock);
    expect(tokenOfReply(await authority.answer(Buffer.from('request')))).toBeUndefined();
  });
});
