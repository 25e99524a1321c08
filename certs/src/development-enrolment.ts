import {
  createPseudonym,
  type DevelopmentAuthority,
  type IssuedCertificate,
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
import {
  createSecret,
  EnrolmentRegister,
  registrationOf,
  requireHolder,
  requireMember,
  requireRequest,
  requireSame,
  requireSecret,
  type RegisterRecord,
} from './enrolment-register';
import { normalSerial } from './parsed-certificate';
import { createKeyPair } from './signing';
import type { WalletStorage } from './storage';

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

/** `Enrolment` over a {@link DevelopmentAuthority} in the same process. */
export class DevelopmentEnrolment implements Enrolment {
  readonly #authority: DevelopmentAuthority;
  readonly #register: EnrolmentRegister;
  readonly #now: Now;
  readonly #lifetime: number;

  constructor(options: DevelopmentEnrolmentOptions) {
    this.#authority = options.authority;
    this.#register = new EnrolmentRegister({ storage: options.storage, prefix: 'enrolment', mspId: options.authority.mspId });
    this.#now = options.now;
    this.#lifetime = options.lifetime ?? YEAR;
  }

  get mspId(): string {
    return this.#authority.mspId;
  }

  register(request: RegistrationRequest): Promise<Registration & { readonly secret: string }> {
    return this.#register.inTurn(async () => {
      requireRequest(request);
      const known = await this.#register.find(request.id);
      if (known !== undefined) requireSame(known, request);
      const { id, role, attributes } = request;
      const record = known ?? { id, role, attributes, pseudonym: createPseudonym(), secret: createSecret(), revoked: false };
      if (known === undefined) await this.#register.save(record);
      return { ...registrationOf(this.mspId, record), secret: record.secret };
    });
  }

  enroll(request: EnrolRequest): Promise<EnrolledIdentity> {
    return this.#register.inTurn(async () => {
      const record = await this.#register.live(request.id);
      requireSecret(record, request.secret);
      const { privateKey, publicKey } = createKeyPair();
      const { pseudonym, role, attributes } = record;
      const validity = request.validity ?? this.#defaultValidity();
      return this.#enrolled(await this.#authority.issue({ pseudonym, role, attributes, publicKey, validity }), privateKey);
    });
  }

  import(request: ImportRequest): Promise<EnrolledIdentity> {
    return this.#register.inTurn(async () => {
      const { id, certificate, privateKey } = request;
      const identity = { mspId: this.mspId, certificate, privateKey };
      const member = requireMember(identity, await this.#authority.trust(), this.#now());
      const { role, subjectId: pseudonym, attributes, serial, notBefore, notAfter } = member;
      requireRequest({ id, role, attributes: {} });
      const known = await this.#register.find(id);
      if (known !== undefined) requireSame(known, { id, role, attributes }, pseudonym);
      await this.#register.requireOnlyHolder(id, pseudonym);
      await this.#authority.adopt({ serial, pseudonym, role, attributes, certificate, notBefore, notAfter });
      if (known === undefined) await this.#register.save({ id, role, attributes, pseudonym, secret: createSecret(), revoked: false });
      return { ...identity, pseudonym, serial, validity: { notBefore, notAfter } };
    });
  }

  async list(): Promise<readonly ListedIdentity[]> {
    const issued = await this.#authority.issued();
    return (await this.#register.records()).map((record) => this.#listed(record, issued));
  }

  revoke(request: RevocationRequest): Promise<Revocation> {
    return this.#register.inTurn(async () => {
      const serials = request.kind === 'certificate' ? [normalSerial(request.serial)] : await this.#disable(request.id);
      return { serials, revocationList: await this.#authority.revoke(serials, request.reason) };
    });
  }

  renew(request: RenewalRequest): Promise<EnrolledIdentity> {
    return this.#register.inTurn(async () => {
      const record = await this.#register.live(request.id);
      const member = requireMember(request.current, await this.#authority.trust(), this.#now());
      requireHolder(member, record);
      const { privateKey, publicKey } = createKeyPair();
      const validity = request.validity ?? this.#defaultValidity();
      return this.#enrolled(await this.#authority.renew(member.serial, { publicKey, validity }), privateKey);
    });
  }

  /** The mark is written before the certificates are revoked: a stop in between leaves no way to enrol again. */
  async #disable(id: string): Promise<string[]> {
    const record = await this.#register.registered(id);
    if (!record.revoked) await this.#register.save({ ...record, revoked: true });
    const issued = await this.#authority.issued();
    return issued.filter(({ pseudonym }) => pseudonym === record.pseudonym).map(({ serial }) => serial);
  }

  #defaultValidity(): Validity {
    const notBefore = this.#now();
    return { notBefore, notAfter: Math.min(notBefore + this.#lifetime, this.#authority.rootValidity.notAfter) };
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
    return { ...registrationOf(this.mspId, record), state, certificates };
  }
}
