import type { AnyRecordEvent, Dispute, DomainEvent, Enterprise, EvidenceCase, Grant, GrantRequest, IngestBatch, Loan, RecordKinds, Release, UsageReportRecord } from '@kesu/chaincode/domain';
import { GatewayError } from '../gateway-error';
import type { ReadModel, RecordFilter, TraceAxis } from '../read-model';
import type { Requester } from '../requester';
import type { Actor } from './route';

/** Roles that see all metadata: the node, supervision and audit. They see no data: those are in no record. */
const OVERSEERS: readonly Actor[] = ['provincialNode', 'regulator', 'auditor'];

/** The actor that a requester is. */
export function actorOf(requester: Requester): Actor {
  return requester.kind === 'ENTERPRISE' ? 'enterprise' : requester.role;
}

/** True for who sees all metadata. */
export function isOverseer(requester: Requester): boolean {
  return OVERSEERS.includes(actorOf(requester));
}

/** What is answered about what doesn't exist and about what isn't yours: the same. */
export function notFound(): GatewayError {
  return GatewayError.of('not-found', 'there is no such object, or it is not yours');
}

/** The record, when it exists and the requester may see it. @throws GatewayError not-found. */
export function seen<T>(record: T | undefined, maySee: (record: T) => boolean): T {
  if (record === undefined || !maySee(record)) throw notFound();
  return record;
}

function isOneOf(requester: Requester, parties: { readonly enterprise?: string | undefined; readonly participants: readonly (string | undefined)[] }): boolean {
  if (isOverseer(requester)) return true;
  return requester.kind === 'ENTERPRISE' ? requester.ref === parties.enterprise : parties.participants.includes(requester.id);
}

/** An enterprise: itself, the platforms that registered it. */
export function seesEnterprise(requester: Requester, enterprise: Enterprise): boolean {
  return isOneOf(requester, { enterprise: enterprise.ref, participants: enterprise.platforms });
}

/** A grant: its enterprise, platform, conduit and named recipient. */
export function seesGrant(requester: Requester, { enterprise, platform, conduit, recipient }: Grant): boolean {
  return isOneOf(requester, { enterprise, participants: [platform, conduit, recipient] });
}

/** A loan: its enterprise, recipient and platform. */
export function seesLoan(requester: Requester, { enterprise, platform, recipient }: Loan): boolean {
  return isOneOf(requester, { enterprise, participants: [platform, recipient] });
}

/** A request for a grant: whom it asks, and who asked. */
export function seesGrantRequest(requester: Requester, { enterprise, platform, recipient }: GrantRequest): boolean {
  return isOneOf(requester, { enterprise, participants: [platform, recipient] });
}

/** A batch: its provider. */
export function seesBatch(requester: Requester, { manifest }: IngestBatch): boolean {
  return isOneOf(requester, { participants: [manifest.provider] });
}

/** A dispute: its enterprise, the platform it was filed at, the item's provider. */
export function seesDispute(requester: Requester, { enterprise, platform, item }: Dispute, readModel: Pick<ReadModel, 'ruleBook'>): boolean {
  return isOneOf(requester, { enterprise, participants: [platform, readModel.ruleBook()?.items[item]?.provider] });
}

/** A case: its enterprise, its platform, whom it went to, and the institution whose case it is. */
export function seesCase(requester: Requester, { enterprise, platform, party, recipient, authority }: EvidenceCase): boolean {
  return isOneOf(requester, { enterprise, participants: [platform, authority, ...(party === 'RECIPIENT' ? [recipient] : [])] });
}

/** A report of use: its enterprise, and who asked for it. */
export function seesUsageReport(requester: Requester, { enterprise, requestedBy }: UsageReportRecord): boolean {
  return isOneOf(requester, { enterprise, participants: [requestedBy] });
}

/** A release: the enterprise, who asked, sent, carried or received, and the providers of its items. */
export function seesRelease(requester: Requester, { enterprise, requester: asker, sender, platform, conduit, recipient, items }: Release): boolean {
  return isOneOf(requester, { enterprise, participants: [asker, sender, platform, conduit, recipient, ...items.map((item) => item.provider)] });
}

type EventReads = Pick<ReadModel, 'ruleBook' | 'release' | 'record'>;

const EVERYONE = (): boolean => true;

/** Who may see a record's events: whoever may see the record. What the node published for all is for all. */
const SEES_RECORD: { readonly [K in keyof RecordKinds]: (requester: Requester, record: RecordKinds[K], readModel: EventReads) => boolean } = {
  'rule-book': EVERYONE,
  participant: EVERYONE,
  'catalogue-item': EVERYONE,
  template: EVERYONE,
  enterprise: seesEnterprise,
  signatories: (requester, { ref }, readModel) => {
    const enterprise = readModel.record('enterprise', ref);
    return enterprise !== undefined && seesEnterprise(requester, enterprise.record);
  },
  loan: seesLoan,
  'ingest-batch': seesBatch,
  'grant-request': seesGrantRequest,
  grant: seesGrant,
  dispute: seesDispute,
  'evidence-case': seesCase,
  'evidence-volume': (requester, { caseId }, readModel) => {
    const evidenceCase = readModel.record('evidence-case', caseId);
    return evidenceCase !== undefined && seesCase(requester, evidenceCase.record);
  },
  'usage-report': (requester, report) => seesUsageReport(requester, report),
};

/** An event: whoever may see what it is about. */
export function seesEvent(requester: Requester, event: DomainEvent, readModel: EventReads): boolean {
  if (isOverseer(requester)) return true;
  if (event.kind === 'release') return seesRelease(requester, event.release);
  if (event.kind === 'outcome') return seesReleaseOf(requester, event.outcome.releaseId, readModel);
  if (event.kind === 'acknowledgement') return seesReleaseOf(requester, event.acknowledgement.releaseId, readModel);
  if (event.kind === 'operation-closed') return requester.kind === 'PARTICIPANT' && requester.id === event.actor;
  const sees = SEES_RECORD[event.kind] as (requester: Requester, record: AnyRecordEvent['record'], readModel: EventReads) => boolean;
  return sees(requester, event.record, readModel);
}

function seesReleaseOf(requester: Requester, releaseId: string, readModel: EventReads): boolean {
  const traced = readModel.release(releaseId);
  return traced !== undefined && seesRelease(requester, traced.release);
}

/** A trace: who stands at its end, and overseers. */
export function seesTrace(requester: Requester, axis: TraceAxis, id: string): boolean {
  if (isOverseer(requester)) return true;
  return requester.kind === 'ENTERPRISE' ? axis === 'enterprise' && requester.ref === id : requester.role === axis && requester.id === id;
}

/** The dimension of a list in which a requester sees its own alone; none for overseers. */
const OWN: Readonly<Partial<Record<Actor, 'enterprise' | 'platform' | 'recipient' | 'provider' | 'authority'>>> = {
  enterprise: 'enterprise',
  platform: 'platform',
  recipient: 'recipient',
  provider: 'provider',
  notary: 'authority',
  arbitrator: 'authority',
  court: 'authority',
};

/**
 * The filter of a list restricted to what the requester may see.
 * @throws GatewayError not-found for a filter that names another's; not-allowed for a role without a part in such a list.
 */
export function ownFilter(requester: Requester, asked: RecordFilter, dimensions: readonly (keyof RecordFilter)[]): RecordFilter {
  if (isOverseer(requester)) return asked;
  const dimension = OWN[actorOf(requester)];
  if (dimension === undefined || !dimensions.includes(dimension)) throw GatewayError.of('not-allowed', 'this role has no part in this list');
  const own = requester.kind === 'ENTERPRISE' ? requester.ref : requester.id;
  if (asked[dimension] !== undefined && asked[dimension] !== own) throw notFound();
  return { ...asked, [dimension]: own };
}
