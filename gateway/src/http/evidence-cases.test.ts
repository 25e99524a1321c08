import { createServer, type Server } from 'node:http';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DAY_MILLIS, fromBase64url, HOUR_MILLIS, type EvidenceCase } from '@kesu/chaincode/domain';
import { startHandoverReceiver, type HandoverReceiver } from '../demonstration/handover-receiver';
import type { HeldKey } from '../gateway-parts';
import { HandoverOutbox, HttpHandoverChannel, type HandoverChannel } from '../handover';
import { aFile, NOTARY_ITEMS, PARTY_ITEMS, TERMS } from '../testing/evidence-bodies';
import { appointJudicial, JUDICIAL } from '../testing/judicial-cast';
import { CAST, DOCUMENT } from '../testing/test-cast';
import { HttpWorld, type Answered, type Caller } from './testing/http-world';

let world: HttpWorld;
let outbox: HandoverOutbox;
let directory: string;
let receiver: HandoverReceiver;
/** Where hand-overs go now. */
let channel: HandoverChannel;
const agents: HttpHandoverChannel[] = [];
/** The bundle that hand-overs name. */
const BUNDLE = { id: '1'.repeat(32), digest: 'ab'.repeat(32), contentDigest: 'cd'.repeat(32) };

const notary = { token: 'demo-notary-one' };
const court = { token: 'demo-court-one' };
const auditor = { token: 'demo-auditor-one' };

beforeAll(async () => {
  const late: { current?: HandoverOutbox } = {};
  world = await HttpWorld.open({ handovers: { enqueue: async (id, authority) => late.current?.enqueue(id, authority), status: async (id) => late.current?.status(id) } });
  await appointJudicial(world.world);
  for (const [role, id] of Object.entries(JUDICIAL)) world.tokens.set(`demo-${role}-one`, { kind: 'PARTICIPANT', id, role: role as 'notary', demonstration: true });
  await world.releases.projection.caughtUp();
  directory = await mkdtemp(join(tmpdir(), 'kesu-receiver-'));
  receiver = await startReceiver();
  channel = connect(receiver.endpointOf(JUDICIAL.court));
  outbox = new HandoverOutbox(world.releases.parts, (authority) => (authority === JUDICIAL.court ? channel : undefined), async () => BUNDLE);
  late.current = outbox;
});
afterAll(async () => {
  for (const agent of agents) agent.close();
  await receiver.close();
  await world.dispose();
  await rm(directory, { recursive: true, force: true });
});

function startReceiver(signer: string = JUDICIAL.court): Promise<HandoverReceiver> {
  const { requestKeys, ledger, clock } = world.world;
  const key = requestKeys.get(signer);
  const held: HeldKey = { keyId: key?.keyId ?? '', sign: async (bytes) => fromBase64url(key?.signBytes(bytes) ?? '') ?? new Uint8Array() };
  const keyOf = (sender: string, keyId: string): string | undefined => (requestKeys.get(sender)?.keyId === keyId ? requestKeys.get(sender)?.publicKey : undefined);
  return startHandoverReceiver({ network: ledger.network, keys: new Map([[JUDICIAL.court, held]]), keyOf, directory, now: () => clock.time });
}

function connect(endpoint: string, totalMillis = 5_000): HandoverChannel {
  const made = new HttpHandoverChannel({ endpoint, limits: { totalMillis, connectMillis: 1_000 } });
  agents.push(made);
  return made;
}

const path = (id: string, step = ''): string => `/v1/evidence-cases/${id}${step === '' ? '' : `/${step}`}`;

async function done(caller: Caller, to: string, body: object): Promise<string[]> {
  const answer = await world.post(to, caller, body);
  if (answer.status >= 300) throw new Error(`${to}: ${answer.text}`);
  return (answer.body as { ids: string[] }).ids;
}

async function open(body: object = {}): Promise<string> {
  const [id = ''] = await done('bank', '/v1/evidence-cases', { kind: 'LITIGATION', party: 'RECIPIENT', enterprise: world.world.enterprise.ref, platform: CAST.platform, recipient: CAST.bank, ...body });
  return id;
}

/** A sealed volume. */
async function lodge(caller: Caller, id: string, items: readonly object[]): Promise<number> {
  await done(caller, path(id, 'volumes'), { subject: 'CONTRACT' });
  const { volumes } = await read(id);
  const n = volumes.length;
  await done(caller, path(id, `volumes/${n}/items`), { items });
  const shown = (await world.get(path(id, `volumes/${n}`), caller)).body as { digest: string };
  await done(caller, path(id, `volumes/${n}/seal`), { digest: shown.digest });
  return n;
}

async function read(id: string, caller: Caller = 'node'): Promise<EvidenceCase> {
  return ((await world.get(path(id), caller)).body as { record: EvidenceCase }).record;
}

const files = (kinds: readonly Parameters<typeof aFile>[0][]): object[] => kinds.map((kind) => aFile(kind, world.world.at));

async function notarized(): Promise<{ id: string; loanRef: string }> {
  const [loanRef = ''] = await done('bank', '/v1/loans', { enterprise: world.world.enterprise.ref, recipient: CAST.bank, platform: CAST.platform, product: 'FIRST-LOAN', amountFen: TERMS.principalFen });
  await done('bank', `/v1/loans/${loanRef}/state`, { to: 'APPROVED' });
  const id = await open({ kind: 'ENFORCEABLE_DEBT', authority: JUDICIAL.notary, loanRef, terms: TERMS });
  await lodge('bank', id, files(PARTY_ITEMS));
  await done('bank', path(id, 'submission'), {});
  await done(notary, path(id, 'acceptance'), { documentDigest: DOCUMENT });
  await lodge(notary, id, files(NOTARY_ITEMS));
  await done(notary, path(id, 'certificate'), { documentDigest: DOCUMENT });
  return { id, loanRef };
}

describe('cases over HTTP', () => {
  it('go from the loan to a certificate of enforcement over the sum that is shown', async () => {
    const { id, loanRef } = await notarized();
    await done('bank', `/v1/loans/${loanRef}/state`, { to: 'DRAWN' });
    world.world.pass(190 * DAY_MILLIS);
    await done('bank', `/v1/loans/${loanRef}/state`, { to: 'OVERDUE', repaidFen: 5_000_000 });
    const volume = await lodge('bank', id, [...files(['ENFORCEMENT_APPLICATION']), { source: 'LEDGER', link: { kind: 'LOAN_EVENT', id: loanRef, version: 4 } }]);
    await done('bank', path(id, 'enforcement-request'), { documentDigest: DOCUMENT, expenses: [] });
    await done(notary, path(id, 'verification'), {});
    const conditions = async () => (await world.get(path(id, 'conditions'), notary)).body as { deed: { holds: boolean }[]; enforcement: { conditions: { id: string; holds: boolean }[]; sum: { totalFen: number } } };
    const missing = (await conditions()).enforcement.conditions.filter(({ holds }) => !holds).map((one) => one.id);
    expect(missing).toEqual(['verified']);
    const early = await world.post(path(id, 'enforcement-certificate'), notary, { documentDigest: DOCUMENT, totalFen: 1, applyBefore: '2028-06-30' });
    expect(early).toMatchObject({ status: 422, body: { code: 'conditions-missing', errors: [{ pointer: '/conditions/verified', detail: expect.stringContaining('规则55') }] } });
    await lodge(notary, id, files(['VERIFICATION_RECORD']));
    const { enforcement, deed } = await conditions();
    expect(deed.every(({ holds }) => holds)).toBe(true);
    const wrong = await world.post(path(id, 'enforcement-certificate'), notary, { documentDigest: DOCUMENT, totalFen: enforcement.sum.totalFen - 1, applyBefore: '2028-06-30' });
    expect(wrong).toMatchObject({ status: 422, body: { code: 'sum-mismatch' } });
    await done(notary, path(id, 'enforcement-certificate'), { documentDigest: DOCUMENT, totalFen: enforcement.sum.totalFen, applyBefore: '2028-06-30' });
    await done('platform', path(id, 'enforcement-filing'), { documentDigest: DOCUMENT, court: JUDICIAL.court });
    const shown = (await world.get(path(id), 'enterprise')).body as { words: { state: { zh: string } }; nature: { zh: string }; next: string[] };
    expect([shown.words.state.zh, shown.next]).toEqual(['已申请执行', []]);
    expect(shown.nature.zh).toContain('不是公证');
    expect((await world.get(path(id, `volumes/${volume}/items`), 'enterprise')).body).toMatchObject({ record: { state: 'SEALED', items: [{ kind: 'ENFORCEMENT_APPLICATION' }, { link: { kind: 'LOAN_EVENT' } }] } });
  });

  it('are seen by their own: the enterprise, its bank and platform, whom they went to, overseers', async () => {
    const id = await open();
    await lodge('bank', id, files(['CLAIM']));
    const status = async (caller: Caller) => (await world.get(path(id), caller)).status;
    expect(await Promise.all((['bank', 'platform', 'enterprise', 'node', auditor] as Caller[]).map(status))).toEqual([200, 200, 200, 200, 200]);
    expect(await Promise.all(([notary, court] as Caller[]).map(status))).toEqual([404, 404]);
    expect((await world.get(path(id), 'provider')).status).toBe(403);
    expect((await world.get(path(id, 'volumes'), court)).status).toBe(404);
    world.tokens.set('demo-other-bank', { kind: 'PARTICIPANT', id: 'bank-two', role: 'recipient', demonstration: true });
    const stranger = { token: 'demo-other-bank' };
    expect([(await world.get(path(id), stranger)).status, (await world.post(path(id, 'sealing'), stranger, {})).status]).toEqual([404, 404]);
    const listed = async (caller: Caller) => ((await world.get('/v1/evidence-cases?state=DRAFT', caller)).body as { entries: { record: { id: string } }[] }).entries.map(({ record }) => record.id);
    expect(await listed('enterprise')).toContain(id);
    expect(await listed(court)).not.toContain(id);
    expect(await listed(stranger)).toEqual([]);
    expect((await world.get(`/v1/evidence-cases?authority=${JUDICIAL.notary}`, court)).status).toBe(404);
  });

  it('of an enterprise stay hidden from the institution that they are about', async () => {
    const [id = ''] = await done('platform', '/v1/evidence-cases', { kind: 'LITIGATION', party: 'PRINCIPAL', enterprise: world.world.enterprise.ref, platform: CAST.platform, recipient: CAST.bank });
    expect([(await world.get(path(id), 'bank')).status, (await world.get(path(id), 'enterprise')).status]).toEqual([404, 200]);
    expect(((await world.get('/v1/evidence-cases', 'bank')).body as { entries: { record: { id: string } }[] }).entries.map(({ record }) => record.id)).not.toContain(id);
  });

  it('refuse the wrong role, the wrong order and another digest, each by its code; a repeat answers the same', async () => {
    const id = await open();
    const answered = async (caller: Caller, step: string, body: object) => {
      const { status, body: problem } = (await world.post(path(id, step), caller, body)) as { status: number; body: { code?: string } };
      return [status, problem.code];
    };
    expect(await answered(notary, 'sealing', {})).toEqual([403, 'not-allowed']);
    expect(await answered('bank', 'sealing', {})).toEqual([422, 'document-required']);
    expect(await answered('bank', 'submission', {})).toEqual([409, 'state-conflict']);
    expect(await answered('bank', 'handover', { authority: JUDICIAL.court })).toEqual([409, 'state-conflict']);
    await done('bank', path(id, 'volumes'), { subject: 'OTHER' });
    const body = { items: files(['CLAIM']) };
    const [first, second] = [await world.post(path(id, 'volumes/1/items'), 'bank', body, 'same-key'), await world.post(path(id, 'volumes/1/items'), 'bank', body, 'same-key')];
    expect(second.body).toEqual(first.body);
    expect((await read(id)).volumes[0]?.items).toBe(1);
    expect(await answered('bank', 'volumes/1/seal', { digest: DOCUMENT })).toEqual([422, 'digest-mismatch']);
    expect(await answered('bank', 'volumes/2/items', body)).toEqual([404, 'not-found']);
    expect((await world.post(path(id, 'volumes/1/items'), 'bank', { items: [{ ...aFile('CLAIM', world.world.at), title: '张示范' }] })).status).toBe(400);
  });

  it('show the litigation that a refused certificate opened', async () => {
    const { id, loanRef } = await notarized();
    await done('bank', `/v1/loans/${loanRef}/state`, { to: 'DRAWN' });
    await done('bank', `/v1/loans/${loanRef}/state`, { to: 'OVERDUE' });
    await done('bank', path(id, 'enforcement-request'), { documentDigest: DOCUMENT, expenses: [] });
    await done(notary, path(id, 'verification'), {});
    const [, litigation = ''] = await done(notary, path(id, 'enforcement-refusal'), { reason: 'debtor-shows-payment', documentDigest: DOCUMENT });
    expect(await read(litigation, 'bank')).toMatchObject({ kind: 'LITIGATION', origin: id, state: 'DRAFT' });
    expect(await read(id)).toMatchObject({ state: 'ENFORCEMENT_REFUSED', refusal: { litigationId: litigation } });
  });
});

describe('a hand-over', () => {
  async function sealed(): Promise<string> {
    const id = await open();
    await lodge('bank', id, files(['CLAIM']));
    await done('bank', path(id, 'sealing'), {});
    return id;
  }
  const stateOf = async (id: string): Promise<Answered['body']> => (await world.get(path(id, 'handover'), 'bank')).body;

  it('reaches the court, whose signed receipt is stored and recorded', async () => {
    const id = await sealed();
    await done('bank', path(id, 'handover'), { authority: JUDICIAL.court });
    expect(await stateOf(id)).toMatchObject({ state: 'WAITING' });
    expect(await outbox.sendDue()).toBe(1);
    expect(await read(id, court)).toMatchObject({ state: 'RECEIVED', receipt: { by: JUDICIAL.court, receiptDigest: expect.any(String) } });
    expect(await stateOf(id)).toMatchObject({ state: 'DONE', receipt: { statement: { caseId: id, authority: JUDICIAL.court } } });
    const [stored = ''] = (await readdir(directory)).filter((name) => name.startsWith(id));
    expect(await readFile(join(directory, stored), 'utf8')).toContain(BUNDLE.digest);
    expect(await outbox.sendDue()).toBe(0);
    await done(court, path(id, 'closing'), { documentDigest: DOCUMENT });
  });

  it('waits while the court is away, longer each time, and is delivered when it is back', async () => {
    const id = await sealed();
    const right = channel;
    channel = connect('http://127.0.0.1:9/nobody');
    await done('bank', path(id, 'handover'), { authority: JUDICIAL.court });
    expect(await outbox.sendDue()).toBe(0);
    expect(await stateOf(id)).toMatchObject({ state: 'WAITING', tries: 1, failure: expect.stringContaining('connect') });
    channel = right;
    expect(await outbox.sendDue()).toBe(0);
    world.world.pass(HOUR_MILLIS);
    expect(await outbox.sendDue()).toBe(1);
    expect((await read(id)).state).toBe('RECEIVED');
  });

  it('delivered before a crash is recorded after it, without a second delivery', async () => {
    const id = await sealed();
    await done('bank', path(id, 'handover'), { authority: JUDICIAL.court });
    let deliveries = 0;
    const counted = new HandoverOutbox({ ...world.releases.parts, identityOf: () => undefined }, () => ({ deliver: (handover, signal) => (deliveries++, channel.deliver(handover, signal)) }));
    expect(await counted.sendDue()).toBe(0);
    expect(await stateOf(id)).toMatchObject({ state: 'DELIVERED', receipt: expect.any(Object) });
    expect((await read(id)).state).toBe('HANDED_OVER');
    world.world.pass(HOUR_MILLIS);
    const after = new HandoverOutbox(world.releases.parts, () => ({ deliver: (handover, signal) => (deliveries++, channel.deliver(handover, signal)) }));
    expect(await after.sendDue()).toBe(1);
    expect([deliveries, (await read(id)).state]).toEqual([1, 'RECEIVED']);
  });

  it('counts no receipt that another key signed, or that is for another package, or that is none', async () => {
    const forger = await startReceiver(CAST.bank);
    const answers: Record<string, string> = { '/none': '{"receipt":1}', '/other': JSON.stringify({ statement: { type: 'handover-receipt', network: world.world.ledger.network, caseId: '0'.repeat(32), packageDigest: DOCUMENT, authority: JUDICIAL.court, receivedAt: world.world.at }, proof: { keyId: '0'.repeat(32), signature: 'A'.repeat(86) } }) };
    const server: Server = createServer((request, response) => void response.writeHead(request.url === '/moved' ? 307 : 200, { 'content-type': 'application/json', location: receiver.endpointOf(JUDICIAL.court) }).end(answers[request.url ?? ''] ?? '{}'));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    const right = channel;
    const id = await sealed();
    await done('bank', path(id, 'handover'), { authority: JUDICIAL.court });
    for (const [endpoint, failure] of [[forger.endpointOf(JUDICIAL.court), 'not registered'], [`${base}/none`, 'breaks the format'], [`${base}/other`, 'another package'], [`${base}/moved`, 'status 307']] as const) {
      for (const file of await readdir(directory)) await rm(join(directory, file));
      channel = connect(endpoint);
      expect(await outbox.sendDue()).toBe(0);
      expect([endpoint, await stateOf(id)]).toEqual([endpoint, expect.objectContaining({ state: 'WAITING', failure: expect.stringContaining(failure) })]);
      world.world.pass(HOUR_MILLIS);
    }
    expect((await read(id)).state).toBe('HANDED_OVER');
    for (const file of await readdir(directory)) await rm(join(directory, file));
    channel = right;
    expect(await outbox.sendDue()).toBe(1);
    await forger.close();
    await new Promise<void>((resolve) => (server.close(() => resolve()), server.closeAllConnections()));
  });

  it('that never reached the ledger is dropped, and one over an address in clear is refused', async () => {
    const id = await sealed();
    await outbox.enqueue(id, JUDICIAL.court);
    expect(await outbox.sendDue()).toBe(0);
    world.world.pass(3 * HOUR_MILLIS);
    await outbox.sendDue();
    expect(await outbox.status(id)).toBeUndefined();
    for (const endpoint of ['http://court.example/handovers', 'https://user@court.example/', 'ftp://127.0.0.1/']) expect(() => connect(endpoint)).toThrow(TypeError);
  });

  it('is believed by the receiver only when a registered key signed it and its digests are right', async () => {
    const id = await sealed();
    await done('bank', path(id, 'handover'), { authority: JUDICIAL.court });
    let seen: Parameters<HandoverChannel['deliver']>[0] | undefined;
    await new HandoverOutbox(world.releases.parts, () => ({ deliver: async (handover) => ((seen = handover), Promise.reject(new Error('stop'))) })).sendDue();
    if (seen === undefined) throw new Error('nothing was delivered');
    const send = async (change: (handover: NonNullable<typeof seen>) => unknown) => (await fetch(receiver.endpointOf(JUDICIAL.court), { method: 'POST', body: JSON.stringify(change(structuredClone(seen) as NonNullable<typeof seen>)) })).status;
    const signedBy = (name: string, handover: object) => ({ handover, proof: { keyId: world.world.requestKeys.get(name)?.keyId ?? '', signature: world.world.requestKeys.get(name)?.signValue(handover) } });
    const { handover } = seen;
    expect(await send((whole) => ({ ...whole, handover: { ...whole.handover, packageDigest: DOCUMENT } }))).toBe(401);
    expect(await send(() => signedBy(CAST.bank, handover))).toBe(401);
    expect(await send(() => signedBy(CAST.node, { ...handover, volumes: [] }))).toBe(422);
    expect(await send(() => signedBy(CAST.node, { ...handover, volumes: handover.volumes.map((volume) => ({ ...volume, subject: 'OTHER' })) }))).toBe(422);
    expect(await send(() => signedBy(CAST.node, { ...handover, network: '0'.repeat(32) }))).toBe(422);
    expect(await send(() => ({}))).toBe(400);
    expect(await send(() => seen)).toBe(200);
  });
});
