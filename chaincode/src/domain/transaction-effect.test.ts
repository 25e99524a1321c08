import { stateKey } from '../contract';
import { canonicalJson } from './canonical-json';
import { eventsOf, OPERATION_PREFIX, resultOf, writtenEvent, type OperationRecord } from './transaction-effect';
import type { DomainEvent } from './events';

const OPERATION = '1'.repeat(32);
const aRelease = (index: number) => ({ id: `${OPERATION}.${index}`, idempotencyKey: `odd"}},{"kind":"RECORDED","release":{"${index}` });
const told: DomainEvent[] = [{ kind: 'release', release: aRelease(0) } as never, { kind: 'release', release: aRelease(2), counter: { period: '2026-01-01', times: 3 } } as never];
const result = { releases: [{ kind: 'RECORDED', release: aRelease(0) }, { kind: 'REFUSED', code: 'x', detail: ',"transaction":"result":' }, { kind: 'RECORDED', release: aRelease(2) }] };

function writing(answer: unknown, events: readonly DomainEvent[] = []) {
  const record: OperationRecord = { kind: 'DONE', actor: 'node', transaction: 'releases:record', commandDigest: '0'.repeat(64), result: answer };
  return { result: '', writes: [{ key: 'use-counter/x', value: '{"result":1}' }, { key: `${OPERATION_PREFIX}${OPERATION}`, value: canonicalJson(record) }], events: canonicalJson(events.map(writtenEvent)) };
}

describe('what a transaction leaves', () => {
  it('lies under the key of its operation', () => {
    expect(OPERATION_PREFIX).toBe(stateKey('operation', ''));
  });

  it('answers what stands in the operation', () => {
    for (const answer of [result, { ids: [] }, 'text', null]) expect(resultOf(writing(answer))).toBe(canonicalJson(answer));
  });

  it('answers what it says itself, or nothing', () => {
    expect(resultOf({ ...writing(result), result: '{"ids":[]}' })).toBe('{"ids":[]}');
    expect(resultOf({ result: '', writes: [] })).toBe('');
  });

  it('tells of each release by its place, and holds it once', () => {
    const effect = writing(result, told);
    expect(eventsOf(effect)).toEqual(told);
    expect(effect.events).not.toContain('idempotencyKey');
    expect(effect.events).toBe('[{"entry":0,"kind":"release"},{"counter":{"period":"2026-01-01","times":3},"entry":2,"kind":"release"}]');
  });

  it('tells of every other event in full', () => {
    const closed: DomainEvent = { kind: 'operation-closed', operation: OPERATION, actor: 'node' };
    expect(eventsOf(writing({ ids: [] }, [closed]))).toEqual([closed]);
    expect(eventsOf({ writes: [] })).toEqual([]);
  });

  it('reads releases in their events, as earlier builds wrote them', () => {
    expect(eventsOf({ writes: writing(result).writes, events: canonicalJson(told) })).toEqual(told);
  });

  it.each([
    ['the place of a refusal', '[{"entry":1,"kind":"release"}]'],
    ['a place behind the last', '[{"entry":3,"kind":"release"}]'],
    ['no place', '[{"kind":"release"}]'],
    ['another member of lists', '[{"entry":"length","kind":"release"}]'],
    ['a place written as text', '[{"entry":"0","kind":"release"}]'],
    ['a place twice', '[{"entry":0,"kind":"release"},{"entry":0,"kind":"release"}]'],
    ['places in another order', '[{"entry":2,"kind":"release"},{"entry":0,"kind":"release"}]'],
    ['no list', '{}'],
  ])('refuses %s', (_, events) => {
    expect(() => eventsOf({ ...writing(result), events })).toThrow(TypeError);
  });

  it.each<readonly [string, object]>([
    ['of another operation', { releases: [{ kind: 'RECORDED', release: { ...aRelease(0), id: `${'2'.repeat(32)}.0` } }] }],
    ['of another place', { releases: [{ kind: 'RECORDED', release: aRelease(1) }] }],
    ['that was not recorded', { releases: [{ kind: 'REFUSED', release: aRelease(0) }] }],
    ['that is none', { releases: [{ kind: 'RECORDED', release: null }] }],
    ['in something that is no list', { releases: { 0: { kind: 'RECORDED', release: aRelease(0) } } }],
  ])('refuses a release %s', (_, answer) => {
    expect(() => eventsOf({ ...writing(answer), events: '[{"entry":0,"kind":"release"}]' })).toThrow(TypeError);
  });

  it('refuses two operations', () => {
    const effect = writing(result, told);
    const twice = { ...effect, writes: [...effect.writes, { key: `${OPERATION_PREFIX}${'2'.repeat(32)}`, value: '{}' }] };
    expect(() => eventsOf(twice)).toThrow(TypeError);
    expect(() => resultOf(twice)).toThrow(TypeError);
  });

  it('refuses a release that no operation holds, and an operation of another form', () => {
    expect(() => eventsOf({ writes: [], events: '[{"entry":0,"kind":"release"}]' })).toThrow(TypeError);
    expect(() => resultOf({ result: '', writes: [{ key: `${OPERATION_PREFIX}${OPERATION}`, value: '{"kind":"CLOSED"}' }] })).toThrow(TypeError);
  });
});
