import {
  BATCH_REACH_FORMAT,
  batchReachSchema,
  DECISION_RERUN_FORMAT,
  decisionRerunSchema,
  StatementError,
  USAGE_REPORT_FORMAT,
  usageReportSchema,
  verifyBatchReach,
  verifyDecisionRerun,
  verifyUsageReport,
  type Reach,
  type RerunFindings,
  type StatementErrorCode,
  type TreeHead,
  type Usage,
} from '@kesu/chaincode/domain';
import type { z } from 'zod';
import { holds, runCheck, unknown, type Check, type CheckResult, type Finding } from './checks/check';
import { cosignerCheck, readCheckpoint } from './checks/log-checks';
import { Facts } from './facts';
import { ensure, VerificationFailure } from './failure';
import type { Trust } from './trust';
import { verdictOf, type Verification } from './verify-bundle';

/** What every statement says, whatever its kind. */
interface Stated {
  readonly network: string;
  readonly checkpoint: string;
}

/** One kind of statement: its form, what is believed of it, and the words for that. */
interface StatementKind {
  readonly kind: Verification['kind'];
  readonly schema: z.ZodType<Stated>;
  /** @throws StatementError. */
  readonly words: (value: unknown, head: TreeHead) => string;
  /** The check that says what the statement came to. */
  readonly name: string;
  readonly rule: string;
  readonly restsOn: string;
}

/** @throws StatementError. */
function kindOf<S>(terms: Omit<StatementKind, 'words'> & { readonly verify: (value: unknown, head: TreeHead) => S; readonly said: (result: S) => string }): StatementKind {
  const { verify, said, ...kind } = terms;
  return { ...kind, words: (value, head) => said(verify(value, head)) };
}

const KINDS: Readonly<Record<string, StatementKind>> = {
  [USAGE_REPORT_FORMAT]: kindOf({
    kind: 'usage-report',
    schema: usageReportSchema,
    verify: verifyUsageReport,
    said: usageWords,
    name: 'usage',
    rule: 'docs/formats/statements.md, report of use; 征信业管理条例 art. 17, 个人信息保护法 art. 45',
    restsOn: 'the cosigners, who recompute that each leaf names the one before it',
  }),
  [DECISION_RERUN_FORMAT]: kindOf({
    kind: 'decision-rerun',
    schema: decisionRerunSchema,
    verify: verifyDecisionRerun,
    said: rerunWords,
    name: 'decision',
    rule: 'docs/formats/statements.md, re-run of a decision',
    restsOn: 'the ledger\u2019s records as shown; that none had a newer version, who made the statement',
  }),
  [BATCH_REACH_FORMAT]: kindOf({
    kind: 'batch-reach',
    schema: batchReachSchema,
    verify: verifyBatchReach,
    said: reachWords,
    name: 'reach',
    rule: 'docs/formats/statements.md, reach of a batch',
    restsOn: 'the ledger\u2019s releases as shown; that none is left out, who made the statement',
  }),
};

/** Whether a document of that `format` is a statement. */
export function isStatement(format: unknown): format is string {
  return typeof format === 'string' && Object.hasOwn(KINDS, format);
}

interface StatementReading {
  readonly value: unknown;
  readonly trust: Trust;
  readonly kind: StatementKind;
  stated?: Stated;
  /** What the statement came to, once it was looked at. */
  outcome?: { readonly words: string } | { readonly error: StatementError };
}

const formCheck: Check<StatementReading> = {
  name: 'form',
  rule: 'docs/formats/statements.md',
  isRequired: true,
  run: (reading) => {
    const { value, trust, kind } = reading;
    const parsed = kind.schema.safeParse(value);
    if (!parsed.success) throw new VerificationFailure('statement-malformed', `at /${(parsed.error.issues[0]?.path ?? []).map(String).join('/')}`);
    const { network, checkpoint } = parsed.data;
    ensure(network === trust.file.network, 'leaf-network-foreign', `the statement is of the ledger ${network}, the trust file of ${trust.file.network}`);
    reading.stated = { network, checkpoint };
    return holds(`${kind.kind} of the ledger ${network}`, '–');
  },
};

/** What a statement can be wrong in, by the check that says so. */
const LEAVES: readonly StatementErrorCode[] = ['statement-malformed', 'event-differs', 'subject-differs', 'chain-broken', 'facts-missing'];
const INCLUSION: readonly StatementErrorCode[] = ['fact-not-proven'];
const SUMMARY: readonly StatementErrorCode[] = ['summary-differs', 'decision-differs'];

/** The part of one verification that a check shows. */
function partCheck(name: string, rule: string, codes: readonly StatementErrorCode[], found: (words: string) => Finding): Check<StatementReading> {
  return {
    name,
    rule,
    isRequired: true,
    run: (reading) => {
      const outcome = (reading.outcome ??= outcomeOf(reading));
      if ('words' in outcome) return found(outcome.words);
      const { code, detail } = outcome.error;
      if (codes.includes(code)) throw new VerificationFailure(code, detail);
      return unknown('not looked at to the end: another check fails');
    },
  };
}

/** @throws VerificationFailure for a checkpoint that can't be read. */
function outcomeOf({ value, trust, kind, stated }: StatementReading): NonNullable<StatementReading['outcome']> {
  const { checkpoint } = readCheckpoint(stated?.checkpoint ?? '', trust.file.network);
  try {
    return { words: kind.words(value, { size: checkpoint.size, root: checkpoint.root }) };
  } catch (error) {
    if (error instanceof StatementError) return { error };
    throw error;
  }
}

/** A statement\u2019s leaves, what it sums up, and its checkpoint\u2019s signatures against the trust file. */
export function verifyStatement(format: string, value: unknown, trust: Trust): Verification {
  const kind = KINDS[format];
  if (kind === undefined) throw new TypeError(`${format} is no statement`);
  const reading: StatementReading = { value, trust, kind };
  const checks: CheckResult[] = [runCheck(formCheck, reading)];
  const { stated } = reading;
  if (stated !== undefined) {
    const later = [
      partCheck('leaves', 'docs/formats/log.md 1–8', LEAVES, () => holds('each event is that of its leaf, each leaf where the statement needs it', 'the cosigners, who recomputed the fold')),
      partCheck('inclusion', 'RFC 6962 2.1.1; RFC 9162 2.1.3.2', INCLUSION, () => holds('what is shown stands in the log', 'the checkpoint\u2019s root')),
      partCheck(kind.name, kind.rule, SUMMARY, (words) => holds(words, kind.restsOn)),
    ];
    checks.push(...later.map((check) => runCheck(check, reading)), runCheck(cosignerCheck, { trust, facts: new Facts([]), checkpoint: stated.checkpoint }));
  }
  return { kind: kind.kind, verdict: verdictOf(checks), checks };
}

function usageWords({ since, upTo, events, rows, denials }: Usage): string {
  const received = rows.map(({ recipient, basis, releases, failed }) => `${recipient} (${basis}, ${releases} releases${failed === 0 ? '' : `, ${failed} of them not sent`})`);
  return `from ${since.claimedTime} up to ${upTo.claimedTime} (block ${upTo.position.block}, ${events} events), ${received.length === 0 ? 'nobody' : `nobody but ${received.join(', ')}`} received non-public data; ${denials} denials; nothing is said of what came after`;
}

function rerunWords({ decision, reason, item, conditions }: RerunFindings): string {
  const breached = conditions.filter((condition) => condition.breached).map((condition) => condition.reason);
  return `${[decision, reason, item].filter((word) => word !== undefined).join(' ')}, as the ledger recorded; of ${conditions.length} conditions ${breached.length === 0 ? 'none is' : `${breached.join(', ')} ${breached.length === 1 ? 'is' : 'are'}`} breached`;
}

function reachWords({ batchId, item, state, releases, scores, loans, enterprises, recipients }: Reach): string {
  return `batch ${batchId} of ${item}, ${state}: ${releases.length} releases (${scores.length} of them scores), ${loans.length} loans, ${enterprises.length} enterprises, to ${recipients.length === 0 ? 'nobody' : recipients.join(', ')}`;
}
