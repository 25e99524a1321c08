import 'reflect-metadata';
import { execFile, spawnSync } from 'node:child_process';
import { X509Certificate } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { msp } from '@hyperledger/fabric-protos';
import { X509Certificate as CertificateFields, X509Crl } from '@peculiar/x509';
import { ClientIdentity, type ChaincodeStub } from 'fabric-shim';
import { createDevelopmentAuthority, createPseudonym, DevelopmentAuthority } from './development-authority';
import { verifyCaller } from './organisation-trust';
import { createKeyPair, isLowS } from './signing';
import { aCaller, anAuthority, DAY, START, TestClock } from './testing/builders';
import { MemoryStorage } from './memory-storage';

const run = promisify(execFile);
const hasOpenssl = spawnSync('openssl', ['version']).status === 0;
if (!hasOpenssl) console.warn('not run: openssl accepts chain and revocation list (no openssl on PATH)');

/** The creator as a peer hands it over, through the bytes that travel. */
function aStub(mspId: string, certificate: string): ChaincodeStub {
  const identity = new msp.SerializedIdentity();
  identity.setMspid(mspId);
  identity.setIdBytes(new TextEncoder().encode(certificate));
  const received = msp.SerializedIdentity.deserializeBinary(identity.serializeBinary());
  const creator = { mspid: received.getMspid(), idBytes: received.getIdBytes_asU8() };
  return { getChannelID: () => 'kesu', getTxID: () => '0123456789', getCreator: () => creator } as unknown as ChaincodeStub;
}

async function inDirectory(work: (directory: string) => Promise<void>): Promise<void> {
  const directory = await mkdtemp(join(tmpdir(), 'kesu-certs-'));
  try {
    await work(directory);
  } finally {
    await rm(directory, { recursive: true });
  }
}

test('Fabric’s ClientIdentity reads organisation, pseudonym and attributes', async () => {
  const { authority } = await anAuthority();
  const attributes = { 'kesu.role': 'platform', 'kesu.participant': '平台-01 <&"/' };
  const { certificate } = await aCaller(authority, { pseudonym: 'k0a1b', attributes });
  const identity = new ClientIdentity(aStub('NodeMSP', certificate));
  expect(identity.getMSPID()).toBe('NodeMSP');
  expect(identity.getAttributeValue('kesu.role')).toBe('platform');
  expect(identity.getAttributeValue('kesu.participant')).toBe('平台-01 <&"/');
  expect(identity.getAttributeValue('kesu.other')).toBeNull();
  expect(identity.assertAttributeValue('kesu.role', 'bank')).toBe(false);
  expect(identity.getID()).toBe('x509::/OU=client/CN=k0a1b::/O=NodeMSP/CN=Kesu development root');
});

test('the attribute extension holds the bytes that fabric-ca writes: bare JSON, names ascending, not critical', async () => {
  const { authority } = await anAuthority();
  const { certificate } = await aCaller(authority);
  const json = '{"attrs":{"kesu.participant":"platform-01","kesu.role":"platform"}}';
  // OID 1.2.3.4.5.6.7.8.1, then at once the OCTET STRING (no BOOLEAN for critical) with the JSON.
  const extension = Buffer.concat([Buffer.from('06082a0304050607080104', 'hex'), Buffer.from([json.length]), Buffer.from(json)]);
  expect(new X509Certificate(certificate).raw.includes(extension)).toBe(true);
});

(hasOpenssl ? test : test.skip)('openssl accepts chain and list, finds the revoked (not run without openssl)', async () => {
  const { authority } = await anAuthority();
  const [kept, revoked] = [await aCaller(authority), await aCaller(authority)];
  const list = await authority.revoke([revoked.serial], 'keyCompromise');
  await inDirectory(async (directory) => {
    const path = (name: string): string => join(directory, name);
    await writeFile(path('root'), authority.rootCertificate);
    await writeFile(path('list'), list);
    await writeFile(path('kept'), kept.certificate);
    await writeFile(path('revoked'), revoked.certificate);
    const at = String(START / 1000 + 3600);
    const strict = ['verify', '-x509_strict', '-purpose', 'any', '-attime', at, '-CAfile', path('root')];
    const checked = [...strict, '-crl_check', '-CRLfile', path('list')];
    expect((await run('openssl', [...strict, path('revoked')])).stdout).toContain('OK');
    expect((await run('openssl', [...checked, path('kept')])).stdout).toContain('OK');
    const refused = run('openssl', [...checked, path('revoked')]);
    await expect(refused).rejects.toMatchObject({ stderr: expect.stringContaining('certificate revoked') });
    const { stdout, stderr } = await run('openssl', ['crl', '-in', path('list'), '-noout', '-text', '-CAfile', path('root')]);
    expect(stderr).toContain('verify OK');
    expect(stdout).toContain(`Serial Number: ${revoked.serial.toUpperCase()}`);
    expect(stdout).toContain('Key Compromise');
    expect(stdout).toMatch(/X509v3 CRL Number:\s+1\b/);
    expect(stdout).toContain('X509v3 Authority Key Identifier');
  });
});

test('opened again it is the same authority, and it is not created twice', async () => {
  const { authority, storage, clock } = await anAuthority();
  const options = { mspId: 'NodeMSP', now: clock.now, storage };
  const before = await aCaller(authority);
  const list = await authority.revoke([before.serial], 'superseded');
  await expect(createDevelopmentAuthority(options)).rejects.toMatchObject({ code: 'authority-exists' });
  const reopened = await DevelopmentAuthority.open(options);
  expect(reopened.rootCertificate).toBe(authority.rootCertificate);
  expect(await reopened.revocationList()).toBe(list);
  expect((await reopened.issued()).map(({ serial }) => serial)).toEqual([before.serial]);
  const after = await aCaller(reopened);
  expect(verifyCaller(after.certificate, await authority.trust(), START).serial).toBe(after.serial);
});

test('refuses to open what is missing or damaged, naming no key', async () => {
  const clock = new TestClock();
  const storage = new MemoryStorage();
  const options = { mspId: 'NodeMSP', now: clock.now, storage };
  await expect(DevelopmentAuthority.open(options)).rejects.toMatchObject({ code: 'authority-missing' });
  await createDevelopmentAuthority({ ...options, mspId: 'BankMSP' });
  storage.entries.set('authority/NodeMSP/root', storage.entries.get('authority/BankMSP/root') ?? new Uint8Array());
  await expect(DevelopmentAuthority.open(options)).rejects.toThrow('The root of NodeMSP is damaged.');
  for (const mspId of ['', 'Node/MSP', '秦信融', 'M'.repeat(41)]) {
    await expect(createDevelopmentAuthority({ ...options, mspId })).rejects.toMatchObject({ code: 'request-malformed' });
  }
});

test('the list is made again from the register when a stop came between the two', async () => {
  const { authority, storage, clock } = await anAuthority();
  const caller = await aCaller(authority);
  await authority.revocationList();
  const put = storage.put.bind(storage);
  storage.put = (key, value) => (key.endsWith('/revocation-list') ? Promise.reject(new Error('power cut')) : put(key, value));
  await expect(authority.revoke([caller.serial], 'keyCompromise')).rejects.toThrow('power cut');
  storage.put = put;
  const reopened = await DevelopmentAuthority.open({ mspId: 'NodeMSP', now: clock.now, storage });
  const trust = await reopened.trust();
  expect(() => verifyCaller(caller.certificate, trust, START)).toThrow('revoked');
});

test('revoking again changes nothing, an unknown serial revokes nothing, and an old list is signed anew', async () => {
  const { authority, clock } = await anAuthority();
  const [a, b] = [await aCaller(authority), await aCaller(authority)];
  const list = await authority.revoke([a.serial], 'keyCompromise');
  clock.time += DAY;
  expect(await authority.revoke([a.serial], 'superseded')).toBe(list);
  await expect(authority.revoke([b.serial, 'ff'], 'superseded')).rejects.toMatchObject({ code: 'not-enrolled' });
  const marks = new Map((await authority.issued()).map(({ serial, revoked }) => [serial, revoked]));
  expect(marks.get(b.serial)).toBeUndefined();
  expect(marks.get(a.serial)).toEqual({ at: START, reason: 'keyCompromise' });
  clock.time += 30 * DAY;
  const fresh = await authority.revocationList();
  expect(fresh).not.toBe(list);
  const trust = { mspId: 'NodeMSP', roots: [authority.rootCertificate], revocationList: fresh };
  expect(() => verifyCaller(a.certificate, trust, START)).toThrow('revoked');
});

test('revocations asked at the same time make one list after the other, and all stand in the last', async () => {
  const { authority } = await anAuthority();
  const callers = await Promise.all(Array.from({ length: 6 }, () => aCaller(authority)));
  const lists = await Promise.all(callers.map(({ serial }) => authority.revoke([serial], 'unspecified')));
  const numbers = lists.map((list) => new X509Crl(list).getExtension('2.5.29.20')?.value ?? new ArrayBuffer(0));
  const inDer = numbers.map((value) => Buffer.from(value).toString('hex'));
  expect(inDer).toEqual(['020101', '020102', '020103', '020104', '020105', '020106']);
  const trust = await authority.trust();
  for (const { certificate } of callers) expect(() => verifyCaller(certificate, trust, START)).toThrow('revoked');
});

test('every signature of the authority is low in S, as Fabric keeps certificates', async () => {
  const { authority } = await anAuthority();
  const issued = await Promise.all(Array.from({ length: 24 }, () => aCaller(authority)));
  for (const certificate of [authority.rootCertificate, ...issued.map((caller) => caller.certificate)]) {
    expect(isLowS(new Uint8Array(new CertificateFields(certificate).signature))).toBe(true);
  }
  expect(isLowS(new Uint8Array(new X509Crl(await authority.revocationList()).signature))).toBe(true);
});

test('renewal keeps subject and attributes, changes serial and key, and needs a certificate that is not revoked', async () => {
  const { authority } = await anAuthority();
  const caller = await aCaller(authority);
  const { publicKey } = createKeyPair();
  const validity = { notBefore: START + DAY, notAfter: START + 400 * DAY };
  const renewed = await authority.renew(caller.serial, { publicKey, validity });
  const trust = await authority.trust();
  const [before, after] = [caller, renewed].map(({ certificate }) => verifyCaller(certificate, trust, START + 2 * DAY));
  const { mspId, subjectId, role, attributes } = before ?? {};
  expect(after).toMatchObject({ mspId, subjectId, role, attributes, ...validity });
  expect(after?.serial).not.toBe(before?.serial);
  expect(after?.publicKeySpki).not.toBe(before?.publicKeySpki);
  await authority.revoke([caller.serial], 'superseded');
  await expect(authority.renew(caller.serial, { publicKey, validity })).rejects.toMatchObject({ code: 'revoked' });
});

test('issues only within the root’s validity, for P-256 keys and with a pseudonym as subject', async () => {
  const { authority } = await anAuthority();
  const { notBefore, notAfter } = authority.rootValidity;
  for (const validity of [
    { notBefore: notBefore - 1, notAfter: START + DAY },
    { notBefore, notAfter: notAfter + 1000 },
    { notBefore: START + DAY, notAfter: START + DAY + 999 },
    { notBefore: NaN, notAfter },
    { notBefore, notAfter: NaN },
  ]) {
    await expect(aCaller(authority, { validity })).rejects.toMatchObject({ code: 'validity-out-of-bounds' });
  }
  const { privateKey } = createKeyPair();
  for (const publicKey of ['', 'x', privateKey]) {
    await expect(aCaller(authority, { publicKey })).rejects.toMatchObject({ code: 'request-malformed' });
  }
  for (const pseudonym of ['', '王小明', 'a b', 'a/b']) {
    await expect(aCaller(authority, { pseudonym })).rejects.toMatchObject({ code: 'request-malformed' });
  }
  expect(await authority.issued()).toEqual([]);
  expect(createPseudonym()).toMatch(/^k[0-9a-f]{32}$/);
  expect(createPseudonym()).not.toBe(createPseudonym());
});
