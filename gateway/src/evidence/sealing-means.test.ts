import { randomBytes } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { derOfPem, parseCertificate, verifyTimestamp } from '@kesu/verifier';
import { systemClock } from '../clock';
import { readConfiguration, type Configuration } from '../config';
import { openSealingMeans, type SealingMeans } from './sealing-means';
import { DevelopmentTimestampAuthority } from './timestamp-authority';

let directory: string;
let authority: DevelopmentTimestampAuthority;
let served: Awaited<ReturnType<DevelopmentTimestampAuthority['serve']>>;
const journal = { get: async () => undefined, commit: async () => undefined };

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'kesu-means-'));
  authority = await DevelopmentTimestampAuthority.open(journal, systemClock);
  served = await authority.serve();
  await writeFile(join(directory, 'roots.pem'), `the root of an authority\n${authority.root}`);
});
afterAll(async () => {
  await served.stop();
  await rm(directory, { recursive: true, force: true });
});

/** The means of a configuration file. */
async function meansOf(yaml: string, development?: string): Promise<SealingMeans> {
  await writeFile(join(directory, 'kesu.yaml'), yaml);
  const { evidence }: Configuration = readConfiguration(directory, {}, {});
  return openSealingMeans({ evidence, development }, { journal, clock: systemClock, random: (bytes) => randomBytes(bytes) });
}

const stamped = Buffer.from('stamped');

describe('the means of sealing', () => {
  it('are the authorities that the configuration names, asked in turn, whatever else there is', async () => {
    const yaml = `evidence: {timestampAuthorities: [{name: closed, url: 'http://127.0.0.1:1/', roots: roots.pem}, {name: open, url: '${served.url}', roots: roots.pem}]}`;
    const { stampTime, timestampAuthorities } = await meansOf(yaml, 'development');
    const token = await stampTime?.(stamped);
    expect(timestampAuthorities.map(({ name, development }) => [name, development])).toEqual([['closed', false], ['open', false]]);
    const roots = timestampAuthorities.flatMap((one) => one.roots.map((root) => parseCertificate(derOfPem(root, 'trust-malformed'))));
    expect(verifyTimestamp(token ?? new Uint8Array(), stamped, [{ name: 'open', development: false, roots }]).at).toMatch(/Z$/);
  });

  it('are a development authority and seal in a demonstration alone, and say so', async () => {
    const { stampTime, timestampAuthorities, sm2Seal } = await meansOf('{}', 'development');
    expect([timestampAuthorities.map(({ name, development }) => [name, development]), sm2Seal === undefined]).toEqual([[['development', true]], false]);
    expect(await stampTime?.(stamped)).toBeDefined();
    expect(await meansOf('{}')).toEqual({ stampTime: undefined, timestampAuthorities: [], sm2Seal: undefined });
  });

  it.each([
    ['roots that are missing', "evidence: {timestampAuthorities: [{name: one, url: 'http://127.0.0.1:1/', roots: none.pem}]}", 'none.pem: ENOENT'],
    ['roots that are none', "evidence: {timestampAuthorities: [{name: one, url: 'http://127.0.0.1:1/', roots: kesu.yaml}]}", 'it holds no certificate in PEM'],
    ['an SM2 key that is missing', 'evidence: {sm2Seal: {certificate: roots.pem, key: none.pem, root: roots.pem}}', 'ENOENT'],
    ['an SM2 key that is none', 'evidence: {sm2Seal: {certificate: roots.pem, key: roots.pem, root: roots.pem}}', 'no readable, unencrypted PEM key'],
  ])('stop the start for %s', async (_name, yaml, words) => {
    await expect(meansOf(yaml)).rejects.toThrow(words);
    await expect(meansOf(yaml)).rejects.toMatchObject({ name: 'StartError' });
  });
});
