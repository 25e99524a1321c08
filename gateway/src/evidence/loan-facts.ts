import type { DomainEvent, RecordKinds, Release } from '@kesu/chaincode/domain';
import type { EvidenceLog, LoggedEvent } from '../evidence-log';
import type { GatewayParts } from '../gateway-parts';
import { factsBehindDecisions } from './facts-behind-decisions';

/** Most leaves of an enterprise that are looked through for a loan. */
export const MAX_CHAIN = 100_000;

/** What is gathered from. */
export interface FactParts {
  readonly log: EvidenceLog;
  readonly readModel: GatewayParts['readModel'];
}

/**
 * The facts of a loan, in ledger order: everything about the enterprise that belongs to the loan, found on the chain of its leaves, and
 * the records that the decisions and letters in it were measured against.
 */
export async function loanFacts({ log, readModel }: FactParts, enterprise: string, loanRef: string): Promise<readonly LoggedEvent[]> {
  const gathered = new Map<number, LoggedEvent>();
  const releases = new Set<string>();
  const chain = await subjectChain(log, enterprise);
  for (const logged of chain) {
    if (!belongsTo(logged.event, loanRef, releases)) continue;
    gathered.set(logged.index, logged);
    if (logged.event.kind === 'release') releases.add(logged.event.release.id);
  }
  for (const logged of factsBehindDecisions(chain, [...gathered.values()])) gathered.set(logged.index, logged);
  for (const logged of [...gathered.values()]) {
    for (const { kind, id } of recordsBehind(logged.event, readModel)) {
      const index = latestBefore({ log, readModel }, kind, id, logged.index);
      const record = index === undefined || gathered.has(index) ? undefined : await log.event(index);
      if (record !== undefined) gathered.set(record.index, record);
    }
  }
  return [...gathered.values()].sort((a, b) => a.index - b.index);
}

/** Every event about an enterprise, oldest first, along its leaves' pointers. */
async function subjectChain(log: EvidenceLog, enterprise: string): Promise<LoggedEvent[]> {
  const chain: LoggedEvent[] = [];
  for (let at = log.newestOfSubject(enterprise); at !== undefined && chain.length < MAX_CHAIN; ) {
    const logged = await log.event(at.index);
    if (logged === undefined) break;
    chain.push(logged);
    at = logged.leaf.previousOfSubject;
  }
  return chain.reverse();
}

/** Everything else about the enterprise is another matter's. */
function belongsTo(event: DomainEvent, loanRef: string, releases: ReadonlySet<string>): boolean {
  if (event.kind === 'enterprise' || event.kind === 'signatories') return true;
  if (event.kind === 'loan') return event.record.ref === loanRef;
  if (event.kind === 'grant') return event.record.loanRef === loanRef;
  if (event.kind === 'release') return event.release.loanRef === loanRef;
  if (event.kind === 'outcome') return releases.has(event.outcome.releaseId);
  return event.kind === 'acknowledgement' && releases.has(event.acknowledgement.releaseId);
}

interface Named {
  readonly kind: keyof RecordKinds;
  readonly id: string;
}

/** The records that an event was measured against, besides the enterprise's own. */
function recordsBehind(event: DomainEvent, readModel: FactParts['readModel']): Named[] {
  if (event.kind === 'release') return behindRelease(event.release, readModel);
  if (event.kind !== 'grant') return [];
  const { platform, recipient, conduit, items, template } = event.record;
  return [...participants([platform, recipient, conduit]), ...items.map(({ code }) => ({ kind: 'catalogue-item' as const, id: code })), { kind: 'template', id: template }];
}

function behindRelease({ requester, recipient, sender, platform, conduit, items }: Release, readModel: FactParts['readModel']): Named[] {
  const providers = items.map(({ code, provider }) => provider ?? readModel.ruleBook()?.items[code]?.provider);
  const batches = items.flatMap(({ batchId }) => (batchId === undefined ? [] : [{ kind: 'ingest-batch' as const, id: batchId }]));
  return [{ kind: 'rule-book', id: 'current' }, ...participants([requester, recipient, sender, platform, conduit, ...providers]), ...batches];
}

function participants(ids: readonly (string | undefined)[]): Named[] {
  return ids.flatMap((id) => (id === undefined ? [] : [{ kind: 'participant' as const, id }]));
}

/** The leaf of a record's newest event before another leaf. */
function latestBefore({ log, readModel }: FactParts, kind: keyof RecordKinds, id: string, before: number): number | undefined {
  const indexes = readModel.history(kind, id).map(({ position }) => log.indexOf(position) ?? Infinity);
  return indexes.filter((index) => index < before).at(-1);
}
