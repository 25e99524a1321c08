import { RULE_BOOK_ID } from '@kesu/chaincode';
import { templateKey, type RecordKinds } from '@kesu/chaincode/domain';
import type { TraceAxis } from '../read-model';

/** Everything that the projection keeps, by the first letter of its keys. */
export const INDEXES = {
  m: 'position',
  s: 'statistics',
  b: 'blocks',
  k: 'records',
  v: 'former versions of records',
  h: 'histories',
  c: 'use counters',
  r: 'releases',
  p: 'operations',
  l: 'lists',
} as const;

/** The one value of running statistics. */
export const STATISTICS_KEY = 's!statistics';

/** A record's present value. */
export function recordKey(kind: keyof RecordKinds, id: string): string {
  return `k!${kind}!${id}`;
}

/** A record's value after its event number `event`, once a later one replaced it. */
export function versionKey(kind: keyof RecordKinds, id: string, event: number): string {
  return `v!${kind}!${id}!${event}`;
}

/** What a record's event number `event` said besides the record. */
export function historyKey(kind: keyof RecordKinds, id: string, event: number): string {
  return `h!${kind}!${id}!${event}`;
}

export const counterKey = (grantId: string): string => `c!${grantId}`;
export const releaseKey = (id: string): string => `r!${id}`;
export const operationKey = (operation: string): string => `p!${operation}`;
export const blockKey = (block: number): string => `b!${block}`;

/** The list of all records of a kind, in the order of their first events. */
export function kindList(kind: keyof RecordKinds): string {
  return kind;
}

/** The list of a kind's records that belong to an enterprise, a platform, a recipient, a provider or an authority. */
export function facetList(kind: keyof RecordKinds, facet: string, id: string): string {
  return `${kind}.${facet}!${id}`;
}

/** The list of releases along an axis. */
export function traceList(axis: TraceAxis, id: string): string {
  return `release.${axis}!${id}`;
}

/** Where an enterprise's decoded grants stay in memory. */
export const grantsOfKey = (enterprise: string): string => `grants of ${enterprise}`;

const ID_OF: { readonly [K in keyof RecordKinds]: (record: RecordKinds[K]) => string } = {
  'rule-book': () => RULE_BOOK_ID,
  participant: (participant) => participant.id,
  'catalogue-item': (item) => item.code,
  template: (template) => templateKey(template),
  enterprise: (enterprise) => enterprise.ref,
  signatories: (signatories) => signatories.ref,
  loan: (loan) => loan.ref,
  'ingest-batch': (batch) => batch.manifest.id,
  'grant-request': (request) => request.id,
  grant: (grant) => grant.id,
  deletion: (deletion) => deletion.id,
  dispute: (dispute) => dispute.id,
  'evidence-case': (evidenceCase) => evidenceCase.id,
  'evidence-volume': (volume) => volume.id,
  'usage-report': (report) => report.id,
};

/** True for a kind of record. */
export function isRecordKind(kind: string): kind is keyof RecordKinds {
  return Object.hasOwn(ID_OF, kind);
}

/** The id under which a record of the kind is kept. */
export function recordIdOf<K extends keyof RecordKinds>(kind: K, record: RecordKinds[K]): string {
  return ID_OF[kind](record);
}
