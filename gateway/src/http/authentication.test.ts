import { generateKeyPairSync, randomUUID, sign, createHmac, type KeyObject } from 'node:crypto';
import { MINUTE_MILLIS, SECOND_MILLIS, toBase64url, toLowS64 } from '@kesu/chaincode/domain';
import { CAST, DOCUMENT } from '../testing/test-cast';
import { issueToken, tokenKeyOf, verifyToken } from './access-token';
import { CREDIT_CODE, HttpWorld, type Answered } from './testing/http-world';

const ENDPOINT = 'http://localhost:4010/oauth/token';
const base64url = (value: unknown): string => Buffer.from(typeof value === 'string' ? value : JSON.stringify(value), 'utf8').toString('base64url');

describe('authentication of machines', () => {
  let world: HttpWorld;
  let privateKey: KeyObject;
  let publicKey: KeyObject;
  let keyId: string;

  beforeAll(async () => {
    world = await HttpWorld.open();
    ({ privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'prime256v1' }));
    const spki = publicKey.export({ format: 'der', type: 'spki' }).toString('base64url');
    const registered = await world.post(`/v1/participants/${CAST.platform}/keys`, 'platform', { publicKey: spki });
    keyId = (registered.body as { ids: string[] }).ids[0] ?? '';
  });
  afterAll(() => world.dispose());

  const seconds = () => Math.floor(world.world.clock.time / 1000);
  const claims = (changes: object = {}) => ({ iss: CAST.platform, sub: CAST.platform, aud: ENDPOINT, exp: seconds() + 60, iat: seconds(), jti: randomUUID(), ...changes });
  const es256 = (text: string, key: KeyObject = privateKey) => toBase64url(toLowS64(sign('sha256', Buffer.from(text), key)));
  const assertion = (changes: object = {}, header: object = { alg: 'ES256', kid: keyId }, signWith: (text: string) => string = es256) => {
    const text = `${base64url(header)}.${base64url(claims(changes))}`;
    return `${text}.${signWith(text)}`;
  };
  const ask = (client_assertion: string, more: Readonly<Record<string, string>> = {}): Promise<Answered> =>
    world.send('POST', '/oauth/token', undefined, {
      body: new URLSearchParams({ grant_type: 'client_credentials', client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer', client_assertion, ...more }).toString(),
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
    });
  const tokenFrom = (answer: Answered) => ({ token: (answer.body as { access_token: string }).access_token });

  it('gives a token for a right assertion, with and without kid', async () => {
    const answer = await ask(assertion());
    expect(answer).toMatchObject({ status: 200, body: { token_type: 'Bearer', expires_in: 600 } });
    expect((await world.get('/v1/loans', tokenFrom(answer))).status).toBe(200);
    expect((await world.get(`/v1/trace/platforms/${CAST.platform}`, tokenFrom(answer))).status).toBe(200);
    expect((await ask(assertion({}, { alg: 'ES256', typ: 'JWT' }))).status).toBe(200);
  });

  it('refuses an assertion that was used, also at the same time', async () => {
    const used = assertion();
    const statuses = (await Promise.all([ask(used), ask(used)])).map((answer) => answer.status).sort();
    expect(statuses).toEqual([200, 401]);
    expect((await ask(used)).status).toBe(401);
  });

  const pem = () => publicKey.export({ format: 'pem', type: 'spki' }).toString();
  const hs256 = (secret: string | Buffer) => (text: string) => createHmac('sha256', secret).update(text).digest('base64url');
  const foreign = generateKeyPairSync('ec', { namedCurve: 'prime256v1' });

  it.each<[string, () => string]>([
    ['alg none', () => assertion({}, { alg: 'none' }, () => '')],
    ['alg None with a signature', () => assertion({}, { alg: 'None', kid: keyId })],
    ['HS256 under the public key as PEM', () => assertion({}, { alg: 'HS256', kid: keyId }, hs256(pem()))],
    ['HS256 under the public key as DER', () => assertion({}, { alg: 'HS256' }, hs256(publicKey.export({ format: 'der', type: 'spki' })))],
    ['ES256 said, HS256 made', () => assertion({}, { alg: 'ES256', kid: keyId }, hs256(pem()))],
    ['ES384', () => assertion({}, { alg: 'ES384', kid: keyId })],
    ['an embedded jwk', () => assertion({}, { alg: 'ES256', jwk: foreign.publicKey.export({ format: 'jwk' }) }, (text) => es256(text, foreign.privateKey))],
    ['an embedded jwk beside a right signature', () => assertion({}, { alg: 'ES256', kid: keyId, jwk: publicKey.export({ format: 'jwk' }) })],
    ['a jku', () => assertion({}, { alg: 'ES256', kid: keyId, jku: 'https://evil.example/jwks' })],
    ['an x5c', () => assertion({}, { alg: 'ES256', kid: keyId, x5c: ['MIIB'] })],
    ['an unknown crit', () => assertion({}, { alg: 'ES256', kid: keyId, crit: ['exp2'], exp2: 1 })],
    ['an empty crit', () => assertion({}, { alg: 'ES256', kid: keyId, crit: [] })],
    ['b64 false', () => assertion({}, { alg: 'ES256', kid: keyId, b64: false, crit: ['b64'] })],
    ['a kid of nobody', () => assertion({}, { alg: 'ES256', kid: '0'.repeat(32) })],
    ['a foreign key', () => assertion({}, { alg: 'ES256', kid: keyId }, (text) => es256(text, foreign.privateKey))],
    ['another audience', () => assertion({ aud: 'http://localhost:4010' })],
    ['a list of audiences', () => assertion({ aud: [ENDPOINT, 'https://evil.example'] })],
    ['no audience', () => assertion({ aud: undefined })],
    ['another subject', () => assertion({ sub: CAST.node })],
    ['another issuer', () => assertion({ iss: CAST.node, sub: CAST.node })],
    ['an unknown issuer', () => assertion({ iss: 'nobody-here', sub: 'nobody-here' })],
    ['an issuer that is a list', () => assertion({ iss: [CAST.platform] })],
    ['no jti', () => assertion({ jti: undefined })],
    ['a jti that is a number', () => assertion({ jti: 123_456_789 })],
    ['no exp', () => assertion({ exp: undefined })],
    ['an exp long over', () => assertion({ exp: seconds() - 60 })],
    ['an exp six minutes ahead', () => assertion({ exp: seconds() + 360 })],
    ['a nbf in the future', () => assertion({ nbf: seconds() + 120 })],
    ['padding', () => `${assertion()}=`],
    ['a byte behind', () => `${assertion()}AA`],
    ['four parts', () => `${assertion()}.AA`],
    ['a claim twice', () => ((text) => `${text}.${es256(text)}`)(`${base64url({ alg: 'ES256', kid: keyId })}.${base64url(JSON.stringify(claims()).replace('{', `{"iss":"${CAST.node}",`))}`)],
    ['a header member twice', () => ((text) => `${text}.${es256(text)}`)(`${base64url(`{"alg":"none","alg":"ES256","kid":"${keyId}"}`)}.${base64url(claims())}`)],
    ['nothing', () => 'x'],
  ])('refuses an assertion with %s', async (_what, make) => {
    expect(await ask(make())).toMatchObject({ status: 401, body: { code: 'unauthenticated' } });
  });

  it('refuses other grants, other assertion types, JSON and doubled members', async () => {
    expect((await ask(assertion(), { grant_type: 'password' })).status).toBe(400);
    expect((await ask(assertion(), { client_assertion_type: 'x' })).status).toBe(400);
    expect((await world.post('/oauth/token', undefined, {})).status).toBe(400);
    const doubled = `grant_type=client_credentials&grant_type=client_credentials&client_assertion=${assertion()}`;
    expect((await world.send('POST', '/oauth/token', undefined, { body: doubled, headers: { 'content-type': 'application/x-www-form-urlencoded' } })).status).toBe(400);
  });

  it('refuses access tokens that are changed, foreign, algorithm-confused or over', async () => {
    const { token } = tokenFrom(await ask(assertion()));
    const [header = '', payload = '', signature = ''] = token.split('.');
    const other = generateKeyPairSync('ed25519');
    const claimsOf = (changes: object) => base64url({ ...(JSON.parse(Buffer.from(payload, 'base64url').toString()) as object), ...changes });
    const signedBy = (text: string) => `${text}.${sign(null, Buffer.from(text), other.privateKey).toString('base64url')}`;
    const forged = [
      `${header}.${claimsOf({ role: 'provincialNode', sub: CAST.node })}.${signature}`,
      `${base64url({ alg: 'none', typ: 'at+jwt' })}.${payload}.`,
      `${base64url({ alg: 'HS256', typ: 'at+jwt' })}.${payload}.${signature}`,
      signedBy(`${header}.${payload}`),
      signedBy(`${base64url({ alg: 'EdDSA', typ: 'at+jwt', jwk: other.publicKey.export({ format: 'jwk' }) })}.${payload}`),
      `${token}=`,
      `${token}.`,
      token.slice(0, -2),
      assertion(),
    ];
    for (const one of forged) expect([one, (await world.get('/v1/purposes', { token: one })).status]).toEqual([one, 401]);
    expect((await world.get('/v1/purposes', { token })).status).toBe(200);
    world.world.pass(10 * MINUTE_MILLIS - SECOND_MILLIS);
    expect((await world.get('/v1/purposes', { token })).status).toBe(200);
    world.world.pass(SECOND_MILLIS);
    expect((await world.get('/v1/purposes', { token })).status).toBe(401);
  });

  it('refuses a token that the same key made for another origin, or for a time to come', () => {
    const here = tokenKeyOf('http://localhost:4010', new Uint8Array(32));
    const requester = { kind: 'ENTERPRISE' as const, ref: '0'.repeat(32) };
    const now = world.world.clock.time;
    expect(verifyToken(here, issueToken(here, requester, 'jti', now), now)?.requester).toEqual(requester);
    expect(verifyToken(here, issueToken({ ...here, origin: 'http://localhost:4011' }, requester, 'jti', now), now)).toBeUndefined();
    expect(verifyToken(here, issueToken(here, requester, 'jti', now + MINUTE_MILLIS), now)).toBeUndefined();
  });

  it('reads at each use what became of the participant: a suspended one reads and accounts, an exited one is nobody', async () => {
    const caller = tokenFrom(await ask(assertion()));
    const order = { reason: 'as-ordered', documentDigest: DOCUMENT };
    const set = { enterprise: world.world.enterprise.ref, letters: [world.wantedLetter()] };
    const asAdmitted = async () => [
      (await world.get(`/v1/trace/platforms/${CAST.platform}`, caller)).status,
      (await world.post('/v1/letter-sets', caller, set)).status,
      (await world.post('/v1/subject-refs', caller, { creditCode: CREDIT_CODE })).status,
      (await world.check({ subject: { type: 'platform', id: CAST.platform } }, caller)).status,
    ];
    expect(await asAdmitted()).toEqual([200, 201, 200, 200]);
    expect((await world.post(`/v1/participants/${CAST.platform}/suspension`, 'node', order)).status).toBe(200);
    expect(await asAdmitted()).toEqual([200, 422, 422, 200]);
    expect(await world.post('/v1/subject-refs', caller, { creditCode: CREDIT_CODE })).toMatchObject({ body: { code: 'participant-not-active' } });
    expect((await world.post(`/v1/participants/${CAST.platform}/resumption`, 'node', order)).status).toBe(200);
    expect(await asAdmitted()).toEqual([200, 201, 200, 200]);
    expect((await world.post(`/v1/participants/${CAST.platform}/exit`, 'node', order)).status).toBe(200);
    expect(await asAdmitted()).toEqual([401, 401, 401, 401]);
    expect((await ask(assertion())).status).toBe(401);
  });

  it('counts attempts to sign in', async () => {
    const limited = await HttpWorld.open({ rateLimits: { signIn: { windowMillis: MINUTE_MILLIS, requests: 3 }, general: { windowMillis: MINUTE_MILLIS, requests: 8 } } });
    try {
      const statuses = [];
      for (let nth = 0; nth < 4; nth++) statuses.push((await limited.post('/v1/sessions/challenge', undefined, { enterprise: limited.world.enterprise.ref })).status);
      expect(statuses).toEqual([200, 200, 200, 429]);
      const general = [];
      for (let nth = 0; nth < 9; nth++) general.push(await limited.get('/v1/purposes', 'bank'));
      expect(general.map((answer) => answer.status)).toEqual([...Array.from({ length: 8 }, () => 200), 429]);
      expect(general.at(-1)).toMatchObject({ body: { code: 'rate-limited' } });
      expect(general.at(-1)?.headers.get('retry-after')).toMatch(/^\d+$/);
    } finally {
      await limited.dispose();
    }
  });
});
