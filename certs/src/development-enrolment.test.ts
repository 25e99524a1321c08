import { CertificateError } from './certificate-error';
import type { DevelopmentAuthority } from './development-authority';
import { DevelopmentEnrolment } from './development-enrolment';
import type { RegistrationRequest } from './enrolment';
import { verifyCaller } from './organisation-trust';
import { aCaller, anAuthority, DAY, START, type TestClock } from './testing/builders';
import type { MemoryStorage } from './memory-storage';

/* What every enrolment promises is in conformance.ts. */

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

test('the validity asked for is kept, and the usual one ends with the root', async () => {
  const { enrolment, authority, clock } = await anEnrolment();
  const { secret } = await enrolment.register(PLATFORM);
  const validity = { notBefore: START + DAY, notAfter: START + 2 * DAY };
  expect((await enrolment.enroll({ id: PLATFORM.id, secret, validity })).validity).toEqual(validity);
  const beyond = { notBefore: START, notAfter: authority.rootValidity.notAfter + 1000 };
  await expect(enrolment.enroll({ id: PLATFORM.id, secret, validity: beyond })).rejects.toMatchObject({ name: 'EnrolmentError', code: 'validity-out-of-bounds' });
  clock.time = authority.rootValidity.notAfter - 10 * DAY;
  expect((await enrolment.enroll({ id: PLATFORM.id, secret })).validity.notAfter).toBe(authority.rootValidity.notAfter);
});

test('a certificate holds for a year from its issue or renewal', async () => {
  const { enrolment, clock } = await anEnrolment();
  const { secret } = await enrolment.register(PLATFORM);
  const current = await enrolment.enroll({ id: PLATFORM.id, secret });
  expect(current.validity).toEqual({ notBefore: START, notAfter: START + 365 * DAY });
  clock.time += 300 * DAY;
  expect((await enrolment.renew({ id: PLATFORM.id, current })).validity.notAfter).toBe(START + 665 * DAY);
});

test('a revocation repeated answers the very same list', async () => {
  const { enrolment } = await anEnrolment();
  const { secret } = await enrolment.register(PLATFORM);
  await enrolment.enroll({ id: PLATFORM.id, secret });
  const revocation = await enrolment.revoke({ kind: 'identity', id: PLATFORM.id, reason: 'privilegeWithdrawn' });
  expect(await enrolment.revoke({ kind: 'identity', id: PLATFORM.id, reason: 'unspecified' })).toEqual(revocation);
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
