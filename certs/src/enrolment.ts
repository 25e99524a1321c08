import type { Attributes } from './certificate-profile';
import type { IssuedRole, RevocationReason, Validity } from './development-authority';
import type { StoredIdentity } from './wallet';

/** What is to be registered. */
export interface RegistrationRequest {
  /**
   * The caller's own stable name for the identity, 1 to 100 of `A–Z a–z 0–9 . _ -`. It stays in the register and never
   * stands in a certificate: there the pseudonym does.
   */
  readonly id: string;
  readonly role: IssuedRole;
  /** Names that begin with `hf.` belong to fabric-ca and are refused. */
  readonly attributes: Attributes;
}

/** An identity that may be enrolled. */
export interface Registration extends RegistrationRequest {
  readonly mspId: string;
  /** The common name of every certificate of this identity: random, made at registration, kept through renewals. */
  readonly pseudonym: string;
}

/** Whether a registered identity can still get certificates. */
export const REGISTRATION_STATES = ['registered', 'enrolled', 'revoked'] as const;

/** One of {@link REGISTRATION_STATES}. */
export type RegistrationState = (typeof REGISTRATION_STATES)[number];

/** One certificate in a listing. Times are epoch milliseconds, the serial lower-case hex. */
export interface ListedCertificate extends Validity {
  readonly serial: string;
  readonly revoked?: { readonly at: number; readonly reason: RevocationReason };
}

/** A registered identity in a listing, certificates by their end, without secret and keys. */
export interface ListedIdentity extends Registration {
  readonly state: RegistrationState;
  readonly certificates: readonly ListedCertificate[];
}

/** An identity ready for a wallet, with the serial (lower-case hex) and validity of its certificate. */
export interface EnrolledIdentity extends StoredIdentity {
  readonly pseudonym: string;
  readonly serial: string;
  readonly validity: Validity;
}

/** Who enrols: a registered id with its secret, and the validity wished for. */
export interface EnrolRequest {
  readonly id: string;
  readonly secret: string;
  readonly validity?: Validity;
}

/** An identity that exists already: certificate and private key as PEM. */
export interface ImportRequest {
  readonly id: string;
  readonly certificate: string;
  readonly privateKey: string;
}

/** Who renews: a registered id with the identity it holds, and the validity wished for. */
export interface RenewalRequest {
  readonly id: string;
  readonly current: StoredIdentity;
  readonly validity?: Validity;
}

/** What a revocation did. */
export interface Revocation {
  /** Every serial of the request, those included that were revoked before. */
  readonly serials: readonly string[];
  /** The authority's new revocation list (X.509 CRL, PEM), which takes effect where it is handed to: the ledger. */
  readonly revocationList: string;
}

/** What is to be revoked: an identity with all its certificates and its right to enrol again, or one certificate. */
export type RevocationRequest =
  | { readonly kind: 'identity'; readonly id: string; readonly reason: RevocationReason }
  | { readonly kind: 'certificate'; readonly serial: string; readonly reason: RevocationReason };

/**
 * How identities come into being at an organisation's authority, be it the development authority or fabric-ca.
 * Every method throws `EnrolmentError` and only that for what the authority refuses or can't be asked; all but `enroll`
 * and `renew` answer a repetition as they answered the first call.
 */
export interface Enrolment {
  /** The organisation's MSP id. */
  readonly mspId: string;

  /**
   * Registers an identity and answers the secret to enrol it with. Again with equal role and attributes: the same answer.
   * @throws `registered-otherwise` when the id has another role or other attributes; `revoked`; `request-malformed`.
   */
  register(request: RegistrationRequest): Promise<Registration & { readonly secret: string }>;

  /**
   * Makes a key pair here and a certificate for it. May be repeated when the answer was lost: each answer is a new
   * certificate. `validity` is a wish that an authority with a fixed profile may shorten.
   * @throws `not-registered`, `secret-wrong`, `revoked`, `validity-out-of-bounds`.
   */
  enroll(request: EnrolRequest): Promise<EnrolledIdentity>;

  /**
   * Takes in an identity whose certificate this authority's root issued elsewhere, under the role and attributes that
   * the certificate states. Again with the same certificate: the same answer.
   * @throws `certificate-refused` (with the CertificateError as cause), `key-mismatch`, `registered-otherwise`, `revoked`.
   */
  import(request: ImportRequest): Promise<EnrolledIdentity>;

  /** Every registered identity, ascending by id. */
  list(): Promise<readonly ListedIdentity[]>;

  /** Revokes for good. @throws `not-registered`, `not-enrolled` for an unknown serial. */
  revoke(request: RevocationRequest): Promise<Revocation>;

  /**
   * Makes a new key pair and certificate for an identity that still holds a valid one, which stays valid.
   * @throws `not-registered`, `certificate-refused`, `key-mismatch`, `revoked`, `validity-out-of-bounds`.
   */
  renew(request: RenewalRequest): Promise<EnrolledIdentity>;
}
