import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buildDigest, packageLabel } from './build-digest';
import { requireApprovedBuild, SERVER_SETTINGS, serverSettings } from './server-settings';

/** A package with a build of one file and one library. */
function aBuild(): string {
  const directory = mkdtempSync(join(tmpdir(), 'kesu-build-'));
  builds.push(directory);
  mkdirSync(join(directory, 'lib', 'domain'), { recursive: true });
  mkdirSync(join(directory, 'node_modules', 'a-library'), { recursive: true });
  writeFileSync(join(directory, 'package.json'), JSON.stringify({ name: '@kesu/chaincode', version: '0.1.0', dependencies: { 'a-library': '^1.0.0' } }));
  writeFileSync(join(directory, 'node_modules', 'a-library', 'package.json'), JSON.stringify({ name: 'a-library', version: '1.0.0' }));
  writeFileSync(join(directory, 'lib', 'index.js'), 'exports.rule = () => true;');
  return directory;
}

const builds: string[] = [];

afterEach(() => {
  for (const directory of builds.splice(0)) rmSync(directory, { recursive: true, force: true });
});

describe('the digest of a build', () => {
  it('is equal for equal builds, wherever they lie', () => {
    expect(buildDigest(aBuild())).toBe(buildDigest(aBuild()));
    expect(buildDigest(aBuild())).toMatch(/^[0-9a-f]{64}$/);
  });

  it.each([
    ['a rule', (directory: string) => writeFileSync(join(directory, 'lib', 'index.js'), 'exports.rule = () => false;')],
    ['a file more', (directory: string) => writeFileSync(join(directory, 'lib', 'domain', 'more.js'), '')],
    ["a file's name", (directory: string) => writeFileSync(join(directory, 'lib', 'other.js'), 'exports.rule = () => true;')],
    ['the version of a library', (directory: string) => writeFileSync(join(directory, 'node_modules', 'a-library', 'package.json'), JSON.stringify({ name: 'a-library', version: '1.0.1' }))],
  ])('changes with %s', (_what, change) => {
    const directory = aBuild();
    const before = buildDigest(directory);
    change(directory);
    expect(buildDigest(directory)).not.toBe(before);
  });

  it('is not there without a build or a library', () => {
    const directory = aBuild();
    rmSync(join(directory, 'lib', 'index.js'));
    expect(() => buildDigest(directory)).toThrow(/there is no build in/);
    const lacking = aBuild();
    rmSync(join(lacking, 'node_modules'), { recursive: true });
    expect(() => buildDigest(lacking)).toThrow('the library a-library is not installed');
  });
});

describe('a chaincode server', () => {
  const complete = (directory: string): Record<string, string> => {
    writeFileSync(join(directory, 'file.pem'), '');
    return Object.fromEntries(SERVER_SETTINGS.map((name) => [name, join(directory, 'file.pem')]));
  };

  it.each(SERVER_SETTINGS)('does not start without %s', (name) => {
    const settings = { ...complete(aBuild()), [name]: '' };
    expect(() => serverSettings(settings)).toThrow(`${name} is not set: without TLS for both sides the chaincode doesn't start`);
  });

  it.each(['CHAINCODE_TLS_KEY', 'CHAINCODE_TLS_CERT', 'CHAINCODE_CLIENT_CA_CERT'])('does not start when the file of %s is not there', (name) => {
    const settings = { ...complete(aBuild()), [name]: '/nowhere/file.pem' };
    expect(() => serverSettings(settings)).toThrow(`${name} (/nowhere/file.pem) can't be read`);
  });

  it('starts with all of them', () => {
    const settings = complete(aBuild());
    expect(serverSettings(settings)).toEqual(settings);
  });

  it('serves the package of its own build and no other', () => {
    const directory = aBuild();
    const label = packageLabel('kesu', buildDigest(directory));
    expect(() => requireApprovedBuild(`${label}:0123`, directory)).not.toThrow();
    writeFileSync(join(directory, 'lib', 'index.js'), 'exports.rule = () => false;');
    expect(() => requireApprovedBuild(`${label}:0123`, directory)).toThrow(`the package ${label}: it isn't what the organisations approved`);
  });
});
