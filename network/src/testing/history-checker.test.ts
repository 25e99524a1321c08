import { eventsOf } from '@kesu/chaincode/domain';
import type { CommittedBlock } from '../ledger';
import { breachesOf } from './history-checker';
import { LedgerWorld, type WorldEnterprise } from './ledger-world';

let world: LedgerWorld;
let by: WorldEnterprise;
let history: CommittedBlock[];

beforeAll(async () => {
  world = await LedgerWorld.open();
  by = await world.addEnterprise();
  const grant = await world.give(by);
  await world.record({ grant });
  await world.transit(by, grant, 'REVOKE');
  await world.record({ grant });
  history = await world.history();
});
afterAll(() => world.dispose());

/** The history with each event of a kind changed. */
function forged(kind: string, change: (event: never) => unknown): CommittedBlock[] {
  return history.map((block) => ({
    ...block,
    transactions: block.transactions.map((transaction) => {
      if (transaction.events === undefined) return transaction;
      const events = (eventsOf(transaction) as { kind: string }[]).map((event) => (event.kind === kind ? change(event as never) : event));
      return { ...transaction, events: JSON.stringify(events) };
    }),
  }));
}

const breached = (blocks: CommittedBlock[]) => [...new Set(breachesOf(blocks).map((breach) => breach.slice(0, 2)))].sort();

describe('the history checker', () => {
  it('finds nothing in an honest history', () => {
    expect(breachesOf(history)).toEqual([]);
  });

  it('sees a release after a revocation (I1)', () => {
    expect(breached(forged('release', (event: { release: object }) => ({ ...event, release: { ...event.release, decision: 'PERMIT' } })))).toContain('I1');
  });

  it('sees another recipient and a granularity that was not named (I3)', () => {
    expect(breached(forged('release', (event: { release: object }) => ({ ...event, release: { ...event.release, recipient: 'other-bank' } })))).toContain('I3');
    expect(breached(forged('release', (event: { release: { items: object[] } }) => ({ ...event, release: { ...event.release, items: event.release.items.map((item) => ({ ...item, granularity: 'SUMMARY' })) } })))).toContain('I3');
  });

  it('sees a changed letter, a foreign signature and a nonce used twice (I5)', () => {
    expect(breached(forged('grant', (event: { signed: { statement: object } }) => ({ ...event, signed: { ...event.signed, statement: { ...event.signed.statement, retentionDays: 31 } } })))).toEqual(['I5']);
    expect(breached(forged('grant', (event: { signed: { envelope: object } }) => ({ ...event, signed: { ...event.signed, envelope: { ...event.signed.envelope, signedAt: '2026-01-01T00:00:00.001Z' } } })))).toEqual(['I5']);
    expect(breached(forged('grant', (event: { signed: { envelope: object } }) => ({ ...event, signed: { ...event.signed, envelope: { ...event.signed.envelope, nonce: 'A'.repeat(22) } } })))).toEqual(['I5']);
  });

  it('sees an operation that took effect twice (I7)', () => {
    const last = history.at(-1);
    expect(breached(last === undefined ? [] : [...history, { ...last, block: last.block + 1 }])).toContain('I7');
  });

  it('sees a version that is skipped (I9)', () => {
    expect(breached(forged('grant', (event: { record: { version: number } }) => ({ ...event, record: { ...event.record, version: event.record.version * 3 } })))).toContain('I9');
  });
});
