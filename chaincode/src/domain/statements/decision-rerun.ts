import { z } from 'zod';
import { digestOf } from '../bytes';
import { canonicalJson } from '../canonical-json';
import { decide, firstBreach, participantsConcerned, type Decision, type DecisionFacts, type SourceFinding } from '../decision';
import { DENY_REASONS } from '../deny-reasons';
import type { DomainEvent, RecordKinds } from '../events';
import { itemVersionIsCovered } from '../catalogue-item';
import { loggedFactSchema, MAX_NOTE_BYTES, type LoggedFact, type TreeHead } from '../log';
import type { Participant } from '../participant';
import { idSchema, itemCodeSchema } from '../primitives';
import type { Release, ReleaseRequest } from '../release';
import type { UseCounter } from '../use-counter';
import { provenFact, type ProvenFact } from './proven-fact';
import { StatementError } from './statement-error';

/** The form of a re-run. */
export const DECISION_RERUN_FORMAT = 'kesu-decision-rerun-1';

/** One condition of the closed, ordered list, looked at on its own. */
export const conditionSchema = z.strictObject({ reason: z.enum(DENY_REASONS), breached: z.boolean(), item: itemCodeSchema.optional() });
export type RerunCondition = z.infer<typeof conditionSchema>;

/** What a re-run finds: every condition, and whether the decision of today's reading is the one on the ledger. */
export const findingsSchema = z.strictObject({ conditions: z.array(conditionSchema), decision: z.enum(['PERMIT', 'DENY']), reason: z.enum(DENY_REASONS).optional(), item: itemCodeSchema.optional() });
export type RerunFindings = z.infer<typeof findingsSchema>;

/**
 * 复盘: a recorded decision with the versions that were in force at its position, each proven to stand in the log before it. Its enterprise's, loan's and grant's newest
 * versions before it also follow from the enterprise's chain; that rule book and participants had no newer ones rests on who made the statement.
 */
export const decisionRerunSchema = z.strictObject({
  format: z.literal(DECISION_RERUN_FORMAT),
  network: idSchema,
  checkpoint: z.string().max(MAX_NOTE_BYTES),
  release: loggedFactSchema,
  /** The newest event before the release of each record that the decision read. */
  records: z.array(loggedFactSchema).max(200),
  /** The newest use of the grant before it, where the grant has a limit. */
  lastUse: loggedFactSchema.optional(),
  /** The release that it continues. */
  basisRelease: loggedFactSchema.optional(),
  /** What spent that release where it went to a conduit: its passing on, or its sender's report that it was never sent. */
  spentBy: loggedFactSchema.optional(),
  findings: findingsSchema,
});
export interface DecisionRerun {
  readonly format: typeof DECISION_RERUN_FORMAT;
  readonly network: string;
  readonly checkpoint: string;
  readonly release: LoggedFact;
  readonly records: readonly LoggedFact[];
  readonly lastUse?: LoggedFact;
  readonly basisRelease?: LoggedFact;
  readonly spentBy?: LoggedFact;
  readonly findings: RerunFindings;
}

/** What a decision read, found again. */
export interface ReadAgain {
  readonly release: Release;
  record<K extends keyof RecordKinds>(kind: K, id: string): RecordKinds[K] | undefined;
  readonly counter: UseCounter | undefined;
  readonly basisRelease: Release | undefined;
  /** Whether an event before it spent {@link basisRelease}. */
  readonly basisIsSpent: boolean;
}

/** Every request that the record of a release leaves open: the basis that is meant by itself and the grant that its sender found may have been left out. */
export function possibleRequests(release: Release): readonly ReleaseRequest[] {
  const { enterprise, recipient, items, purpose, basis, grantId, loanRef, range, operator, statutory, basisReleaseId } = release;
  const given = <T>(name: string, value: T | undefined) => (value === undefined ? {} : { [name]: value });
  const said = { enterprise, recipient, items: items.map(({ code, granularity }) => ({ code, granularity })), purpose, ...given('loanRef', loanRef), ...given('range', range), ...given('operator', operator), ...given('statutory', statutory), ...given('basisReleaseId', basisReleaseId) };
  const bases = basis === 'GRANT' ? [{}, { basis }] : [{ basis }];
  const grants = basis === 'GRANT' && grantId !== undefined ? [{ grantId }, {}] : [{}];
  return bases.flatMap((one) => grants.map((other): ReleaseRequest => ({ ...said, ...one, ...other })));
}

/** Stands for a grant that the requester named and the record leaves out. */
const GRANT_LEFT_OUT = '0'.repeat(32);

/**
 * The request as the requester sent it, found among what the record leaves open by its digest. Where none fits, it named a grant that the record leaves
 * out: another enterprise's (which counts as none), or one beside a basis that isn't a grant (which is refused for being named).
 */
export function requestOf(release: Release): ReleaseRequest {
  const possible = possibleRequests(release);
  const [first] = possible as readonly [ReleaseRequest, ...ReleaseRequest[]];
  const found = possible.find((request) => digestOf(request) === release.bodyDigest);
  if (found !== undefined) return found;
  return release.basis === 'GRANT' ? first : { ...first, grantId: GRANT_LEFT_OUT };
}

/** The records that a decision reads, by kind and id. */
export function recordsRead(release: Release, again: Pick<ReadAgain, 'record'>): readonly (readonly [keyof RecordKinds, string])[] {
  const ruleBook = again.record('rule-book', 'current');
  if (ruleBook === undefined) throw new StatementError('facts-missing', 'the rule book of that position is missing');
  const { grantId, loanRef, enterprise, requester, sender, items } = release;
  const grant = grantId === undefined ? undefined : again.record('grant', grantId);
  const participants = participantsConcerned({ request: requestOf(release), requester, sender, grant, ruleBook });
  const batches = [...new Set(items.flatMap(({ batchId }) => batchId ?? []))];
  return [
    ['rule-book', 'current'],
    ['enterprise', enterprise],
    ...(grantId === undefined ? [] : [['grant', grantId] as const]),
    ...(loanRef === undefined ? [] : [['loan', loanRef] as const]),
    ...participants.map((id) => ['participant', id] as const),
    ...batches.map((id) => ['ingest-batch', id] as const),
  ];
}

/**
 * Decides again at the release's position, condition by condition.
 * @throws StatementError facts-missing.
 */
export function rerun(again: ReadAgain): RerunFindings {
  const facts = factsOf(again);
  const conditions = DENY_REASONS.map((reason): RerunCondition => {
    const breach = firstBreach(facts, [reason]);
    return { reason, breached: breach !== undefined, ...(breach?.decision === 'DENY' && breach.item !== undefined ? { item: breach.item } : {}) };
  });
  return { conditions, ...flat(decide(facts)) };
}

/**
 * The decision alone, made again.
 * @throws StatementError facts-missing; whatever {@link ReadAgain.record} throws.
 */
export function decideAgain(again: ReadAgain): Decision {
  return decide(factsOf(again));
}

function flat(decision: Decision): Omit<RerunFindings, 'conditions'> {
  if (decision.decision === 'PERMIT') return { decision: 'PERMIT' };
  return { decision: 'DENY', reason: decision.reason, ...(decision.item === undefined ? {} : { item: decision.item }) };
}

function factsOf({ release, record, counter, basisRelease, basisIsSpent }: ReadAgain): DecisionFacts {
  const ruleBook = record('rule-book', 'current');
  if (ruleBook === undefined) throw new StatementError('facts-missing', 'the rule book of that position is missing');
  const { requester, sender, claimedTime, enterprise, grantId, loanRef } = release;
  const request = requestOf(release);
  const grant = grantId === undefined ? undefined : record('grant', grantId);
  const participants = new Map<string, Participant>();
  for (const id of participantsConcerned({ request, requester, sender, grant, ruleBook })) {
    const participant = ruleBook.participants[id] === undefined ? undefined : record('participant', id);
    if (participant !== undefined) participants.set(id, participant);
  }
  const read = { at: claimedTime, request, requester, sender, ruleBook, grant, counter, participants, basisRelease, basisIsSpent };
  return { ...read, enterprise: record('enterprise', enterprise), loan: loanRef === undefined ? undefined : record('loan', loanRef), sources: sourcesOf(release, record, ruleBook) };
}

/**
 * What was found out about sources. A batch is looked at again as it was then. That a live answer was its provider's, or wasn't, is what the ledger's
 * contract found before it recorded the answer's digest. Sources count as not asked in a denial for another reason, and in one for an item that was
 * never connected: that one has no source, and the items before it weren't judged.
 */
function sourcesOf({ decision, reason, failedItem = '', items }: Release, record: ReadAgain['record'], ruleBook: RecordKinds['rule-book']): ReadonlyMap<string, SourceFinding> | undefined {
  if (decision === 'DENY' && (reason !== 'source-not-accepted' || ruleBook.items[failedItem]?.state === 'PLANNED')) return undefined;
  return new Map(
    items.flatMap(({ code, batchId, answerDigest }): [string, SourceFinding][] => {
      if (batchId !== undefined) return [[code, batchIsAccepted(code, record('ingest-batch', batchId), ruleBook)]];
      if (answerDigest === undefined) return [];
      return [[code, decision === 'DENY' && code === failedItem ? 'NOT_ACCEPTED' : 'ACCEPTED']];
    }),
  );
}

function batchIsAccepted(code: string, batch: RecordKinds['ingest-batch'] | undefined, { items }: RecordKinds['rule-book']): SourceFinding {
  const rule = items[code];
  if (rule === undefined || batch === undefined || batch.state !== 'ACCEPTED') return 'NOT_ACCEPTED';
  const { item, provider, itemVersion } = batch.manifest;
  return item === code && provider === rule.provider && itemVersionIsCovered(rule, itemVersion) ? 'ACCEPTED' : 'NOT_ACCEPTED';
}

/** True when the re-run decides as the ledger did. */
export function rerunMatches({ decision, reason, failedItem }: Release, findings: RerunFindings): boolean {
  return findings.decision === decision && findings.reason === reason && findings.item === failedItem;
}

/**
 * Believes a re-run: release and records stand in the log of `head`, every record before the release, none twice; the findings are what the one decision makes of them, and they
 * are what the ledger recorded.
 * @throws StatementError; decision-differs when the ledger decided otherwise.
 */
export function verifyDecisionRerun(value: unknown, head: TreeHead): RerunFindings {
  const parsed = decisionRerunSchema.safeParse(value);
  if (!parsed.success) throw new StatementError('statement-malformed', `at /${(parsed.error.issues[0]?.path ?? []).map(String).join('/')}`);
  const statement = parsed.data as DecisionRerun;
  const own = provenFact(statement.release, head);
  if (own.event.kind !== 'release' || own.leaf.network !== statement.network) throw new StatementError('facts-missing', 'the decision is no release of this ledger');
  const before = (fact: LoggedFact): ProvenFact => {
    const proven = provenFact(fact, head);
    if (proven.leaf.index >= own.leaf.index || proven.leaf.network !== statement.network) throw new StatementError('facts-missing', 'a fact does not stand before the decision');
    return proven;
  };
  const { release } = own.event;
  const shown = (fact: LoggedFact | undefined): ProvenFact | undefined => (fact === undefined ? undefined : before(fact));
  const findings = rerun({ release, record: lookUp(statement.records.map(before)), counter: counterIn(shown(statement.lastUse), release), basisRelease: basisIn(shown(statement.basisRelease), release), basisIsSpent: isSpentBy(shown(statement.spentBy), release) });
  if (canonicalJson(findings) !== canonicalJson(statement.findings)) throw new StatementError('summary-differs', 'the findings are not what the records say');
  if (!rerunMatches(release, findings)) throw new StatementError('decision-differs', `the ledger recorded ${release.decision}, the records say ${findings.decision}`);
  return findings;
}

const ID_MEMBERS: Readonly<Partial<Record<keyof RecordKinds, string>>> = { enterprise: 'ref', loan: 'ref', grant: 'id', participant: 'id' };

function lookUp(facts: readonly ProvenFact[]): ReadAgain['record'] {
  const records = new Map<string, unknown>();
  for (const { event } of facts) {
    if (!('record' in event)) throw new StatementError('facts-missing', 'a fact is of no record');
    const key = `${event.kind} ${recordIdOf(event.kind, event.record)}`;
    if (records.has(key)) throw new StatementError('facts-missing', 'a record is shown twice');
    records.set(key, event.record);
  }
  return <K extends keyof RecordKinds>(kind: K, id: string) => records.get(`${kind} ${id}`) as RecordKinds[K] | undefined;
}

function recordIdOf(kind: keyof RecordKinds, record: object): string {
  if (kind === 'rule-book') return 'current';
  if (kind === 'ingest-batch') return (record as RecordKinds['ingest-batch']).manifest.id;
  return String((record as Record<string, unknown>)[ID_MEMBERS[kind] ?? 'id']);
}

function counterIn(use: ProvenFact | undefined, { grantId }: Release): UseCounter | undefined {
  if (use === undefined) return undefined;
  const counter = grantId === undefined ? undefined : counterOf(use.event, grantId);
  if (counter === undefined) throw new StatementError('facts-missing', 'the last use is of another grant');
  return counter;
}

/** A grant's count after an event that counted a use of it or gave one back; undefined for any other event. */
export function counterOf(event: DomainEvent, grantId: string): UseCounter | undefined {
  if (event.kind === 'release') return event.release.grantId === grantId ? event.counter : undefined;
  return event.kind === 'outcome' && event.grantId === grantId ? event.counter : undefined;
}

function isSpentBy(fact: ProvenFact | undefined, { basisReleaseId }: Release): boolean {
  if (fact === undefined) return false;
  if (basisReleaseId === undefined || !spends(fact.event, basisReleaseId)) throw new StatementError('facts-missing', 'the event spent no release that this one continues');
  return true;
}

/** Whether an event leaves nothing of a release to a conduit to be passed on: it was, or it was never sent. */
export function spends(event: DomainEvent, releaseId: string): boolean {
  if (event.kind === 'release') return event.release.decision === 'PERMIT' && event.release.basisReleaseId === releaseId;
  return event.kind === 'outcome' && event.outcome.releaseId === releaseId && event.outcome.outcome === 'FAILED';
}

function basisIn(fact: ProvenFact | undefined, { basisReleaseId }: Release): Release | undefined {
  if (fact === undefined) return undefined;
  if (fact.event.kind !== 'release' || fact.event.release.id !== basisReleaseId) throw new StatementError('facts-missing', 'the release to continue is another one');
  return fact.event.release;
}
