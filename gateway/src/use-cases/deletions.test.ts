import { DAY_MILLIS, deletionIdOf, instantOf, type Grant } from '@kesu/chaincode/domain';
import { DeletionAsking } from './deletions';
import { release } from './release';
import { ReleaseWorld } from './testing/release-world';

describe('asking for deletion', () => {
  let world: ReleaseWorld;
  let asking: DeletionAsking;
  let keys = 0;

  beforeEach(async () => {
    world = await ReleaseWorld.open();
    asking = new DeletionAsking(world.parts, world.ledger);
  });
  afterEach(() => world.dispose());

  /** Reads all events that are committed now, then asks for what is due. */
  async function pass(): Promise<number> {
    const { block } = await world.ledger.head();
    await world.projection.caughtUp();
    const aborting = new AbortController();
    const following = asking.follow(aborting.signal).catch(() => undefined);
    while (Number((await world.parts.store.get('deletion-position', 'block'))?.toString() ?? -1) < block) await new Promise((resolve) => setImmediate(resolve));
    aborting.abort();
    await following;
    const asked = await asking.askDue();
    await world.projection.caughtUp();
    return asked;
  }

  async function released(grant: Grant): Promise<string> {
    await world.projection.caughtUp();
    const answer = await release(world.parts, { requester: world.requester('platform'), request: world.request(grant), idempotencyKey: `key-${keys++}` });
    if (answer.kind !== 'PERMIT') throw new Error(`denied: ${answer.release.reason}`);
    await world.projection.caughtUp();
    return answer.release.id;
  }

  const deletionOf = (releaseId: string) => world.projection.record('deletion', deletionIdOf(releaseId))?.record;

  it('follows a revocation, names the newest release of each recipient, and asks once', async () => {
    const { grant } = await world.world.giveGrant({ frequency: { times: 2, per: 'DAY' } });
    const [first, second] = [await released(grant), await released(grant)];
    expect(await pass()).toBe(0);
    await world.world.revoke(grant.id);
    expect(await pass()).toBe(1);
    expect(deletionOf(second)).toMatchObject({ ground: 'WITHDRAWN', state: 'ASKED' });
    expect(deletionOf(first)).toBeUndefined();
    expect(await pass()).toBe(0);
    // Another gateway's life, which knows nothing of what was asked: the ledger does.
    await world.kill();
    await world.start();
    asking = new DeletionAsking(world.parts, world.ledger);
    await world.parts.store.commit([{ table: 'deletion-position', key: 'block' }]);
    expect(await pass()).toBe(0);
  });

  it('comes when the retention of a release is over, again for a later one, and when the period ends', async () => {
    const { grant } = await world.world.giveGrant({ frequency: { times: 2, per: 'DAY' }, retentionDays: 5, until: instantOf(world.world.clock.time + 20 * DAY_MILLIS) });
    const first = await released(grant);
    world.world.pass(5 * DAY_MILLIS - 1);
    expect(await pass()).toBe(0);
    world.world.pass(1);
    expect(await pass()).toBe(1);
    expect(deletionOf(first)).toMatchObject({ ground: 'RETENTION_ENDED' });
    world.world.pass(13 * DAY_MILLIS);
    const later = await released(grant);
    expect(await pass()).toBe(0);
    world.world.pass(2 * DAY_MILLIS);
    expect(await pass()).toBe(1);
    expect(deletionOf(later)).toMatchObject({ ground: 'PERIOD_ENDED' });
    world.world.pass(100 * DAY_MILLIS);
    expect(await pass()).toBe(0);
  });

  it('asks nobody who received nothing', async () => {
    const { grant } = await world.world.giveGrant();
    await world.world.revoke(grant.id);
    expect(await pass()).toBe(0);
  });
});
