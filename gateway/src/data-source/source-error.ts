/**
 * Why a source gave no usable answer.
 * - `unavailable`: it could not be asked or refused to answer; 503 `source-unavailable`, nothing is recorded (domain.md, IngestBatch).
 * - `invalid-answer`: it answered something that can't be believed; nothing of it is used.
 */
export const SOURCE_ERROR_KINDS = ['unavailable', 'invalid-answer'] as const;

/** One of {@link SOURCE_ERROR_KINDS}. */
export type SourceErrorKind = (typeof SOURCE_ERROR_KINDS)[number];

/** A data source failed. The message names provider, item and what to do; never a person, a credit code or a value (I16). */
export class SourceError extends Error {
  override readonly name = 'SourceError';

  private constructor(
    readonly kind: SourceErrorKind,
    readonly provider: string,
    readonly item: string,
    readonly detail: string,
  ) {
    super(`${provider} gave no usable answer for ${item}: ${detail}`);
  }

  /** The source could not be asked or would not answer. */
  static unavailable(provider: string, item: string, detail: string): SourceError {
    return new SourceError('unavailable', provider, item, detail);
  }

  /** The source's answer breaks a rule. */
  static invalidAnswer(provider: string, item: string, detail: string): SourceError {
    return new SourceError('invalid-answer', provider, item, detail);
  }
}
