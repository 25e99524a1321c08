import { volumeIdOf, type DomainEvent, type EvidenceCase, type RecordKinds, type Release } from '@kesu/chaincode/domain';
import type { EvidenceLog, LoggedEvent } from '../evidence-log';
import { GatewayError } from '../gateway-error';
import type { GatewayParts } from '../gateway-parts';
import { factsBehindDecisions } from './facts-behind-decisions';

/** Most leaves of an enterprise that are looked through. */
export const MAX_CHAIN = 100_000;
/** Most releases that one continues. */
const MAX_CONTINUED = 20;

/** What is gathered from. */
export interface FactParts {
  readonly log: EvidenceLog;
  readonly readModel: GatewayParts['readModel'];
}

/** What evidence is about: which of the events about an enterprise belong to it. */
export interface Matter {
  readonly enterprise: string;
  /** The last block that is looked at; all unless given. */
  readonly upToBlock?: number;
  /** Asked along the enterprise's chain, oldest first. */
  belongs(event: DomainEvent): boolean;
}

/** A loan: its reports, the grants and releases that name it. Everything else about the enterprise is another matter's. */
export function loanMatter(enterprise: string, loanRef: string): Matter {
  const releases = new Set<string>();
  return {
    enterprise,
    belongs: (event) => {
      if (event.kind === 'release' && event.release.loanRef === loanRef) releases.add(event.release.id);
      if (event.kind === 'loan') return event.record.ref === loanRef;
      return event.kind === 'grant' ? event.record.loanRef === loanRef : isAlwaysShown(event) || isAboutRelease(event, releases);
    },
  };
}

/**
 * A case: its own events, its sealed volumes, its loan, and what their items link to on the ledger with what that rests on (a release's grant, the
 * releases it continues). Releases and grants that nobody linked stay out: who brings the case chooses what it shows. As the projection shows it now:
 * what the ledger holds beyond is left for the next bundle.
 */
export function caseMatter({ readModel }: Pick<FactParts, 'readModel'>, evidenceCase: EvidenceCase): Matter {
  const { id, enterprise, loanRef } = evidenceCase;
  const sealed = evidenceCase.volumes.flatMap(({ number, digest }) => (digest === undefined ? [] : (readModel.record('evidence-volume', volumeIdOf(id, number))?.record ?? [])));
  const links = sealed.flatMap(({ items }) => items.flatMap((item) => (item.source === 'LEDGER' ? [item.link] : [])));
  const releases = links.flatMap((link) => (link.kind === 'RELEASE' ? chainOf(readModel, link.id) : []));
  const releaseIds = new Set(releases.map((release) => release.id));
  const grants = new Set([...links.flatMap((link) => (link.kind === 'GRANT' ? [link.id] : [])), ...releases.flatMap(({ grantId }) => grantId ?? [])]);
  const loans = new Set([...links.flatMap((link) => (link.kind === 'LOAN_EVENT' ? [link.id] : [])), ...(loanRef === undefined ? [] : [loanRef])]);
  const linkedVolumes = new Set(links.flatMap((link) => (link.kind === 'VOLUME' ? [volumeIdOf(link.id, link.number)] : [])));
  const ownVolumes = new Set(sealed.map((volume) => volume.id));
  return {
    enterprise,
    upToBlock: readModel.asOf().block,
    belongs: (event) => {
      if (event.kind === 'evidence-case') return event.record.id === id;
      if (event.kind === 'evidence-volume') return ownVolumes.has(event.record.id) || (event.record.state === 'SEALED' && linkedVolumes.has(event.record.id));
      if (event.kind === 'loan') return loans.has(event.record.ref);
      return event.kind === 'grant' ? grants.has(event.record.id) : isAlwaysShown(event) || isAboutRelease(event, releaseIds);
    },
  };
}

/** A release with those that it continues. */
function chainOf(readModel: FactParts['readModel'], id: string): Release[] {
  const chain: Release[] = [];
  for (let next: string | undefined = id; next !== undefined && chain.length < MAX_CONTINUED; ) {
    const release: Release | undefined = readModel.release(next)?.release;
    if (release !== undefined) chain.push(release);
    next = release?.basisReleaseId;
  }
  return chain;
}

function isAlwaysShown({ kind }: DomainEvent): boolean {
  return kind === 'enterprise' || kind === 'signatories';
}

function isAboutRelease(event: DomainEvent, releases: ReadonlySet<string>): boolean {
  if (event.kind === 'release') return releases.has(event.release.id);
  if (event.kind === 'outcome') return releases.has(event.outcome.releaseId);
  return event.kind === 'acknowledgement' && releases.has(event.acknowledgement.releaseId);
}

/**
 * The facts of a matter, in ledger order: what belongs to it on the chain of the enterprise's leaves, and the records that the decisions, letters
 * and steps in it were measured against.
 */
export async function matterFacts({ log, readModel }: FactParts, matter: Matter): Promise<readonly LoggedEvent[]> {
  const { enterprise, upToBlock = Infinity } = matter;
  const chain = (await subjectChain(log, enterprise)).filter(({ leaf }) => leaf.position.block <= upToBlock);
  const gathered = new Map(chain.filter(({ event }) => matter.belongs(event)).map((logged) => [logged.index, logged]));
  for (const logged of factsBehindDecisions(chain, [...gathered.values()])) gathered.set(logged.index, logged);
  for (const logged of [...gathered.values()]) await gatherBehind({ log, readModel }, gathered, logged, recordsBehind(logged.event, readModel));
  return inLedgerOrder(gathered);
}

/**
 * Every event of a grant, in ledger order, with what it was measured against: the enterprise and its keys before each, and the letter's template,
 * participants and items before the first.
 * @throws GatewayError not-ready while the log hasn't folded them.
 */
export async function grantFacts(parts: FactParts, grantId: string): Promise<readonly LoggedEvent[]> {
  const { log, readModel } = parts;
  const gathered = new Map<number, LoggedEvent>();
  for (const { position } of readModel.history('grant', grantId)) {
    const index = log.indexOf(position);
    const logged = index === undefined ? undefined : await log.event(index);
    if (logged?.event.kind !== 'grant') throw GatewayError.of('not-ready', 'the log has not folded that event yet', { retryAfterSeconds: 1 });
    gathered.set(logged.index, logged);
  }
  for (const [at, logged] of [...gathered.values()].entries()) {
    const ref = logged.event.kind === 'grant' ? logged.event.record.enterprise : '';
    const own: Named[] = [{ kind: 'enterprise', id: ref }, { kind: 'signatories', id: ref }];
    await gatherBehind(parts, gathered, logged, at === 0 ? [...own, ...recordsBehind(logged.event, readModel)] : own);
  }
  return inLedgerOrder(gathered);
}

async function gatherBehind(parts: FactParts, gathered: Map<number, LoggedEvent>, { index: before }: LoggedEvent, named: readonly Named[]): Promise<void> {
  for (const { kind, id } of named) {
    const index = latestBefore(parts, kind, id, before);
    const record = index === undefined || gathered.has(index) ? undefined : await parts.log.event(index);
    if (record !== undefined) gathered.set(record.index, record);
  }
}

function inLedgerOrder(gathered: ReadonlyMap<number, LoggedEvent>): LoggedEvent[] {
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

interface Named {
  readonly kind: keyof RecordKinds;
  readonly id: string;
}

/** The records that an event was measured against, besides the enterprise's own. */
function recordsBehind(event: DomainEvent, readModel: FactParts['readModel']): Named[] {
  if (event.kind === 'release') return behindRelease(event.release, readModel);
  if (event.kind === 'evidence-case') return participants([event.actor, event.record.platform, event.record.recipient, event.record.authority]);
  if (event.kind === 'evidence-volume') return participants([event.actor]);
  if (event.kind !== 'grant') return [];
  const { platform, recipient, conduit, items, template } = event.record;
  return [...participants([platform, recipient, conduit]), ...items.map(({ code }) => ({ kind: 'catalogue-item' as const, id: code })), { kind: 'template', id: template }];
}

function behindRelease({ requester, recipient, sender, platform, conduit, items, loanRef }: Release, readModel: FactParts['readModel']): Named[] {
  const providers = items.map(({ code, provider }) => provider ?? readModel.ruleBook()?.items[code]?.provider);
  const batches = items.flatMap(({ batchId }) => (batchId === undefined ? [] : [{ kind: 'ingest-batch' as const, id: batchId }]));
  return [{ kind: 'rule-book', id: 'current' }, ...participants([requester, recipient, sender, platform, conduit, ...providers]), ...batches, ...(loanRef === undefined ? [] : [{ kind: 'loan' as const, id: loanRef }])];
}

function participants(ids: readonly (string | undefined)[]): Named[] {
  return ids.flatMap((id) => (id === undefined ? [] : [{ kind: 'participant' as const, id }]));
}

/** The leaf of a record's newest event before another leaf. */
function latestBefore({ log, readModel }: FactParts, kind: keyof RecordKinds, id: string, before: number): number | undefined {
  const indexes = readModel.history(kind, id).map(({ position }) => log.indexOf(position) ?? Infinity);
  return indexes.filter((index) => index < before).at(-1);
}
