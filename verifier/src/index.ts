/** `@kesu/verifier`: what a notary installs alone. Checks bundles, single proofs and checkpoints offline; runs in a browser too. */
export * from './bundle';
export * from './checks/check';
export { readCheckpoint, verifiedSigners } from './checks/log-checks';
export { letterContext, templateDigest } from './checks/statement-checks';
export { ASIC_MIMETYPE, inOrder, MANIFEST_PART, MIMETYPE_PART, readContainer, SIGNATURE_PART, SM2_SEAL_PART, writeContainer, type Part } from './container';
export { Facts } from './facts';
export { FAILURE_CODES, VerificationFailure, type FailureCode } from './failure';
export * from './limits';
export { contentDigest, writeManifest } from './manifest';
export { verifyTimestamp, type Timestamp, type TimestampAuthority } from './timestamp';
export { legalChecklist, reportPage, verificationLines } from './report';
export { readTrust, TRUST_FORMAT, trustFileSchema, type Trust, type TrustFile } from './trust';
export { BUNDLE_CHECKS, VERDICTS, verifyBundle, type Verdict, type Verification } from './verify-bundle';
export { verifyFile } from './verify-file';
export { isStatement, verifyStatement } from './verify-statement';
export { derOfPem, parseCertificate, type Certificate } from './certificate';
