import { DomainError } from '@kesu/chaincode/domain';
import type { Trust } from '../trust';
import type { Bundle } from '../bundle';
import type { Part } from '../container';
import type { Facts } from '../facts';
import { VerificationFailure, type FailureCode } from '../failure';

/** Shown as ✔, ✖ or –. */
export const CHECK_STATES = ['PASS', 'FAIL', 'UNKNOWN'] as const;
export type CheckState = (typeof CHECK_STATES)[number];

/** What a check found: the value, and whose key or word it rests on. UNKNOWN where the file or the trust file says too little. */
export interface Finding {
  readonly state: 'PASS' | 'UNKNOWN';
  readonly value: string;
  readonly restsOn: string;
  /** Given where the file isn't about what the check looks at: it then needn't hold. */
  readonly isRequired?: false;
}

/** One line of a verification. */
export interface CheckResult {
  readonly name: string;
  readonly state: CheckState;
  /** Present exactly when it failed. */
  readonly code?: FailureCode;
  readonly value: string;
  /** The article or section that asks for it. */
  readonly rule: string;
  readonly restsOn: string;
  /** Without it nothing is proven. */
  readonly isRequired: boolean;
}

/** What checks look at. */
export interface CheckContext {
  readonly trust: Trust;
  readonly parts: readonly Part[];
  readonly bundle: Bundle;
  readonly facts: Facts;
  /** The manifest\u2019s bytes: what the signatures are over. */
  readonly manifest: Uint8Array;
}

/** What the checks of letters and grants look at: of a bundle, or of a receipt. */
export type StatementContext = Pick<CheckContext, 'trust' | 'facts'> & { readonly bundle: Pick<Bundle, 'letters'> & { readonly description: Pick<Bundle['description'], 'caseId'> } };

/** A named check. */
export interface Check<C = CheckContext> {
  readonly name: string;
  readonly rule: string;
  readonly isRequired: boolean;
  readonly run: (context: C) => Finding;
}

/** A finding that holds. */
export function holds(value: string, restsOn: string): Finding {
  return { state: 'PASS', value, restsOn };
}

/** A finding that says nothing. */
export function unknown(value: string, restsOn = '–'): Finding {
  return { state: 'UNKNOWN', value, restsOn };
}

/** A finding about what a file needn’t hold: of a loan’s evidence it leaves the question open, a case may do without. */
export function absent({ description }: { readonly description: Pick<Bundle['description'], 'caseId'> }, value: string): Finding {
  return description.caseId === undefined ? unknown(value) : { ...unknown(value), isRequired: false };
}

/**
 * Runs a check; what it throws is its failure. An event that isn\u2019t the ledger\u2019s need not have the form of its kind, and a check may stumble over it:
 * then it says nothing and nothing is proven, and that the event isn\u2019t the ledger\u2019s the checks of leaves and inclusion say by their own codes.
 */
export function runCheck<C>({ name, rule, isRequired, run }: Check<C>, context: C): CheckResult {
  try {
    return { name, rule, isRequired, ...run(context) };
  } catch (error) {
    if (error instanceof VerificationFailure) return { name, rule, isRequired, state: 'FAIL', code: error.code, value: error.detail, restsOn: '–' };
    return { name, rule, isRequired: true, state: 'UNKNOWN', value: `can\u2019t be looked at, something in the file is not of the form of its kind: ${String(error)}`, restsOn: '–' };
  }
}

/** A refusal of the law as a check\u2019s failure; a signature that has a twin is one of its own kind. @throws VerificationFailure with the code given, or signature-not-low-s. */
export function inDomain(code: FailureCode, act: () => void): void {
  try {
    act();
  } catch (error) {
    if (!(error instanceof DomainError)) throw error;
    throw new VerificationFailure(error.code === 'signature-not-low-s' ? 'signature-not-low-s' : code, `${error.code}: ${error.detail}`);
  }
}
