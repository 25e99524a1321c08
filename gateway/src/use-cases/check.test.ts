import type { Requester } from '../requester';
import { CAST, ITEMS } from '../testing/test-cast';
import { check, checkList, type CheckQuestion } from './check';
import { ReleaseWorld } from './testing/release-world';

describe('a check', () => {
  let gateway: ReleaseWorld;
  beforeEach(async () => {
    gateway = await ReleaseWorld.open();
  });
  afterEach(() => gateway.dispose());

  const question = (changes: Partial<CheckQuestion> = {}): CheckQuestion => ({
    subject: { type: 'recipient', id: CAST.bank },
    item: ITEMS.collected,
    enterprise: gateway.world.enterprise.ref,
    purpose: 'EVALUATION',
    ...changes,
  });
  const ask = (changes: Partial<CheckQuestion> = {}, requester: Requester = gateway.requester('platform')) => check(gateway.parts, requester, question(changes));

  it('names the grant that permits, until when, and as of which head', async () => {
    expect(ask()).toMatchObject({ decision: false, reason: 'no-grant' });
    const { grant } = await gateway.world.giveGrant({ purpose: 'EVALUATION' });
    const head = await gateway.projection.caughtUp();
    expect(ask()).toEqual({ decision: true, grantId: grant.id, until: grant.until, asOf: head });
    expect(ask({ granularity: 'SUMMARY' })).toMatchObject({ decision: false, reason: 'granularity-not-covered', grantId: grant.id });
    expect(ask({ platform: 'platform-two' })).toMatchObject({ decision: false, reason: 'no-grant' });
    expect(ask({}, gateway.requester('bank'))).toMatchObject({ decision: true });
    await gateway.world.revoke(grant.id);
    await gateway.projection.caughtUp();
    expect(ask()).toMatchObject({ decision: false, reason: 'grant-revoked', grantId: grant.id });
  });

  it('names, of several grants that do not permit, the one that comes nearest', async () => {
    const { grant } = await gateway.world.giveGrant({ purpose: 'RISK_MONITORING' });
    const revoked = await gateway.world.giveGrant({ purpose: 'EVALUATION' });
    await gateway.world.revoke(revoked.grant.id);
    await gateway.projection.caughtUp();
    expect(ask()).toMatchObject({ reason: 'purpose-not-covered', grantId: grant.id });
  });

  it('needs no grant for a public item', () => {
    expect(ask({ item: ITEMS.open })).toMatchObject({ decision: true });
    expect(ask({ item: ITEMS.open })).not.toHaveProperty('grantId');
  });

  it('is refused about somebody else', () => {
    for (const subject of [
      { type: 'platform' as const, id: CAST.platform },
      { type: 'recipient' as const, id: CAST.bank },
    ]) {
      expect(ask({ subject }).reason).toBe('no-grant');
    }
    const foreign: [Partial<CheckQuestion>, Requester][] = [
      [{ subject: { type: 'recipient', id: 'bank-two' } }, gateway.requester('platform')],
      [{ subject: { type: 'recipient', id: CAST.provider } }, gateway.requester('platform')],
      [{ subject: { type: 'platform', id: CAST.bank } }, gateway.requester('bank')],
      [{ subject: { type: 'platform', id: CAST.platform } }, gateway.requester('bank')],
      [{}, gateway.requester('provider')],
      [{}, { kind: 'ENTERPRISE', ref: gateway.world.enterprise.ref }],
    ];
    for (const [changes, requester] of foreign) expect(() => ask(changes, requester)).toThrow(expect.objectContaining({ code: 'subject-not-yours' }));
  });

  it('tells a bank nothing of a grant to another, not even that it was revoked', async () => {
    const { grant } = await gateway.world.giveGrant({ purpose: 'EVALUATION', recipient: CAST.platform });
    await gateway.world.revoke(grant.id);
    await gateway.projection.caughtUp();
    expect(ask({}, gateway.requester('bank'))).toMatchObject({ reason: 'no-grant' });
    expect(ask({ subject: { type: 'platform', id: CAST.platform } })).toMatchObject({ reason: 'grant-revoked' });
  });

  it('in a list equals the checks one by one, up to where the semantic ends it (I19)', async () => {
    await gateway.world.giveGrant({ purpose: 'EVALUATION' });
    await gateway.projection.caughtUp();
    const questions = [ITEMS.collected, ITEMS.live, ITEMS.open].flatMap((item) => (['ANSWER', 'RAW'] as const).map((granularity) => question({ item, granularity })));
    const alone = questions.map((entry) => check(gateway.parts, gateway.requester('platform'), entry));
    const list = (semantic?: 'execute_all' | 'deny_on_first_deny' | 'permit_on_first_permit') => checkList(gateway.parts, gateway.requester('platform'), questions, semantic);
    expect(alone.map((answer) => answer.decision)).toEqual([true, false, true, false, true, true]);
    expect(list()).toEqual(alone);
    expect(list('deny_on_first_deny')).toEqual(alone.slice(0, 2));
    expect(list('permit_on_first_permit')).toEqual(alone.slice(0, 1));
    expect(() => checkList(gateway.parts, gateway.requester('platform'), Array.from({ length: 101 }, () => question()))).toThrow(expect.objectContaining({ code: 'malformed-body' }));
  });
});
