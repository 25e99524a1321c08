import { DAY_MILLIS } from '@kesu/chaincode/domain';
import { CAST, ITEMS, TEMPLATE_ID } from '../testing/test-cast';
import { makeLetterSet, storedLetterSet } from './letter-set';
import { release } from './release';
import { IDEMPOTENCY_DAYS, LOOKUP_DAYS, Retention, SWEPT_AT_ONCE } from './retention';
import { lookUpSubject, subjectChanges } from './subject-map';
import { ReleaseWorld } from './testing/release-world';

describe('what the gateway keeps for repeats', () => {
  let gateway: ReleaseWorld;
  beforeEach(async () => {
    gateway = await ReleaseWorld.open();
  });
  afterEach(() => gateway.dispose());

  const count = async (table: string): Promise<number> => {
    let entries = 0;
    for await (const _entry of gateway.parts.store.entries(table)) entries += 1;
    return entries;
  };
  const publicData = { recipient: CAST.bank, items: [{ code: ITEMS.open, granularity: 'ANSWER' as const }], purpose: 'EVALUATION' as const, basis: 'PUBLIC' as const };
  const ask = () => release(gateway.parts, { requester: gateway.requester('platform'), request: { enterprise: gateway.world.enterprise.ref, ...publicData }, idempotencyKey: 'kept' });

  it('answers a repeat as the first time up to the last promised day, and forgets it after', async () => {
    const first = await ask();
    gateway.world.pass(IDEMPOTENCY_DAYS * DAY_MILLIS);
    await gateway.parts.sweep();
    expect(await ask()).toMatchObject({ release: { id: first.release.id }, data: null });
    expect([await count('release-requests'), await count('releases')]).toEqual([1, 1]);
    gateway.world.pass(1);
    await gateway.parts.sweep();
    expect([await count('release-requests'), await count('releases')]).toEqual([0, 0]);
    expect((await ask()).release.id).not.toBe(first.release.id);
  });

  it('keeps a pending request whatever its age', async () => {
    const { journal } = gateway.parts;
    await journal.commit(journal.beginChanges({ operation: 'ab'.repeat(16), sender: CAST.node, requests: [{ slot: 'platform-one pending', bodyDigest: 'cd'.repeat(32) }] }));
    gateway.world.pass(10 * IDEMPOTENCY_DAYS * DAY_MILLIS);
    await gateway.parts.sweep();
    expect(await journal.request('platform-one pending')).toMatchObject({ state: 'PENDING' });
  });

  it('forgets a letter set, with the name and code in it, when its time to be signed is long over', async () => {
    const { world, parts } = gateway;
    const { ref } = world.enterprise;
    await parts.store.commit(await subjectChanges(parts, { ref, name: '示范有限公司', creditCode: '91619900MA6TEQTX0L', persons: {} }));
    const letter = { template: { id: TEMPLATE_ID, version: 1 }, platform: CAST.platform, recipient: CAST.bank, items: [{ code: ITEMS.collected, granularity: 'ANSWER' as const, separateConsent: false }], purpose: 'EVALUATION' as const, oneTime: true, retentionDays: 30, until: '2030-01-01T00:00:00.000Z' };
    await makeLetterSet(parts, { enterprise: ref, letters: [letter] }, 'set-one');
    world.pass((IDEMPOTENCY_DAYS + 1) * DAY_MILLIS);
    await parts.sweep();
    expect(await storedLetterSet(parts, 'set-one')).toBeDefined();
    world.pass(1);
    await parts.sweep();
    expect(await storedLetterSet(parts, 'set-one')).toBeUndefined();
  });

  it('keeps look-ups of codes for three years and their daily counts for days', async () => {
    const { world, parts } = gateway;
    await expect(lookUpSubject(parts, gateway.requester('platform'), '91619900MA6TEQTX0L')).rejects.toMatchObject({ code: 'not-found' });
    world.pass(5 * DAY_MILLIS);
    await parts.sweep();
    expect([await count('subject-lookups'), await count('subject-lookup-counts')]).toEqual([1, 0]);
    world.pass(LOOKUP_DAYS * DAY_MILLIS);
    await parts.sweep();
    expect(await count('subject-lookups')).toBe(0);
  });

  it('is swept a part at a time, and everything in the end', async () => {
    const { parts, world } = gateway;
    const retention = new Retention(parts);
    const row = Buffer.from(JSON.stringify({ state: 'DONE', bodyDigest: 'cd'.repeat(32), releaseId: 'none', block: 1, at: world.at }));
    await parts.store.commit(Array.from({ length: SWEPT_AT_ONCE + 10 }, (_, index) => ({ table: 'release-requests', key: `slot ${String(index).padStart(6, '0')}`, value: row })));
    expect(await retention.sweep()).toBe(0);
    world.pass(IDEMPOTENCY_DAYS * DAY_MILLIS + 1);
    const taken = [await retention.sweep(), await retention.sweep(), await retention.sweep()];
    expect(taken.reduce((sum, one) => sum + one, 0)).toBe(SWEPT_AT_ONCE + 10);
    expect(Math.max(...taken)).toBeLessThanOrEqual(SWEPT_AT_ONCE);
    expect(await count('release-requests')).toBe(0);
  });
});
