/**
 * `@kesu/certs`: who may speak. Certificates are judged by `verifyCaller`, issued by an `Enrolment` (in development the
 * `DevelopmentAuthority`) and kept in a `Wallet`; storage and clock are ports.
 */
export { CERTIFICATE_ERROR_CODES, CertificateError, TrustError, type CertificateErrorCode } from './certificate-error';
export {
  ATTRIBUTES_EXTENSION,
  NODE_ROLES,
  PARTICIPANT_ATTRIBUTE,
  ROLE_ATTRIBUTE,
  type Attributes,
  type NodeRole,
} from './certificate-profile';
export {
  createDevelopmentAuthority,
  createPseudonym,
  DevelopmentAuthority,
  ISSUED_ROLES,
  REVOCATION_REASONS,
  type DevelopmentAuthorityOptions,
  type IssuedCertificate,
  type IssuedRole,
  type IssueRequest,
  type Now,
  type RevocationReason,
  type Validity,
} from './development-authority';
export { DevelopmentEnrolment, type DevelopmentEnrolmentOptions } from './development-enrolment';
export {
  REGISTRATION_STATES,
  type EnrolledIdentity,
  type Enrolment,
  type EnrolRequest,
  type ImportRequest,
  type ListedCertificate,
  type ListedIdentity,
  type Registration,
  type RegistrationRequest,
  type RegistrationState,
  type RenewalRequest,
  type Revocation,
  type RevocationRequest,
} from './enrolment';
export { ENROLMENT_ERROR_CODES, EnrolmentError, type EnrolmentErrorCode } from './enrolment-error';
export { EXPIRY_MARKS, expiryNotice, type ExpiryMark, type ExpiryNotice } from './expiry-notice';
export { openFabricCa, type FabricCa, type FabricCaOptions } from './fabric-ca/fabric-ca-enrolment';
export type { EnrolledNode, NodeEnrolment, NodeRegistration } from './fabric-ca/fabric-ca-nodes';
export type { RegistrarCredentials } from './fabric-ca/fabric-ca-registrar';
export type { Identity, SignMessage } from './identity';
export { MemoryStorage } from './memory-storage';
export {
  CALLER_ROLES,
  CallerVerification,
  verifyCaller,
  type CallerCertificate,
  type CallerRole,
  type MemberCertificate,
  type OrganisationTrust,
} from './organisation-trust';
export { revokedSerials, withRevocationList, type RevokedSerial } from './revocation-list';
export {
  createKeyPair,
  createSigner,
  isKeyOfCertificate,
  normaliseSignature,
  verifySignedMessage,
  type KeyPair,
} from './signing';
export type { AuthorityStorage, WalletStorage } from './storage';
export { Wallet, WalletError, type ExpiringEntry, type StoredIdentity, type WalletEntry } from './wallet';
