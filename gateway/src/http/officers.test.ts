import { fromBase64url } from '@kesu/chaincode/domain';
import { CAST, DOCUMENT, ITEMS } from '../testing/test-cast';
import { aKey, type TestKey } from '../testing/test-key';
import { HttpWorld, type Caller } from './testing/http-world';

const COURT = 'court-one';

describe('an officer', () => {
  let world: HttpWorld;
  const court: Caller = { token: 'demo-court' };
  const keys: Record<string, TestKey> = { 'O-1': aKey(), 'O-2': aKey(), 'O-3': aKey() };

  beforeAll(async () => {
    world = await HttpWorld.open();
    await world.world.addOffice(COURT, 'court');
    world.tokens.set('demo-court', { kind: 'PARTICIPANT', id: COURT, role: 'court', demonstration: true });
    await world.releases.projection.caughtUp();
    for (const [code, key] of Object.entries(keys)) expect((await register(code, key)).status).toBe(201);
  });
  afterAll(() => world.dispose());

  const register = (code: string, key: TestKey, caller: Caller = court, participant = COURT) => world.post(`/v1/participants/${participant}/officers`, caller, { code, publicKey: key.publicKey, means: 'BROWSER_KEY' });
  const signIn = async (officer: string, key: TestKey | undefined = keys[officer], participant = COURT) => {
    const asked = (await world.post('/v1/sessions/challenge', undefined, { participant, officer })).body as { challengeId: string; bytes: string };
    return world.post('/v1/sessions', undefined, { participant, officer, challengeId: asked.challengeId, keyId: key?.keyId, signature: key?.signBytes(fromBase64url(asked.bytes) ?? new Uint8Array()) });
  };
  const tokenOf = async (officer: string): Promise<Caller> => ({ token: ((await signIn(officer)).body as { access_token: string }).access_token });
  const byLaw = (officers: readonly string[], more: object = {}) => ({
    enterprise: world.world.enterprise.ref, recipient: COURT, items: [{ code: ITEMS.live, granularity: 'RAW' }], purpose: 'DISPUTE_RESOLUTION', basis: 'STATUTORY', statutory: { authority: COURT, documentDigest: DOCUMENT, officers }, ...more,
  });

  it('signs in by a key of its own and acts for its authority', async () => {
    expect((await signIn('O-1')).status).toBe(201);
    expect((await world.get(`/v1/participants/${COURT}/officers`, await tokenOf('O-1'))).body).toMatchObject({ entries: [{ code: 'O-1' }, { code: 'O-2' }, { code: 'O-3' }] });
  });

  it('is nobody with another key, at another participant, or under a code that was not registered', async () => {
    expect((await signIn('O-1', keys['O-2'])).status).toBe(401);
    expect((await signIn('O-1', keys['O-1'], CAST.bank)).status).toBe(401);
    expect((await signIn('O-9', keys['O-1'])).status).toBe(401);
    const asked = (await world.post('/v1/sessions/challenge', undefined, { enterprise: world.world.enterprise.ref })).body as { challengeId: string; bytes: string };
    const signature = keys['O-1']?.signBytes(fromBase64url(asked.bytes) ?? new Uint8Array());
    expect((await world.post('/v1/sessions', undefined, { participant: COURT, officer: 'O-1', challengeId: asked.challengeId, keyId: keys['O-1']?.keyId, signature })).status).toBe(401);
  });

  it('is registered by its own participant only, by its machines, under a code that is nobody\'s number', async () => {
    expect((await register('O-4', aKey(), 'bank')).status).toBe(404);
    expect((await register('O-4', aKey(), await tokenOf('O-1'))).status).toBe(403);
    expect((await world.post(`/v1/participants/${COURT}/keys`, await tokenOf('O-1'), { publicKey: aKey().publicKey })).status).toBe(403);
    expect(await register('13900000000', aKey())).toMatchObject({ status: 400, body: { code: 'malformed-body', errors: [{ pointer: '/code' }] } });
  });

  it('stands in a query by law: two registered ones, two different ones', async () => {
    const answer = await world.post('/v1/releases', court, byLaw(['O-1', 'O-2']));
    expect(answer).toMatchObject({ status: 201, body: { release: { basis: 'STATUTORY', statutory: { officers: ['O-1', 'O-2'] } } } });
    expect(await world.post('/v1/releases', court, byLaw(['O-1', 'O-9']))).toMatchObject({ status: 400, body: { code: 'malformed-body', errors: [{ pointer: '/statutory/officers/1' }] } });
    expect((await world.post('/v1/releases', court, byLaw(['O-1', 'O-1']))).status).toBe(400);
    expect((await world.post('/v1/releases', court, byLaw(['O-1']))).status).toBe(400);
  });

  it('who is signed in is one of the two, and the operator', async () => {
    const caller = await tokenOf('O-3');
    expect(await world.post('/v1/releases', caller, byLaw(['O-1', 'O-2']))).toMatchObject({ status: 400, body: { errors: [{ pointer: '/statutory/officers' }] } });
    expect(await world.post('/v1/releases', caller, byLaw(['O-3', 'O-2'], { operator: 'O-2' }))).toMatchObject({ status: 400, body: { errors: [{ pointer: '/operator' }] } });
    // Right as to its officers: refused only because this session brings no signature of the authority's request key.
    expect(await world.post('/v1/releases', caller, byLaw(['O-3', 'O-2'], { operator: 'O-3' }))).toMatchObject({ status: 422, body: { code: 'request-signature-invalid' } });
  });

  it('is gone at once when its time ends: no token, no sign-in, no query', async () => {
    const caller = await tokenOf('O-2');
    expect((await world.get('/v1/participants', caller)).status).toBe(200);
    expect((await world.post(`/v1/participants/${COURT}/officers/O-2/end`, court, {})).status).toBe(200);
    expect((await world.get('/v1/participants', caller)).status).toBe(401);
    expect((await signIn('O-2')).status).toBe(401);
    expect((await world.post('/v1/releases', court, byLaw(['O-1', 'O-2']))).status).toBe(400);
    expect((await register('O-2', aKey())).status).toBe(409);
  });
});
