import { HOUR_MILLIS } from '@kesu/chaincode/domain';
import { TestWorld } from './test-world';

describe('a test world', () => {
  let world: TestWorld;
  beforeEach(async () => {
    world = await TestWorld.open();
  });
  afterEach(() => world.dispose());

  it('lives through grant, release, outcome, acknowledgement, dispute, revocation and denial', async () => {
    const { grant } = await world.giveGrant();
    const release = await world.recordRelease({ grant });
    expect(release).toMatchObject({ decision: 'PERMIT', platform: 'platform-one', recipient: 'bank-one' });
    await world.reportOutcome(release.id);
    await world.acknowledge(release);
    const dispute = await world.dispute();
    world.pass(HOUR_MILLIS);
    const marked = await world.recordRelease({ grant });
    expect(marked.items[0]?.disputes).toEqual([dispute]);
    await world.revoke(grant.id);
    expect(await world.recordRelease({ grant })).toMatchObject({ decision: 'DENY', reason: 'grant-revoked' });
  });

  it('suspends and resumes, gives one-time grants and records batches', async () => {
    const { grant } = await world.giveGrant({ oneTime: true, purpose: 'EVALUATION' });
    await world.transit(grant.id, 'SUSPEND');
    await world.transit(grant.id, 'RESUME');
    const recorded = await world.recordBatch([{ grant }, { grant }]);
    expect(recorded.map((entry) => (entry.kind === 'RECORDED' ? entry.release.reason ?? entry.release.decision : entry.kind))).toEqual(['PERMIT', 'already-used']);
  });
});
