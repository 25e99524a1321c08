import { randomUUID } from 'node:crypto';
import { instantOf, DAY_MILLIS, sha256Hex, type ParticipantRole } from '@kesu/chaincode/domain';
import { CAST, DOCUMENT, ITEMS } from '../testing/test-cast';
import { aKey } from '../testing/test-key';
import { ACTORS, type Actor, type Route } from './route';
import { ROUTES } from './routes';
import { HttpWorld, type Answered } from './testing/http-world';

const NOBODYS = { id: sha256Hex('nobody').slice(0, 32), keyId: sha256Hex('no key').slice(0, 32) };

/** Bodies that pass the schemas of routes with a path of somebody's object. */
const BODIES: Readonly<Record<string, object>> = {
  revokeGrant: { letterSetId: NOBODYS.id, signatures: [{ keyId: NOBODYS.keyId, signature: 'AAAA' }] },
  suspendGrant: { keyId: NOBODYS.keyId, reason: 'key-is-lost' },
  resumeGrant: { letterSetId: NOBODYS.id, signatures: [{ keyId: NOBODYS.keyId, signature: 'AAAA' }] },
  declineGrantRequest: {},
  reportOutcome: { outcome: 'DELIVERED', bytesSent: 1 },
  acknowledgeRelease: { payloadDigest: DOCUMENT },
  advanceLoan: { to: 'APPROVED' },
  withdrawBatch: { reason: 'sent-by-mistake' },
  attestDeletion: { result: 'DELETED', documentDigest: DOCUMENT },
  forwardDispute: {},
  resolveDispute: { finding: 'CONFIRMED', documentDigest: DOCUMENT },
  registerAtPlatforms: { letterSetId: NOBODYS.id, signatures: [{ keyId: NOBODYS.keyId, signature: 'AAAA' }] },
  registerOfficer: { code: 'O-1', publicKey: aKey().publicKey, means: 'BROWSER_KEY' },
  registerLoginKey: { publicKey: aKey().publicKey, means: 'BROWSER_KEY' },
  registerParticipantKey: { publicKey: aKey().publicKey },
  objectToKey: { evidenceDigest: DOCUMENT },
  reportKeyLost: {},
  registerKey: {
    key: { holder: NOBODYS.id, capacity: 'HANDLER', algorithm: 'P256', means: 'BROWSER_KEY', publicKey: aKey().publicKey, binding: 'COUNTER', evidenceDigest: DOCUMENT, until: instantOf(Date.UTC(2030, 0, 1)) },
  },
  acknowledgeNotice: {},
  submitMandates: {
    envelope: { type: 'kesu-statement-set', network: NOBODYS.id, statements: [DOCUMENT], nonce: 'A'.repeat(22), signedAt: instantOf(0), submitBefore: instantOf(1) },
    statements: [
      {
        kind: 'MANDATE',
        enterprise: NOBODYS.id,
        action: 'GIVE',
        mandate: { id: NOBODYS.id, holder: NOBODYS.id, templates: ['PRE-LOAN'], longestPeriodDays: 30, from: instantOf(0), until: instantOf(1) },
        identityDigest: DOCUMENT,
        salt: 'A'.repeat(43),
      },
    ],
    signatures: [{ keyId: NOBODYS.keyId, signature: 'AAAA' }],
  },
};

/** Records that everyone who signed in may read: they are about no enterprise. */
const SHARED = ['readParticipant', 'readItem', 'readTemplate', 'readBlock', 'readOperation', 'publishRequirements', 'stateNoTradeSecret', 'approveTemplate'];
/** Only the node acts on these, and its sight has no border. */
const NODE_ONLY = (route: Route): boolean => route.actors !== 'PUBLIC' && route.actors.every((actor) => actor === 'provincialNode');

describe('who may call what', () => {
  let world: HttpWorld;
  let paths: Map<string, string>;

  beforeAll(async () => {
    world = await HttpWorld.open();
    for (const actor of ACTORS) if (actor !== 'enterprise') world.tokens.set(`demo-foreign-${actor}`, { kind: 'PARTICIPANT', id: `${actor.toLowerCase()}-two`, role: actor as ParticipantRole, demonstration: true });
    world.tokens.set('demo-foreign-enterprise', { kind: 'ENTERPRISE', ref: (await world.world.addEnterprise()).ref });
    paths = await ownPaths(world);
  });
  afterAll(() => world.dispose());

  const foreign = (actor: Actor) => ({ token: `demo-foreign-${actor}` });
  const call = (route: Route, caller: { token: string } | undefined, path = paths.get(route.id) ?? route.path): Promise<Answered> =>
    route.method === 'GET'
      ? world.get(path, caller)
      : world.send('POST', path, caller, { body: route.form === true ? 'a=b' : JSON.stringify(BODIES[route.id] ?? {}), headers: { 'content-type': route.form === true ? 'application/x-www-form-urlencoded' : 'application/json', 'idempotency-key': randomUUID() } });

  it.each(ROUTES.filter((route) => route.actors !== 'PUBLIC').map((route) => [`${route.method} ${route.path}`, route] as const))('%s needs a token, and one of its roles', async (_name, route) => {
    expect(await call(route, undefined)).toMatchObject({ status: 401, body: { code: 'unauthenticated' } });
    expect(await call(route, { token: 'demo-nobody' })).toMatchObject({ status: 401 });
    for (const actor of ACTORS) {
      const { status, body } = await call(route, foreign(actor));
      const isAllowed = (route.actors as readonly Actor[]).includes(actor);
      if (isAllowed) expect([actor, status]).not.toEqual([actor, 401]);
      else expect([actor, status, (body as { code: string }).code]).toEqual([actor, 403, 'not-allowed']);
      expect([actor, status]).not.toEqual([actor, 500]);
    }
  });

  it.each(ROUTES.filter((route) => route.path.includes('{') && !SHARED.includes(route.id) && !NODE_ONLY(route) && route.actors !== 'PUBLIC').map((route) => [`${route.method} ${route.path}`, route] as const))(
    '%s answers about what is not yours as about what does not exist',
    async (_name, route) => {
      const own = paths.get(route.id);
      if (own === undefined) throw new Error(`the test knows no object for ${route.id}`);
      const missing = own.replace(/[0-9a-f]{32}(\.\d+)?|tax-bureau|platform-one|bank-one/, (id) => (id.length < 32 ? 'nobody-here' : id.includes('.') ? `${NOBODYS.id}.0` : NOBODYS.id));
      for (const actor of ['enterprise', 'platform', 'recipient', 'provider'] as const) {
        if (!(route.actors as readonly Actor[]).includes(actor)) continue;
        const [theirs, nobodys] = [await call(route, foreign(actor), own), await call(route, foreign(actor), missing)];
        expect([actor, theirs.status, nobodys.status]).toEqual([actor, 404, 404]);
        expect({ ...(theirs.body as object), instance: '' }).toEqual({ ...(nobodys.body as object), instance: '' });
      }
    },
  );

  it.each(ROUTES.filter((route) => route.method === 'GET' && !route.path.includes('{') && Array.isArray(route.actors)).map((route) => [`GET ${route.path}`, route] as const))('%s tells foreigners nothing of an enterprise', async (_name, route) => {
    for (const actor of ['enterprise', 'platform', 'recipient', 'provider'] as const) {
      if (!(route.actors as readonly Actor[]).includes(actor)) continue;
      expect((await call(route, foreign(actor))).text).not.toContain(world.world.enterprise.ref);
    }
  });

  it.each(ROUTES.filter((route) => route.method === 'POST' && route.form !== true && route.actors !== 'PUBLIC').map((route) => [`POST ${route.path}`, route] as const))('%s answers a malformed body with a problem that names the member', async (_name, route) => {
    const [actor] = route.actors as readonly Actor[];
    const path = (paths.get(route.id) ?? route.path).replace('{n}', '1').replace(/(?<=evidence-cases\/)[^/]+/, NOBODYS.id);
    const { status, headers, body } = await world.post(path, foreign(actor ?? 'enterprise'), { noSuchMember: 1 });
    expect({ status, type: headers.get('content-type') }).toEqual({ status: 400, type: 'application/problem+json; charset=utf-8' });
    expect(body).toMatchObject({ code: 'malformed-body', status: 400, title: expect.any(String), detail: expect.any(String), instance: expect.any(String), type: expect.stringContaining('/problems/') });
    const { errors } = body as { errors: readonly { pointer: string; detail: string }[] };
    expect(errors.length).toBeGreaterThan(0);
    for (const { pointer, detail } of errors) expect([pointer.startsWith('/') || pointer === '', detail.length > 0]).toEqual([true, true]);
  });

  it.each(['enterprise', 'platform', 'recipient'] as const)('shows %s what is its own', async (actor) => {
    const caller = ({ enterprise: 'enterprise', platform: 'platform', recipient: 'bank' } as const)[actor];
    for (const id of ['readGrant', 'readGrantHistory', 'readGrantReceipt', 'readLoan', 'readRelease']) {
      expect([id, (await world.get(paths.get(id) ?? '', caller)).status]).toEqual([id, 200]);
    }
  });

  it('refuses filters that name another', async () => {
    expect((await world.get(`/v1/grants?platform=${CAST.platform}`, { token: 'demo-foreign-platform' })).status).toBe(404);
    expect((await world.get(`/v1/grants?enterprise=${world.world.enterprise.ref}`, { token: 'demo-foreign-enterprise' })).status).toBe(404);
  });

  it('lets nobody ask a check about somebody else', async () => {
    for (const caller of ['platform', 'provider', 'enterprise', { token: 'demo-foreign-recipient' }] as const) {
      const { status } = await world.check({}, caller);
      expect([caller, status]).toEqual([caller, caller === 'platform' ? 200 : 403]);
    }
  });
});

/** A deletion that the bank is asked for. */
async function deletion(world: HttpWorld): Promise<string> {
  const [grantId = ''] = ((await world.giveGrant({ purpose: 'RISK_MONITORING' })).body as { ids: string[] }).ids;
  const released = await world.release({ purpose: 'RISK_MONITORING' });
  await world.transit(grantId, 'REVOKE', 'revocation');
  const asked = await world.post('/v1/deletions', 'node', { releaseId: (released.body as { release: { id: string } }).release.id });
  return (asked.body as { ids: string[] }).ids[0] ?? '';
}

/** The path of each route with the world's own objects in it. */
async function ownPaths(world: HttpWorld): Promise<Map<string, string>> {
  const { enterprise } = world.world;
  const given = await world.giveGrant();
  const grantId = (given.body as { ids: string[] }).ids[0] ?? '';
  const released = await world.release();
  const releaseId = (released.body as { release: { id: string } }).release.id;
  const loan = await world.world.openLoan(enterprise);
  const dispute = await world.world.dispute();
  const asked = await world.post('/v1/grant-requests', 'platform', { enterprise: enterprise.ref, recipient: CAST.bank, templateId: 'PRE-LOAN', purpose: 'EVALUATION', items: [{ code: ITEMS.collected, granularity: 'ANSWER' }], until: instantOf(world.world.clock.time + DAY_MILLIS) });
  const requestId = (asked.body as { ids: string[] }).ids[0] ?? '';
  const deletionId = await deletion(world);
  await world.releases.projection.caughtUp();
  const idOf = (route: Route): string => {
    if (route.path.includes('/grants/')) return grantId;
    if (route.path.includes('/releases/')) return releaseId;
    if (route.path.includes('/deletions/')) return deletionId;
    if (route.path.includes('/disputes/')) return dispute;
    if (route.path.includes('/grant-requests/')) return requestId;
    if (route.path.includes('/ingest-batches/')) return world.world.batchId;
    if (route.path.includes('/trace/enterprises/')) return enterprise.ref;
    if (route.path.includes('/trace/providers/')) return CAST.provider;
    if (route.path.includes('/trace/platforms/')) return CAST.platform;
    if (route.path.includes('/trace/recipients/')) return CAST.bank;
    if (route.path.includes('/participants/')) return CAST.bank;
    if (route.path.includes('/notices/')) return grantId;
    return 'PRE-LOAN@1';
  };
  return new Map(
    ROUTES.map((route) => [
      route.id,
      route.path
        .replace('{id}', () => idOf(route))
        .replace('{ref}', route.path.includes('/loans/') ? loan : enterprise.ref)
        .replace('{keyId}', enterprise.key.keyId)
        .replace('{code}', ITEMS.collected)
        .replace('{key}', 'some-key')
        .replace('{number}', '1'),
    ]),
  );
}
