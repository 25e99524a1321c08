import { randomBytes, timingSafeEqual } from 'node:crypto';
import { z } from 'zod';
import { CertificateError } from './certificate-error';
import { equalAttributes } from './certificate-profile';
import { ISSUED_ROLES, type IssuedRole } from './development-authority';
import type { Registration, RegistrationRequest } from './enrolment';
import { EnrolmentError } from './enrolment-error';
import { verifyMember, type MemberCertificate, type OrganisationTrust } from './organisation-trust';
import { isKeyOfCertificate } from './signing';
import type { WalletStorage } from './storage';
import { getJson, putJson } from './stored-json';
import type { StoredIdentity } from './wallet';

/**
 * How much of a record an authority outside this process has: nothing yet, the identity with a secret of its own, or the
 * identity with the secret of the record. Absent where register and authority are one.
 */
export const AUTHORITY_KNOWLEDGE = ['nothing', 'identity', 'secret'] as const;

const recordSchema = z.strictObject({
  id: z.string(),
  role: z.enum(ISSUED_ROLES),
  attributes: z.record(z.string(), z.string()),
  pseudonym: z.string(),
  secret: z.string(),
  revoked: z.boolean(),
  authorityKnows: z.enum(AUTHORITY_KNOWLEDGE).exactOptional(),
});

/** What an enrolment keeps of a registered identity: the one place where id, pseudonym and secret stand together. */
export type RegisterRecord = z.infer<typeof recordSchema>;

/** Where a register lies: one prefix a kind of authority, one register an organisation. */
export interface EnrolmentRegisterOptions {
  readonly storage: WalletStorage;
  readonly prefix: string;
  readonly mspId: string;
}

/** The registered identities of one organisation, in the caller's storage. */
export class EnrolmentRegister {
  readonly #storage: WalletStorage;
  readonly #prefix: string;
  #last: Promise<unknown> = Promise.resolve();

  constructor({ storage, prefix, mspId }: EnrolmentRegisterOptions) {
    this.#storage = storage;
    this.#prefix = `${prefix}/${mspId}/`;
  }

  /** The record under an id; undefined when there is none. */
  find(id: string): Promise<RegisterRecord | undefined> {
    return getJson(this.#storage, this.#prefix + id, recordSchema);
  }

  /** The record under an id. @throws EnrolmentError `not-registered`. */
  async registered(id: string): Promise<RegisterRecord> {
    const record = await this.find(id);
    if (record === undefined) throw notRegistered();
    return record;
  }

  /** The record under an id, when it may still get certificates. @throws EnrolmentError `not-registered`, `revoked`. */
  async live(id: string): Promise<RegisterRecord> {
    const record = await this.registered(id);
    if (record.revoked) throw revokedIdentity();
    return record;
  }

  /** Writes or replaces a record. */
  async save(record: RegisterRecord): Promise<void> {
    await putJson(this.#storage, this.#prefix + record.id, record);
  }

  /** Every record, ascending by id. */
  async records(): Promise<RegisterRecord[]> {
    const keys = await this.#storage.list(this.#prefix);
    const records = await Promise.all(keys.map((key) => getJson(this.#storage, key, recordSchema)));
    return records.filter((record) => record !== undefined);
  }

  /**
   * Makes sure that no other id has this pseudonym: one subject under two ids could be revoked under one and enrolled
   * again under the other.
   * @throws EnrolmentError `registered-otherwise`.
   */
  async requireOnlyHolder(id: string, pseudonym: string): Promise<void> {
    if ((await this.records()).some((record) => record.pseudonym === pseudonym && record.id !== id)) {
      throw new EnrolmentError('registered-otherwise', 'The certificate’s subject is registered under another id.');
    }
  }

  /** One change at a time: the register is read before it is written. */
  inTurn<T>(work: () => Promise<T>): Promise<T> {
    const done = this.#last.then(work, work);
    this.#last = done.catch(() => undefined);
    return done;
  }
}

/** A record as callers see it: without the secret. */
export function registrationOf(mspId: string, { id, role, attributes, pseudonym }: RegisterRecord): Registration {
  return { mspId, id, role, attributes, pseudonym };
}

/** @throws EnrolmentError `request-malformed` unless id, role and the attributes' names may be registered. */
export function requireRequest(request: RegistrationRequest): void {
  if (!/^[A-Za-z0-9._-]{1,100}$/.test(request.id)) {
    throw new EnrolmentError('request-malformed', 'id has 1 to 100 of the characters A–Z a–z 0–9 . _ -');
  }
  if (!ISSUED_ROLES.includes(request.role)) throw new EnrolmentError('request-malformed', 'role is client, admin or peer.');
  if (Object.keys(request.attributes).some((name) => name === '' || name.startsWith('hf.'))) {
    throw new EnrolmentError('request-malformed', 'attributes have names, and none that begins with "hf.".');
  }
}

/** @throws EnrolmentError `revoked`, or `registered-otherwise` unless role, attributes and pseudonym are those of the record. */
export function requireSame(known: RegisterRecord, asked: RegistrationRequest, pseudonym = known.pseudonym): void {
  if (known.revoked) throw revokedIdentity();
  if (known.role !== asked.role || known.pseudonym !== pseudonym || !equalAttributes(known.attributes, asked.attributes)) {
    throw new EnrolmentError('registered-otherwise', 'The id is registered with another role, pseudonym or other attributes.');
  }
}

/** @throws EnrolmentError `secret-wrong` unless `secret` is the record's. */
export function requireSecret(record: RegisterRecord, secret: string): void {
  const [left, right] = [Buffer.from(record.secret), Buffer.from(secret)];
  if (left.length !== right.length || !timingSafeEqual(left, right)) {
    throw new EnrolmentError('secret-wrong', 'The enrolment secret is wrong.');
  }
}

/**
 * The certificate of an identity that is presented with its key, judged by the organisation's trust at `at` (epoch milliseconds).
 * @throws EnrolmentError `key-mismatch`, `certificate-refused` with the CertificateError as cause.
 */
export function requireMember(identity: StoredIdentity, trust: OrganisationTrust, at: number): MemberCertificate<IssuedRole> {
  if (!isKeyOfCertificate(identity.privateKey, identity.certificate)) {
    throw new EnrolmentError('key-mismatch', 'The private key does not belong to the certificate.');
  }
  try {
    return verifyMember(identity.certificate, trust, at, ISSUED_ROLES);
  } catch (cause) {
    if (cause instanceof CertificateError) throw new EnrolmentError('certificate-refused', cause.detail, { cause });
    throw cause;
  }
}

/** @throws EnrolmentError `certificate-refused` unless the certificate is one of the record's identity. */
export function requireHolder(member: MemberCertificate, record: RegisterRecord): void {
  if (member.subjectId !== record.pseudonym) {
    throw new EnrolmentError('certificate-refused', 'The certificate belongs to another identity than the one to renew.');
  }
}

/** A random enrolment secret, 192 bits. */
export function createSecret(): string {
  return randomBytes(24).toString('base64url');
}

/** No identity is registered under the id asked for. */
export function notRegistered(): EnrolmentError {
  return new EnrolmentError('not-registered', 'No identity is registered under this id.');
}

function revokedIdentity(): EnrolmentError {
  return new EnrolmentError('revoked', 'The identity under this id has been revoked.');
}
