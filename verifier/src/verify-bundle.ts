import { readBundle, type BundleDescription } from './bundle';
import { caseLifeCheck, itemCheck, linkCheck, volumeCheck } from './checks/case-checks';
import { cosignerCheck, inclusionCheck, leafCheck, type LogContext } from './checks/log-checks';
import { decisionCheck, receiptCheck, requestCheck } from './checks/release-checks';
import { certificateStateCheck, issuerCheck, ledgerCheck, sm2SealCheck, summaryCheck, timestampCheck } from './checks/seal-checks';
import { grantCheck, letterCheck, signatureCheck } from './checks/statement-checks';
import { holds, runCheck, type Check, type CheckContext, type CheckResult } from './checks/check';
import { MANIFEST_PART, partOf, readContainer, type Part } from './container';
import { Facts } from './facts';
import { ensure } from './failure';
import { assertManifest } from './manifest';
import type { Trust } from './trust';

/** What a verification came to: proven, refuted, or neither. */
export const VERDICTS = ['PROVEN', 'REFUTED', 'UNDETERMINED'] as const;
export type Verdict = (typeof VERDICTS)[number];

/** A verification: its checks in their order. */
export interface Verification {
  readonly kind: 'evidence-bundle' | 'evidence-annex' | 'consent-receipt' | 'release-proof' | 'log-proof' | 'usage-report' | 'decision-rerun' | 'batch-reach' | 'checkpoint' | 'unknown';
  readonly verdict: Verdict;
  readonly checks: readonly CheckResult[];
  /** What the bundle says of itself, where it could be read. */
  readonly description?: BundleDescription;
}

/** What the first checks build for the later ones. */
interface Reading {
  readonly file: Uint8Array;
  readonly trust: Trust;
  parts: readonly Part[];
  context?: CheckContext;
}

const OPENING: readonly Check<Reading>[] = [
  {
    name: 'container',
    rule: 'ETSI EN 319 162-1; docs/formats/evidence-bundle.md',
    isRequired: true,
    run: (reading) => {
      reading.parts = readContainer(reading.file);
      return holds(`${reading.parts.length} parts, ${reading.file.length} bytes, no other byte`, 'the parts themselves');
    },
  },
  {
    name: 'digests',
    rule: '人民法院在线诉讼规则 art. 16; EN 319 162-1 A.4',
    isRequired: true,
    run: (reading) => {
      assertManifest(reading.parts);
      return holds('every part is the one of the manifest', 'SHA-256');
    },
  },
  {
    name: 'parts',
    rule: 'docs/formats/evidence-bundle.md',
    isRequired: true,
    run: (reading) => {
      const { parts, trust } = reading;
      const bundle = readBundle(parts);
      ensure(bundle.description.network === trust.file.network, 'bundle-network-foreign', `the bundle is of the ledger ${bundle.description.network}, the trust file of ${trust.file.network}`);
      reading.context = { trust, parts, bundle, facts: new Facts(bundle.facts), manifest: partOf(parts, MANIFEST_PART) };
      return holds(`${bundle.facts.length} facts, ${bundle.letters.size} letters, ${bundle.receipts.size} receipts`, '–');
    },
  },
];

const onLog = (check: Check<LogContext>): Check => ({ ...check, run: ({ trust, facts, bundle }) => check.run({ trust, facts, checkpoint: bundle.checkpoint }) });

/** In the order in which they are shown. */
export const BUNDLE_CHECKS: readonly Check[] = [signatureCheck, grantCheck, letterCheck, decisionCheck, requestCheck, receiptCheck, caseLifeCheck, volumeCheck, itemCheck, linkCheck, onLog(leafCheck), onLog(inclusionCheck), onLog(cosignerCheck), ledgerCheck, timestampCheck, issuerCheck, certificateStateCheck, sm2SealCheck, summaryCheck];

/**
 * Verifies an evidence bundle: each check by itself, so that all that is wrong is shown; when the file can't be read, the later ones are not
 * run. Opens nothing, writes nothing.
 */
export function verifyBundle(file: Uint8Array, trust: Trust): Verification {
  const reading: Reading = { file, trust, parts: [] };
  const checks: CheckResult[] = [];
  for (const check of OPENING) {
    const result = runCheck(check, reading);
    checks.push(result);
    if (result.state === 'FAIL') break;
  }
  const { context } = reading;
  if (context === undefined) return { kind: 'evidence-bundle', verdict: 'REFUTED', checks: [...checks, ...notRun([...OPENING.slice(checks.length), ...BUNDLE_CHECKS])] };
  checks.push(...BUNDLE_CHECKS.map((check) => runCheck(check, context)));
  return { kind: 'evidence-bundle', verdict: verdictOf(checks), checks, description: context.bundle.description };
}

function notRun(checks: readonly Pick<Check, 'name' | 'rule' | 'isRequired'>[]): CheckResult[] {
  return checks.map(({ name, rule, isRequired }) => ({ name, rule, isRequired, state: 'UNKNOWN', value: 'not looked at: the file can\u2019t be read', restsOn: '–' }));
}

/** One failure refutes; one required check that says nothing leaves it open. */
export function verdictOf(checks: readonly CheckResult[]): Verdict {
  if (checks.some(({ state }) => state === 'FAIL')) return 'REFUTED';
  return checks.some(({ state, isRequired }) => isRequired && state === 'UNKNOWN') ? 'UNDETERMINED' : 'PROVEN';
}
