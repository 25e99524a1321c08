import { EnrolmentError } from '@kesu/certs';
import { DomainError } from '@kesu/chaincode/domain';
import { LedgerError, NetworkError } from '@kesu/network';
import { AuthorityUnknownError } from '../authorities';
import { ConfigurationError } from '../config';
import { SigningKeyFileError } from '../signing-key-file';

/** Exit codes: yes or done, a negative answer, wrong use, can't tell or unavailable. */
export const EXIT = { DONE: 0, NO: 1, WRONG_USE: 2, UNAVAILABLE: 3 } as const;
export type ExitCode = (typeof EXIT)[keyof typeof EXIT];

/** A command ends with a sentence and an exit code. */
export class CommandError extends Error {
  override readonly name = 'CommandError';

  constructor(
    readonly exitCode: ExitCode,
    message: string,
  ) {
    super(message);
  }
}

/** Prints a result: one JSON value with `--json`, else the lines. */
export function print(value: unknown, lines: readonly string[], json: boolean): void {
  process.stdout.write(json ? `${JSON.stringify(value)}\n` : `${lines.join('\n')}\n`);
}

/** Prints an error for people and says which exit code it is. */
export function reportError(error: unknown, json: boolean): ExitCode {
  const { exitCode, text, code } = describe(error);
  process.stderr.write(json ? `${JSON.stringify({ error: text, ...(code === undefined ? {} : { code }) })}\n` : `${text}\n`);
  return exitCode;
}

interface Description {
  readonly exitCode: ExitCode;
  readonly text: string;
  readonly code?: string;
}

function describe(error: unknown): Description {
  if (error instanceof CommandError) return { exitCode: error.exitCode, text: error.message };
  if (isWrongUse(error)) return { exitCode: EXIT.WRONG_USE, text: error.message };
  return describeAnswer(error) ?? { exitCode: EXIT.UNAVAILABLE, text: error instanceof Error ? error.message : String(error) };
}

/** What ledger, network or authority said. */
function describeAnswer(error: unknown): Description | undefined {
  if (error instanceof DomainError) return { exitCode: EXIT.NO, text: `${error.code}: ${error.detail}`, code: error.code };
  if (error instanceof NetworkError) return { exitCode: EXIT.UNAVAILABLE, text: error.message, code: error.code };
  if (error instanceof EnrolmentError) return { exitCode: error.code.startsWith('authority-') ? EXIT.UNAVAILABLE : EXIT.NO, text: error.message, code: error.code };
  if (error instanceof LedgerError) return { exitCode: EXIT.UNAVAILABLE, text: `the ledger is ${error.kind}: ${error.message}` };
  return undefined;
}

function isWrongUse(error: unknown): error is Error {
  return [SigningKeyFileError, ConfigurationError, AuthorityUnknownError].some((kind) => error instanceof kind);
}
