/** Every way in which the launcher says no. */
export const NETWORK_ERROR_CODES = [
  'topology-malformed',
  'network-missing',
  'network-elsewhere',
  'network-exists',
  'network-busy',
  'network-down',
  'record-damaged',
  'program-missing',
  'version-wrong',
  'port-in-use',
  'certificate-stale',
  'certificate-foreign',
  'authority-refused',
  'authority-roots-missing',
  'package-mismatch',
  'build-mismatch',
  'chaincode-silent',
  'process-ended',
  'not-ready',
  'program-failed',
  'organisation-known',
  'organisation-unknown',
  'update-refused',
] as const;

/** One of {@link NETWORK_ERROR_CODES}. */
export type NetworkErrorCode = (typeof NETWORK_ERROR_CODES)[number];

/** The network can't be brought up, down or changed: one sentence with the cause, and the next command. */
export class NetworkError extends Error {
  override readonly name = 'NetworkError';

  /**
   * @param detail one sentence without secrets.
   * @param nextStep what to do now, with the command to call.
   */
  constructor(
    readonly code: NetworkErrorCode,
    readonly detail: string,
    readonly nextStep: string,
    options?: { readonly cause: unknown },
  ) {
    super(`${detail} ${nextStep}`, options);
  }
}
