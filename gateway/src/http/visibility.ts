import { regionLiesIn, type AnyRecordEvent, type Deletion, type Dispute, type DomainEvent, type Enterprise, type EvidenceCase, type Grant, type GrantRequest, type IngestBatch, type Loan, type RecordKinds, type Release, type UsageReportRecord } from '@kesu/chaincode/domain';
import { GatewayError } from '../gateway-error';
import type { ReadModel, RecordFilter, TraceAxis } from '../read-model';
import type { Requester } from '../requester';
import type { Actor } from './route';

/** Roles that see metadata of others: node and audit all of it, supervision its territory's. They see no data: those are in no record. */
const OVERSEERS: readonly Actor[] = ['provincialNode', 'regulator', 'auditor'];

/** The actor that a requester is. */
export function actorOf(requester: Requester): Actor {
  return requester.kind === 'ENTERPRISE' ? 'enterprise' : requester.role;
}

/** What sight needs of the projection. */
type Records = Pick<ReadModel, 'record' | 'ruleBook'>;

/** Which enterprises a requester sees by its office: a regulator those of its territory (任务 3); undefined where there is no such border. */
export function sightOf(requester: Requester, readModel: Pick<ReadModel, 'record'>): ((enterprise: string) => boolean) | undefined {
  if (requester.kind !== 'PARTICIPANT' || requester.role !== 'regulator') return undefined;
  const territory = readModel.record('participant', requester.id)?.record.regions ?? [];
  return (ref) => {
    const enterprise = readModel.record('enterprise', ref)?.record;
    return enterprise !== undefined && regionLiesIn(enterprise.region, territory);
  };
}

/** True for who sees metadata of others. */
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

function isOneOf(requester: Requester, readModel: Records, parties: { readonly enterprise?: string | undefined; readonly participants: readonly (string | undefined)[] }): boolean {
  const { enterprise, participants } = parties;
  if (requester.kind === 'ENTERPRISE') return requester.ref === enterprise;
  if (participants.includes(requester.id)) return true;
  if (!isOverseer(requester)) return false;
  const sees = sightOf(requester, readModel);
  return sees === undefined || enterprise === undefined || sees(enterprise);
}

/** An enterprise: itself, the platforms that registered it. */
export function seesEnterprise(requester: Requester, enterprise: Enterprise, readModel: Records): boolean {
  return isOneOf(requester, readModel, { enterprise: enterprise.ref, participants: enterprise.platforms });
}

/** A grant: its enterprise, platform, conduit and named recipient. */
export function seesGrant(requester: Requester, { enterprise, platform, conduit, recipient }: Grant, readModel: Records): boolean {
  return isOneOf(requester, readModel, { enterprise, participants: [platform, conduit, recipient] });
}

/** A loan: its enterprise, recipient and platform. */
export function seesLoan(requester: Requester, { enterprise, platform, recipient }: Loan, readModel: Records): boolean {
  return isOneOf(requester, readModel, { enterprise, participants: [platform, recipient] });
}

/** A request for a grant: whom it asks, and who asked. */
export function seesGrantRequest(requester: Requester, { enterprise, platform, recipient }: GrantRequest, readModel: Records): boolean {
  return isOneOf(requester, readModel, { enterprise, participants: [platform, recipient] });
}

/** A batch: its provider. */
export function seesBatch(requester: Requester, { manifest }: IngestBatch, readModel: Records): boolean {
  return isOneOf(requester, readModel, { participants: [manifest.provider] });
}

/** A dispute: its enterprise, the platform it was filed at, the item's provider. */
export function seesDispute(requester: Requester, { enterprise, platform, item }: Dispute, readModel: Records): boolean {
  return isOneOf(requester, readModel, { enterprise, participants: [platform, readModel.ruleBook()?.items[item]?.provider] });
}

/** A deletion: its enterprise, the grant's platform, who is asked. */
export function seesDeletion(requester: Requester, { enterprise, platform, recipient }: Deletion, readModel: Records): boolean {
  return isOneOf(requester, readModel, { enterprise, participants: [platform, recipient] });
}

/** A case: its enterprise, its platform, whom it went to, and the institution whose case it is. */
export function seesCase(requester: Requester, { enterprise, platform, party, recipient, authority }: EvidenceCase, readModel: Records): boolean {
  return isOneOf(requester, readModel, { enterprise, participants: [platform, authority, ...(party === 'RECIPIENT' ? [recipient] : [])] });
}

/** A report of use: its enterprise, and who asked for it. */
export function seesUsageReport(requester: Requester, { enterprise, requestedBy }: UsageReportRecord, readModel: Records): boolean {
  return isOneOf(requester, readModel, { enterprise, participants: [requestedBy] });
}

/** A release: the enterprise, who asked, sent, carried or received, and the providers of its items. */
export function seesRelease(requester: Requester, { enterprise, requester: asker, sender, platform, conduit, recipient, items }: Release, readModel: Records): boolean {
  return isOneOf(requester, readModel, { enterprise, participants: [asker, sender, platform, conduit, recipient, ...items.map((item) => item.provider)] });
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
    return enterprise !== undefined && seesEnterprise(requester, enterprise.record, readModel);
  },
  loan: seesLoan,
  'ingest-batch': seesBatch,
  'grant-request': seesGrantRequest,
  grant: seesGrant,
  deletion: seesDeletion,
  dispute: seesDispute,
  'evidence-case': seesCase,
  'evidence-volume': (requester, { caseId }, readModel) => {
    const evidenceCase = readModel.record('evidence-case', caseId);
    return evidenceCase !== undefined && seesCase(requester, evidenceCase.record, readModel);
  },
  'usage-report': seesUsageReport,
};

/** An event: whoever may see what it is about; of overseers a regulator what lies in its sight. */
export function seesEvent(requester: Requester, event: DomainEvent, readModel: EventReads): boolean {
  if (isOverseer(requester) && sightOf(requester, readModel) === undefined) return true;
  if (event.kind === 'release') return seesRelease(requester, event.release, readModel);
  if (event.kind === 'outcome') return seesReleaseOf(requester, event.outcome.releaseId, readModel);
  if (event.kind === 'acknowledgement') return seesReleaseOf(requester, event.acknowledgement.releaseId, readModel);
  if (event.kind === 'operation-closed') return requester.kind === 'PARTICIPANT' && requester.id === event.actor;
  const sees = SEES_RECORD[event.kind] as (requester: Requester, record: AnyRecordEvent['record'], readModel: EventReads) => boolean;
  return sees(requester, event.record, readModel);
}

function seesReleaseOf(requester: Requester, releaseId: string, readModel: EventReads): boolean {
  const traced = readModel.release(releaseId);
  return traced !== undefined && seesRelease(requester, traced.release, readModel);
}

/** A trace: who stands at its end, and overseers; a regulator's shows the rows that lie in its sight. */
export function seesTrace(requester: Requester, axis: TraceAxis, id: string, readModel: Records): boolean {
  if (isOverseer(requester)) return axis !== 'enterprise' || sightOf(requester, readModel)?.(id) !== false;
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
