/** Every reason for which a certificate is refused. */
export const CERTIFICATE_ERROR_CODES = ['foreign', 'expired', 'not-yet-valid', 'revoked', 'malformed', 'wrong-usage'] as const;

/** One of {@link CERTIFICATE_ERROR_CODES}. */
export type CertificateErrorCode = (typeof CERTIFICATE_ERROR_CODES)[number];

const NEXT_STEP: Record<CertificateErrorCode, string> = {
  foreign: 'Use a certificate from this organisation, or have the organisation’s root added to the network.',
  expired: 'Renew the certificate with its organisation’s authority and call again.',
  'not-yet-valid': 'Check the clocks of caller and ledger, or wait until the certificate begins.',
  revoked: 'Ask the organisation’s authority for a new enrolment.',
  malformed: 'Send exactly one X.509 certificate as PEM, as the authority issued it.',
  'wrong-usage': 'Enrol a client identity and call with its certificate.',
};

/** A caller's certificate is refused. `detail` and `nextStep` are sentences without anything from the certificate's subject. */
export class CertificateError extends Error {
  override readonly name = 'CertificateError';
  readonly nextStep: string;

  constructor(
    readonly code: CertificateErrorCode,
    readonly detail: string,
  ) {
    super(`${detail} ${NEXT_STEP[code]}`);
    this.nextStep = NEXT_STEP[code];
  }
}

/** What an organisation is trusted by (its roots or its revocation list) can't be used, so no caller of it can be judged. */
export class TrustError extends Error {
  override readonly name = 'TrustError';
  readonly nextStep = 'Restore the organisation’s roots and revocation list from its authority.';

  constructor(readonly detail: string) {
    super(`${detail} Restore the organisation’s roots and revocation list from its authority.`);
  }
}
