import { randomUUID } from 'node:crypto';
import { connect, type Socket } from 'node:net';
import { canonicalJson, fromBase64url, saltedDigest } from '@kesu/chaincode/domain';
import { LedgerError } from '@kesu/network';
import { CAST, ITEMS } from '../testing/test-cast';
import { UNREAD_MILLIS } from './limits';
import { HttpWorld, type Answered } from './testing/http-world';

interface Released {
  readonly release: { readonly id: string; readonly payloadDigest: string; readonly byteCount: number };
  readonly data: unknown;
  readonly receipt: { readonly salt: string };
}

describe('delivery over HTTP', () => {
  let world: HttpWorld;
  let connections: Socket[];
  beforeEach(async () => {
    world = await HttpWorld.open({ stopMillis: 5_000 });
    connections = [];
    world.server.server.on('connection', (socket) => connections.unshift(socket));
  });
  afterEach(() => world.dispose());

  const released = ({ body }: Answered) => body as Released;
  /** The release once its outcome is recorded: settling goes on behind the answer. */
  const shown = async (id: string) => {
    while (world.releases.projection.release(id)?.outcome === undefined) await new Promise((resolve) => setImmediate(resolve));
    return (await world.get(`/v1/releases/${id}`, 'bank')).body;
  };
  const newest = () => world.releases.projection.trace('enterprise', world.world.enterprise.ref, {}, { limit: 1 }).entries[0];

  /** Holds the source's next answer until it is let go. */
  const holdSource = () => {
    let letGo = (): void => undefined;
    let isAsked = (): void => undefined;
    const held = new Promise<void>((resolve) => (letGo = resolve));
    const asked = new Promise<void>((resolve) => (isAsked = resolve));
    world.releases.sources.set(ITEMS.collected, {
      fetch: async (request) => {
        isAsked();
        await held;
        return world.releases.answer(request);
      },
    });
    return { letGo: () => letGo(), asked };
  };

  /** Sends a release by hand, so that its connection can be broken. */
  const sendByHand = (key: string = randomUUID()): Socket => {
    const body = JSON.stringify({ enterprise: world.world.enterprise.ref, recipient: CAST.bank, items: [{ code: ITEMS.collected, granularity: 'ANSWER' }], purpose: 'EVALUATION' });
    const socket = connect(Number(new URL(world.url).port), '127.0.0.1');
    socket.on('error', () => undefined);
    socket.write(`POST /v1/releases HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer demo-platform\r\nContent-Type: application/json\r\nIdempotency-Key: ${key}\r\nContent-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`);
    return socket;
  };

  it('is DELIVERED when the answer left, then acknowledged by its digest, which the salt opens', async () => {
    await world.giveGrant();
    const { release, data, receipt } = released(await world.release());
    expect(saltedDigest(fromBase64url(receipt.salt) ?? new Uint8Array(), data)).toBe(release.payloadDigest);
    expect(Buffer.byteLength(canonicalJson(data))).toBe(release.byteCount);
    expect(await shown(release.id)).toMatchObject({ state: 'DELIVERED', outcome: { outcome: 'DELIVERED' } });
    expect((await world.post(`/v1/releases/${release.id}/acknowledgement`, 'bank', { payloadDigest: 'f'.repeat(64) })).status).toBe(422);
    expect((await world.post(`/v1/releases/${release.id}/acknowledgement`, 'platform', { payloadDigest: release.payloadDigest })).status).toBe(404);
    expect((await world.post(`/v1/releases/${release.id}/acknowledgement`, 'bank', { payloadDigest: release.payloadDigest })).status).toBe(200);
    expect(await shown(release.id)).toMatchObject({ acknowledgement: { by: CAST.bank } });
  });

  it('answers a repeat with the same bytes, another body under the key with 409, and the operation by its key', async () => {
    await world.giveGrant();
    const first = await world.release({}, 'platform', 'release-key');
    const again = await world.release({}, 'platform', 'release-key');
    expect(again.text).toBe(first.text);
    expect(await world.release({ purpose: 'APPROVAL' }, 'platform', 'release-key')).toMatchObject({ status: 409 });
    expect((await world.get('/v1/operations/release-key', 'platform')).body).toMatchObject({ state: 'DONE', releaseId: released(first).release.id });
    expect((await world.get('/v1/operations/release-key', 'bank')).status).toBe(404);
  });

  it('fails before the first byte when the client is gone, and the single use is given back', async () => {
    const { ids: [grantId = ''] = [] } = (await world.giveGrant({ oneTime: true, frequency: undefined })).body as { ids: string[] };
    const source = holdSource();
    const socket = sendByHand();
    await source.asked;
    const gone = new Promise((resolve) => connections[0]?.once('close', resolve));
    socket.destroy();
    await gone;
    source.letGo();
    while (newest() === undefined) await new Promise((resolve) => setImmediate(resolve));
    expect(await shown(newest()?.release.id ?? '')).toMatchObject({ release: { decision: 'PERMIT' }, outcome: { outcome: 'FAILED', bytesSent: 0 } });
    expect(world.releases.projection.counter(grantId)).toMatchObject({ times: 0 });
    expect((await world.release()).status).toBe(201);
  });

  it('lets a release that runs finish when the server stops, records its outcome, and takes no new ones', async () => {
    await world.giveGrant();
    const source = holdSource();
    const running = world.release();
    await source.asked;
    const stopped = world.server.stop();
    await expect(world.get('/healthz', undefined)).rejects.toThrow();
    source.letGo();
    const { release } = released(await running);
    await stopped;
    await world.releases.projection.caughtUp();
    expect(world.releases.projection.release(release.id)?.outcome).toMatchObject({ outcome: 'DELIVERED' });
  });

  it('does not let a client that leaves its answers unread hold up a stop', async () => {
    const slow = await HttpWorld.open();
    const socket = connect(Number(new URL(slow.url).port), '127.0.0.1');
    socket.on('error', () => undefined);
    const accepted = await new Promise<Socket>((resolve) => slow.server.server.once('connection', resolve));
    // More answers than the buffers of both ends hold; nothing reads them.
    socket.write('GET /openapi.json HTTP/1.1\r\nHost: localhost\r\n\r\n'.repeat(200));
    while (accepted.writableLength === 0) await new Promise((resolve) => setTimeout(resolve, 10));
    const begun = performance.now();
    await slow.server.stop();
    expect(performance.now() - begun).toBeLessThan(4 * UNREAD_MILLIS);
    socket.destroy();
    await slow.dispose();
  });

  it('delivers nothing when the ledger is gone, and says so (I13)', async () => {
    await world.giveGrant();
    const { block } = await world.world.ledger.head();
    world.releases.ledger.steering = {
      beforeEndorse: () => {
        throw new LedgerError('unavailable', 'gone');
      },
    };
    for (const answer of [await world.release(), await world.post('/v1/grants', 'enterprise', world.signed(await world.letterSet()))]) {
      expect(answer).toMatchObject({ status: 503, body: { code: 'ledger-unavailable' } });
      expect(answer.headers.get('retry-after')).toMatch(/^\d+$/);
      expect(answer.text).not.toContain('gone');
    }
    expect((await world.world.ledger.head()).block).toBe(block);
  });

  it('tells an unknown outcome by the key to ask for', async () => {
    const signed = world.signed(await world.letterSet());
    world.releases.ledger.steering = {
      afterCommit: () => {
        throw new LedgerError('outcome-unknown', 'lost');
      },
    };
    const answer = await world.post('/v1/grants', 'enterprise', signed, 'grant-key');
    expect(answer).toMatchObject({ status: 504, body: { code: 'outcome-unknown', operation: 'grant-key' } });
    world.releases.ledger.steering = {};
    await world.releases.projection.caughtUp();
    expect((await world.get('/v1/operations/grant-key', 'enterprise')).body).toMatchObject({ state: 'DONE' });
    expect((await world.post('/v1/grants', 'enterprise', signed, 'grant-key')).status).toBe(201);
  });

  it('decides a dry run and records nothing', async () => {
    await world.giveGrant();
    const { block } = await world.world.ledger.head();
    const ask = (body: object) => world.post('/v1/releases?dryRun=true', 'platform', { enterprise: world.world.enterprise.ref, recipient: CAST.bank, items: [{ code: ITEMS.collected, granularity: 'ANSWER' }], purpose: 'EVALUATION', ...body });
    expect(await ask({})).toMatchObject({ status: 200, body: { decision: 'PERMIT' } });
    expect(await ask({ purpose: 'POST_LOAN' })).toMatchObject({ status: 200, body: { decision: 'DENY' } });
    expect((await world.world.ledger.head()).block).toBe(block);
  });

  it('gives an enterprise its own data', async () => {
    const answer = await world.post('/v1/self-queries', 'enterprise', { items: [{ code: ITEMS.collected, granularity: 'RAW' }] });
    expect(answer).toMatchObject({ status: 201, body: { release: { basis: 'SELF', recipient: world.world.enterprise.ref } } });
  });

  it('exports a trace as csv that no spreadsheet runs, and as jsonl, row by row as the pages', async () => {
    await world.giveGrant();
    await world.release({ operator: '-1' });
    await world.release({ purpose: 'POST_LOAN' });
    await world.releases.projection.caughtUp();
    expect(newest()).toBeDefined();
    const path = `/v1/trace/recipients/${CAST.bank}`;
    const pages = (await world.get(path, 'bank')).body as { entries: { release: { id: string } }[] };
    const csv = await world.get(`${path}?format=csv`, 'bank');
    expect(csv.headers.get('content-type')).toBe('text/csv; charset=utf-8');
    const jsonl = (await world.get(`${path}?format=jsonl`, 'bank')).text.trimEnd().split('\n').map((line) => JSON.parse(line) as { release: { id: string } });
    expect(jsonl.map((row) => row.release.id)).toEqual(pages.entries.map((row) => row.release.id));
    expect(csv.text).toContain(",'-1,");
    const lines = csv.text.trimEnd().split('\n');
    expect(lines).toHaveLength(pages.entries.length + 1);
    expect(lines.slice(1).map((line) => line.split(',')[0])).toEqual(pages.entries.map((row) => row.release.id));
    const one = await world.get(`${path}?limit=1`, 'bank');
    const { next } = one.body as { next: string };
    expect(((await world.get(`${path}?limit=1&cursor=${encodeURIComponent(next)}`, 'bank')).body as { entries: { release: { id: string } }[] }).entries[0]?.release.id).toBe(pages.entries[1]?.release.id);
  });
});
