import { randomBytes, timingSafeEqual } from 'node:crypto';
import { z } from 'zod';
import { equalAttributes } from './certificate-profile';
import {
  createPseudonym,
  ISSUED_ROLES,
  type DevelopmentAuthority,
  type IssuedCertificate,
  type IssuedRole,
  type Now,
  type Validity,
} from './development-authority';
import type {
  EnrolledIdentity,
  Enrolment,
  EnrolRequest,
  ImportRequest,
  ListedIdentity,
  Registration,
  RegistrationRequest,
  RenewalRequest,
  Revocation,
  RevocationRequest,
} from './enrolment';
import { EnrolmentError } from './enrolment-error';
import { CertificateError } from './certificate-error';
import { verifyMember, type MemberCertificate } from './organisation-trust';
import { normalSerial } from './parsed-certificate';
import { createKeyPair, isKeyOfCertificate } from './signing';
import type { WalletStorage } from './storage';
import { getJson, putJson } from './stored-json';
import type { StoredIdentity } from './wallet';

/** What a development enrolment works with. */
export interface DevelopmentEnrolmentOptions {
  readonly authority: DevelopmentAuthority;
  /** Holds the register with the enrolment secrets; may be the authority's own storage. */
  readonly storage: WalletStorage;
  readonly now: Now;
  /** How long a certificate holds when no validity is asked for, in milliseconds; one year when absent. */
  readonly lifetime?: number;
}

const YEAR = 365 * 86_400_000;
const recordSchema = z.strictObject({
  id: z.string(),
  role: z.enum(ISSUED_ROLES),
  attributes: z.record(z.string(), z.string()),
  pseudonym: z.string(),
  secret: z.string(),
  revoked: z.boolean(),
});

type RegisterRecord = z.infer<typeof recordSchema>;

/** `Enrolment` over a {@link DevelopmentAuthority} in the same process. */
export class DevelopmentEnrolment implements Enrolment {
  readonly #authority: DevelopmentAuthority;
  readonly #storage: WalletStorage;
  readonly #now: Now;
  readonly #lifetime: number;
  #last: Promise<unknown> = Promise.resolve();

  constructor(options: DevelopmentEnrolmentOptions) {
    this.#authority = options.authority;
    this.#storage = options.storage;
    this.#now = options.now;
    this.#lifetime = options.lifetime ?? YEAR;
  }

  get mspId(): string {
    return this.#authority.mspId;
  }

  register(request: RegistrationRequest): Promise<Registration & { readonly secret: string }> {
    return this.#inTurn(async () => {
      requireRequest(request);
      const known = await this.#find(request.id);
      if (known !== undefined) requireSame(known, request);
      const { id, role, attributes } = request;
      const record = known ?? { id, role, attributes, pseudonym: createPseudonym(), secret: createSecret(), revoked: false };
      if (known === undefined) await this.#save(record);
      return { ...this.#registration(record), secret: record.secret };
    });
  }

  enroll(request: EnrolRequest): Promise<EnrolledIdentity> {
    return this.#inTurn(async () => {
      const record = await this.#live(request.id);
      if (!equalSecrets(record.secret, request.secret)) {
        throw new EnrolmentError('secret-wrong', 'The enrolment secret is wrong.');
      }
      const { privateKey, publicKey } = createKeyPair();
      const { pseudonym, role, attributes } = record;
      const validity = request.validity ?? this.#defaultValidity();
      return this.#enrolled(await this.#authority.issue({ pseudonym, role, attributes, publicKey, validity }), privateKey);
    });
  }

  import(request: ImportRequest): Promise<EnrolledIdentity> {
    return this.#inTurn(async () => {
      const { id, certificate, privateKey } = request;
      const member = await this.#requireOwn({ mspId: this.mspId, certificate, privateKey });
      const { role, subjectId: pseudonym, attributes, serial, notBefore, notAfter } = member;
      requireRequest({ id, role, attributes: {} });
      const known = await this.#find(id);
      if (known !== undefined) requireSame(known, { id, role, attributes }, pseudonym);
      await this.#requireOnlyHolder(id, pseudonym);
      await this.#authority.adopt({ serial, pseudonym, role, attributes, certificate, notBefore, notAfter });
      if (known === undefined) await this.#save({ id, role, attributes, pseudonym, secret: createSecret(), revoked: false });
      return { mspId: this.mspId, certificate, privateKey, pseudonym, serial, validity: { notBefore, notAfter } };
    });
  }

  async list(): Promise<readonly ListedIdentity[]> {
    const issued = await this.#authority.issued();
    return (await this.#records()).map((record) => this.#listed(record, issued));
  }

  revoke(request: RevocationRequest): Promise<Revocation> {
    return this.#inTurn(async () => {
      const serials = request.kind === 'certificate' ? [normalSerial(request.serial)] : await this.#disable(request.id);
      return { serials, revocationList: await this.#authority.revoke(serials, request.reason) };
    });
  }

  renew(request: RenewalRequest): Promise<EnrolledIdentity> {
    return this.#inTurn(async () => {
      const record = await this.#live(request.id);
      const member = await this.#requireOwn(request.current);
      if (member.subjectId !== record.pseudonym) {
        throw new EnrolmentError('certificate-refused', 'The certificate belongs to another identity than the one to renew.');
      }
      const { privateKey, publicKey } = createKeyPair();
      const validity = request.validity ?? this.#defaultValidity();
      return this.#enrolled(await this.#authority.renew(member.serial, { publicKey, validity }), privateKey);
    });
  }

  /** The mark is written before the certificates are revoked: a stop in between leaves no way to enrol again. */
  async #disable(id: string): Promise<string[]> {
    const record = await this.#find(id);
    if (record === undefined) throw notRegistered();
    if (!record.revoked) await this.#save({ ...record, revoked: true });
    const issued = await this.#authority.issued();
    return issued.filter(({ pseudonym }) => pseudonym === record.pseudonym).map(({ serial }) => serial);
  }

  async #requireOwn(identity: StoredIdentity): Promise<MemberCertificate<IssuedRole>> {
    if (!isKeyOfCertificate(identity.privateKey, identity.certificate)) {
      throw new EnrolmentError('key-mismatch', 'The private key does not belong to the certificate.');
    }
    try {
      return verifyMember(identity.certificate, await this.#authority.trust(), this.#now(), ISSUED_ROLES);
    } catch (cause) {
      if (cause instanceof CertificateError) throw new EnrolmentError('certificate-refused', cause.detail, { cause });
      throw cause;
    }
  }

  async #live(id: string): Promise<RegisterRecord> {
    const record = await this.#find(id);
    if (record === undefined) throw notRegistered();
    if (record.revoked) throw revokedIdentity();
    return record;
  }

  async #records(): Promise<RegisterRecord[]> {
    const keys = await this.#storage.list(this.#key(''));
    const records = await Promise.all(keys.map((key) => getJson(this.#storage, key, recordSchema)));
    return records.filter((record) => record !== undefined);
  }

  /** One subject under two ids could be revoked under one and enrolled again under the other. */
  async #requireOnlyHolder(id: string, pseudonym: string): Promise<void> {
    if ((await this.#records()).some((record) => record.pseudonym === pseudonym && record.id !== id)) {
      throw new EnrolmentError('registered-otherwise', 'The certificate’s subject is registered under another id.');
    }
  }

  async #find(id: string): Promise<RegisterRecord | undefined> {
    return getJson(this.#storage, this.#key(id), recordSchema);
  }

  async #save(record: RegisterRecord): Promise<void> {
    await putJson(this.#storage, this.#key(record.id), record);
  }

  #key(id: string): string {
    return `enrolment/${this.mspId}/${id}`;
  }

  #defaultValidity(): Validity {
    const notBefore = this.#now();
    return { notBefore, notAfter: Math.min(notBefore + this.#lifetime, this.#authority.rootValidity.notAfter) };
  }

  #registration({ id, role, attributes, pseudonym }: RegisterRecord): Registration {
    return { mspId: this.mspId, id, role, attributes, pseudonym };
  }

  #enrolled(issued: IssuedCertificate, privateKey: string): EnrolledIdentity {
    const { certificate, pseudonym, serial, notBefore, notAfter } = issued;
    return { mspId: this.mspId, certificate, privateKey, pseudonym, serial, validity: { notBefore, notAfter } };
  }

  #listed(record: RegisterRecord, issued: readonly IssuedCertificate[]): ListedIdentity {
    const certificates = issued
      .filter(({ pseudonym }) => pseudonym === record.pseudonym)
      .map(({ serial, notBefore, notAfter, revoked }) => ({ serial, notBefore, notAfter, ...(revoked && { revoked }) }))
      .sort((a, b) => a.notAfter - b.notAfter);
    const state = record.revoked ? 'revoked' : certificates.length > 0 ? 'enrolled' : 'registered';
    return { ...this.#registration(record), state, certificates };
  }

  /** One change at a time: the register is read before it is written. */
  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const done = this.#last.then(work, work);
    this.#last = done.catch(() => undefined);
    return done;
  }
}

function requireRequest(request: RegistrationRequest): void {
  if (!/^[A-Za-z0-9._-]{1,100}$/.test(request.id)) {
    throw new EnrolmentError('request-malformed', 'id has 1 to 100 of the characters A–Z a–z 0–9 . _ -');
  }
  if (!ISSUED_ROLES.includes(request.role)) throw new EnrolmentError('request-malformed', 'role is client, admin or peer.');
  if (Object.keys(request.attributes).some((name) => name === '' || name.startsWith('hf.'))) {
    throw new EnrolmentError('request-malformed', 'attributes have names, and none that begins with "hf.".');
  }
}

function requireSame(known: RegisterRecord, asked: RegistrationRequest, pseudonym = known.pseudonym): void {
  if (known.revoked) throw revokedIdentity();
  if (known.role !== asked.role || known.pseudonym !== pseudonym || !equalAttributes(known.attributes, asked.attributes)) {
    throw new EnrolmentError('registered-otherwise', 'The id is registered with another role, pseudonym or other attributes.');
  }
}

function notRegistered(): EnrolmentError {
  return new EnrolmentError('not-registered', 'No identity is registered under this id.');
}

function revokedIdentity(): EnrolmentError {
  return new EnrolmentError('revoked', 'The identity under this id has been revoked.');
}

function createSecret(): string {
  return randomBytes(24).toString('base64url');
}

function equalSecrets(a: string, b: string): boolean {
  const [left, right] = [Buffer.from(a), Buffer.from(b)];
  return left.length === right.length && timingSafeEqual(left, right);
}
