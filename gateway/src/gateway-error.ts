import type { Fault } from '@kesu/chaincode/domain';

/** Every code that the gateway itself refuses with; a rule's refusals carry the `ErrorCode` of their `DomainError`. */
export const GATEWAY_ERROR_CODES = [
  'malformed-body',
  'body-too-large',
  'media-type-not-supported',
  'unauthenticated',
  'not-allowed',
  'host-not-allowed',
  'method-not-allowed',
  'subject-not-yours',
  'not-found',
  'idempotency-key-missing',
  'idempotency-key-refused',
  'idempotency-conflict',
  'rate-limited',
  'delivery-too-late',
  'source-unavailable',
  'ledger-unavailable',
  'not-ready',
  'outcome-unknown',
  'internal-error',
] as const;

/** One of {@link GATEWAY_ERROR_CODES}. */
export type GatewayErrorCode = (typeof GATEWAY_ERROR_CODES)[number];

/** What an error may carry besides its sentence. */
export interface GatewayErrorDetails {
  readonly faults?: readonly Fault[];
  /** The idempotency key whose operation can be asked for at `GET /v1/operations/{key}`. */
  readonly operationKey?: string;
  readonly retryAfterSeconds?: number;
  readonly cause?: unknown;
}

/** The gateway, not a rule, says no or can't tell. The sentence names no person, code or value (I16). */
export class GatewayError extends Error {
  override readonly name = 'GatewayError';
  readonly faults: readonly Fault[];
  readonly operationKey: string | undefined;
  readonly retryAfterSeconds: number | undefined;

  private constructor(
    readonly code: GatewayErrorCode,
    readonly detail: string,
    details: GatewayErrorDetails,
  ) {
    super(`${code}: ${detail}`, details.cause === undefined ? undefined : { cause: details.cause });
    this.faults = details.faults ?? [];
    this.operationKey = details.operationKey;
    this.retryAfterSeconds = details.retryAfterSeconds;
  }

  /** The only way to make one: `code` from the closed set, `detail` a sentence without personal data (I16). */
  static of(code: GatewayErrorCode, detail: string, details: GatewayErrorDetails = {}): GatewayError {
    return new GatewayError(code, detail, details);
  }
}
