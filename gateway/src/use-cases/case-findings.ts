import { deedConditions, enforcementFindings, instantOf, sealedItems, shanghaiDate, volumeIdOf, type CaseFacts, type CheckedCondition, type EnforcementFindings, type EvidenceCase, type EvidenceVolume, type Loan } from '@kesu/chaincode/domain';
import type { GatewayParts } from '../gateway-parts';

type FindingParts = Pick<GatewayParts, 'readModel' | 'clock'>;

/** What the conditions of a case are today, from the projection: advice; the ledger looks again. */
export interface CaseFindings {
  readonly deed: readonly CheckedCondition[];
  readonly enforcement: EnforcementFindings;
}

/** The volumes of a case, in order. */
export function volumesOf({ readModel }: Pick<GatewayParts, 'readModel'>, { id, volumes }: EvidenceCase): readonly EvidenceVolume[] {
  return volumes.flatMap(({ number }) => readModel.record('evidence-volume', volumeIdOf(id, number))?.record ?? []);
}

/** Looks at every condition of an enforceable debt's deed and certificate, and computes what is owed today; undefined for other kinds. */
export function findingsOn(parts: FindingParts, evidenceCase: EvidenceCase): CaseFindings | undefined {
  if (evidenceCase.kind !== 'ENFORCEABLE_DEBT') return undefined;
  const { loanRef } = evidenceCase;
  const reports = loanRef === undefined ? [] : parts.readModel.history('loan', loanRef).flatMap(({ event }): Loan[] => (event.kind === 'loan' ? [event.record] : []));
  const facts: CaseFacts = { evidenceCase, items: sealedItems(volumesOf(parts, evidenceCase)), reports, on: shanghaiDate(instantOf(parts.clock.now())) };
  return { deed: deedConditions(facts), enforcement: enforcementFindings(facts) };
}
