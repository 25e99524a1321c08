import { expandReleaseProof, leafEntry, RELEASE_PROOF_FORMAT, releaseProofSchema, type DomainEvent } from '@kesu/chaincode/domain';
import { readLeaf } from './bundle';
import { holds, runCheck, type Check, type CheckResult } from './checks/check';
import { cosignerCheck, inclusionCheck, soleLeafCheck, type LogContext } from './checks/log-checks';
import { Facts } from './facts';
import { ensure, VerificationFailure } from './failure';
import type { Trust } from './trust';
import { verdictOf, type Verification } from './verify-bundle';

interface ProofReading {
  readonly value: unknown;
  readonly trust: Trust;
  context?: LogContext;
}

const form: Check<ProofReading> = {
  name: 'form',
  rule: 'docs/formats/release-proof.md',
  isRequired: true,
  run: (reading) => {
    const { trust } = reading;
    const parsed = releaseProofSchema.safeParse(reading.value);
    if (!parsed.success) throw new VerificationFailure('part-malformed', `${parsed.error.issues[0]?.path.join('.') ?? ''}: ${parsed.error.issues[0]?.message ?? 'no proof'}`);
    const { network, event } = parsed.data;
    ensure(network === trust.file.network, 'bundle-network-foreign', `the proof is of the ledger ${network}, the trust file of ${trust.file.network}`);
    const proof = expandReleaseProof(parsed.data, [...trust.logKeys, ...trust.cosignerKeys]);
    if (proof === undefined) throw new VerificationFailure('release-proof-cut', 'hashes, path or signatures are not as many or as long as the proof says');
    const leaf = readLeaf(proof.leaf);
    reading.context = { trust, checkpoint: proof.checkpoint, facts: new Facts([{ leaf, entry: leafEntry(proof.leaf), event: event as unknown as DomainEvent, path: proof.path }]) };
    const { release } = event;
    return holds(`${RELEASE_PROOF_FORMAT}: ${release.id}, ${release.decision}${release.reason === undefined ? '' : ` ${release.reason}`}, to ${release.recipient} at ${release.claimedTime}`, '–');
  },
};

/** A release by itself: that it stands on the ledger as it is shown, where and since when; the state of its grant is not shown. */
export function verifyReleaseProof(value: unknown, trust: Trust): Verification {
  const reading: ProofReading = { value, trust };
  const checks: CheckResult[] = [runCheck(form, reading)];
  const { context } = reading;
  if (context !== undefined) checks.push(...[soleLeafCheck, inclusionCheck, cosignerCheck].map((check) => runCheck(check, context)));
  return { kind: 'release-proof', verdict: verdictOf(checks), checks };
}
