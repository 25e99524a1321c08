import { generateKeyPairSync, type KeyObject } from 'node:crypto';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type Grant } from '@kesu/chaincode/domain';
import { HttpDataSource } from '../data-source';
import { startProviderServer, type ProviderServer } from '../demonstration/provider-server';
import type { ProviderRecords } from '../demonstration/provider-records';
import { CAST, ITEMS } from '../testing/test-cast';
import { release } from './release';
import { ReleaseWorld } from './testing/release-world';

const TOKEN = 'a-token-of-the-test';
const CODE = '91619900MA6TX1YQ0X';

describe('a release from a provider over HTTP', () => {
  let gateway: ReleaseWorld;
  let grant: Grant;
  let privateKey: KeyObject;
  const running: { close(): unknown }[] = [];
  beforeEach(async () => {
    gateway = await ReleaseWorld.open();
    const pair = generateKeyPairSync('ec', { namedCurve: 'prime256v1' });
    privateKey = pair.privateKey;
    const publicKey = pair.publicKey.export({ format: 'der', type: 'spki' }).toString('base64url');
    await gateway.world.submit(CAST.provider, 'participants:register-key', { publicKey });
    ({ grant } = await gateway.world.giveGrant({ items: [{ code: ITEMS.live, version: 1, granularity: 'ANSWER', separateConsent: false }] }));
    await gateway.projection.caughtUp();
  });
  afterEach(async () => {
    for (const server of running.splice(0)) await server.close();
    await gateway.dispose();
  });

  const registeredKey = () => gateway.projection.record('participant', CAST.provider)?.record.keys.at(-1);
  const aProvider = async (key: KeyObject): Promise<ProviderServer> => {
    const server = await startProviderServer({
      network: gateway.world.ledger.network,
      providers: [{ id: CAST.provider, token: TOKEN, keyId: registeredKey()?.keyId ?? '', privateKey: key, items: [ITEMS.live] }],
      records: { rowsOf: () => [{ year: 2025, grade: 'B' }] } as unknown as ProviderRecords,
      isAskedLive: () => true,
      batchOf: () => undefined,
      now: gateway.world.clock.now,
    });
    running.push(server);
    return server;
  };
  const connect = (endpoint: string): void => {
    const source = new HttpDataSource({
      trust: { provider: CAST.provider, network: gateway.world.ledger.network, keyOf: (keyId) => (keyId === registeredKey()?.keyId ? registeredKey()?.publicKey : undefined), isAskedLive: () => true, batchOf: async () => undefined },
      endpoint,
      authentication: { kind: 'BEARER', token: TOKEN },
      resolveSubject: async () => CODE,
      now: gateway.world.clock.now,
      limits: { connectMillis: 500, totalMillis: 500 },
    });
    running.push(source);
    gateway.sources.set(ITEMS.live, source);
  };
  const ask = () => release(gateway.parts, { requester: gateway.requester('platform'), request: gateway.request(grant), idempotencyKey: 'over-http' });
  const recorded = async () => {
    await gateway.projection.caughtUp();
    return gateway.projection.trace('enterprise', grant.enterprise, {}, { limit: 10 }).entries.length;
  };

  it('delivers what the provider signed', async () => {
    connect((await aProvider(privateKey)).endpointOf(CAST.provider));
    expect(await ask()).toMatchObject({ kind: 'PERMIT', data: { items: [{ rule: `${ITEMS.live}/ANSWER/1`, data: { answer: 'B_OR_BETTER' } }] }, release: { items: [{ answerDigest: expect.stringMatching(/^[0-9a-f]{64}$/) }] } });
  });

  it('records and delivers nothing when the provider is down', async () => {
    const server = await aProvider(privateKey);
    connect(server.endpointOf(CAST.provider));
    await server.close();
    await expect(ask()).rejects.toMatchObject({ code: 'source-unavailable' });
    expect(await recorded()).toBe(0);
  });

  it('records and delivers nothing when the provider is too slow', async () => {
    const silent: Server = createServer(() => undefined);
    await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve));
    running.push({ close: () => silent.closeAllConnections() ?? silent.close() });
    connect(`http://127.0.0.1:${(silent.address() as AddressInfo).port}/answers`);
    await expect(ask()).rejects.toMatchObject({ code: 'source-unavailable' });
    expect(await recorded()).toBe(0);
  });

  it('records and delivers nothing when the answer is signed by another key', async () => {
    connect((await aProvider(generateKeyPairSync('ec', { namedCurve: 'prime256v1' }).privateKey)).endpointOf(CAST.provider));
    await expect(ask()).rejects.toMatchObject({ code: 'source-unavailable', detail: expect.stringContaining('signature') });
    expect(await recorded()).toBe(0);
  });
});
