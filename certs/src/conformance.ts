import assert from 'node:assert/strict';
import type { CertificateErrorCode } from './certificate-error';
import { ISSUED_ROLES, type IssuedRole } from './development-authority';
import type { EnrolledIdentity, Enrolment, ImportRequest, RegistrationRequest } from './enrolment';
import { EnrolmentError, type EnrolmentErrorCode } from './enrolment-error';
import { verifyMember, type MemberCertificate, type OrganisationTrust } from './organisation-trust';
import { isKeyOfCertificate } from './signing';

/** An enrolment under test: fresh, with nobody registered. */
export interface EnrolmentHarness {
  readonly enrolment: Enrolment;
  /** The clock of the enrolment, epoch milliseconds; at its start the authority's certificates are valid. */
  readonly clock: { time: number };
  /** The same enrolment over the same storage, as a process started anew opens it. */
  reopen(): Promise<Enrolment>;
  /** What verifiers judge the organisation's callers by now. */
  trust(): Promise<OrganisationTrust>;
  /** An identity that the authority issued to somebody else than this enrolment, with its pseudonym and serial. */
  issuedElsewhere(): Promise<Omit<ImportRequest, 'id'> & { readonly pseudonym: string; readonly serial: string }>;
  /** An identity of another organisation's authority. */
  foreigner(): Promise<Omit<ImportRequest, 'id'>>;
  /** Ends everything that belongs to the test. */
  dispose(): Promise<void>;
}

/** One promise of the port, as a sentence and a check of it. */
export interface EnrolmentPromise {
  readonly name: string;
  readonly check: (harness: EnrolmentHarness) => Promise<void>;
}

const DAY = 86_400_000;
const PLATFORM: RegistrationRequest = {
  id: 'platform-01',
  role: 'client',
  attributes: { 'kesu.role': 'platform', 'kesu.participant': 'platform-01' },
};

const REFUSED_REGISTRATIONS: readonly (readonly [string, Partial<RegistrationRequest>, EnrolmentErrorCode])[] = [
  ['another attribute', { attributes: { 'kesu.role': 'bank', 'kesu.participant': 'platform-01' } }, 'registered-otherwise'],
  ['one attribute less', { attributes: { 'kesu.role': 'platform' } }, 'registered-otherwise'],
  ['another class', { role: 'admin' }, 'registered-otherwise'],
  ['an id with a slash', { id: 'a/b' }, 'request-malformed'],
  ['an attribute of fabric-ca', { attributes: { 'hf.Registrar.Roles': '*' } }, 'request-malformed'],
];

/** Every promise of the `Enrolment` port. */
export const ENROLMENT_PROMISES: readonly EnrolmentPromise[] = [
  ...ISSUED_ROLES.map((role) => ({
    name: `registers, enrols and lists a ${role} whose certificate has its class, its attributes and a name that names nobody`,
    check: (harness: EnrolmentHarness) => checkEnrolment(harness, role),
  })),
  { name: 'registering the same again answers the same, at once, later and after the process was started anew', check: checkRepeatedRegistration },
  ...REFUSED_REGISTRATIONS.map(([what, parts, code]) => ({
    name: `refuses a registration with ${what} and changes nothing`,
    check: async ({ enrolment }: EnrolmentHarness) => {
      await enrolment.register(PLATFORM);
      const before = await enrolment.list();
      const refusal = await assertRefused(enrolment.register({ ...PLATFORM, ...parts }), code);
      assert.match(refusal.nextStep, /\.$/);
      assert.deepEqual(await enrolment.list(), before);
    },
  })),
  { name: 'enrols only who is registered and knows the secret, and again when the answer was lost', check: checkSecrets },
  { name: 'never answers a longer period than was asked for', check: checkValidity },
  { name: 'revoking an identity ends its certificates and its right to new ones, and answers the list', check: checkIdentityRevocation },
  { name: 'revoking one certificate leaves the identity its others', check: checkCertificateRevocation },
  ...ISSUED_ROLES.map((role) => ({
    name: `renews a ${role} with a new key under its pseudonym, class and attributes, until it has expired`,
    check: (harness: EnrolmentHarness) => checkRenewal(harness, role),
  })),
  { name: 'renews only for the holder: the key, and the identity named', check: checkForeignRenewal },
  { name: 'takes in a certificate of its authority, and from then on enrols, revokes and renews it', check: checkImport },
  { name: 'takes in neither a foreign certificate nor a revoked one nor one without its key', check: checkRefusedImports },
];

async function checkEnrolment({ enrolment, trust }: EnrolmentHarness, role: IssuedRole): Promise<void> {
  const request = { ...PLATFORM, role };
  const { secret, pseudonym } = await enrolment.register(request);
  assert.deepEqual((await enrolment.list()).map(({ id, state }) => [id, state]), [[PLATFORM.id, 'registered']]);
  const identity = await enrolment.enroll({ id: PLATFORM.id, secret });
  const member = judged(identity, await trust());
  assert.deepEqual({ ...member.attributes }, PLATFORM.attributes);
  assert.deepEqual([member.role, member.subjectId, member.serial], [role, pseudonym, identity.serial]);
  assert.match(pseudonym, /^k[0-9a-f]{32}$/);
  assert.ok(isKeyOfCertificate(identity.privateKey, identity.certificate));
  assert.deepEqual(identity.validity, { notBefore: member.notBefore, notAfter: member.notAfter });
  const certificates = [{ serial: identity.serial, ...identity.validity }];
  const { mspId } = enrolment;
  assert.deepEqual(await enrolment.list(), [{ ...request, mspId, pseudonym, state: 'enrolled', certificates }]);
}

async function checkRepeatedRegistration({ enrolment, reopen }: EnrolmentHarness): Promise<void> {
  const [first, atOnce] = await Promise.all([enrolment.register(PLATFORM), enrolment.register(PLATFORM)]);
  assert.deepEqual(atOnce, first);
  const reordered = Object.fromEntries(Object.entries(PLATFORM.attributes).reverse());
  assert.deepEqual(await (await reopen()).register({ ...PLATFORM, attributes: reordered }), first);
  await enrolment.enroll({ id: PLATFORM.id, secret: first.secret });
  assert.deepEqual(await enrolment.register(PLATFORM), first);
  const other = await enrolment.register({ ...PLATFORM, id: 'other' });
  assert.notEqual(other.pseudonym, first.pseudonym);
  assert.notEqual(other.secret, first.secret);
}

async function checkSecrets({ enrolment }: EnrolmentHarness): Promise<void> {
  await assertRefused(enrolment.enroll({ id: PLATFORM.id, secret: 'x' }), 'not-registered');
  const { secret } = await enrolment.register(PLATFORM);
  for (const wrong of ['', 'x', `${secret}x`, secret.slice(1)]) {
    await assertRefused(enrolment.enroll({ id: PLATFORM.id, secret: wrong }), 'secret-wrong');
  }
  assert.deepEqual((await enrolment.list()).map(({ certificates }) => certificates.length), [0]);
  const [first, second] = [await enrolment.enroll({ id: PLATFORM.id, secret }), await enrolment.enroll({ id: PLATFORM.id, secret })];
  assert.equal(second.pseudonym, first.pseudonym);
  assert.notEqual(second.serial, first.serial);
  assert.deepEqual((await enrolment.list()).map(({ certificates }) => certificates.length), [2]);
}

/** An authority with a fixed profile may refuse the wish; that it gives more than was asked for is what must not be. */
async function checkValidity({ enrolment, clock }: EnrolmentHarness): Promise<void> {
  const { secret } = await enrolment.register(PLATFORM);
  const whole = Math.floor(clock.time / 1000) * 1000;
  const wish = { notBefore: whole + DAY, notAfter: whole + 2 * DAY };
  const answer = await enrolment.enroll({ id: PLATFORM.id, secret, validity: wish }).catch((error: unknown) => error);
  if (answer instanceof EnrolmentError) assert.equal(answer.code, 'validity-out-of-bounds');
  else assert.deepEqual((answer as EnrolledIdentity).validity, wish);
  const backwards = { notBefore: wish.notAfter, notAfter: wish.notBefore };
  await assertRefused(enrolment.enroll({ id: PLATFORM.id, secret, validity: backwards }), 'validity-out-of-bounds');
}

async function checkIdentityRevocation(harness: EnrolmentHarness): Promise<void> {
  const { enrolment, clock } = harness;
  const { secret } = await enrolment.register(PLATFORM);
  const other = await enrolment.register({ ...PLATFORM, id: 'other' });
  const [a, b] = [await enrolment.enroll({ id: PLATFORM.id, secret }), await enrolment.enroll({ id: PLATFORM.id, secret })];
  const kept = await enrolment.enroll({ id: 'other', secret: other.secret });
  const revocation = await enrolment.revoke({ kind: 'identity', id: PLATFORM.id, reason: 'privilegeWithdrawn' });
  assert.deepEqual([...revocation.serials].sort(), [a.serial, b.serial].sort());
  const trust = { ...(await harness.trust()), revocationList: revocation.revocationList };
  for (const identity of [a, b]) assertRevoked(identity, trust);
  assert.equal(judged(kept, trust).serial, kept.serial);
  await assertRefused(enrolment.enroll({ id: PLATFORM.id, secret }), 'revoked');
  await assertRefused(enrolment.renew({ id: PLATFORM.id, current: a }), 'revoked');
  await assertRefused(enrolment.register(PLATFORM), 'revoked');
  const again = await enrolment.revoke({ kind: 'identity', id: PLATFORM.id, reason: 'unspecified' });
  assert.deepEqual(again.serials, revocation.serials);
  assertRevoked(a, { ...trust, revocationList: again.revocationList });
  const listed = await enrolment.list();
  assert.deepEqual(listed.map(({ id, state }) => [id, state]), [['other', 'enrolled'], [PLATFORM.id, 'revoked']]);
  const marks = listed.flatMap(({ certificates }) => certificates.map(({ revoked }) => revoked));
  assert.deepEqual(marks.map((mark) => mark?.reason), [undefined, 'privilegeWithdrawn', 'privilegeWithdrawn']);
  assert.ok(Math.abs((marks[1]?.at ?? 0) - clock.time) < DAY);
  await assertRefused(enrolment.revoke({ kind: 'identity', id: 'nobody', reason: 'unspecified' }), 'not-registered');
}

async function checkCertificateRevocation({ enrolment, trust }: EnrolmentHarness): Promise<void> {
  const { secret } = await enrolment.register(PLATFORM);
  const [lost, kept] = [await enrolment.enroll({ id: PLATFORM.id, secret }), await enrolment.enroll({ id: PLATFORM.id, secret })];
  const request = { kind: 'certificate', serial: lost.serial.toUpperCase(), reason: 'keyCompromise' } as const;
  const { serials } = await enrolment.revoke(request);
  assert.deepEqual(serials, [lost.serial]);
  assert.deepEqual((await enrolment.revoke({ ...request, reason: 'superseded' })).serials, serials);
  const after = await trust();
  assertRevoked(lost, after);
  assert.equal(judged(kept, after).serial, kept.serial);
  const [listed] = await enrolment.list();
  assert.equal(listed?.state, 'enrolled');
  assert.equal(listed?.certificates.find(({ serial }) => serial === lost.serial)?.revoked?.reason, 'keyCompromise');
  await assertRefused(enrolment.renew({ id: PLATFORM.id, current: lost }), 'certificate-refused', 'revoked');
  await assertRefused(enrolment.revoke({ kind: 'certificate', serial: 'ff', reason: 'keyCompromise' }), 'not-enrolled');
}

async function checkRenewal({ enrolment, clock, trust }: EnrolmentHarness, role: IssuedRole): Promise<void> {
  const { secret } = await enrolment.register({ ...PLATFORM, role });
  const current = await enrolment.enroll({ id: PLATFORM.id, secret });
  const renewed = await enrolment.renew({ id: PLATFORM.id, current });
  assert.equal(renewed.pseudonym, current.pseudonym);
  assert.notEqual(renewed.privateKey, current.privateKey);
  assert.ok(isKeyOfCertificate(renewed.privateKey, renewed.certificate));
  const member = judged(renewed, await trust());
  assert.deepEqual([member.role, { ...member.attributes }], [role, PLATFORM.attributes]);
  assert.equal(judged(current, await trust()).serial, current.serial);
  clock.time = current.validity.notAfter + 1000;
  await assertRefused(enrolment.renew({ id: PLATFORM.id, current }), 'certificate-refused', 'expired');
}

async function checkForeignRenewal({ enrolment }: EnrolmentHarness): Promise<void> {
  const { secret } = await enrolment.register(PLATFORM);
  const other = await enrolment.register({ ...PLATFORM, id: 'other' });
  const mine = await enrolment.enroll({ id: PLATFORM.id, secret });
  const theirs = await enrolment.enroll({ id: 'other', secret: other.secret });
  await assertRefused(enrolment.renew({ id: 'nobody', current: mine }), 'not-registered');
  await assertRefused(enrolment.renew({ id: PLATFORM.id, current: theirs }), 'certificate-refused');
  await assertRefused(enrolment.renew({ id: PLATFORM.id, current: { ...mine, privateKey: theirs.privateKey } }), 'key-mismatch');
}

async function checkImport({ enrolment, issuedElsewhere, trust }: EnrolmentHarness): Promise<void> {
  const [found, another] = [await issuedElsewhere(), await issuedElsewhere()];
  const { certificate, privateKey, pseudonym, serial } = found;
  const imported = await enrolment.import({ id: 'old', certificate, privateKey });
  assert.deepEqual([imported.pseudonym, imported.serial, imported.certificate], [pseudonym, serial, certificate]);
  assert.deepEqual(await enrolment.import({ id: 'old', certificate, privateKey }), imported);
  assert.equal((await enrolment.renew({ id: 'old', current: imported })).pseudonym, pseudonym);
  await assertRefused(enrolment.import({ id: 'second', certificate, privateKey }), 'registered-otherwise');
  await assertRefused(enrolment.import({ id: 'old', certificate: another.certificate, privateKey: another.privateKey }), 'registered-otherwise');
  const { role, attributes } = judged(imported, await trust());
  const { secret } = await enrolment.register({ id: 'old', role, attributes });
  assert.equal((await enrolment.enroll({ id: 'old', secret })).pseudonym, pseudonym);
  assert.ok((await enrolment.revoke({ kind: 'identity', id: 'old', reason: 'superseded' })).serials.includes(serial));
  assertRevoked(imported, await trust());
}

async function checkRefusedImports({ enrolment, foreigner, issuedElsewhere }: EnrolmentHarness): Promise<void> {
  const foreign = await foreigner();
  const [a, b] = [await issuedElsewhere(), await issuedElsewhere()];
  await assertRefused(enrolment.import({ ...foreign, id: 'x' }), 'certificate-refused', 'foreign');
  await assertRefused(enrolment.import({ id: 'x', certificate: a.certificate, privateKey: b.privateKey }), 'key-mismatch');
  await enrolment.revoke({ kind: 'certificate', serial: a.serial, reason: 'keyCompromise' });
  await assertRefused(enrolment.import({ id: 'x', certificate: a.certificate, privateKey: a.privateKey }), 'certificate-refused', 'revoked');
  assert.deepEqual(await enrolment.list(), []);
}

function judged(identity: EnrolledIdentity, trust: OrganisationTrust): MemberCertificate<IssuedRole> {
  return verifyMember(identity.certificate, trust, identity.validity.notBefore, ISSUED_ROLES);
}

function assertRevoked(identity: EnrolledIdentity, trust: OrganisationTrust): void {
  assert.throws(() => judged(identity, trust), { name: 'CertificateError', code: 'revoked' });
}

async function assertRefused(refusal: Promise<unknown>, code: EnrolmentErrorCode, cause?: CertificateErrorCode): Promise<EnrolmentError> {
  const error = await refusal.then(
    () => assert.fail(`was not refused with ${code}`),
    (reason: unknown) => reason,
  );
  assert.ok(error instanceof EnrolmentError, String(error));
  assert.equal(error.code, code, error.message);
  if (cause !== undefined) assert.equal((error.cause as { code?: unknown } | undefined)?.code, cause);
  return error;
}
