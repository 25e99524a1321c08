import { X509Certificate } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type Server } from 'node:net';
import { ENROLMENT_PROMISES, type EnrolmentHarness } from '../conformance';
import { EnrolmentError, type EnrolmentErrorCode } from '../enrolment-error';
import { verifyCaller, verifyMember } from '../organisation-trust';
import { NODE_ROLES } from '../certificate-profile';
import { parseCertificate } from '../parsed-certificate';
import { isKeyOfCertificate } from '../signing';
import { aCaller, anAuthority, TestClock } from '../testing/builders';
import { freePort, startFabricCa, type TestFabricCa } from '../testing/fabric-ca-server';
import { MemoryStorage } from '../memory-storage';
import { openFabricCa, type FabricCa, type FabricCaOptions } from './fabric-ca-enrolment';

const MSP = 'NodeMSP';
const PLATFORM = { id: 'platform-01', role: 'client', attributes: { 'kesu.role': 'platform', 'kesu.participant': 'platform-01' } } as const;

let server: TestFabricCa;
beforeAll(async () => {
  server = await startFabricCa();
});
afterAll(() => server.stop());

function optionsOf(parts: Partial<FabricCaOptions> = {}): FabricCaOptions {
  const { url, caName, tlsRoots, registrar } = server;
  return { url, caName, tlsRoots, registrar, mspId: MSP, storage: new MemoryStorage(), now: Date.now, ...parts };
}

function anEnrolment(parts: Partial<FabricCaOptions> = {}): FabricCa {
  return openFabricCa(optionsOf(parts));
}

async function expectRefusal(refusal: Promise<unknown>, code: EnrolmentErrorCode, detail: RegExp): Promise<void> {
  const error = await refusal.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(EnrolmentError);
  expect(error).toMatchObject({ code, detail: expect.stringMatching(detail), nextStep: expect.stringMatching(/\.$/) });
}

async function aHarness(): Promise<EnrolmentHarness> {
  const clock = new TestClock(Date.now());
  const storage = new MemoryStorage();
  const options = optionsOf({ storage, now: clock.now });
  const enrolment = openFabricCa(options);
  return {
    enrolment,
    clock,
    reopen: () => Promise.resolve(openFabricCa(options)),
    trust: async () => ({ mspId: MSP, roots: await enrolment.roots(), revocationList: await enrolment.revocationList() }),
    issuedElsewhere: async () => {
      const elsewhere = anEnrolment();
      const { secret } = await elsewhere.register(PLATFORM);
      return elsewhere.enroll({ id: PLATFORM.id, secret });
    },
    foreigner: async () => aCaller((await anAuthority('BankMSP')).authority),
    dispose: () => Promise.resolve(),
  };
}

describe('the enrolment at a fabric-ca-server', () => {
  it.each(ENROLMENT_PROMISES)('$name', async ({ check }) => {
    const harness = await aHarness();
    await check(harness).finally(() => harness.dispose());
  });

  it('issues certificates that the embedded ledger judges as its own authority’s', async () => {
    const ca = anEnrolment();
    const { secret } = await ca.register(PLATFORM);
    const { certificate } = await ca.enroll({ id: PLATFORM.id, secret });
    const caller = verifyCaller(certificate, { mspId: MSP, roots: await ca.roots(), revocationList: await ca.revocationList() }, Date.now());
    expect(caller).toMatchObject({ mspId: MSP, role: 'client', attributes: PLATFORM.attributes });
  });

  it('puts nothing into a subject but the class and the pseudonym', async () => {
    const ca = anEnrolment();
    const { secret, pseudonym } = await ca.register(PLATFORM);
    const { certificate } = await ca.enroll({ id: PLATFORM.id, secret });
    expect(new X509Certificate(certificate).subject).toBe(`OU=client\nCN=${pseudonym}`);
  });

  it.each(NODE_ROLES)('enrols a node as %s: the class is its organisational unit, and its TLS certificate names the hosts', async (role) => {
    const ca = anEnrolment();
    const id = `${role}-${Date.now()}`;
    const { secret } = await ca.registerNode({ id, role });
    expect(await ca.registerNode({ id, role })).toEqual({ secret });
    const signing = await ca.enrolNode({ id, secret });
    expect(verifyMember(signing.certificate, { mspId: MSP, roots: signing.chain }, Date.now(), NODE_ROLES)).toMatchObject({ role, subjectId: id, attributes: {} });
    const tls = await ca.enrolNode({ id, secret, hosts: ['localhost', '127.0.0.1'], profile: 'tls' });
    const certificate = new X509Certificate(tls.certificate);
    expect([certificate.checkHost('localhost'), certificate.checkIP('127.0.0.1'), certificate.checkHost('elsewhere.example')]).toEqual(['localhost', '127.0.0.1', undefined]);
    expect(certificate.keyUsage).toEqual(['1.3.6.1.5.5.7.3.1', '1.3.6.1.5.5.7.3.2']);
    expect(isKeyOfCertificate(tls.privateKey, tls.certificate)).toBe(true);
    expect(tls.chain).toEqual(await ca.roots());
  });

  it('registers a node whose answer was lost again, under a secret that works', async () => {
    const id = `peer-${Date.now()}`;
    const lost = await anEnrolment().registerNode({ id, role: 'peer' });
    const ca = anEnrolment();
    const { secret } = await ca.registerNode({ id, role: 'peer' });
    expect(secret).not.toBe(lost.secret);
    expect(parseCertificate((await ca.enrolNode({ id, secret })).certificate).fields.subjectName.getField('CN')).toEqual([id]);
    await expectRefusal(ca.enrolNode({ id, secret: lost.secret }), 'secret-wrong', /fabric-ca 20/);
  });
});

/** A storage whose writes fail from the n-th on: the process stops there. */
class FailingStorage extends MemoryStorage {
  writes = Infinity;

  override put(key: string, value: Uint8Array): Promise<void> {
    if (this.writes-- <= 0) return Promise.reject(new Error('stopped'));
    return super.put(key, value);
  }
}

describe('a process that stopped in the middle', () => {
  it.each([0, 1, 2])('of a registration, behind write %i, registers again and enrols', async (writes) => {
    const storage = new FailingStorage();
    const ca = anEnrolment({ storage });
    storage.writes = writes;
    await expect(ca.register(PLATFORM)).rejects.toThrow('stopped');
    storage.writes = Infinity;
    const reopened = anEnrolment({ storage });
    expect(await reopened.list()).toEqual([]);
    const { secret, pseudonym } = await reopened.register(PLATFORM);
    expect(await reopened.enroll({ id: PLATFORM.id, secret })).toMatchObject({ pseudonym });
  });

  it('of a registration may register the id with other attributes, since nobody had an answer', async () => {
    const storage = new FailingStorage();
    storage.writes = 2;
    await expect(anEnrolment({ storage }).register(PLATFORM)).rejects.toThrow('stopped');
    storage.writes = Infinity;
    const ca = anEnrolment({ storage });
    const other = { ...PLATFORM, attributes: { 'kesu.role': 'bank' } };
    const { secret } = await ca.register(other);
    expect(await ca.list()).toMatchObject([{ ...other, state: 'registered' }]);
    await ca.enroll({ id: PLATFORM.id, secret });
  });

  it('of a revocation can’t enrol any more, and revokes when asked again', async () => {
    const storage = new FailingStorage();
    const ca = anEnrolment({ storage });
    const { secret } = await ca.register(PLATFORM);
    const { serial } = await ca.enroll({ id: PLATFORM.id, secret });
    storage.writes = 1;
    await expect(ca.revoke({ kind: 'identity', id: PLATFORM.id, reason: 'keyCompromise' })).rejects.toThrow('stopped');
    storage.writes = Infinity;
    const reopened = anEnrolment({ storage });
    await expectRefusal(reopened.enroll({ id: PLATFORM.id, secret }), 'revoked', /revoked/);
    expect((await reopened.revoke({ kind: 'identity', id: PLATFORM.id, reason: 'keyCompromise' })).serials).toEqual([serial]);
  });
});

describe('an authority that can’t be used', () => {
  it('without TLS roots, or with something else than roots, is not opened', () => {
    expect(() => anEnrolment({ tlsRoots: [] })).toThrow(/^CA without TLS roots/);
    expect(() => anEnrolment({ tlsRoots: ['x'] })).toThrow(/not one PEM certificate/);
    expect(() => anEnrolment({ url: server.url.replace('https', 'http') })).toThrow(/https/);
  });

  it('whose server another root has signed is told as untrusted, and gets no secret', async () => {
    const { authority } = await anAuthority('BankMSP');
    const ca = anEnrolment({ tlsRoots: [authority.rootCertificate] });
    await expectRefusal(ca.roots(), 'authority-untrusted', /TLS roots/);
    await expectRefusal(ca.register(PLATFORM), 'authority-untrusted', /TLS roots/);
  });

  it('whose certificate names other hosts is told so', async () => {
    const other = await startFabricCa(['elsewhere.example']);
    try {
      await expectRefusal(anEnrolment({ ...other }).roots(), 'authority-untrusted', /names other hosts/);
    } finally {
      await other.stop();
    }
  });

  it('that is down is told as unreachable', async () => {
    const url = `https://127.0.0.1:${await freePort()}`;
    await expectRefusal(anEnrolment({ url }).register(PLATFORM), 'authority-unreachable', /ECONNREFUSED/);
  });

  it('that never answers is given up', async () => {
    const silent = await listeningServer(createServer());
    try {
      const started = Date.now();
      await expectRefusal(anEnrolment({ url: silent.url, silenceMillis: 400 }).roots(), 'authority-unreachable', /did not answer in time/);
      expect(Date.now() - started).toBeLessThan(2_500);
      await expectRefusal(anEnrolment({ url: silent.url, silenceMillis: 3_600 }).roots(), 'authority-unreachable', /did not answer in time/);
      expect(Date.now() - started).toBeGreaterThan(3_900);
    } finally {
      silent.close();
    }
  });

  it('that speaks no TLS is told as untrusted', async () => {
    const plain = await listeningServer(createServer((socket) => socket.end('HTTP/1.1 200 OK\r\n\r\n')));
    try {
      await expectRefusal(anEnrolment({ url: plain.url }).roots(), 'authority-untrusted', /TLS/);
    } finally {
      plain.close();
    }
  });

  it('that runs no authority of the name is told so', async () => {
    await expectRefusal(anEnrolment({ caName: 'nobody' }).roots(), 'authority-missing', /fabric-ca 19/);
  });

  it('that refuses the registrar’s secret says that it was the registrar', async () => {
    const ca = anEnrolment({ registrar: { id: server.registrar.id, secret: 'wrong' } });
    await expectRefusal(ca.register(PLATFORM), 'authority-refused', /registrar’s id and secret/);
    expect(await ca.list()).toEqual([]);
  });

  it('where the registrar lacks the right names the right', async () => {
    const nodes = anEnrolment();
    const id = `clerk-${Date.now()}`;
    const { secret } = await nodes.registerNode({ id, role: 'client' });
    const ca = anEnrolment({ registrar: { id, secret } });
    await expectRefusal(ca.register(PLATFORM), 'authority-refused', /hf.Registrar.Roles.*fabric-ca 71/);
    await expectRefusal(ca.revocationList(), 'authority-refused', /hf.GenCRL/);
  });

  it('that was made anew gets a new registrar and new identities', async () => {
    const storage = new MemoryStorage();
    await anEnrolment({ storage }).register(PLATFORM);
    const anew = await startFabricCa();
    try {
      const ca = anEnrolment({ ...anew, storage });
      const { secret } = await ca.register({ ...PLATFORM, id: 'second' });
      await ca.enroll({ id: 'second', secret });
    } finally {
      await anew.stop();
    }
  });
});

async function listeningServer(listener: Server): Promise<{ readonly url: string; close(): void }> {
  listener.listen(0, '127.0.0.1');
  await once(listener, 'listening');
  const address = listener.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  const sockets = new Set<{ destroy(): void }>();
  listener.on('connection', (socket) => sockets.add(socket));
  const close = (): void => {
    listener.close();
    for (const socket of sockets) socket.destroy();
  };
  return { url: `https://127.0.0.1:${address.port}`, close };
}
