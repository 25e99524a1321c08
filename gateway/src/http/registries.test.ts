import { DAY_MILLIS, instantOf } from '@kesu/chaincode/domain';
import { CAST, DOCUMENT, ITEMS, testItems, testTemplate } from '../testing/test-cast';
import { aKey } from '../testing/test-key';
import { HttpWorld, type Answered, type Caller } from './testing/http-world';

describe('registries over HTTP', () => {
  let world: HttpWorld;
  beforeAll(async () => {
    world = await HttpWorld.open();
  });
  afterAll(() => world.dispose());

  const done = async (path: string, caller: Caller, body: object): Promise<string> => {
    const answer: Answered = await world.post(path, caller, body);
    if (answer.status >= 300) throw new Error(`${path}: ${answer.text}`);
    expect(answer.body).toMatchObject({ position: { block: expect.any(Number), index: 0, item: 0, txId: expect.any(String) }, head: { hash: expect.any(String) } });
    return (answer.body as { ids: string[] }).ids[0] ?? '';
  };
  const stateOf = async (path: string, caller: Caller) => ((await world.get(path, caller)).body as { record: { state: string } }).record.state;
  const later = (days: number) => instantOf(world.world.clock.time + days * DAY_MILLIS);

  it('take a loan from its application to its end', async () => {
    const ref = await done('/v1/loans', 'bank', { enterprise: world.world.enterprise.ref, recipient: CAST.bank, platform: CAST.platform, product: 'FIRST-LOAN', amountFen: 50_000_000 });
    for (const to of ['APPROVED', 'DRAWN', 'NORMAL', 'SETTLED']) await done(`/v1/loans/${ref}/state`, 'bank', { to });
    expect(await stateOf(`/v1/loans/${ref}`, 'enterprise')).toBe('SETTLED');
    expect(await world.post(`/v1/loans/${ref}/state`, 'bank', { to: 'NORMAL' })).toMatchObject({ status: 409, body: { code: 'state-conflict' } });
    expect((await world.get(`/v1/loans?state=SETTLED`, 'platform')).body).toMatchObject({ entries: [{ record: { ref } }] });
  });

  it('take a dispute from its filing to its close, with the mark on releases meanwhile', async () => {
    await world.giveGrant();
    const id = await done('/v1/disputes', 'platform', { enterprise: world.world.enterprise.ref, filedBy: 'PRINCIPAL', platform: CAST.platform, item: ITEMS.collected, reason: 'row-is-wrong', textDigest: DOCUMENT });
    expect((await world.release()).body).toMatchObject({ release: { items: [{ disputes: [id] }] } });
    await done(`/v1/disputes/${id}/forwarding`, 'platform', {});
    await done(`/v1/disputes/${id}/review`, 'node', {});
    await done(`/v1/disputes/${id}/resolution`, 'provider', { finding: 'CORRECTED', documentDigest: DOCUMENT });
    await done(`/v1/disputes/${id}/answer`, 'node', { documentDigest: DOCUMENT });
    await done(`/v1/disputes/${id}/closing`, 'node', {});
    expect(await stateOf(`/v1/disputes/${id}`, 'enterprise')).toBe('CLOSED');
    expect((await world.get(`/v1/enterprises/${world.world.enterprise.ref}`, 'enterprise')).body).toMatchObject({ record: { marks: [] } });
  });

  it('take a request for a grant to the grant that answers it, and another to its refusal', async () => {
    const ask = () => done('/v1/grant-requests', 'platform', { enterprise: world.world.enterprise.ref, recipient: CAST.bank, templateId: 'PRE-LOAN', purpose: 'EVALUATION', items: [{ code: ITEMS.collected, granularity: 'ANSWER' }], until: later(7) });
    const accepted = await ask();
    const set = await world.letterSet({ enterprise: world.world.enterprise.ref, letters: [world.wantedLetter()], requestId: accepted });
    const grantId = await done('/v1/grants', 'bank', world.signed(set));
    expect((await world.get(`/v1/grant-requests/${accepted}`, 'enterprise')).body).toMatchObject({ state: 'ACCEPTED', record: { grantId } });
    const declined = await ask();
    await done(`/v1/grant-requests/${declined}/refusal`, 'enterprise', {});
    const lapsing = await ask();
    world.world.pass(8 * DAY_MILLIS);
    expect(await stateOf(`/v1/grant-requests/${declined}`, 'platform')).toBe('DECLINED');
    expect((await world.get(`/v1/grant-requests/${lapsing}`, 'platform')).body).toMatchObject({ state: 'LAPSED', record: { state: 'PENDING' } });
  });

  it('make as many grants of one signature as letters, supersede, suspend, resume and revoke them, whoever carries it', async () => {
    const wanted = [world.wantedLetter(), world.wantedLetter({ recipient: CAST.platform })];
    const set = await world.letterSet({ enterprise: world.world.enterprise.ref, letters: wanted }, 'platform');
    const first = await done('/v1/grants', 'provider', world.signed(set));
    const next = await done('/v1/grants', 'node', world.signed(await world.letterSet({ enterprise: world.world.enterprise.ref, letters: [world.wantedLetter({ supersedes: first })] })));
    expect(await stateOf(`/v1/grants/${first}`, 'enterprise')).toBe('SUPERSEDED');
    for (const [step, action, state] of [['suspension', 'SUSPEND', 'SUSPENDED'], ['resumption', 'RESUME', 'ACTIVE'], ['revocation', 'REVOKE', 'REVOKED']] as const) {
      expect((await world.transit(next, action, step, 'bank')).status).toBe(200);
      expect(await stateOf(`/v1/grants/${next}`, 'enterprise')).toBe(state);
    }
    expect(((await world.get(`/v1/grants/${next}/history`, 'bank')).body as { entries: { action: string; signed?: object }[] }).entries.map((entry) => [entry.action, entry.signed !== undefined])).toEqual([['grant', true], ['suspend', true], ['resume', true], ['revoke', true]]);
    expect((await world.transit(next, 'REVOKE', 'suspension')).status).toBe(400);
  });

  it('refuse a set that is signed by nobody of the enterprise, changed, too late, or brought twice', async () => {
    const set = await world.letterSet();
    const right = world.signed(set);
    expect((await world.post('/v1/grants', 'enterprise', { ...right, signatures: [{ keyId: world.world.enterprise.key.keyId, signature: aKey().signValue({}) }] })).body).toMatchObject({ code: 'signature-invalid' });
    expect((await world.post('/v1/grants', 'enterprise', { ...right, letterSetId: '0'.repeat(32) })).status).toBe(404);
    expect((await world.post('/v1/grants', 'enterprise', right)).status).toBe(201);
    expect(await world.post('/v1/grants', 'enterprise', right)).toMatchObject({ status: 409, body: { code: 'nonce-used' } });
    const late = world.signed(await world.letterSet());
    world.world.pass(DAY_MILLIS);
    expect(await world.post('/v1/grants', 'enterprise', late)).toMatchObject({ status: 422, body: { code: 'statement-expired' } });
  });

  it('admit, suspend, resume and let go participants', async () => {
    const names = [{ from: '2026-01-01', zh: '示范公证处', en: 'Demonstration Notary' }];
    const id = await done('/v1/participants', 'node', { as: 'appointed', id: 'notary-one', names, mspId: 'NodeMSP', regions: [], documentDigest: DOCUMENT, role: 'notary' });
    await done('/v1/participants', 'platform', { as: 'recipient', id: 'bank-two', names, mspId: 'NodeMSP', regions: [], documentDigest: DOCUMENT, kind: 'BANK', securityPolicyDigest: DOCUMENT });
    await done('/v1/participants/bank-two/admission', 'node', { documentDigest: DOCUMENT });
    const about = { reason: 'regulator-ordered', documentDigest: DOCUMENT };
    await done(`/v1/participants/${id}/suspension`, 'node', about);
    expect(await stateOf(`/v1/participants/${id}`, 'bank')).toBe('SUSPENDED');
    await done(`/v1/participants/${id}/resumption`, 'node', about);
    await done(`/v1/participants/${id}/names`, 'node', { name: { from: '2026-02-01', zh: '新名', en: 'New name' }, documentDigest: DOCUMENT });
    await done(`/v1/participants/${id}/exit`, 'node', about);
    expect(await stateOf(`/v1/participants/${id}`, 'bank')).toBe('EXITED');
    await done(`/v1/participants/${CAST.platform}/assessments`, 'node', { kind: 'SECURITY', assessor: 'assessor-one', until: later(400), documentDigest: DOCUMENT });
  });

  it('version items, draft, approve, publish and withdraw templates', async () => {
    const [item] = testItems();
    await done('/v1/catalogue/items', 'node', { items: [{ ...item, code: 'TAX-09' }], documentDigest: DOCUMENT });
    await done('/v1/catalogue/items/TAX-09/requirements', 'provider', { requirements: [{ id: 'NO-ONWARD', zh: '不得转提供', en: 'not to be passed on' }] });
    await done('/v1/catalogue/items/TAX-09/state', 'node', { to: 'INTERRUPTED', documentDigest: DOCUMENT });
    const id = await done('/v1/templates', 'node', { template: { ...testTemplate(), id: 'NEW-LOAN' } });
    const { record } = (await world.get(`/v1/templates/${id}`, 'enterprise')).body as { record: { digest: string } };
    await done(`/v1/templates/${id}/approvals`, 'provider', { digest: record.digest, rawApproved: [] });
    await done(`/v1/templates/${id}/publication`, 'node', {});
    expect(await stateOf(`/v1/templates/${id}`, 'bank')).toBe('PUBLISHED');
    await done(`/v1/templates/${id}/withdrawal`, 'node', { forExisting: false, documentDigest: DOCUMENT });
    const { policy } = (await world.get('/v1/policy', 'bank')).body as { policy: object };
    await done('/v1/policy', 'node', { policy: { ...policy, unresolvedAfterMinutes: 31 }, documentDigest: DOCUMENT });
  });

  it('register a key, confirm it, report it lost and suspend for the loss', async () => {
    const { ref } = world.world.enterprise;
    const { record } = (await world.get(`/v1/enterprises/${ref}`, 'enterprise')).body as { record: { representative: string } };
    const key = aKey();
    const keyId = await done(`/v1/enterprises/${ref}/keys`, 'platform', {
      key: { holder: record.representative, capacity: 'PERSON', algorithm: 'P256', means: 'CERTIFICATE', publicKey: key.publicKey, binding: 'CA_CERTIFICATE', evidenceDigest: DOCUMENT, until: later(365) },
      holderName: '张示范',
    });
    await done(`/v1/enterprises/${ref}/keys/${keyId}/confirmation`, 'node', {});
    const grantId = ((await world.giveGrant()).body as { ids: string[] }).ids[0] ?? '';
    await done(`/v1/enterprises/${ref}/keys/${keyId}/loss`, 'platform', {});
    await done(`/v1/grants/${grantId}/suspension`, 'platform', { keyId, reason: 'key-is-lost' });
    expect(await stateOf(`/v1/grants/${grantId}`, 'enterprise')).toBe('SUSPENDED');
    expect((await world.transit(grantId, 'RESUME', 'resumption')).body).toMatchObject({ code: 'authority-insufficient' });
    await done(`/v1/enterprises/${ref}/keys/${keyId}/end`, 'node', { reason: 'lost-key-ended' });
    expect((await world.transit(grantId, 'RESUME', 'resumption')).status).toBe(200);
  });

  it('show blocks, figures, health, readiness and metrics', async () => {
    const { entries, next } = (await world.get('/v1/blocks?limit=2', 'provider')).body as { entries: { block: number; hash: string; previousHash: string }[]; next: string };
    expect(entries[0]?.previousHash).toBe(entries[1]?.hash);
    expect(((await world.get(`/v1/blocks?limit=2&cursor=${next}`, 'provider')).body as { entries: { hash: string }[] }).entries[0]?.hash).toBe(entries[1]?.previousHash);
    expect((await world.get('/v1/blocks/0', 'bank')).status).toBe(200);
    const { asOf } = (await world.get('/v1/statistics', 'bank')).body as { asOf: { block: number } };
    const before = (await world.get(`/v1/statistics?asOf=${asOf.block}`, 'bank')).body;
    expect(before).toMatchObject({ asOf, grantsGiven: expect.any(Number) as number });
    const { grantsGiven } = before as { grantsGiven: number };
    await world.giveGrant();
    expect((await world.get('/v1/statistics', 'bank')).body).toMatchObject({ grantsGiven: grantsGiven + 1 });
    expect((await world.get(`/v1/statistics?asOf=${asOf.block}`, 'bank')).body).toEqual(before);
    expect((await world.get('/v1/statistics?asOf=0', 'bank')).body).toMatchObject({ asOf: { block: 0 }, grantsGiven: 0 });
    expect((await world.get('/healthz', undefined)).body).toEqual({ status: 'ok' });
    expect((await world.get('/readyz', undefined)).body).toMatchObject({ ready: true });
    await world.check({ context: { purpose: 'DISPUTE_RESOLUTION' } });
    const metrics = [(await world.get('/metrics', undefined)).text, (await world.get('/metrics', undefined)).text];
    for (const text of metrics) expect(text).toContain('kesu_checks_total{decision="deny"} 1\n');
    expect(metrics[0]).toContain('kesu_http_request_seconds_bucket');
    await world.world.ledger.close();
    expect(await world.get('/readyz', undefined)).toMatchObject({ status: 503, body: { ready: false, checks: expect.arrayContaining([expect.objectContaining({ name: 'ledger', ok: false })]) } });
    await world.world.openLedger();
  });
});
