/** Every way in which an authority says no. */
export const ENROLMENT_ERROR_CODES = [
  'request-malformed',
  'registered-otherwise',
  'not-registered',
  'secret-wrong',
  'not-enrolled',
  'revoked',
  'certificate-refused',
  'key-mismatch',
  'validity-out-of-bounds',
  'authority-missing',
  'authority-exists',
  'authority-unreachable',
  'authority-untrusted',
  'authority-refused',
  'authority-failed',
] as const;

/** One of {@link ENROLMENT_ERROR_CODES}. */
export type EnrolmentErrorCode = (typeof ENROLMENT_ERROR_CODES)[number];

const NEXT_STEP: Record<EnrolmentErrorCode, string> = {
  'request-malformed': 'Correct the named field and call again.',
  'registered-otherwise': 'Register under another id, or revoke the old identity and register a new one.',
  'not-registered': 'Register the identity first.',
  'secret-wrong': 'Use the secret that registration answered.',
  'not-enrolled': 'Enrol the identity first.',
  revoked: 'Register and enrol a new identity under another id.',
  'certificate-refused': 'Give a certificate of this authority that is valid now, or enrol the identity again.',
  'key-mismatch': 'Give the private key that belongs to the certificate.',
  'validity-out-of-bounds': 'Ask for a period within the validity of the authority’s root.',
  'authority-missing': 'Create the authority, or open the storage in which it was created.',
  'authority-exists': 'Open the authority instead of creating it.',
  'authority-unreachable': 'Check that the authority runs and can be reached, and call again.',
  'authority-untrusted': 'Give the TLS root that the authority’s server certificate chains to, and call it by a name that stands in that certificate.',
  'authority-refused': 'Give the registrar the right it lacks at the authority, or correct the authority’s configuration; its log says more.',
  'authority-failed': 'Look into the authority’s log for the time of the call, and call again when the fault is mended.',
};

/** An authority refused, or could not be asked. `cause` holds the error behind it where there is one. */
export class EnrolmentError extends Error {
  override readonly name = 'EnrolmentError';
  readonly nextStep: string;

  /** @param detail a sentence without secrets or names of people. */
  constructor(
    readonly code: EnrolmentErrorCode,
    readonly detail: string,
    options?: { readonly cause: unknown },
  ) {
    super(`${detail} ${NEXT_STEP[code]}`, options);
    this.nextStep = NEXT_STEP[code];
  }
}
