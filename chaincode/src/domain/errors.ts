/**
 * Refusals. A rule that says no throws a {@link DomainError}; only its message leaves the chaincode (Fabric passes
 * nothing else), so the code travels machine-readable inside it.
 */

/** Every code a refusal can carry. A decision's DENY reasons are answers, not errors: see `decision.ts`. */
export const ERROR_CODES = [
  'malformed-command',
  'unknown-transaction',
  'claimed-time-out-of-bounds',
  'caller-unknown',
  'role-not-allowed',
  'not-yours',
  'not-found',
  'already-exists',
  'state-conflict',
  'version-conflict',
  'operation-conflict',
  'operation-closed',
  'participant-not-listed',
  'participant-not-active',
  'document-required',
  'period-invalid',
  'limit-exceeded',
  'signature-malformed',
  'signature-invalid',
  'signature-not-low-s',
  'signing-key-unknown',
  'signing-key-not-live',
  'signing-key-insufficient',
  'authority-insufficient',
  'statement-mismatch',
  'statement-expired',
  'nonce-used',
  'network-mismatch',
  'template-not-applicable',
  'requirement-open',
  'purpose-not-applicable',
  'loan-required',
  'item-not-available',
  'consent-missing',
  'recipient-must-be-named',
  'enterprise-not-eligible',
  'request-signature-invalid',
  'digest-mismatch',
  'calendar-unknown',
  'volume-sealed',
  'link-invalid',
  'conditions-missing',
  'sum-mismatch',
] as const;

/** One of {@link ERROR_CODES}. */
export type ErrorCode = (typeof ERROR_CODES)[number];

/** What one part of the input did wrong: a JSON Pointer (RFC 6901) and a sentence. */
export interface Fault {
  readonly pointer: string;
  readonly detail: string;
}

const PREFIX = 'KESU-REFUSAL ';

/** A rule said no. Never retried: the same command on the same state is refused again. */
export class DomainError extends Error {
  override readonly name = 'DomainError';

  private constructor(
    readonly code: ErrorCode,
    readonly detail: string,
    readonly faults: readonly Fault[],
  ) {
    super(PREFIX + JSON.stringify({ code, detail, faults }));
  }

  /** The only way to make one: `code` from the closed set, `detail` a sentence without personal data (I16). */
  static of(code: ErrorCode, detail: string, faults: readonly Fault[] = []): DomainError {
    return new DomainError(code, detail, faults);
  }

  /**
   * Finds a refusal inside a message that passed through Fabric, which may have put other peers' text around it.
   * @returns undefined when the message carries none.
   */
  static fromMessage(message: string): DomainError | undefined {
    const start = message.indexOf(PREFIX);
    if (start < 0) return undefined;
    const body = jsonObjectAt(message, start + PREFIX.length);
    if (body === undefined) return undefined;
    const parsed: unknown = JSON.parse(body);
    return isRefusal(parsed) ? new DomainError(parsed.code, parsed.detail, parsed.faults) : undefined;
  }
}

function isRefusal(value: unknown): value is { code: ErrorCode; detail: string; faults: Fault[] } {
  if (typeof value !== 'object' || value === null) return false;
  const { code, detail, faults } = value as Record<string, unknown>;
  return ERROR_CODES.some((known) => known === code) && typeof detail === 'string' && Array.isArray(faults);
}

/** The text of the JSON object that begins at `start`, found by counting braces outside strings. */
function jsonObjectAt(text: string, start: number): string | undefined {
  let depth = 0;
  let inString = false;
  for (let i = start; i < text.length; i++) {
    const c = text[i];
    if (inString) {
      if (c === '\\') i++;
      else if (c === '"') inString = false;
    } else if (c === '"') inString = true;
    else if (c === '{') depth++;
    else if (c === '}' && --depth === 0) return text.slice(start, i + 1);
  }
  return undefined;
}
