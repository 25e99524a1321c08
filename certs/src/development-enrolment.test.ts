import { CertificateError, type CertificateErrorCode } from './certificate-error';
import { DevelopmentAuthority } from './development-authority';
import { DevelopmentEnrolment } from './development-enrolment';
import type { RegistrationRequest } from './enrolment';
import { EnrolmentError, type EnrolmentErrorCode } from './enrolment-error';
import { verifyCaller } from './organisation-trust';
import { isKeyOfCertificate } from './signing';
import { aCaller, anAuthority, DAY, START, type TestClock } from './testing/builders';
import type { MemoryStorage } from './testing/memory-storage';

const PLATFORM: RegistrationRequest = {
  id: 'platform-01',
  role: 'client',
  attributes: { 'kesu.role': 'platform', 'kesu.participant': 'platform-01' },
};

interface EnrolmentParts {
  readonly enrolment: DevelopmentEnrolment;
  readonly authority: DevelopmentAuthority;
  readonly storage: MemoryStorage;
  readonly clock: TestClock;
}

async function anEnrolment(): Promise<EnrolmentParts> {
  const { authority, storage, clock } = await anAuthority();
  return { enrolment: new DevelopmentEnrolment({ authority, storage, now: clock.now }), authority, storage, clock };
}

async function expectRefusal(refusal: Promise<unknown>, code: EnrolmentErrorCode, cause?: CertificateErrorCode): Promise<void> {
  await expect(refusal).rejects.toMatchObject({ name: 'EnrolmentError', code, ...(cause && { cause: { code: cause } }) });
}

test('registers, enrols and lists an identity whose certificate names nobody', async () => {
  const { enrolment, authority } = await anEnrolment();
  const { secret, pseudonym } = await enrolment.register(PLATFORM);
  const identity = await enrolment.enroll({ id: PLATFORM.id, secret });
  const caller = verifyCaller(identity.certificate, await authority.trust(), START);
  const { role, attributes } = PLATFORM;
  expect(caller).toMatchObject({ subjectId: pseudonym, attributes, role, serial: identity.serial });
  expect(isKeyOfCertificate(identity.privateKey, identity.certificate)).toBe(true);
  expect(identity.validity).toEqual({ notBefore: START, notAfter: START + 365 * DAY });
  const listed = await enrolment.list();
  const certificates = [{ serial: identity.serial, ...identity.validity }];
  expect(listed).toEqual([{ ...PLATFORM, mspId: 'NodeMSP', pseudonym, state: 'enrolled', certificates }]);
});

test('registering the same again answers the same, also after the process was started anew', async () => {
  const { enrolment, authority, storage, clock } = await anEnrolment();
  const first = await enrolment.register(PLATFORM);
  const { 'kesu.role': role, 'kesu.participant': participant } = PLATFORM.attributes;
  const reordered = { 'kesu.participant': participant ?? '', 'kesu.role': role ?? '' };
  const reopened = await DevelopmentAuthority.open({ mspId: 'NodeMSP', now: clock.now, storage });
  const later = new DevelopmentEnrolment({ authority: reopened, storage, now: clock.now });
  expect(await later.register({ ...PLATFORM, attributes: reordered })).toEqual(first);
  const [a, b] = await Promise.all([enrolment.register({ ...PLATFORM, id: 'x' }), enrolment.register({ ...PLATFORM, id: 'x' })]);
  expect(a).toEqual(b);
  await enrolment.enroll({ id: PLATFORM.id, secret: first.secret });
  expect(await enrolment.register(PLATFORM)).toEqual(first);
  expect(authority.mspId).toBe(enrolment.mspId);
});

test.each<[string, Partial<RegistrationRequest>, string]>([
  ['another attribute', { attributes: { 'kesu.role': 'bank', 'kesu.participant': 'platform-01' } }, 'registered-otherwise'],
  ['one attribute less', { attributes: { 'kesu.role': 'platform' } }, 'registered-otherwise'],
  ['another class', { role: 'admin' }, 'registered-otherwise'],
  ['an id with a slash', { id: 'a/b' }, 'request-malformed'],
  ['an attribute of fabric-ca', { attributes: { 'hf.Registrar.Roles': '*' } }, 'request-malformed'],
])('refuses a registration with %s and changes nothing', async (_what, parts, code) => {
  const { enrolment } = await anEnrolment();
  await enrolment.register(PLATFORM);
  const before = await enrolment.list();
  const refusal = enrolment.register({ ...PLATFORM, ...parts });
  await expect(refusal).rejects.toBeInstanceOf(EnrolmentError);
  await expect(refusal).rejects.toMatchObject({ code, nextStep: expect.stringMatching(/\.$/) });
  expect(await enrolment.list()).toEqual(before);
});

test('enrols only who is registered and knows the secret, and again when the answer was lost', async () => {
  const { enrolment, authority } = await anEnrolment();
  await expectRefusal(enrolment.enroll({ id: PLATFORM.id, secret: 'x' }), 'not-registered');
  const { secret } = await enrolment.register(PLATFORM);
  for (const wrong of ['', 'x', `${secret}x`, secret.slice(1)]) {
    await expectRefusal(enrolment.enroll({ id: PLATFORM.id, secret: wrong }), 'secret-wrong');
  }
  expect(await authority.issued()).toEqual([]);
  const first = await enrolment.enroll({ id: PLATFORM.id, secret });
  const second = await enrolment.enroll({ id: PLATFORM.id, secret });
  expect(second.pseudonym).toBe(first.pseudonym);
  expect(second.serial).not.toBe(first.serial);
});

test('the validity asked for is kept, and the usual one ends with the root', async () => {
  const { enrolment, authority, clock } = await anEnrolment();
  const { secret } = await enrolment.register(PLATFORM);
  const validity = { notBefore: START + DAY, notAfter: START + 2 * DAY };
  expect((await enrolment.enroll({ id: PLATFORM.id, secret, validity })).validity).toEqual(validity);
  const beyond = { notBefore: START, notAfter: authority.rootValidity.notAfter + 1000 };
  await expectRefusal(enrolment.enroll({ id: PLATFORM.id, secret, validity: beyond }), 'validity-out-of-bounds');
  clock.time = authority.rootValidity.notAfter - 10 * DAY;
  expect((await enrolment.enroll({ id: PLATFORM.id, secret })).validity.notAfter).toBe(authority.rootValidity.notAfter);
});

test('revoking an identity ends its certificates and its right to new ones, and answers the list', async () => {
  const { enrolment, authority } = await anEnrolment();
  const { secret } = await enrolment.register(PLATFORM);
  const other = await enrolment.register({ ...PLATFORM, id: 'other' });
  const [a, b] = [await enrolment.enroll({ id: PLATFORM.id, secret }), await enrolment.enroll({ id: PLATFORM.id, secret })];
  const kept = await enrolment.enroll({ id: 'other', secret: other.secret });
  const revocation = await enrolment.revoke({ kind: 'identity', id: PLATFORM.id, reason: 'privilegeWithdrawn' });
  expect([...revocation.serials].sort()).toEqual([a.serial, b.serial].sort());
  const trust = { mspId: 'NodeMSP', roots: [authority.rootCertificate], revocationList: revocation.revocationList };
  for (const { certificate } of [a, b]) expect(() => verifyCaller(certificate, trust, START)).toThrow(CertificateError);
  expect(verifyCaller(kept.certificate, trust, START).serial).toBe(kept.serial);
  await expectRefusal(enrolment.enroll({ id: PLATFORM.id, secret }), 'revoked');
  await expectRefusal(enrolment.renew({ id: PLATFORM.id, current: a }), 'revoked');
  await expectRefusal(enrolment.register(PLATFORM), 'revoked');
  expect(await enrolment.revoke({ kind: 'identity', id: PLATFORM.id, reason: 'unspecified' })).toEqual(revocation);
  expect((await enrolment.list()).map(({ id, state }) => [id, state])).toEqual([
    ['other', 'enrolled'],
    ['platform-01', 'revoked'],
  ]);
  await expectRefusal(enrolment.revoke({ kind: 'identity', id: 'nobody', reason: 'unspecified' }), 'not-registered');
});

test('revoking one certificate leaves the identity its others', async () => {
  const { enrolment, authority } = await anEnrolment();
  const { secret } = await enrolment.register(PLATFORM);
  const [lost, kept] = [await enrolment.enroll({ id: PLATFORM.id, secret }), await enrolment.enroll({ id: PLATFORM.id, secret })];
  await enrolment.revoke({ kind: 'certificate', serial: lost.serial.toUpperCase(), reason: 'keyCompromise' });
  const trust = await authority.trust();
  expect(() => verifyCaller(lost.certificate, trust, START)).toThrow(CertificateError);
  expect(verifyCaller(kept.certificate, trust, START).serial).toBe(kept.serial);
  const refusal = enrolment.renew({ id: PLATFORM.id, current: lost });
  await expectRefusal(refusal, 'certificate-refused', 'revoked');
  await expectRefusal(enrolment.revoke({ kind: 'certificate', serial: 'ff', reason: 'keyCompromise' }), 'not-enrolled');
});

const ROLES = ['client', 'admin', 'peer'] as const;
test.each(ROLES)('renews a %s with a new key under its pseudonym, until it has expired', async (role) => {
  const { enrolment, clock } = await anEnrolment();
  const { secret } = await enrolment.register({ ...PLATFORM, role });
  const current = await enrolment.enroll({ id: PLATFORM.id, secret });
  clock.time += 300 * DAY;
  const renewed = await enrolment.renew({ id: PLATFORM.id, current });
  expect(renewed.pseudonym).toBe(current.pseudonym);
  expect(renewed.privateKey).not.toBe(current.privateKey);
  expect(isKeyOfCertificate(renewed.privateKey, renewed.certificate)).toBe(true);
  expect(renewed.validity.notAfter).toBe(START + 665 * DAY);
  clock.time += 66 * DAY;
  await expectRefusal(enrolment.renew({ id: PLATFORM.id, current }), 'certificate-refused', 'expired');
});

test('renews only for the holder: the key, and the identity named', async () => {
  const { enrolment } = await anEnrolment();
  const { secret } = await enrolment.register(PLATFORM);
  const other = await enrolment.register({ ...PLATFORM, id: 'other' });
  const mine = await enrolment.enroll({ id: PLATFORM.id, secret });
  const theirs = await enrolment.enroll({ id: 'other', secret: other.secret });
  await expectRefusal(enrolment.renew({ id: PLATFORM.id, current: theirs }), 'certificate-refused');
  const refusal = enrolment.renew({ id: PLATFORM.id, current: { ...mine, privateKey: theirs.privateKey } });
  await expectRefusal(refusal, 'key-mismatch');
});

test('takes in a certificate of its root, and from then on revokes and renews it', async () => {
  const { enrolment, authority } = await anEnrolment();
  const { certificate, privateKey, serial } = await aCaller(authority, { pseudonym: 'k1' });
  const imported = await enrolment.import({ id: 'old', certificate, privateKey });
  expect(imported).toMatchObject({ pseudonym: 'k1', serial, certificate, privateKey });
  expect(await enrolment.import({ id: 'old', certificate, privateKey })).toEqual(imported);
  expect((await enrolment.renew({ id: 'old', current: imported })).pseudonym).toBe('k1');
  await expectRefusal(enrolment.import({ id: 'second', certificate, privateKey }), 'registered-otherwise');
  const another = await aCaller(authority, { pseudonym: 'k2' });
  await expectRefusal(enrolment.import({ ...another, id: 'old' }), 'registered-otherwise');
  expect((await enrolment.revoke({ kind: 'identity', id: 'old', reason: 'superseded' })).serials).toContain(serial);
});

test('takes in a certificate that its register has lost, so that it can be revoked', async () => {
  const { enrolment, authority, storage } = await anEnrolment();
  const lost = await aCaller(authority);
  storage.entries.delete(`authority/NodeMSP/issued/${lost.serial}`);
  await enrolment.import({ id: 'lost', ...lost });
  await enrolment.revoke({ kind: 'identity', id: 'lost', reason: 'keyCompromise' });
  const trust = await authority.trust();
  expect(() => verifyCaller(lost.certificate, trust, START)).toThrow(CertificateError);
});

test('does not take in a foreign certificate or one without its key', async () => {
  const { enrolment, authority } = await anEnrolment();
  const other = await anAuthority('BankMSP');
  const foreign = await aCaller(other.authority);
  const [a, b] = [await aCaller(authority), await aCaller(authority)];
  await expectRefusal(enrolment.import({ ...foreign, id: 'x' }), 'certificate-refused', 'foreign');
  await expectRefusal(enrolment.import({ id: 'x', certificate: a.certificate, privateKey: b.privateKey }), 'key-mismatch');
  expect(await enrolment.list()).toEqual([]);
});
