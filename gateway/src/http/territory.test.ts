import { CAST, ITEMS } from '../testing/test-cast';
import { HttpWorld, type Caller } from './testing/http-world';

/** The enterprises of a test world lie in 619901. */
const INSIDE = '619900';
const OUTSIDE = '610100';

describe('a regulator', () => {
  let world: HttpWorld;
  let grantId: string;
  let releaseId: string;
  let loan: string;
  let dispute: string;
  const inside: Caller = { token: 'demo-regulator' };
  const outside: Caller = { token: 'demo-regulator-2' };

  beforeAll(async () => {
    world = await HttpWorld.open();
    for (const [id, token, regions] of [['regulator-one', 'demo-regulator', [INSIDE]], ['regulator-two', 'demo-regulator-2', [OUTSIDE]]] as const) {
      await world.world.addOffice(id, 'regulator', regions);
      world.tokens.set(token, { kind: 'PARTICIPANT', id, role: 'regulator', demonstration: true });
    }
    loan = await world.world.openLoan();
    dispute = await world.world.dispute();
    grantId = ((await world.giveGrant()).body as { ids: string[] }).ids[0] ?? '';
    releaseId = ((await world.release({ grantId })).body as { release: { id: string } }).release.id;
    await world.releases.projection.caughtUp();
  });
  afterAll(() => world.dispose());

  const ref = () => world.world.enterprise.ref;
  const paths = () => [
    `/v1/enterprises/${ref()}`, `/v1/enterprises/${ref()}/keys`, `/v1/grants/${grantId}`, `/v1/grants/${grantId}/history`, `/v1/grants/${grantId}/receipt`,
    `/v1/loans/${loan}`, `/v1/disputes/${dispute}`, `/v1/releases/${releaseId}`, `/v1/trace/releases/${releaseId}`, `/v1/trace/enterprises/${ref()}`,
  ];
  const lists = () => ['/v1/enterprises', '/v1/grants', '/v1/loans', '/v1/disputes', ...['platforms/platform-one', 'recipients/bank-one', 'providers/tax-bureau'].map((end) => `/v1/trace/${end}`)];
  const statuses = async (caller: Caller) => Promise.all(paths().map(async (path) => [path, (await world.get(path, caller)).status]));
  const counts = async (caller: Caller) => Promise.all(lists().map(async (path) => [path, ((await world.get(path, caller)).body as { entries: unknown[] }).entries.length]));

  it('sees the metadata of its territory', async () => {
    expect(await statuses(inside)).toEqual(paths().map((path) => [path, 200]));
    expect((await counts(inside)).filter(([, count]) => count === 0)).toEqual([]);
    for (const format of ['csv', 'jsonl']) expect((await world.get(`/v1/trace/platforms/${CAST.platform}?format=${format}`, inside)).text).toContain(ref());
  });

  it('sees nothing of what lies outside, one by one, in lists, traces and exports', async () => {
    expect(await statuses(outside)).toEqual(paths().map((path) => [path, 404]));
    expect((await counts(outside)).filter(([, count]) => count !== 0)).toEqual([]);
    for (const format of ['csv', 'jsonl']) expect((await world.get(`/v1/trace/platforms/${CAST.platform}?format=${format}`, outside)).text).not.toContain(ref());
  });

  it('sees what it asked for by law itself, wherever', async () => {
    const officers = ['O-1', 'O-2'];
    for (const code of officers) expect((await world.post('/v1/participants/regulator-two/officers', outside, { code, publicKey: world.world.requestKeys.get(CAST.bank)?.publicKey, means: 'CERTIFICATE' })).status).toBe(201);
    const asked = { recipient: 'regulator-two', items: [{ code: ITEMS.live, granularity: 'ANSWER' }], purpose: 'RISK_MONITORING', basis: 'STATUTORY', statutory: { authority: 'regulator-two', documentDigest: 'ab'.repeat(32), officers } };
    const answer = await world.post('/v1/releases', outside, { enterprise: ref(), ...asked });
    expect(answer.status).toBe(201);
    const { id } = (answer.body as { release: { id: string } }).release;
    await world.releases.projection.caughtUp();
    expect((await world.get(`/v1/releases/${id}`, outside)).status).toBe(200);
    expect((await world.get(`/v1/releases/${releaseId}`, outside)).status).toBe(404);
  });
});
