import { mkdtemp, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { utf8ToBytes, verifyP256WithNoble, verifyStatementSignature } from '@kesu/chaincode/domain';
import { keyFilePath, makeKeys, writeKeyFiles } from './demonstration/demonstration-keys';
import { makeEnterprises } from './demonstration/enterprises';
import { SeededBytes } from './demonstration/seeded-bytes';
import { loadKeyFile, signWithKeyFile, SigningKeyFileError, type SigningKeyFile } from './signing-key-file';

const BINDING = { origin: 'http://localhost:8420', rpId: 'localhost' };
const BYTES = utf8ToBytes('{"type":"kesu-statement-set"}');
const enterprises = makeEnterprises(7).slice(0, 60);
const keys = enterprises.flatMap((enterprise) => makeKeys(new SeededBytes(7), enterprise, BINDING));

function keyOf(algorithm: SigningKeyFile['algorithm'], means: SigningKeyFile['means']): SigningKeyFile {
  const found = keys.find(({ file }) => file.algorithm === algorithm && file.means === means);
  if (found === undefined) throw new Error(`no ${algorithm} ${means}`);
  return found.file;
}

describe('a key file', () => {
  let directory = '';
  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'kesu-keys-'));
  });
  afterEach(() => rm(directory, { recursive: true }));

  it.each([
    ['P256', 'CERTIFICATE'],
    ['P256', 'BROWSER_KEY'],
    ['P256', 'DEVICE_PASSKEY'],
    ['P256', 'SYNCED_PASSKEY'],
    ['SM2', 'CERTIFICATE'],
  ] as const)('of %s as %s signs what the contract accepts, over these bytes only', (algorithm, means) => {
    const key = keyOf(algorithm, means);
    for (let round = 0; round < 8; round++) {
      const { keyId, ...proof } = signWithKeyFile(key, BYTES);
      expect(keyId).toBe(key.keyId);
      expect(() => verifyStatementSignature({ key, bytes: BYTES, proof }, verifyP256WithNoble)).not.toThrow();
      expect(() => verifyStatementSignature({ key, bytes: utf8ToBytes('other'), proof }, verifyP256WithNoble)).toThrow('signature-invalid');
    }
  });

  it('is read as it was written, by its owner only', async () => {
    const [enterprise] = enterprises;
    const made = makeKeys(new SeededBytes(7), enterprise as never, BINDING);
    await writeKeyFiles(directory, new Map([['enterprise-0001', made]]));
    for (const { plan, file } of made) {
      const path = keyFilePath(directory, 'enterprise-0001', plan.slot);
      expect(await loadKeyFile(path)).toEqual(file);
      expect((await stat(path)).mode & 0o777).toBe(0o600);
    }
  });

  it.each([
    ['is no JSON', '{'],
    ['holds another member', JSON.stringify({ ...keyOf('P256', 'CERTIFICATE'), name: 'x' })],
    ['is a passkey without an origin', JSON.stringify({ ...keyOf('P256', 'CERTIFICATE'), means: 'DEVICE_PASSKEY' })],
    ['has a short scalar', JSON.stringify({ ...keyOf('SM2', 'CERTIFICATE'), privateKey: 'AAAA' })],
  ])('that %s is refused without a word of its content', async (_name, text) => {
    const path = join(directory, 'key.json');
    await writeFile(path, text);
    const refused = await loadKeyFile(path).catch((error: unknown) => error);
    expect(refused).toBeInstanceOf(SigningKeyFileError);
    expect(String(refused)).not.toContain(keyOf('P256', 'CERTIFICATE').privateKey);
  });
});

describe('keys of the demonstration', () => {
  it('are the same for a seed and others for another, and no two are equal', () => {
    const [enterprise] = enterprises;
    const of = (seed: number) => makeKeys(new SeededBytes(seed), enterprise as never, BINDING).map(({ file }) => file.privateKey);
    expect(of(7)).toEqual(of(7));
    expect(of(8)).not.toEqual(of(7));
    expect(new Set(keys.map(({ file }) => file.keyId)).size).toBe(keys.length);
  });
});
