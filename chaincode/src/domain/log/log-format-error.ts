/** What is wrong with a text or a proof of the log. */
export const LOG_FAULTS = [
  'note-malformed',
  'note-too-large',
  'note-signature-invalid',
  'note-not-signed',
  'key-malformed',
  'checkpoint-malformed',
  'cosignature-malformed',
  'tile-path-malformed',
  'tile-malformed',
  'request-malformed',
  'leaf-malformed',
] as const;

/** One of {@link LOG_FAULTS}. */
export type LogFault = (typeof LOG_FAULTS)[number];

/** A text of the log that is not what its specification says. */
export class LogFormatError extends Error {
  override readonly name = 'LogFormatError';

  constructor(
    readonly fault: LogFault,
    readonly detail: string,
  ) {
    super(`${fault}: ${detail}`);
  }
}
