import { RULE_BOOK_ID } from '@kesu/chaincode';
import { eventsOf, templateKey, type DomainEvent, type RecordKinds, type Release, type UseCounter } from '@kesu/chaincode/domain';
import type { CommittedBlock } from '@kesu/network';
import { TRACE_AXES, type TraceAxis } from '../../read-model';
import type { Projection } from '../projection';

interface Told {
  readonly event: DomainEvent;
  readonly position: { readonly block: number; readonly index: number; readonly item: number; readonly txId: string };
  readonly claimedTime: string;
}

const IDS: Readonly<Record<keyof RecordKinds, (record: never) => string>> = {
  'rule-book': () => RULE_BOOK_ID,
  participant: (record: RecordKinds['participant']) => record.id,
  'catalogue-item': (record: RecordKinds['catalogue-item']) => record.code,
  template: (record: RecordKinds['template']) => templateKey(record),
  enterprise: (record: RecordKinds['enterprise']) => record.ref,
  signatories: (record: RecordKinds['signatories']) => record.ref,
  loan: (record: RecordKinds['loan']) => record.ref,
  'ingest-batch': (record: RecordKinds['ingest-batch']) => record.manifest.id,
  'grant-request': (record: RecordKinds['grant-request']) => record.id,
  grant: (record: RecordKinds['grant']) => record.id,
  deletion: (record: RecordKinds['deletion']) => record.id,
  dispute: (record: RecordKinds['dispute']) => record.id,
  'evidence-case': (record: RecordKinds['evidence-case']) => record.id,
  'evidence-volume': (record: RecordKinds['evidence-volume']) => record.id,
  'usage-report': (record: RecordKinds['usage-report']) => record.id,
};

/** Everything that a projection can be asked about the blocks up to one, found by walking all of them each time. */
export function naiveAnswers(blocks: readonly CommittedBlock[]): unknown {
  const told = blocks.flatMap(eventsIn);
  const recordEvents = told.filter(({ event }) => 'record' in event);
  const keyOf = ({ event }: Told): string => ('record' in event ? `${event.kind} ${IDS[event.kind](event.record as never)}` : '');
  const keys = [...new Set(recordEvents.map(keyOf))];
  const releases = told.flatMap((entry) => (entry.event.kind === 'release' ? [{ ...entry, release: entry.event.release }] : []));
  const traced = ({ release, position }: (typeof releases)[number]) => {
    const outcome = told.flatMap(({ event }) => (event.kind === 'outcome' && event.outcome.releaseId === release.id ? [event.outcome] : []));
    const acknowledgement = told.flatMap(({ event }) => (event.kind === 'acknowledgement' && event.acknowledgement.releaseId === release.id ? [event.acknowledgement] : []));
    return { release, position, ...(outcome[0] === undefined ? {} : { outcome: outcome[0] }), ...(acknowledgement[0] === undefined ? {} : { acknowledgement: acknowledgement[0] }) };
  };
  const histories = keys.map((key) => recordEvents.filter((entry) => keyOf(entry) === key));
  return {
    head: blocks.at(-1)?.block,
    histories: Object.fromEntries(keys.map((key, index) => [key, histories[index]])),
    present: Object.fromEntries(keys.map((key, index) => [key, presentOf(histories[index])])),
    counters: countersIn(told),
    traces: Object.fromEntries(TRACE_AXES.map((axis) => [axis, byId(axis, releases.map(({ release }) => release), releases.map(traced).reverse())])),
    operations: Object.fromEntries(blocks.flatMap(operationsIn)),
    statistics: statisticsOf(blocks, told),
  };
}

/** The same of a projection, asked for what the naive answers name. */
export function projectedAnswers(projection: Projection, naive: unknown): unknown {
  const expected = naive as { histories: object; counters: object; traces: Record<TraceAxis, object>; operations: object };
  const split = (key: string): [keyof RecordKinds, string] => key.split(' ') as [keyof RecordKinds, string];
  const asked = <T>(keys: object, ask: (key: string) => T): Record<string, T> => Object.fromEntries(Object.keys(keys).map((key) => [key, ask(key)]));
  const { asOf: _asOf, ...statistics } = projection.statistics();
  return {
    head: projection.asOf().block,
    histories: asked(expected.histories, (key) => projection.history(...split(key))),
    present: asked(expected.histories, (key) => projection.record(...split(key))),
    counters: asked(expected.counters, (id) => projection.counter(id)),
    traces: Object.fromEntries(TRACE_AXES.map((axis) => [axis, asked(expected.traces[axis], (id) => wholeTrace(projection, axis, id))])),
    operations: asked(expected.operations, (operation) => projection.operation(operation)),
    statistics: { ...statistics, denials: withoutZeros(statistics.denials), outcomes: withoutZeros(statistics.outcomes) },
  };
}

function wholeTrace(projection: Projection, axis: TraceAxis, id: string): unknown[] {
  const entries: unknown[] = [];
  for (let page = projection.trace(axis, id, {}, { limit: 9 }); ; page = projection.trace(axis, id, {}, { limit: 9, ...(page.next === undefined ? {} : { cursor: page.next }) })) {
    entries.push(...page.entries);
    if (page.next === undefined) return entries;
  }
}

function eventsIn({ block, transactions }: CommittedBlock): Told[] {
  return transactions
    .filter(({ validity }) => validity === 'VALID')
    .flatMap((transaction) => {
      const { index, txId, claimedTime } = transaction;
      return eventsOf(transaction).map((event, item) => ({ event, position: { block, index, item, txId }, claimedTime }));
    });
}

function presentOf(history: readonly Told[] | undefined): unknown {
  const newest = history?.at(-1);
  return newest !== undefined && 'record' in newest.event ? { record: newest.event.record, position: newest.position, claimedTime: newest.claimedTime } : undefined;
}

function countersIn(told: readonly Told[]): Record<string, UseCounter> {
  const counters: Record<string, UseCounter> = {};
  for (const { event } of told) {
    if (event.kind === 'release' && event.counter !== undefined) counters[event.release.grantId ?? ''] = event.counter;
    if (event.kind === 'outcome' && event.counter !== undefined) counters[event.grantId ?? ''] = event.counter;
  }
  return counters;
}

function idsOf(axis: TraceAxis, release: Release): readonly (string | undefined)[] {
  if (axis === 'provider') return release.items.map((item) => item.provider);
  if (axis !== 'platform') return [release[axis]];
  if (release.grantId !== undefined) return [release.platform, release.conduit];
  return release.selfReported ? [release.requester, release.recipient, release.sender] : [release.requester, release.recipient];
}

function byId(axis: TraceAxis, releases: readonly Release[], newestFirst: readonly { readonly release: Release }[]): Record<string, unknown> {
  const ids = new Set(releases.flatMap((release) => idsOf(axis, release)).filter((id) => id !== undefined));
  return Object.fromEntries([...ids].map((id) => [id, newestFirst.filter(({ release }) => idsOf(axis, release).includes(id))]));
}

function operationsIn({ block, hash, time, transactions }: CommittedBlock): [string, unknown][] {
  return transactions
    .filter(({ validity }) => validity === 'VALID')
    .flatMap(({ index, txId, claimedTime, writes }) =>
      writes
        .filter(({ key }) => key.startsWith('operation/'))
        .map(({ key, value = '' }): [string, unknown] => [key.slice('operation/'.length), { record: JSON.parse(value), position: { block, index, txId }, head: { block, hash, time }, claimedTime }]),
    );
}

function statisticsOf(blocks: readonly CommittedBlock[], told: readonly Told[]): unknown {
  const transactions = blocks.flatMap((block) => block.transactions);
  const actions = (kind: string, action: string): number => told.filter(({ event }) => event.kind === kind && 'action' in event && event.action === action).length;
  const releases = told.flatMap(({ event }) => (event.kind === 'release' ? [event.release] : []));
  return {
    transactions: transactions.length,
    invalidTransactions: transactions.filter(({ validity }) => validity !== 'VALID').length,
    enterprises: actions('enterprise', 'register'),
    grantsGiven: actions('grant', 'grant'),
    grantsRevoked: actions('grant', 'revoke'),
    permits: releases.filter(({ decision }) => decision === 'PERMIT').length,
    denials: tally(releases.flatMap(({ reason }) => reason ?? [])),
    outcomes: tally(told.flatMap(({ event }) => (event.kind === 'outcome' ? [event.outcome.outcome] : []))),
  };
}

function tally(names: readonly string[]): Record<string, number> {
  return Object.fromEntries([...new Set(names)].map((name) => [name, names.filter((other) => other === name).length]));
}

function withoutZeros(counts: Readonly<Record<string, number>>): Record<string, number> {
  return Object.fromEntries(Object.entries(counts).filter(([, count]) => count > 0));
}
