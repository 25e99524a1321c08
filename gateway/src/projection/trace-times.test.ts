import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { instantOf, MINUTE_MILLIS, type Release } from '@kesu/chaincode/domain';
import type { CommittedBlock } from '@kesu/network';
import fc from 'fast-check';
import { pino } from 'pino';
import type { TraceFilter } from '../read-model';
import { START } from '../testing/test-cast';
import { Projection } from './projection';
import { MAX_SCANNED_ENTRIES } from './projection-reads';
import { BlockTape } from './testing/block-tape';

const log = pino({ level: 'silent' });

/** A tape of one block whose transactions record a release each, claimed so many minutes after the start. */
function tapeOf(releases: readonly { readonly minute: number; readonly decision: 'PERMIT' | 'DENY' }[]): { tape: BlockTape; recorded: Release[] } {
  const recorded = releases.map(({ minute, decision }, index) => {
    const release = { id: `${'0'.repeat(32)}.${index}`, decision, enterprise: 'e', items: [], claimedTime: instantOf(START + minute * MINUTE_MILLIS) };
    return release as unknown as Release;
  });
  const transactions = recorded.map((release, index) => ({
    txId: `${index}`,
    index,
    validity: 'VALID' as const,
    mspId: 'NodeMSP',
    certificate: '',
    claimedTime: release.claimedTime,
    transaction: 'releases:record',
    command: '',
    result: '',
    writes: [],
    events: JSON.stringify([{ kind: 'release', release }]),
  }));
  const block: CommittedBlock = { block: 0, hash: '0', previousHash: '', time: instantOf(START), transactions };
  const tape = new BlockTape([block]);
  tape.play(1);
  return { tape, recorded };
}

async function withProjection<T>(tape: BlockTape, work: (projection: Projection) => T): Promise<T> {
  const root = await mkdtemp(join(tmpdir(), 'kesu-trace-'));
  const projection = await Projection.open({ directory: join(root, 'projection'), ledger: tape, log });
  try {
    return work(projection);
  } finally {
    await projection.close();
    await rm(root, { recursive: true, force: true });
  }
}

function wholeTrace(projection: Projection, filter: TraceFilter, limit: number): string[] {
  const ids: string[] = [];
  for (let cursor: string | undefined, pages = 0; ; pages++) {
    const page = projection.trace('enterprise', 'e', filter, { limit, ...(cursor === undefined ? {} : { cursor }) });
    ids.push(...page.entries.map(({ release }) => release.id));
    if (page.next === undefined) return ids;
    if (pages > 1_000) throw new Error('the pages never end');
    cursor = page.next;
  }
}

describe('a trace of a period', () => {
  it('finds exactly the releases claimed in it, though claimed times do not follow the order of the ledger', async () => {
    const released = fc.record({ minute: fc.integer({ min: 0, max: 120 }), decision: fc.constantFrom('PERMIT' as const, 'DENY' as const) });
    const minute = fc.option(fc.integer({ min: -5, max: 125 }), { nil: undefined });
    const asked = fc.record({ from: minute, until: minute, decision: fc.constantFrom('PERMIT' as const, 'DENY' as const, undefined), limit: fc.integer({ min: 1, max: 30 }) });
    await fc.assert(
      fc.asyncProperty(fc.array(released, { maxLength: 120, size: 'max' }), fc.boolean(), fc.array(asked, { minLength: 20, maxLength: 20 }), async (releases, inOrder, questions) => {
        const { tape, recorded } = tapeOf(inOrder ? [...releases].sort((a, b) => a.minute - b.minute) : releases);
        await withProjection(tape, (projection) => {
          for (const { from, until, decision, limit } of questions) {
            const instant = (minutes: number): string => instantOf(START + minutes * MINUTE_MILLIS);
            const filter = { ...(from === undefined ? {} : { from: instant(from) }), ...(until === undefined ? {} : { until: instant(until) }), ...(decision === undefined ? {} : { decision }) };
            const expected = recorded.filter(
              (release) => (filter.from === undefined || release.claimedTime >= filter.from) && (filter.until === undefined || release.claimedTime < filter.until) && (decision === undefined || release.decision === decision),
            );
            expect(wholeTrace(projection, filter, limit)).toEqual(expected.map(({ id }) => id).reverse());
          }
        });
      }),
      { numRuns: 40 },
    );
  });

  it('looks at a bounded number of entries for one page and goes on behind them', async () => {
    const { tape } = tapeOf(Array.from({ length: MAX_SCANNED_ENTRIES + 500 }, (_, index) => ({ minute: index, decision: index === 3 ? 'DENY' : 'PERMIT' })));
    await withProjection(tape, (projection) => {
      const first = projection.trace('enterprise', 'e', { decision: 'DENY' }, { limit: 10 });
      expect(first).toEqual({ entries: [], next: expect.any(String) });
      const second = projection.trace('enterprise', 'e', { decision: 'DENY' }, { limit: 10, cursor: first.next ?? '' });
      expect(second.entries.map(({ release }) => release.id)).toEqual([`${'0'.repeat(32)}.3`]);
      expect(second.next).toBeUndefined();
    });
  });

  it('refuses a cursor that it did not give', async () => {
    const { tape } = tapeOf([{ minute: 0, decision: 'PERMIT' }]);
    await withProjection(tape, (projection) => {
      for (const cursor of ['', '!', 'AAAA', 'MQ==', Buffer.from('-1').toString('base64url'), Buffer.from('01').toString('base64url'), 'A'.repeat(5_000)]) {
        expect(() => projection.trace('enterprise', 'e', {}, { limit: 10, cursor })).toThrow(expect.objectContaining({ code: 'malformed-body' }));
      }
      expect(projection.trace('enterprise', 'e', {}, { limit: 10, cursor: Buffer.from('999').toString('base64url') }).entries).toHaveLength(1);
    });
  });
});
