import { fromBase64url, MINUTE_MILLIS, utf8ToBytes } from '@kesu/chaincode/domain';
import { CAST } from '../testing/test-cast';
import { aKey, type TestKey } from '../testing/test-key';
import { HttpWorld, type Answered } from './testing/http-world';
import { aLoginPasskey, type LoginKnobs } from './testing/login-passkey';

const BINDING = { origin: 'http://localhost:4010', rpId: 'localhost' };

describe('signing in as an enterprise', () => {
  let world: HttpWorld;
  let loginKey: TestKey;
  const passkey = aLoginPasskey(BINDING);
  let passkeyId: string;

  beforeAll(async () => {
    world = await HttpWorld.open();
    loginKey = aKey();
    const path = `/v1/enterprises/${world.world.enterprise.ref}/login-keys`;
    await world.post(path, 'enterprise', { publicKey: loginKey.publicKey, means: 'BROWSER_KEY' });
    passkeyId = ((await world.post(path, 'enterprise', { publicKey: passkey.publicKey, means: 'DEVICE_PASSKEY', passkey: BINDING })).body as { keyId: string }).keyId;
  });
  afterAll(() => world.dispose());

  type Challenge = { challengeId: string; bytes: string };
  const challenge = async (enterprise = world.world.enterprise.ref) => (await world.post('/v1/sessions/challenge', undefined, { enterprise })).body as Challenge;
  const bytesOf = ({ bytes }: Challenge) => fromBase64url(bytes) ?? new Uint8Array();
  const signIn = (body: object): Promise<Answered> => world.post('/v1/sessions', undefined, { enterprise: world.world.enterprise.ref, ...body });
  const byKey = async (key = loginKey, changes: object = {}) => {
    const asked = await challenge();
    return signIn({ challengeId: asked.challengeId, keyId: key.keyId, signature: key.signBytes(bytesOf(asked)), ...changes });
  };
  const byPasskey = async (knobs: LoginKnobs = {}) => {
    const asked = await challenge();
    return signIn({ challengeId: asked.challengeId, keyId: passkeyId, ...passkey.assert(bytesOf(asked), knobs) });
  };

  it('lets in by a signature of a login key, and the token is the enterprise\'s', async () => {
    const answer = await byKey();
    expect(answer.status).toBe(201);
    const caller = { token: (answer.body as { access_token: string }).access_token };
    expect((await world.get('/v1/enterprises/me', caller)).body).toMatchObject({ record: { ref: world.world.enterprise.ref }, name: '示范有限公司' });
    expect((await world.get('/v1/statistics', caller)).status).toBe(200);
    expect((await world.get('/v1/enterprises', caller)).status).toBe(200);
  });

  it('lets in by a passkey', async () => {
    expect((await byPasskey()).status).toBe(201);
  });

  it.each<[string, LoginKnobs]>([
    ['another type', { clientData: { type: 'webauthn.create' } }],
    ['another challenge', { clientData: { challenge: 'A'.repeat(43) } }],
    ['another origin', { clientData: { origin: 'http://localhost:4011' } }],
    ['another rpId', { rpId: 'evil.example' }],
    ['crossOrigin', { clientData: { crossOrigin: true } }],
    ['no user verified', { flags: 0x01 }],
    ['no user present', { flags: 0x04 }],
    ['a doubled challenge', { editClientData: (bytes) => Buffer.from(bytes.toString().replace('{', '{"challenge":"AAAA",')) }],
    ['client data that is not UTF-8', { editClientData: (bytes) => Buffer.concat([bytes.subarray(0, -1), Buffer.from(',"x":"\xff"}', 'latin1')]) }],
    ['a byte behind the signature', { editSignature: (signature) => new Uint8Array([...signature, 0]) }],
    ['35 bytes of authenticator data', { editAuthenticatorData: (bytes) => bytes.subarray(0, 35) }],
  ])('refuses a passkey with %s', async (_what, knobs) => {
    expect((await byPasskey(knobs)).status).toBe(401);
  });

  it('uses a challenge up with its first answer, right or wrong', async () => {
    const asked = await challenge();
    const right = { challengeId: asked.challengeId, keyId: loginKey.keyId, signature: loginKey.signBytes(bytesOf(asked)) };
    expect((await signIn({ ...right, signature: loginKey.signBytes(utf8ToBytes('other')) })).status).toBe(401);
    expect((await signIn(right)).status).toBe(401);
    const again = await challenge();
    const answer = { challengeId: again.challengeId, keyId: loginKey.keyId, signature: loginKey.signBytes(bytesOf(again)) };
    expect([(await signIn(answer)).status, (await signIn(answer)).status]).toEqual([201, 401]);
  });

  it('refuses a challenge after five minutes, of another enterprise, and an unknown key, all in the same words', async () => {
    const asked = await challenge();
    world.world.pass(5 * MINUTE_MILLIS);
    const late = await signIn({ challengeId: asked.challengeId, keyId: loginKey.keyId, signature: loginKey.signBytes(bytesOf(asked)) });
    const others = await challenge('0'.repeat(32));
    const foreign = await signIn({ challengeId: others.challengeId, keyId: loginKey.keyId, signature: loginKey.signBytes(bytesOf(others)) });
    const unknown = await byKey(aKey());
    const shape = ({ status, body }: Answered) => ({ status, ...(body as object), instance: '' });
    expect(late.status).toBe(401);
    expect(shape(foreign)).toEqual(shape(late));
    expect(shape(unknown)).toEqual(shape(late));
  });

  it('lets in by a key that a platform registered only when the node has confirmed it: nobody alone is an enterprise', async () => {
    const key = aKey();
    const path = `/v1/enterprises/${world.world.enterprise.ref}/login-keys`;
    expect((await world.post(path, 'node', { publicKey: key.publicKey, means: 'BROWSER_KEY' })).status).toBe(403);
    expect(await world.post(path, 'platform', { publicKey: key.publicKey, means: 'BROWSER_KEY' })).toMatchObject({ status: 201, body: { confirmed: false } });
    expect((await byKey(key)).status).toBe(401);
    expect((await world.post(`${path}/${key.keyId}/confirmation`, 'platform', {})).status).toBe(403);
    expect((await byKey(key)).status).toBe(401);
    expect(await world.post(`${path}/${key.keyId}/confirmation`, 'node', {})).toMatchObject({ status: 200, body: { confirmed: true } });
    expect((await byKey(key)).status).toBe(201);
    expect((await world.post(`${path}/${'0'.repeat(32)}/confirmation`, 'node', {})).status).toBe(404);
  });

  it('lets in no more by a key that was ended, nor by a token that it opened, and its enterprise is told', async () => {
    const key = aKey();
    const { ref } = world.world.enterprise;
    const path = `/v1/enterprises/${ref}/login-keys`;
    await world.post(path, 'enterprise', { publicKey: key.publicKey, means: 'BROWSER_KEY' });
    const { body } = await byKey(key);
    const me = () => world.get('/v1/enterprises/me', { token: (body as { access_token: string }).access_token });
    expect((await me()).status).toBe(200);
    expect((await world.post(`${path}/${'0'.repeat(32)}/end`, 'enterprise', {})).status).toBe(404);
    expect(await world.post(`${path}/${key.keyId}/end`, 'enterprise', {})).toMatchObject({ status: 200, body: { keyId: key.keyId, endedAt: world.world.at } });
    expect((await me()).status).toBe(401);
    expect((await byKey(key)).status).toBe(401);
    expect(await world.post(path, 'enterprise', { publicKey: key.publicKey, means: 'BROWSER_KEY' })).toMatchObject({ status: 409, body: { code: 'state-conflict' } });
    expect((await world.get(path, 'platform')).body).toMatchObject({ entries: expect.arrayContaining([expect.objectContaining({ keyId: key.keyId, endedAt: world.world.at })]) });
    const told: unknown[] = [];
    for await (const { value } of world.releases.parts.store.entries('notices')) told.push(JSON.parse(value.toString()));
    expect(told).toContainEqual(expect.objectContaining({ kind: 'KEY_CHANGED', to: ref, about: { action: 'end-login-key' } }));
  });

  it('refuses a passkey registered as bound to its device that says it may be copied', async () => {
    expect((await byPasskey({ flags: 0x05 | 0x08 })).status).toBe(401);
  });

  it('never lets in by a signing key, and never registers one for signing in', async () => {
    const { key, ref } = world.world.enterprise;
    expect((await byKey(key)).status).toBe(401);
    expect(await world.post(`/v1/enterprises/${ref}/login-keys`, 'enterprise', { publicKey: key.publicKey, means: 'BROWSER_KEY' })).toMatchObject({ status: 409, body: { code: 'already-exists' } });
  });

  it('no longer lets in by a login key that became a signing key on another way to the ledger', async () => {
    const key = aKey();
    const { ref } = world.world.enterprise;
    await world.post(`/v1/enterprises/${ref}/login-keys`, 'enterprise', { publicKey: key.publicKey, means: 'BROWSER_KEY' });
    expect((await byKey(key)).status).toBe(201);
    const until = '2030-01-01T00:00:00.000Z';
    await world.world.submit(CAST.platform, 'signatories:register-key', { ref, key: { holder: ref, capacity: 'HANDLER', algorithm: 'P256', means: 'BROWSER_KEY', publicKey: key.publicKey, binding: 'COUNTER', evidenceDigest: 'a'.repeat(64), until } });
    await world.releases.projection.caughtUp();
    expect((await byKey(key)).status).toBe(401);
  });

  it('never registers a login key for signing, and never counts its signature under letters', async () => {
    const { ref } = world.world.enterprise;
    const key = { holder: ref, capacity: 'HANDLER', algorithm: 'P256', means: 'BROWSER_KEY', publicKey: loginKey.publicKey, binding: 'COUNTER', evidenceDigest: 'a'.repeat(64), until: '2030-01-01T00:00:00.000Z' };
    expect(await world.post(`/v1/enterprises/${ref}/keys`, 'platform', { key })).toMatchObject({ status: 403, body: { code: 'not-allowed' } });
    const set = await world.letterSet();
    expect(await world.post('/v1/grants', 'enterprise', world.signed(set, { ref, key: loginKey }))).toMatchObject({ status: 422, body: { code: 'signing-key-unknown' } });
  });

  it('cannot revoke by a login alone', async () => {
    const { ids: [grantId] = [] } = (await world.giveGrant()).body as { ids: string[] };
    for (const body of [{}, { action: 'REVOKE' }, { reason: 'principal-decided' }]) expect((await world.post(`/v1/grants/${grantId}/revocation`, 'enterprise', body)).status).toBe(400);
    expect((await world.get(`/v1/grants/${grantId}`, 'enterprise')).body).toMatchObject({ record: { state: 'ACTIVE' } });
  });
});
