import { mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { BUILD_DIGEST, digestOfBuild } from './build-digest';

let root: string;

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'kesu-build-'));
  mkdirSync(join(root, 'lib', 'domain'), { recursive: true });
  writeFileSync(join(root, 'lib', 'index.js'), 'exports.a = 1;');
  writeFileSync(join(root, 'lib', 'domain', 'rule.js'), 'exports.b = 1;');
  writeFileSync(join(root, 'package.json'), JSON.stringify({ dependencies: { zod: '4.6.7' } }));
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

const digest = (): string => digestOfBuild(join(root, 'lib'), join(root, 'package.json'));

describe('the digest of a build', () => {
  it.each([
    ['a byte of a rule', () => writeFileSync(join(root, 'lib', 'domain', 'rule.js'), 'exports.b = 2;')],
    ['the name of a file', () => renameSync(join(root, 'lib', 'domain', 'rule.js'), join(root, 'lib', 'domain', 'law.js'))],
    ['a further file', () => writeFileSync(join(root, 'lib', 'more.js'), '')],
    ['the version of a library', () => writeFileSync(join(root, 'package.json'), JSON.stringify({ dependencies: { zod: '4.6.8' } }))],
  ])('changes with %s', (_name, change) => {
    const before = digest();
    change();
    expect(digest()).not.toBe(before);
  });

  it('does not change with what is no code', () => {
    const before = digest();
    writeFileSync(join(root, 'lib', 'index.d.ts'), 'x');
    writeFileSync(join(root, 'lib', 'index.js.map'), 'x');
    writeFileSync(join(root, 'lib', '.tsbuildinfo'), 'x');
    expect(digest()).toBe(before);
  });

  it('of this build is 64 hex digits', () => {
    expect(BUILD_DIGEST).toMatch(/^[0-9a-f]{64}$/);
    expect(digestOfBuild()).toBe(BUILD_DIGEST);
  });
});
