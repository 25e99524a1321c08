import { z } from 'zod';
import { equalAttributes, type Attributes } from '../certificate-profile';
import { createPseudonym, REVOCATION_REASONS, type Now, type RevocationReason, type Validity } from '../development-authority';
import type {
  EnrolledIdentity,
  Enrolment,
  EnrolRequest,
  ImportRequest,
  ListedCertificate,
  ListedIdentity,
  Registration,
  RegistrationRequest,
  RenewalRequest,
  Revocation,
  RevocationRequest,
} from '../enrolment';
import { EnrolmentError } from '../enrolment-error';
import {
  createSecret,
  EnrolmentRegister,
  notRegistered,
  registrationOf,
  requireHolder,
  requireMember,
  requireRequest,
  requireSame,
  requireSecret,
  type RegisterRecord,
} from '../enrolment-register';
import type { MemberCertificate, OrganisationTrust } from '../organisation-trust';
import { normalSerial, parseCertificate } from '../parsed-certificate';
import { revokedSerials } from '../revocation-list';
import type { WalletStorage } from '../storage';
import { getJson, putJson } from '../stored-json';
import type { StoredIdentity } from '../wallet';
import { createCertificateRequest } from './certificate-request';
import { authorityKeyIdOf, FabricCaConnection, type FabricCaEndpoint, type FabricCaRevocation, type IssuedByFabricCa } from './fabric-ca-connection';
import { FABRIC_CA_CODES, fabricCaCode } from './fabric-ca-error';
import { FabricCaNodes, type EnrolledNode, type NodeEnrolment, type NodeRegistration } from './fabric-ca-nodes';
import { FabricCaRegistrar, type RegistrarCredentials } from './fabric-ca-registrar';
import { registerOnce } from './register-once';

/** An organisation's fabric-ca, with what this process needs to speak to it and to remember. */
export interface FabricCaOptions extends FabricCaEndpoint {
  readonly mspId: string;
  /** The identity at the authority that registers and revokes, such as the bootstrap identity of `fabric-ca-server start -b`. */
  readonly registrar: RegistrarCredentials;
  /** Holds the register with the enrolment secrets and the registrar's key. */
  readonly storage: WalletStorage;
  readonly now: Now;
}

/** An organisation's fabric-ca: the `Enrolment` port, and what only a network's operator needs. */
export interface FabricCa extends Enrolment {
  /** The authority's root certificates, PEM, one a string. Needs no credentials, so it also tells whether the authority is there. */
  roots(): Promise<readonly string[]>;
  /** A newly signed list of every revoked certificate, X.509 CRL as PEM. */
  revocationList(): Promise<string>;
  /** Registers a node and answers the secret to enrol it with. Again with the same role and attributes: the same secret. */
  registerNode(registration: NodeRegistration): Promise<{ readonly secret: string }>;
  /** Makes a key pair here and a certificate for it. */
  enrolNode(enrolment: NodeEnrolment): Promise<EnrolledNode>;
}

/**
 * An organisation's fabric-ca. Nothing is asked of it before a method is called.
 * @throws EnrolmentError `authority-untrusted` without TLS roots, `request-malformed` for a URL that is not https.
 */
export function openFabricCa(options: FabricCaOptions): FabricCa {
  return new FabricCaEnrolment(options);
}

const reasonSchema = z.strictObject({ reason: z.enum(REVOCATION_REASONS) });

/**
 * `Enrolment` over a fabric-ca-server. fabric-ca demands that a certificate's common name be the id at the authority, so
 * the pseudonym is that id, and the caller's own id stands in the storage only.
 */
export class FabricCaEnrolment implements FabricCa {
  readonly mspId: string;
  readonly #connection: FabricCaConnection;
  readonly #registrar: FabricCaRegistrar;
  readonly #nodes: FabricCaNodes;
  readonly #register: EnrolmentRegister;
  readonly #storage: WalletStorage;
  readonly #now: Now;

  /** As {@link openFabricCa}. */
  constructor(options: FabricCaOptions) {
    const { mspId, storage, now, registrar: credentials } = options;
    this.mspId = mspId;
    this.#storage = storage;
    this.#now = now;
    this.#connection = new FabricCaConnection(options);
    this.#registrar = new FabricCaRegistrar({ connection: this.#connection, credentials, storage, mspId, now });
    this.#nodes = new FabricCaNodes({ connection: this.#connection, registrar: this.#registrar, storage, mspId });
    this.#register = new EnrolmentRegister({ storage, prefix: 'fabric-ca/identity', mspId });
  }

  roots(): Promise<readonly string[]> {
    return this.#connection.chain();
  }

  revocationList(): Promise<string> {
    return this.#registrar.call((signer) => this.#connection.revocationList(signer));
  }

  registerNode(registration: NodeRegistration): Promise<{ readonly secret: string }> {
    return this.#register.inTurn(() => this.#nodes.register(registration));
  }

  enrolNode(enrolment: NodeEnrolment): Promise<EnrolledNode> {
    return this.#nodes.enrol(enrolment);
  }

  register(request: RegistrationRequest): Promise<Registration & { readonly secret: string }> {
    return this.#register.inTurn(async () => {
      requireRequest(request);
      const record = await this.#planned(request);
      if (record.authorityKnows !== 'secret') {
        const { pseudonym: id, secret, role, attributes } = record;
        await registerOnce(this.#connection, this.#registrar, { id, secret, role, attributes });
        await this.#register.save({ ...record, authorityKnows: 'secret' });
      }
      return { ...registrationOf(this.mspId, record), secret: record.secret };
    });
  }

  enroll({ id, secret, validity }: EnrolRequest): Promise<EnrolledIdentity> {
    return this.#register.inTurn(async () => {
      requireNoWish(validity);
      const record = await this.#live(id);
      requireSecret(record, secret);
      return this.#issued(record, (csr, attributes) => this.#connection.enrol(record.pseudonym, secret, { csr, attributes }));
    });
  }

  import({ id, certificate, privateKey }: ImportRequest): Promise<EnrolledIdentity> {
    return this.#register.inTurn(async () => {
      const identity = { mspId: this.mspId, certificate, privateKey };
      const member = requireMember(identity, await this.#trust(), this.#now());
      const { role, subjectId: pseudonym, serial, notBefore, notAfter } = member;
      const attributes = ownAttributes(member.attributes);
      requireRequest({ id, role, attributes });
      const known = await this.#find(id);
      if (known !== undefined) requireSame(known, { id, role, attributes }, pseudonym);
      await this.#register.requireOnlyHolder(id, pseudonym);
      await this.#requireIssued(serial);
      if (known === undefined) {
        await this.#register.save({ id, role, attributes, pseudonym, secret: createSecret(), revoked: false, authorityKnows: 'identity' });
      }
      return { ...identity, pseudonym, serial, validity: { notBefore, notAfter } };
    });
  }

  async list(): Promise<readonly ListedIdentity[]> {
    const records = (await this.#register.records()).filter(({ authorityKnows }) => authorityKnows !== 'nothing');
    if (records.length === 0) return [];
    const pems = await this.#registrar.call((signer) => this.#connection.certificates(signer, undefined));
    const revokedAt = new Map(revokedSerials(await this.revocationList()).map(({ serial, at }) => [serial, at]));
    const issued = await Promise.all(pems.map((pem) => this.#listedCertificate(pem, revokedAt)));
    return records.map((record) => {
      const own = issued.filter(({ commonName }) => commonName === record.pseudonym).map(({ certificate }) => certificate);
      const certificates = own.sort((a, b) => a.notAfter - b.notAfter);
      const state = record.revoked ? 'revoked' : certificates.length > 0 ? 'enrolled' : 'registered';
      return { ...registrationOf(this.mspId, record), state, certificates };
    });
  }

  revoke(request: RevocationRequest): Promise<Revocation> {
    return this.#register.inTurn(async () => {
      const serials = request.kind === 'identity' ? await this.#disable(request.id, request.reason) : await this.#revokeOne(request);
      return { serials, revocationList: await this.revocationList() };
    });
  }

  renew({ id, current, validity }: RenewalRequest): Promise<EnrolledIdentity> {
    return this.#register.inTurn(async () => {
      requireNoWish(validity);
      const record = await this.#live(id);
      requireHolder(requireMember(current, await this.#trust(), this.#now()), record);
      return this.#issued(record, (csr, attributes) => this.#reenrol(current, csr, attributes));
    });
  }

  /** The record of a request. It is written before the authority is asked, or a lost answer would lose pseudonym and secret. */
  async #planned(request: RegistrationRequest): Promise<RegisterRecord> {
    const known = await this.#find(request.id);
    if (known !== undefined) {
      requireSame(known, request);
      return known;
    }
    const { id, role, attributes } = request;
    const half = await this.#register.find(id);
    const isSame = half !== undefined && half.role === role && equalAttributes(half.attributes, attributes);
    if (isSame) return half;
    const fresh = { id, role, attributes, pseudonym: createPseudonym(), secret: createSecret(), revoked: false, authorityKnows: 'nothing' } as const;
    await this.#register.save(fresh);
    return fresh;
  }

  async #issued(record: RegisterRecord, ask: (csr: string, attributes: readonly string[]) => Promise<IssuedByFabricCa>): Promise<EnrolledIdentity> {
    const { csr, privateKey } = await createCertificateRequest(record.pseudonym, []);
    const { certificate } = await ask(csr, Object.keys(record.attributes));
    const identity = { mspId: this.mspId, certificate, privateKey };
    const { notBefore } = validityOf(certificate);
    // Judged at its own beginning: whether the clocks agree is not what is asked here.
    const member = requireMember(identity, { mspId: this.mspId, roots: await this.roots() }, notBefore);
    if (member.role !== record.role || !equalAttributes(member.attributes, record.attributes) || member.subjectId !== record.pseudonym) {
      throw new EnrolmentError('authority-failed', 'The authority issued a certificate with another role, name or other attributes than were registered.');
    }
    return { ...identity, pseudonym: member.subjectId, serial: member.serial, validity: { notBefore, notAfter: member.notAfter } };
  }

  async #reenrol(current: StoredIdentity, csr: string, attributes: readonly string[]): Promise<IssuedByFabricCa> {
    try {
      return await this.#connection.reenrol(current, csr, attributes);
    } catch (error) {
      if (!(error instanceof EnrolmentError) || fabricCaCode(error.cause) !== FABRIC_CA_CODES.AUTHENTICATION) throw error;
      const detail = 'The authority refused the certificate to renew: it has been revoked, has expired by the authority’s clock or is not in its register. (fabric-ca 20)';
      throw new EnrolmentError('certificate-refused', detail, { cause: error });
    }
  }

  /** The mark is written before the authority is asked: a stop in between leaves no way to enrol again from here. */
  async #disable(id: string, reason: RevocationReason): Promise<string[]> {
    const record = await this.#find(id);
    if (record === undefined) throw notRegistered();
    if (!record.revoked) await this.#register.save({ ...record, revoked: true });
    await this.#revokeAtAuthority({ id: record.pseudonym }, reason);
    const pems = await this.#registrar.call((signer) => this.#connection.certificates(signer, { id: record.pseudonym }));
    const serials = pems.map(serialOf).sort();
    for (const serial of serials) await this.#keepReason(serial, reason);
    return serials;
  }

  async #revokeOne(request: { readonly serial: string; readonly reason: RevocationReason }): Promise<string[]> {
    const serial = normalSerial(request.serial);
    const certificate = await this.#requireIssued(serial);
    await this.#revokeAtAuthority({ serial, aki: authorityKeyIdOf(certificate) }, request.reason);
    await this.#keepReason(serial, request.reason);
    return [serial];
  }

  async #revokeAtAuthority(what: FabricCaRevocation, reason: RevocationReason): Promise<void> {
    try {
      await this.#registrar.call((signer) => this.#connection.revoke(signer, what, reason));
    } catch (error) {
      if (!(error instanceof EnrolmentError) || fabricCaCode(error.cause) !== FABRIC_CA_CODES.ALREADY_REVOKED) throw error;
    }
  }

  /** fabric-ca keeps the reason but tells it to nobody. The first stands, as at the authority. */
  async #keepReason(serial: string, reason: RevocationReason): Promise<void> {
    if ((await this.#reasonOf(serial)) === undefined) await putJson(this.#storage, this.#reasonKey(serial), { reason });
  }

  async #reasonOf(serial: string): Promise<RevocationReason | undefined> {
    return (await getJson(this.#storage, this.#reasonKey(serial), reasonSchema))?.reason;
  }

  #reasonKey(serial: string): string {
    return `fabric-ca/revocation/${this.mspId}/${serial}`;
  }

  async #listedCertificate(pem: string, revokedAt: ReadonlyMap<string, number>): Promise<{ commonName: string; certificate: ListedCertificate }> {
    const { fields } = parseCertificate(pem);
    const serial = serialOf(pem);
    const at = revokedAt.get(serial);
    const revoked = at === undefined ? undefined : { at, reason: (await this.#reasonOf(serial)) ?? ('unspecified' as const) };
    const commonName = fields.subjectName.getField('CN')[0] ?? '';
    return { commonName, certificate: { serial, ...validityOf(pem), ...(revoked && { revoked }) } };
  }

  /** The certificate with a serial, PEM: what the authority hasn't in its own register it could never revoke. */
  async #requireIssued(serial: string): Promise<string> {
    const [certificate] = await this.#registrar.call((signer) => this.#connection.certificates(signer, { serial }));
    if (certificate === undefined) throw new EnrolmentError('not-enrolled', 'The authority’s register holds no certificate with this serial.');
    return certificate;
  }

  async #trust(): Promise<OrganisationTrust> {
    return { mspId: this.mspId, roots: await this.roots(), revocationList: await this.revocationList() };
  }

  /** The record under an id that the authority knows too; one whose registration never came to an end is none. */
  async #find(id: string): Promise<RegisterRecord | undefined> {
    const record = await this.#register.find(id);
    return record?.authorityKnows === 'nothing' ? undefined : record;
  }

  async #live(id: string): Promise<RegisterRecord> {
    const record = await this.#register.live(id);
    if (record.authorityKnows === 'nothing') throw notRegistered();
    return record;
  }
}

function requireNoWish(validity: Validity | undefined): void {
  if (validity === undefined) return;
  throw new EnrolmentError('validity-out-of-bounds', 'fabric-ca sets the period by its signing profile: call without a validity.');
}

/** The attributes that fabric-ca adds by itself, among them the id at the authority, are not the identity's own. */
function ownAttributes(attributes: MemberCertificate['attributes']): Attributes {
  return Object.fromEntries(Object.entries(attributes).filter(([name]) => !name.startsWith('hf.')));
}

function serialOf(pem: string): string {
  return normalSerial(parseCertificate(pem).node.serialNumber);
}

function validityOf(pem: string): Validity {
  const { fields } = parseCertificate(pem);
  return { notBefore: fields.notBefore.getTime(), notAfter: fields.notAfter.getTime() };
}
