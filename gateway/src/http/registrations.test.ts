import { aKey } from '../testing/test-key';
import { CREDIT_CODE, HttpWorld, type Caller } from './testing/http-world';

const OTHER = 'platform-two';

describe('a further platform', () => {
  let world: HttpWorld;
  const other: Caller = { token: 'demo-other' };
  const ref = () => world.world.enterprise.ref;

  beforeAll(async () => {
    world = await HttpWorld.open();
    await world.world.addPlatform(OTHER);
    world.tokens.set('demo-other', { kind: 'PARTICIPANT', id: OTHER, role: 'platform', demonstration: true });
    await world.releases.projection.caughtUp();
  });
  afterAll(() => world.dispose());

  const registration = { creditCode: CREDIT_CODE, name: '示范有限公司', representativeName: '张示范', kind: 'COMPANY', region: '619901', industry: 'C13', size: 'SMALL' };
  const doors = async () => [
    (await world.get(`/v1/enterprises/${ref()}`, other)).status,
    (await world.post('/v1/subject-refs', other, { creditCode: CREDIT_CODE })).status,
    (await world.letterSet(undefined, other)).status,
    (await world.post(`/v1/enterprises/${ref()}/login-keys`, other, { publicKey: aKey().publicKey, means: 'BROWSER_KEY' })).status,
  ];

  it('opens no door by knowing the code: it learns no ref, and serves nobody', async () => {
    const answer = await world.post('/v1/enterprises', other, registration);
    expect(answer).toMatchObject({ status: 409, body: { code: 'already-exists' } });
    expect(answer.text).not.toContain(ref());
    expect(await doors()).toEqual([404, 404, 404, 404]);
  });

  it('serves the enterprise from the moment that the enterprise signed it', async () => {
    const wanted = { enterprise: ref(), registrations: [{ platform: OTHER }] };
    expect((await world.letterSet(wanted, other)).status).toBe(404);
    const set = await world.letterSet(wanted);
    expect(set).toMatchObject({ status: 201, body: { statements: [{ kind: 'REGISTRATION', enterprise: ref(), platform: OTHER }] } });
    const [letter] = (set.body as { letters: { zh: { text: string }; en: { text: string } }[] }).letters;
    for (const text of [letter?.zh.text, letter?.en.text]) for (const said of ['示范有限公司', CREDIT_CODE, OTHER]) expect(text).toContain(said);
    const signed = world.signed(set);
    const foreign = await world.world.addEnterprise();
    expect(await world.post(`/v1/enterprises/${ref()}/registrations`, other, world.signed(set, foreign))).toMatchObject({ status: 422, body: { code: 'signing-key-unknown' } });
    expect(await world.post(`/v1/enterprises/${foreign.ref}/registrations`, other, signed)).toMatchObject({ status: 400, body: { code: 'malformed-body', errors: [{ pointer: '/letterSetId' }] } });
    expect(await doors()).toEqual([404, 404, 404, 404]);
    expect((await world.post(`/v1/enterprises/${ref()}/registrations`, other, signed)).status).toBe(201);
    expect(await doors()).toEqual([200, 200, 201, 201]);
    expect(await world.post(`/v1/enterprises/${ref()}/registrations`, other, signed)).toMatchObject({ status: 409, body: { code: 'nonce-used' } });
  });
});
