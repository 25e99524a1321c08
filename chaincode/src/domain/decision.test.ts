import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { decide, firstBreach, latestReason, type Decision, type DecisionFacts, type SourceFinding } from './decision';
import { DENY_REASONS } from './deny-reasons';
import { enterpriseSchema } from './enterprise';
import { grantSchema } from './grant';
import { loanSchema } from './loan';
import { participantSchema, type Participant } from './participant';
import { releaseRequestSchema, releaseSchema } from './release';
import { ruleBookSchema } from './rule-book';
import { useCounterSchema } from './use-counter';
import { mergePatch } from './testing/merge-patch';

interface Vector {
  readonly name: string;
  readonly patch: unknown;
  readonly expect: Decision;
}

const FILE = JSON.parse(readFileSync(join(__dirname, '../../vectors/decision.json'), 'utf8')) as { reasons: string[]; base: unknown; cases: Vector[] };

function factsOf(patch: unknown): DecisionFacts {
  const { participants, sources, ...facts } = mergePatch(FILE.base, patch) as Omit<DecisionFacts, 'participants' | 'sources'> & { participants: Record<string, Participant>; sources?: Record<string, SourceFinding> };
  return { ...facts, participants: new Map(Object.entries(participants)), sources: sources === undefined ? undefined : new Map(Object.entries(sources)) };
}

describe('the decision', () => {
  it.each(FILE.cases.map((vector) => [vector.name, vector] as const))('%s', (_name, { patch, expect: expected }) => {
    expect(decide(factsOf(patch))).toEqual(expected);
  });

  it('has its reasons in the order of the vectors', () => {
    expect(DENY_REASONS).toEqual(FILE.reasons);
  });
});

describe('the decision vectors', () => {
  it('show each reason, and each reason before another', () => {
    const shown = new Set(FILE.cases.flatMap(({ expect: { decision, ...rest } }) => (decision === 'DENY' && 'reason' in rest ? [rest.reason] : [])));
    expect([...DENY_REASONS].filter((reason) => !shown.has(reason))).toEqual([]);
    for (const [index, reason] of DENY_REASONS.slice(0, -1).entries()) {
      const next = DENY_REASONS[index + 1] ?? '';
      const areStates = reason === 'grant-revoked' || reason === 'grant-superseded';
      expect([reason, areStates || FILE.cases.some(({ name }) => name === `${reason} comes before ${next}`)]).toEqual([reason, true]);
    }
  });

  it.each(FILE.cases.filter(({ name }) => name.includes(' comes before ')).map(({ name, patch }) => [name, patch] as const))('break both rules: %s', (name, patch) => {
    const [earlier, later] = name.split(' comes before ');
    const facts = factsOf(patch);
    for (const reason of DENY_REASONS.filter((one) => one === earlier || one === later)) expect(firstBreach(facts, [reason])).toMatchObject({ reason });
  });

  it.each(FILE.cases.map((vector) => [vector.name, vector] as const))('hold records as the ledger does: %s', (_name, { patch }) => {
    const { request, ruleBook, enterprise, grant, counter, loan, participants, basisRelease } = factsOf(patch);
    releaseRequestSchema.parse(request);
    ruleBookSchema.parse(ruleBook);
    for (const [schema, record] of [[enterpriseSchema, enterprise], [grantSchema, grant], [useCounterSchema, counter], [loanSchema, loan], [releaseSchema, basisRelease]] as const) {
      if (record !== undefined) schema.parse(record);
    }
    for (const participant of participants.values()) participantSchema.parse(participant);
  });
});

describe('the latest reason', () => {
  const deny = (reason: (typeof DENY_REASONS)[number]): Decision => ({ decision: 'DENY', reason });

  it('is the nearest to a PERMIT, and a PERMIT before all', () => {
    expect(latestReason([deny('grant-revoked'), deny('range-not-covered'), deny('grant-expired')])).toEqual(deny('range-not-covered'));
    expect(latestReason([deny('source-not-accepted'), { decision: 'PERMIT' }, deny('no-grant')])).toEqual({ decision: 'PERMIT' });
    expect(latestReason([])).toBeUndefined();
  });
});
