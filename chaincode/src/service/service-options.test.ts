import { generateKeyPairSync } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readServiceOptions, ServiceStartError } from './service-options';

let root: string;
let environment: NodeJS.ProcessEnv;

beforeAll(() => {
  root = mkdtempSync(join(tmpdir(), 'kesu-service-'));
  writeFileSync(join(root, 'key.pem'), generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey.export({ type: 'pkcs8', format: 'pem' }));
  writeFileSync(join(root, 'nothing.pem'), 'nothing');
});
beforeEach(() => {
  environment = {
    CHAINCODE_SERVER_ADDRESS: '127.0.0.1:9999',
    CHAINCODE_ID: `kesu_1:${'ab'.repeat(32)}`,
    CHAINCODE_TLS_KEY_FILE: join(root, 'key.pem'),
    CHAINCODE_TLS_CERT_FILE: join(root, 'nothing.pem'),
    CHAINCODE_TLS_CLIENT_CACERT_FILE: join(root, 'nothing.pem'),
  };
});
afterAll(() => rmSync(root, { recursive: true, force: true }));

describe('a chaincode process', () => {
  it.each(['CHAINCODE_SERVER_ADDRESS', 'CHAINCODE_ID', 'CHAINCODE_TLS_KEY_FILE', 'CHAINCODE_TLS_CERT_FILE', 'CHAINCODE_TLS_CLIENT_CACERT_FILE'])('does not start without %s', (name) => {
    for (const value of [undefined, '']) {
      expect(() => readServiceOptions({ ...environment, [name]: value })).toThrow(ServiceStartError);
      expect(() => readServiceOptions({ ...environment, [name]: value })).toThrow(`${name} is not set`);
    }
  });

  it.each([
    ['CHAINCODE_SERVER_ADDRESS', '9999', 'is no host:port'],
    ['CHAINCODE_ID', 'kesu', 'is no package id'],
    ['CHAINCODE_TLS_KEY_FILE', '/nowhere/key.pem', 'does not exist'],
    ['CHAINCODE_TLS_KEY_FILE', 'nothing.pem', 'is no PEM of its kind'],
    ['CHAINCODE_TLS_CERT_FILE', 'nothing.pem', 'is no PEM of its kind'],
  ])('does not start with %s %s', (name, value, message) => {
    const file = value.endsWith('.pem') && !value.startsWith('/') ? join(root, value) : value;
    expect(() => readServiceOptions({ ...environment, [name]: file })).toThrow(message);
  });
});
