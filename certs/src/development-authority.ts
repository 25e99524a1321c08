import 'reflect-metadata';
import { createPrivateKey, createPublicKey, randomBytes, webcrypto } from 'node:crypto';
import {
  AuthorityKeyIdentifierExtension,
  BasicConstraintsExtension,
  Extension,
  KeyUsageFlags,
  KeyUsagesExtension,
  SubjectKeyIdentifierExtension,
  X509CertificateGenerator,
  X509CrlGenerator,
  X509CrlReason,
  type JsonName,
  type Name,
} from '@peculiar/x509';
import { z } from 'zod';
import { ATTRIBUTES_EXTENSION, attributesJson, type Attributes, type NodeRole } from './certificate-profile';
import { EnrolmentError } from './enrolment-error';
import type { OrganisationTrust } from './organisation-trust';
import { normalSerial, parseCertificate } from './parsed-certificate';
import { createKeyPair, isKeyOfCertificate, isLowS, isP256 } from './signing';
import type { AuthorityStorage } from './storage';
import { getJson, putJson } from './stored-json';

/** A clock: epoch milliseconds. */
export type Now = () => number;

/** A period in epoch milliseconds, both ends included. Certificates hold whole seconds: both ends are cut to the second. */
export interface Validity {
  readonly notBefore: number;
  readonly notAfter: number;
}

/** What a development authority may issue; a caller's certificate is `client` or `admin`. */
export const ISSUED_ROLES = ['client', 'admin', 'peer'] as const satisfies readonly NodeRole[];

/** One of {@link ISSUED_ROLES}. */
export type IssuedRole = (typeof ISSUED_ROLES)[number];

/** Why a certificate is revoked (RFC 5280 section 5.3.1, the reasons that end it for good). */
export const REVOCATION_REASONS = [
  'unspecified',
  'keyCompromise',
  'affiliationChanged',
  'superseded',
  'cessationOfOperation',
  'privilegeWithdrawn',
] as const;

/** One of {@link REVOCATION_REASONS}. */
export type RevocationReason = (typeof REVOCATION_REASONS)[number];

/** What a certificate is to say. */
export interface IssueRequest {
  /** The subject's common name: a random id that names nobody, see {@link createPseudonym}. */
  readonly pseudonym: string;
  readonly role: IssuedRole;
  readonly attributes: Attributes;
  /** The subject's P-256 public key, SPKI PEM. */
  readonly publicKey: string;
  readonly validity: Validity;
}

/** One line of the issued register. Times are epoch milliseconds. */
export interface IssuedCertificate extends Validity {
  /** Lower-case hex. */
  readonly serial: string;
  readonly pseudonym: string;
  readonly role: IssuedRole;
  readonly attributes: Attributes;
  /** PEM. */
  readonly certificate: string;
  readonly revoked?: { readonly at: number; readonly reason: RevocationReason };
}

/** Where an authority lives and which time it has. */
export interface DevelopmentAuthorityOptions {
  /** The organisation whose root this is: 1 to 40 of `A–Z a–z 0–9 . -`. */
  readonly mspId: string;
  readonly now: Now;
  /** Several organisations may share one storage: every key carries the MSP id. One process writes at a time. */
  readonly storage: AuthorityStorage;
}

const DAY = 86_400_000;
const ROOT_YEARS = 20;
const LIST_DAYS = 30;
const ECDSA = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' } as const;
const CRYPTO = webcrypto;

const REASON: Record<RevocationReason, X509CrlReason> = {
  unspecified: X509CrlReason.unspecified,
  keyCompromise: X509CrlReason.keyCompromise,
  affiliationChanged: X509CrlReason.affiliationChanged,
  superseded: X509CrlReason.superseded,
  cessationOfOperation: X509CrlReason.cessationOfOperation,
  privilegeWithdrawn: X509CrlReason.privilegeWithdrawn,
};

const rootSchema = z.strictObject({ mspId: z.string(), certificate: z.string(), privateKey: z.string() });
const listSchema = z.strictObject({ number: z.int(), nextUpdate: z.int(), serials: z.array(z.string()), list: z.string() });
const issuedSchema = z.strictObject({
  serial: z.string(),
  pseudonym: z.string(),
  role: z.enum(ISSUED_ROLES),
  attributes: z.record(z.string(), z.string()),
  certificate: z.string(),
  notBefore: z.int(),
  notAfter: z.int(),
  revoked: z.strictObject({ at: z.int(), reason: z.enum(REVOCATION_REASONS) }).exactOptional(),
});

type Root = z.infer<typeof rootSchema>;

/** A random id for a subject: 128 bits as `k` and 32 hex digits. It names nobody, so it may stand on the ledger (I16). */
export function createPseudonym(): string {
  return `k${randomBytes(16).toString('hex')}`;
}

/**
 * Creates an organisation's development authority: a P-256 root, valid for 20 years from `now`, and an empty register.
 * @throws EnrolmentError `authority-exists` when the storage holds one for this MSP id, `request-malformed` for a bad MSP id.
 */
export async function createDevelopmentAuthority(options: DevelopmentAuthorityOptions): Promise<DevelopmentAuthority> {
  const { mspId, now, storage } = options;
  if (!/^[A-Za-z0-9.-]{1,40}$/.test(mspId)) {
    throw new EnrolmentError('request-malformed', 'mspId has 1 to 40 of the characters A–Z a–z 0–9 . -');
  }
  if ((await storage.get(rootKey(mspId))) !== undefined) {
    throw new EnrolmentError('authority-exists', `The storage already holds an authority for ${mspId}.`);
  }
  const keys = createKeyPair();
  const publicKey = await importPublicKey(keys.publicKey);
  const notBefore = wholeSecond(now());
  const certificate = await signedLowS(async () =>
    X509CertificateGenerator.createSelfSigned(
      {
        serialNumber: createSerial(),
        name: rootName(mspId),
        notBefore: new Date(notBefore),
        notAfter: new Date(notBefore + ROOT_YEARS * 365 * DAY),
        signingAlgorithm: ECDSA,
        keys: { publicKey, privateKey: await importPrivateKey(keys.privateKey) },
        extensions: [
          new BasicConstraintsExtension(true, 0, true),
          new KeyUsagesExtension(KeyUsageFlags.keyCertSign | KeyUsageFlags.cRLSign | KeyUsageFlags.digitalSignature, true),
          await SubjectKeyIdentifierExtension.create(publicKey, false, CRYPTO),
        ],
      },
      CRYPTO,
    ),
  );
  const root: Root = { mspId, certificate: pemOf('CERTIFICATE', certificate), privateKey: keys.privateKey };
  await putJson(storage, rootKey(mspId), root);
  return DevelopmentAuthority.open(options);
}

/**
 * An organisation's certificate authority for the embedded ledger. Its root key lies in the storage: a development and
 * demonstration authority, which a production network replaces with fabric-ca behind the `Enrolment` port.
 */
export class DevelopmentAuthority {
  readonly #root: Root;
  readonly #key: webcrypto.CryptoKey;
  readonly #bounds: Validity;
  /** The root's subject, as it is encoded there. */
  readonly #name: Name;
  readonly #storage: AuthorityStorage;
  readonly #now: Now;
  #last: Promise<unknown> = Promise.resolve();

  private constructor(root: Root, key: webcrypto.CryptoKey, options: DevelopmentAuthorityOptions) {
    const { fields } = parseCertificate(root.certificate);
    this.#root = root;
    this.#key = key;
    this.#bounds = { notBefore: fields.notBefore.getTime(), notAfter: fields.notAfter.getTime() };
    this.#name = fields.subjectName;
    this.#storage = options.storage;
    this.#now = options.now;
  }

  /**
   * Opens the authority that {@link createDevelopmentAuthority} made.
   * @throws EnrolmentError `authority-missing` when there is none; Error when its records are damaged.
   */
  static async open(options: DevelopmentAuthorityOptions): Promise<DevelopmentAuthority> {
    const root = await getJson(options.storage, rootKey(options.mspId), rootSchema);
    if (root === undefined) {
      throw new EnrolmentError('authority-missing', `The storage holds no authority for ${options.mspId}.`);
    }
    if (root.mspId !== options.mspId || !isKeyOfCertificate(root.privateKey, root.certificate)) {
      throw new Error(`The root of ${options.mspId} is damaged. Restore the storage from its backup.`);
    }
    return new DevelopmentAuthority(root, await importPrivateKey(root.privateKey), options);
  }

  /** The organisation's MSP id. */
  get mspId(): string {
    return this.#root.mspId;
  }

  /** The root certificate, PEM. */
  get rootCertificate(): string {
    return this.#root.certificate;
  }

  /** The root's own validity, within which every certificate's must lie. */
  get rootValidity(): Validity {
    return this.#bounds;
  }

  /** What verifiers need to judge this organisation's callers now. */
  async trust(): Promise<OrganisationTrust> {
    return { mspId: this.mspId, roots: [this.rootCertificate], revocationList: await this.revocationList() };
  }

  /**
   * Issues a certificate and enters it in the register before answering.
   * @throws EnrolmentError `request-malformed`, `validity-out-of-bounds`.
   */
  issue(request: IssueRequest): Promise<IssuedCertificate> {
    return this.#inTurn(() => this.#issue(request));
  }

  /**
   * Issues a new certificate with the subject and attributes of an earlier one; the earlier one stays valid until it
   * expires or is revoked, so that calls under way don't fail.
   * @throws EnrolmentError `not-enrolled` for an unknown serial, `revoked`, and as {@link issue}.
   */
  renew(serial: string, request: Pick<IssueRequest, 'publicKey' | 'validity'>): Promise<IssuedCertificate> {
    return this.#inTurn(async () => {
      const { pseudonym, role, attributes, revoked } = await this.#record(serial);
      if (revoked !== undefined) throw new EnrolmentError('revoked', 'The certificate to renew has been revoked.');
      return this.#issue({ pseudonym, role, attributes, ...request });
    });
  }

  /**
   * Revokes certificates for good; what is revoked already stays as it was.
   * @returns the new revocation list, PEM.
   * @throws EnrolmentError `not-enrolled` for an unknown serial; then nothing is revoked.
   */
  revoke(serials: readonly string[], reason: RevocationReason): Promise<string> {
    return this.#inTurn(async () => {
      const records = await Promise.all(serials.map((serial) => this.#record(serial)));
      const at = this.#now();
      for (const record of records.filter(({ revoked }) => revoked === undefined)) {
        await putJson(this.#storage, issuedKey(this.mspId, record.serial), { ...record, revoked: { at, reason } });
      }
      return this.#currentList();
    });
  }

  /** The signed revocation list (X.509 CRL v2, PEM) that agrees with the register; signed anew when it doesn't or is due. */
  revocationList(): Promise<string> {
    return this.#inTurn(() => this.#currentList());
  }

  /** Every certificate issued, ascending by serial. */
  async issued(): Promise<readonly IssuedCertificate[]> {
    const keys = await this.#storage.list(issuedKey(this.mspId, ''));
    const records = await Promise.all(keys.map((key) => getJson(this.#storage, key, issuedSchema)));
    return records.filter((record) => record !== undefined);
  }

  /** Enters a certificate of this root that the register doesn't know, so that it can be revoked and renewed. */
  adopt(record: Omit<IssuedCertificate, 'revoked'>): Promise<void> {
    return this.#inTurn(async () => {
      const key = issuedKey(this.mspId, record.serial);
      if ((await this.#storage.get(key)) === undefined) await putJson(this.#storage, key, record);
    });
  }

  async #issue(request: IssueRequest): Promise<IssuedCertificate> {
    const validity = this.#within(request.validity);
    const { pseudonym, role, attributes } = requireSubject(request);
    const publicKey = await importPublicKey(request.publicKey);
    const serial = createSerial();
    const extensions = [
      new BasicConstraintsExtension(false, undefined, true),
      new KeyUsagesExtension(KeyUsageFlags.digitalSignature, true),
      await SubjectKeyIdentifierExtension.create(publicKey, false, CRYPTO),
      await this.#authorityKeyIdentifier(),
      new Extension(ATTRIBUTES_EXTENSION, false, new TextEncoder().encode(attributesJson(attributes))),
    ];
    const certificate = await signedLowS(() =>
      X509CertificateGenerator.create(
        {
          serialNumber: serial,
          issuer: this.#name,
          subject: [{ OU: [role] }, { CN: [pseudonym] }],
          notBefore: new Date(validity.notBefore),
          notAfter: new Date(validity.notAfter),
          signingAlgorithm: ECDSA,
          publicKey,
          signingKey: this.#key,
          extensions,
        },
        CRYPTO,
      ),
    );
    const pem = pemOf('CERTIFICATE', certificate);
    const record: IssuedCertificate = { serial, pseudonym, role, attributes, certificate: pem, ...validity };
    await putJson(this.#storage, issuedKey(this.mspId, serial), record);
    return record;
  }

  #within(asked: Validity): Validity {
    const notBefore = wholeSecond(asked.notBefore);
    const notAfter = wholeSecond(asked.notAfter);
    // Written so that a NaN is refused too.
    const inside = notBefore >= this.#bounds.notBefore && notAfter <= this.#bounds.notAfter && notBefore < notAfter;
    if (!inside) throw new EnrolmentError('validity-out-of-bounds', 'The period is empty or reaches beyond the root’s.');
    return { notBefore, notAfter };
  }

  async #record(serial: string): Promise<IssuedCertificate> {
    const record = await getJson(this.#storage, issuedKey(this.mspId, serial), issuedSchema);
    if (record === undefined) throw new EnrolmentError('not-enrolled', 'No certificate with this serial was issued.');
    return record;
  }

  /** A stop between the register and the list is healed here: the list is a function of the register. */
  async #currentList(): Promise<string> {
    const revoked = (await this.issued()).filter((record) => record.revoked !== undefined);
    const serials = revoked.map(({ serial }) => serial);
    const last = await getJson(this.#storage, listKey(this.mspId), listSchema);
    const current = last?.serials.join() === serials.join() && last.nextUpdate > this.#now();
    if (last !== undefined && current) return last.list;
    const number = (last?.number ?? 0) + 1;
    const thisUpdate = wholeSecond(this.#now());
    const nextUpdate = thisUpdate + LIST_DAYS * DAY;
    const list = await this.#signList(number, { thisUpdate, nextUpdate }, revoked);
    await putJson(this.#storage, listKey(this.mspId), { number, nextUpdate, serials, list });
    return list;
  }

  async #signList(
    number: number,
    times: { readonly thisUpdate: number; readonly nextUpdate: number },
    revoked: readonly IssuedCertificate[],
  ): Promise<string> {
    const entries = revoked.map(({ serial, revoked: mark }) => ({
      serialNumber: serial,
      revocationDate: new Date(wholeSecond(mark?.at ?? times.thisUpdate)),
      // RFC 5280 section 5.3.1: an unspecified reason is left out.
      ...(mark === undefined || mark.reason === 'unspecified' ? {} : { reason: REASON[mark.reason] }),
    }));
    const extensions = [await this.#authorityKeyIdentifier(), new Extension('2.5.29.20', false, derInteger(number))];
    const list = await signedLowS(() =>
      X509CrlGenerator.create(
        {
          issuer: this.#name,
          thisUpdate: new Date(times.thisUpdate),
          nextUpdate: new Date(times.nextUpdate),
          signingAlgorithm: ECDSA,
          signingKey: this.#key,
          entries,
          extensions,
        },
        CRYPTO,
      ),
    );
    return pemOf('X509 CRL', list);
  }

  async #authorityKeyIdentifier(): Promise<AuthorityKeyIdentifierExtension> {
    const { node } = parseCertificate(this.rootCertificate);
    const key = await importPublicKey(node.publicKey.export({ type: 'spki', format: 'pem' }).toString());
    return AuthorityKeyIdentifierExtension.create(key, false, CRYPTO);
  }

  /** One change at a time: serials, register and list are read before they are written. */
  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const done = this.#last.then(work, work);
    this.#last = done.catch(() => undefined);
    return done;
  }
}

function requireSubject(request: IssueRequest): Pick<IssueRequest, 'pseudonym' | 'role' | 'attributes'> {
  if (!/^[A-Za-z0-9-]{1,64}$/.test(request.pseudonym)) {
    throw new EnrolmentError('request-malformed', 'pseudonym has 1 to 64 letters, digits or hyphens.');
  }
  if (!ISSUED_ROLES.includes(request.role)) throw new EnrolmentError('request-malformed', 'role is client, admin or peer.');
  return request;
}

function rootName(mspId: string): JsonName {
  return [{ O: [mspId] }, { CN: ['Kesu development root'] }];
}

function rootKey(mspId: string): string {
  return `authority/${mspId}/root`;
}

function listKey(mspId: string): string {
  return `authority/${mspId}/revocation-list`;
}

function issuedKey(mspId: string, serial: string): string {
  return `authority/${mspId}/issued/${serial}`;
}

/** 128 random bits, positive and never short (RFC 5280 section 4.1.2.2 asks for at most 20 bytes). */
function createSerial(): string {
  const bytes = randomBytes(16);
  bytes[0] = ((bytes[0] ?? 0) & 0x3f) | 0x40;
  return normalSerial(bytes.toString('hex'));
}

function wholeSecond(milliseconds: number): number {
  return Math.floor(milliseconds / 1000) * 1000;
}

function derInteger(value: number): Uint8Array<ArrayBuffer> {
  const hex = value.toString(16);
  const even = hex.length % 2 === 0 ? hex : `0${hex}`;
  const content = Buffer.from(/^[89a-f]/.test(even) ? `00${even}` : even, 'hex');
  return Uint8Array.from([2, content.length, ...content]);
}

/** Fabric rewrites a certificate with a high S and knows it by the new text, so none is issued. Half of all signatures are low. */
async function signedLowS<T extends { readonly signature: ArrayBuffer }>(create: () => Promise<T>): Promise<T> {
  for (let attempt = 0; attempt < 128; attempt++) {
    const signed = await create();
    if (isLowS(new Uint8Array(signed.signature))) return signed;
  }
  throw new Error('The system’s signatures are not P-256 signatures.');
}

/** Written here because @peculiar/x509 labels lists `CRL`, and openssl and Fabric look for `X509 CRL` (RFC 7468 section 6). */
function pemOf(label: 'CERTIFICATE' | 'X509 CRL', structure: { readonly rawData: ArrayBuffer }): string {
  const lines = Buffer.from(structure.rawData).toString('base64').replace(/.{64}(?=.)/g, '$&\n');
  return `-----BEGIN ${label}-----\n${lines}\n-----END ${label}-----\n`;
}

async function importPrivateKey(pem: string): Promise<webcrypto.CryptoKey> {
  const der = createPrivateKey(pem).export({ type: 'pkcs8', format: 'der' });
  return CRYPTO.subtle.importKey('pkcs8', Uint8Array.from(der), ECDSA, false, ['sign']);
}

/** @throws EnrolmentError `request-malformed` unless `pem` is a P-256 public key. */
async function importPublicKey(pem: string): Promise<webcrypto.CryptoKey> {
  try {
    const key = createPublicKey(pem);
    if (isP256(key) && !pem.includes('PRIVATE')) {
      const der = Uint8Array.from(key.export({ type: 'spki', format: 'der' }));
      return await CRYPTO.subtle.importKey('spki', der, ECDSA, true, ['verify']);
    }
  } catch {
    // falls through: one answer for every unusable key
  }
  throw new EnrolmentError('request-malformed', 'publicKey is not a P-256 public key in SPKI PEM.');
}
