import { HttpWorld } from './testing/http-world';

describe('the HTTP server', () => {
  let world: HttpWorld;
  beforeAll(async () => {
    world = await HttpWorld.open();
  });
  afterAll(() => world.dispose());

  it('answers who nobody is with a problem that names its page', async () => {
    const answer = await world.get('/v1/grants', undefined);
    expect(answer.status).toBe(401);
    expect(answer.headers.get('content-type')).toBe('application/problem+json; charset=utf-8');
    expect(answer.body).toMatchObject({ type: '/problems/unauthenticated', status: 401, code: 'unauthenticated', errors: [] });
    const page = await fetch(`${world.url}/problems/unauthenticated`, { headers: { 'accept-language': 'en' } });
    expect(await page.text()).toContain('Not authenticated');
  });

  it('lets an enterprise give, check, release under and revoke a grant', async () => {
    const given = await world.giveGrant();
    expect(given).toMatchObject({ status: 201, body: { ids: [expect.any(String)], position: { item: 0 } } });
    const { ids: [grantId] = [] } = given.body as { ids: string[] };
    expect((await world.get(`/v1/grants/${grantId}`, 'enterprise')).body).toMatchObject({ record: { state: 'ACTIVE' }, status: { state: 'ACTIVE' }, asOf: { block: expect.any(Number) } });
    expect((await world.check()).body).toMatchObject({ decision: true, context: { grantId } });
    const released = await world.release();
    expect(released).toMatchObject({ status: 201, body: { release: { decision: 'PERMIT', grantId }, receipt: { salt: expect.any(String) } } });
    const revoked = await world.transit(grantId ?? '', 'REVOKE', 'revocation');
    expect(revoked.status).toBe(200);
    expect((await world.check()).body).toMatchObject({ decision: false, context: { reason: 'grant-revoked' } });
    expect(await world.release()).toMatchObject({ status: 200, body: { release: { decision: 'DENY', reason: 'grant-revoked' } } });
    const trace = await world.get(`/v1/trace/enterprises/${world.world.enterprise.ref}`, 'enterprise');
    expect((trace.body as { entries: { release: { decision: string } }[] }).entries.map((row) => row.release.decision)).toEqual(['DENY', 'PERMIT']);
  });
});
