/** Every reason for which a file is refused, one for each thing that can be wrong. */
export const FAILURE_CODES = [
  'file-too-large',
  'file-kind-unknown',
  'trust-malformed',
  'container-not-zip',
  'container-too-many-entries',
  'container-entry-name',
  'container-entry-twice',
  'container-entry-compressed',
  'container-entry-bounds',
  'container-order',
  'container-mimetype',
  'container-layout',
  'container-part-missing',
  'container-part-unknown',
  'manifest-malformed',
  'manifest-part-missing',
  'manifest-part-unknown',
  'digest-mismatch',
  'part-malformed',
  'bundle-network-foreign',
  'der-malformed',
  'cms-malformed',
  'cms-attributes-unsorted',
  'cms-content-mismatch',
  'cms-algorithm-unknown',
  'cms-certificate-missing',
  'cms-certificate-superfluous',
  'cms-signing-certificate-mismatch',
  'cms-signature-invalid',
  'cms-signature-not-low-s',
  'certificate-malformed',
  'certificate-critical-extension',
  'certificate-untrusted',
  'certificate-out-of-time',
  'certificate-usage',
  'certificate-revoked',
  'revocation-list-invalid',
  'issuer-mismatch',
  'timestamp-malformed',
  'timestamp-mismatch',
  'timestamp-usage',
  'timestamp-untrusted',
  'timestamp-out-of-time',
  'timestamp-before-events',
  'sm2-seal-malformed',
  'sm2-seal-invalid',
  'sm2-seal-untrusted',
  'checkpoint-malformed',
  'checkpoint-origin-foreign',
  'checkpoint-signature-invalid',
  'checkpoint-log-key-missing',
  'cosigners-too-few',
  'leaf-malformed',
  'leaf-network-foreign',
  'leaf-event-mismatch',
  'leaf-position-mismatch',
  'leaf-subject-mismatch',
  'leaf-pointer-mismatch',
  'leaf-not-included',
  'leaf-twice',
  'fact-missing',
  'fact-foreign',
  'fact-order',
  'statement-digest-mismatch',
  'statement-network-foreign',
  'statement-out-of-time',
  'statement-key-unknown',
  'statement-key-not-live',
  'statement-signature-invalid',
  'case-life-broken',
  'case-package-mismatch',
  'volume-life-broken',
  'volume-digest-mismatch',
  'item-added-otherwise',
  'item-provenance-impossible',
  'link-missing',
  'link-digest-mismatch',
  'grant-differs-from-letter',
  'template-digest-mismatch',
  'identity-digest-mismatch',
  'letter-text-mismatch',
  'request-signature-invalid',
  'decision-differs',
  'grant-not-in-force',
  'receipt-mismatch',
  'receipt-signature-invalid',
] as const;

/** One of {@link FAILURE_CODES}. */
export type FailureCode = (typeof FAILURE_CODES)[number];

/** Something in the file is not what it must be. */
export class VerificationFailure extends Error {
  override readonly name = 'VerificationFailure';

  constructor(
    readonly code: FailureCode,
    readonly detail: string,
  ) {
    super(`${code}: ${detail}`);
  }
}

/** Throws unless the condition holds. */
export function ensure(condition: boolean, code: FailureCode, detail: string): asserts condition {
  if (!condition) throw new VerificationFailure(code, detail);
}
