import { canonicalJson, CONSENT_RECEIPT_FORMAT, EVIDENCE_ANNEX_FORMAT, FABRIC_ANNEX_FORMAT, LOG_PROOF_FORMAT, RELEASE_PROOF_FORMAT, logProofSchema, leafEntry, type DomainEvent } from '@kesu/chaincode/domain';
import { readLeaf } from './bundle';
import { holds, runCheck, type Check, type CheckResult } from './checks/check';
import { cosignerCheck, inclusionCheck, soleLeafCheck, type LogContext } from './checks/log-checks';
import { Facts } from './facts';
import { VerificationFailure, type FailureCode } from './failure';
import { MAX_FILE_BYTES, MAX_JSON_DEPTH } from './limits';
import type { Trust } from './trust';
import { verdictOf, verifyBundle, type Verification } from './verify-bundle';
import { verifyAnnex } from './verify-annex';
import { verifyFabricAnnex } from './verify-fabric-annex';
import { verifyReceipt } from './verify-receipt';
import { verifyReleaseProof } from './verify-release-proof';
import { isStatement, verifyStatement } from './verify-statement';

/** Verifies a file of any kind that Kesu issues: told by its first bytes and its `format`, never by its name. */
export function verifyFile(file: Uint8Array, trust: Trust): Verification {
  if (file[0] === FIRST_OF_ZIP || file.length > MAX_FILE_BYTES) return verifyBundle(file, trust);
  if (file[0] === FIRST_OF_ORIGIN) return verifyCheckpoint(file, trust);
  return verifyJson(file, trust);
}

/** A ZIP begins with `PK`. */
const FIRST_OF_ZIP = 0x50;
/** A checkpoint begins with its origin, `kesu/`. */
const FIRST_OF_ORIGIN = 0x6b;

/** A document in JSON. It may be laid out for reading; what counts in it is compared by digest. */
function verifyJson(file: Uint8Array, trust: Trust): Verification {
  const value = jsonOf(file);
  const format = typeof value === 'object' && value !== null && 'format' in value ? value.format : undefined;
  const verify = verifierOf(format);
  if (verify === undefined) return refused('file-kind-unknown', 'the file is of no kind that is known here: a bundle, an annex, a receipt, a proof, a statement or a checkpoint');
  if (!isPlain(value)) return refused('part-malformed', `the document is nested more than ${MAX_JSON_DEPTH} deep, or holds a number or a text that has no RFC 8785 form here`);
  return verify(value, trust);
}

/** What verifies documents of a format. */
function verifierOf(format: unknown): ((value: unknown, trust: Trust) => Verification) | undefined {
  if (format === LOG_PROOF_FORMAT) return verifyLogProof;
  if (format === CONSENT_RECEIPT_FORMAT) return verifyReceipt;
  if (format === EVIDENCE_ANNEX_FORMAT) return verifyAnnex;
  if (format === FABRIC_ANNEX_FORMAT) return verifyFabricAnnex;
  if (format === RELEASE_PROOF_FORMAT) return verifyReleaseProof;
  return isStatement(format) ? (value, trust) => verifyStatement(format, value, trust) : undefined;
}

/** True for what can be hashed: whatever an event that isn't looked at further holds, too. */
function isPlain(value: unknown): boolean {
  if (isDeeperThan(MAX_JSON_DEPTH, value)) return false;
  try {
    return canonicalJson(value).length > 0;
  } catch (error) {
    if (error instanceof TypeError) return false;
    throw error;
  }
}

function isDeeperThan(depth: number, value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return false;
  return depth === 0 || Object.values(value).some((one) => isDeeperThan(depth - 1, one));
}

/** A file that is not looked into. */
function refused(code: FailureCode, detail: string): Verification {
  const form: Check<undefined> = {
    name: 'form',
    rule: 'docs/formats',
    isRequired: true,
    run: () => {
      throw new VerificationFailure(code, detail);
    },
  };
  const checks = [runCheck(form, undefined)];
  return { kind: 'unknown', verdict: verdictOf(checks), checks };
}

interface ProofReading {
  readonly value: unknown;
  readonly trust: Trust;
  context?: LogContext;
}

const readProof: Check<ProofReading> = {
  name: 'form',
  rule: 'docs/formats/log.md',
  isRequired: true,
  run: (reading) => {
    const parsed = logProofSchema.safeParse(reading.value);
    if (!parsed.success) throw new VerificationFailure('part-malformed', parsed.error.issues[0]?.message ?? 'no proof');
    const { leaf: text, event, path, checkpoint } = parsed.data;
    const leaf = readLeaf(text);
    reading.context = { trust: reading.trust, checkpoint, facts: new Facts([{ leaf, entry: leafEntry(text), event: event as unknown as DomainEvent, path }]) };
    return holds(`${LOG_PROOF_FORMAT}: ${leaf.kind} at ${leaf.position.block}.${leaf.position.index}.${leaf.position.item}`, '–');
  },
};

/** A single event: that it stands on the ledger, where and since when; not what it rests on. */
function verifyLogProof(value: unknown, trust: Trust): Verification {
  const reading: ProofReading = { value, trust };
  const checks: CheckResult[] = [runCheck(readProof, reading)];
  const { context } = reading;
  if (context !== undefined) checks.push(...[soleLeafCheck, inclusionCheck, cosignerCheck].map((check) => runCheck(check, context)));
  return { kind: 'log-proof', verdict: verdictOf(checks), checks };
}

function verifyCheckpoint(file: Uint8Array, trust: Trust): Verification {
  const checks = [runCheck({ ...cosignerCheck, run: () => cosignerCheck.run({ trust, facts: new Facts([]), checkpoint: textOf(file) }) }, undefined)];
  return { kind: 'checkpoint', verdict: verdictOf(checks), checks };
}

function textOf(file: Uint8Array): string {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(file);
  } catch {
    throw new VerificationFailure('part-malformed', 'the file is not UTF-8');
  }
}

/** What the text says; undefined when it is no JSON. */
function jsonOf(file: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(file));
  } catch {
    return undefined;
  }
}
