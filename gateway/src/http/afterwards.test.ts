import { deletionIdOf, instantOf, DAY_MILLIS } from '@kesu/chaincode/domain';
import { CAST, DOCUMENT } from '../testing/test-cast';
import { HttpWorld } from './testing/http-world';

describe('after a grant', () => {
  let world: HttpWorld;

  beforeAll(async () => {
    world = await HttpWorld.open();
  });
  afterAll(() => world.dispose());

  async function given(changes: object): Promise<string> {
    const { status, body } = await world.giveGrant({ ...changes });
    expect(status).toBe(201);
    return (body as { ids: string[] }).ids[0] ?? '';
  }

  it('its recipient is asked to delete, attests, and everyone concerned sees it', async () => {
    const grantId = await given({});
    const { release } = (await world.release()).body as { release: { id: string } };
    expect(await world.post('/v1/deletions', 'platform', { releaseId: release.id })).toMatchObject({ status: 409, body: { code: 'state-conflict' } });
    await world.transit(grantId, 'REVOKE', 'revocation');
    expect(await world.post('/v1/deletions', 'platform', { releaseId: release.id })).toMatchObject({ status: 201, body: { ids: [deletionIdOf(release.id)] } });
    const path = `/v1/deletions/${deletionIdOf(release.id)}`;
    expect((await world.get(path, 'enterprise')).body).toMatchObject({ record: { recipient: CAST.bank, ground: 'WITHDRAWN', state: 'ASKED' }, overdue: false });
    expect(await world.post(`${path}/attestation`, 'bank', { result: 'STORAGE_ONLY', documentDigest: DOCUMENT })).toMatchObject({ status: 409 });
    expect((await world.post(`${path}/attestation`, 'platform', { result: 'DELETED', documentDigest: DOCUMENT })).status).toBe(404);
    expect((await world.post(`${path}/attestation`, 'bank', { result: 'DELETED', documentDigest: DOCUMENT })).status).toBe(200);
    for (const caller of ['enterprise', 'platform', 'bank', 'node'] as const) {
      expect((await world.get('/v1/deletions?state=DELETED', caller)).body).toMatchObject({ entries: [{ record: { id: deletionIdOf(release.id), state: 'DELETED' } }] });
    }
    expect((await world.get(path, 'provider')).status).toBe(403);
  });

  it('a successor is offered what its predecessor gave, without ticks and loan, once the node has linked them', async () => {
    const { ref } = world.world.enterprise;
    const until = instantOf(world.world.clock.time + 20 * DAY_MILLIS);
    const [kept, revoked] = [await given({ purpose: 'RISK_MONITORING', until }), await given({ until })];
    await world.transit(revoked, 'REVOKE', 'revocation');
    const heir = await world.world.addEnterprise({ predecessor: ref });
    await world.know(heir, '91619900MA6TEQTX18', '示范继受有限公司');
    world.tokens.set('demo-heir', { kind: 'ENTERPRISE', ref: heir.ref });
    await world.releases.projection.caughtUp();
    const offered = (caller: 'platform' | { token: string }) => world.get(`/v1/enterprises/${heir.ref}/offered-letters`, caller);
    expect((await offered({ token: 'demo-heir' })).body).toMatchObject({ entries: [] });
    await world.post(`/v1/enterprises/${ref}/successor`, 'node', { successor: heir.ref, documentDigest: DOCUMENT });
    const { body } = await offered({ token: 'demo-heir' });
    const { entries } = body as { entries: { letter: object }[] };
    expect(entries).toEqual([{ formerGrant: kept, needs: [], letter: { ...world.wantedLetter({ purpose: 'RISK_MONITORING', until }) } }]);
    expect((await offered('platform')).body).toMatchObject({ entries });
    expect((await world.get(`/v1/enterprises/${heir.ref}/offered-letters`, 'enterprise')).status).toBe(404);
    expect((await world.get(`/v1/grants/${kept}`, 'enterprise')).body).toMatchObject({ status: { state: 'INAPPLICABLE', reason: 'grant-inapplicable' } });
    const set = await world.letterSet({ enterprise: heir.ref, letters: entries.map(({ letter }) => letter) }, { token: 'demo-heir' });
    expect((await world.post('/v1/grants', { token: 'demo-heir' }, world.signed(set, heir))).status).toBe(201);
    expect((await offered({ token: 'demo-heir' })).body).toMatchObject({ entries: [] });
  });
});
