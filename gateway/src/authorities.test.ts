import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createDevelopmentAuthority, MemoryStorage } from '@kesu/certs';
import { openDevelopmentAuthorities, openFabricAuthorities } from './authorities';

const clock = { now: () => Date.UTC(2026, 0, 1) };

function withDirectory(act: (directory: string) => Promise<void>): () => Promise<void> {
  return async () => {
    const directory = mkdtempSync(join(tmpdir(), 'kesu-authorities-'));
    await act(directory).finally(() => rmSync(directory, { recursive: true, force: true }));
  };
}

async function writeProfile(directory: string, tlsRoots: readonly string[]): Promise<void> {
  const ca = { url: 'https://127.0.0.1:7054', caName: 'node-ca', tlsRoots };
  const organisations = [
    { name: 'node', mspId: 'NodeMSP', ca: { ...ca, registrarPath: 'registrar.json' } },
    { name: 'platform', mspId: 'PlatformMSP', ca: { ...ca, registrarPath: join(directory, 'elsewhere.json') } },
    { name: 'notary', mspId: 'JudicialMSP' },
  ];
  writeFileSync(join(directory, 'profile.json'), JSON.stringify({ channel: 'kesu', organisations }));
}

async function aRoot(): Promise<string> {
  return (await createDevelopmentAuthority({ mspId: 'NodeMSP', now: () => clock.now(), storage: new MemoryStorage() })).rootCertificate;
}

test('the development authorities of a storage are made once', async () => {
  const storage = new MemoryStorage();
  const open = () => openDevelopmentAuthorities(storage, ['NodeMSP', 'PlatformMSP'], clock);
  const first = await open();
  expect([...first.enrolments.keys()]).toEqual(['NodeMSP', 'PlatformMSP']);
  expect(await (await open()).organisations()).toEqual(await first.organisations());
});

test('of a network’s organisations those are opened whose registrar’s credentials are here', withDirectory(async (directory) => {
  await writeProfile(directory, [await aRoot()]);
  expect((await openFabricAuthorities(directory, new MemoryStorage(), clock)).enrolments.size).toBe(0);
  writeFileSync(join(directory, 'registrar.json'), JSON.stringify({ id: 'registrar', secret: 's' }));
  const { enrolments } = await openFabricAuthorities(directory, new MemoryStorage(), clock);
  expect([...enrolments.keys()]).toEqual(['NodeMSP']);
}));

test('an authority without TLS roots is not opened', withDirectory(async (directory) => {
  await writeProfile(directory, []);
  writeFileSync(join(directory, 'registrar.json'), JSON.stringify({ id: 'registrar', secret: 's' }));
  await expect(openFabricAuthorities(directory, new MemoryStorage(), clock)).rejects.toThrow(/^CA without TLS roots/);
}));

test('a directory without a network, or with a damaged profile, says what to do', withDirectory(async (directory) => {
  await expect(openFabricAuthorities(directory, new MemoryStorage(), clock)).rejects.toThrow(/kesu network up/);
  writeFileSync(join(directory, 'profile.json'), '{');
  await expect(openFabricAuthorities(directory, new MemoryStorage(), clock)).rejects.toThrow(/profile.json can't be read/);
}));
