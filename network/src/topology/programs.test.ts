import { chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { findPrograms, hasPrograms, parseVersion, pathOf, PROGRAM_NAMES, type ProgramName } from './programs';
import { scratchDirectory } from './testing/scratch-directory';

/** A directory of programs that only say their versions, with the builder beside it as in a release. */
function installation(versions: Partial<Record<ProgramName, string>> = {}, options: { without?: string } = {}): string {
  const root = scratchDirectory();
  const bin = join(root, 'bin');
  const builder = join(root, 'builders', 'ccaas', 'bin');
  mkdirSync(bin, { recursive: true });
  mkdirSync(builder, { recursive: true });
  for (const name of PROGRAM_NAMES) {
    const version = versions[name] ?? (name === 'fabric-ca-server' ? '1.5.15' : 'v3.1.5');
    if (name !== options.without) writeProgram(join(bin, name), `echo "${name}:"; echo " Version: ${version}"`);
  }
  for (const name of ['detect', 'build', 'release']) if (name !== options.without) writeProgram(join(builder, name), 'exit 0');
  return bin;
}

function writeProgram(path: string, script: string): void {
  writeFileSync(path, `#!/bin/sh\n${script}\n`);
  chmodSync(path, 0o755);
}

describe("Fabric's programs", () => {
  it('are found in FABRIC_BIN with their versions and the builder beside them', async () => {
    const bin = installation();
    const found = await findPrograms({ FABRIC_BIN: bin, PATH: '/nowhere' });
    expect(found).toMatchObject({ fabric: { major: 3, minor: 1 }, fabricText: 'v3.1.5', caText: '1.5.15', builder: join(bin, '..', 'builders', 'ccaas') });
  });

  it('are found on PATH when FABRIC_BIN is not set', () => {
    const bin = installation();
    expect(pathOf('peer', { PATH: ['/nowhere', bin].join(delimiter) })).toBe(join(bin, 'peer'));
    expect(hasPrograms({ PATH: bin })).toBe(true);
    expect(hasPrograms({ PATH: '/nowhere' })).toBe(false);
  });

  it('are not looked for on PATH when FABRIC_BIN is set: a wrong setting is told, not covered', () => {
    expect(hasPrograms({ FABRIC_BIN: '/nowhere', PATH: installation() })).toBe(false);
  });

  it('that are missing are named, with where they were looked for and where to get them', async () => {
    const bin = installation({}, { without: 'osnadmin' });
    await expect(findPrograms({ FABRIC_BIN: bin })).rejects.toMatchObject({ code: 'program-missing', detail: `osnadmin is not in FABRIC_BIN (${bin}).`, nextStep: expect.stringContaining("Hyperledger Fabric's releases") });
    await expect(findPrograms({ PATH: '/nowhere' })).rejects.toMatchObject({ detail: `${PROGRAM_NAMES.join(', ')} are not on PATH (FABRIC_BIN is not set).` });
  });

  it('without the builder are not enough', async () => {
    await expect(findPrograms({ FABRIC_BIN: installation({}, { without: 'release' }) })).rejects.toMatchObject({ code: 'program-missing', detail: expect.stringContaining('bin/release is missing') });
  });

  it.each([
    [{ peer: 'v2.2.15', orderer: 'v2.2.15' }, 'The peer is Fabric v2.2.15; Kesu runs on 2.5 and 3.1.'],
    [{ peer: 'v3.0.0', orderer: 'v3.0.0' }, 'The peer is Fabric v3.0.0; Kesu runs on 2.5 and 3.1.'],
    [{ peer: 'v3.1.5', orderer: 'v2.5.16' }, 'The peer is Fabric v3.1.5 and the orderer v2.5.16.'],
    [{ 'fabric-ca-server': '1.4.9' }, 'fabric-ca-server is 1.4.9; Kesu runs with 1.5.'],
  ])('of a wrong version are refused: %j', async (versions, detail) => {
    await expect(findPrograms({ FABRIC_BIN: installation(versions) })).rejects.toMatchObject({ code: 'version-wrong', detail });
  });

  it('that say no version are refused', async () => {
    const bin = installation();
    writeProgram(join(bin, 'peer'), 'echo hello');
    await expect(findPrograms({ FABRIC_BIN: bin })).rejects.toMatchObject({ code: 'version-wrong', detail: `${join(bin, 'peer')} doesn't say its version.` });
  });
});

it.each([
  ['v3.1.5', { major: 3, minor: 1 }],
  ['2.5.16', { major: 2, minor: 5 }],
  ['latest', undefined],
])('reads the version %s', (text, version) => {
  expect(parseVersion(text)).toEqual(version);
});
