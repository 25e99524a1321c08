import { generateKeyPairSync } from 'node:crypto';
import { instantOf } from '@kesu/chaincode/domain';
import { rootFromPath } from '../data-source';
import { makeEnterprises } from './enterprises';
import { ProviderBatch } from './provider-batches';
import { ProviderRecords } from './provider-records';
import { type ProviderServer, startProviderServer } from './provider-server';

const NETWORK = 'ab'.repeat(16);
const NOW = Date.UTC(2026, 2, 10, 4);
const enterprises = makeEnterprises(3).slice(0, 5);
const records = new ProviderRecords(enterprises.map(({ profile }) => profile), 3, 2025);
const [first] = enterprises as [(typeof enterprises)[number]];
const question = { requestId: 'r1', network: NETWORK, item: 'TAX-03', itemVersion: 1, subject: first.profile.subject, subjectRef: first.subjectRef };

let server: ProviderServer;
beforeEach(async () => {
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'prime256v1' });
  const provider = { id: 'tax-service', token: 'its-token', keyId: 'cd'.repeat(16), privateKey, items: ['TAX-03', 'REG-05'] };
  server = await startProviderServer({ network: NETWORK, providers: [provider, { ...provider, id: 'power-grid', token: 'other-token' }], records, isAskedLive: (item) => item === 'TAX-03', batchOf: () => undefined, now: () => NOW });
});
afterEach(() => server.close());

function post(body: unknown, headers: Record<string, string> = { authorization: 'Bearer its-token' }, method = 'POST'): Promise<Response> {
  return fetch(server.endpointOf('tax-service'), { method, headers: { 'content-type': 'application/json', ...headers }, ...(method === 'POST' ? { body: JSON.stringify(body) } : {}) });
}

describe('the server of the demonstration providers', () => {
  it('answers on 127.0.0.1 with a signed answer that is never cached', async () => {
    expect(server.endpointOf('tax-service')).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/providers\/tax-service\/answers$/);
    const response = await post(question);
    expect([response.status, response.headers.get('cache-control')]).toEqual([200, 'no-store']);
    expect(await response.json()).toMatchObject({ answer: { type: 'source-answer', network: NETWORK, subjectRef: first.subjectRef, time: instantOf(NOW) } });
  });

  it.each([
    ['no token', {}],
    ["another provider's token", { authorization: 'Bearer other-token' }],
    ['a token without its scheme', { authorization: 'its-token' }],
  ])('refuses %s', async (_what, headers) => {
    expect((await post(question, headers as Record<string, string>)).status).toBe(401);
  });

  it.each<[string, unknown, number]>([
    ['another ledger', { ...question, network: '11'.repeat(16) }, 400],
    ['an unknown member', { ...question, more: 1 }, 400],
    ['a range that ends before it begins', { ...question, range: { from: '2026-02', to: '2026-01' } }, 400],
    ['something too large', { ...question, requestId: 'x'.repeat(5_000) }, 400],
    ["another provider's item", { ...question, item: 'UTL-01' }, 404],
    ['an item without an accepted batch', { ...question, item: 'REG-05' }, 404],
  ])('refuses %s without repeating it', async (_what, body, status) => {
    const response = await post(body);
    expect(response.status).toBe(status);
    expect(await response.text()).not.toContain(first.profile.subject);
  });

  it('refuses other methods and other paths', async () => {
    expect((await post(question, {}, 'GET')).status).toBe(405);
    expect((await fetch(`${server.endpointOf('tax-service')}/more`, { method: 'POST' })).status).toBe(404);
  });
});

describe('a batch of the demonstration', () => {
  const covered = enterprises.map(({ subjectRef, profile }) => ({ subjectRef, subject: profile.subject }));
  const make = (saltKey: Uint8Array, own = records): ProviderBatch => new ProviderBatch(own, 'TAX-03', 1, instantOf(NOW), covered, saltKey);

  it('counts the rows of all its enterprises and is the same for the same salts', () => {
    const batch = make(Buffer.alloc(32, 1));
    expect(batch.summary.rows).toBe(covered.reduce((sum, { subject }) => sum + records.rowsOf('TAX-03', subject, instantOf(NOW)).length, 0));
    expect(make(Buffer.alloc(32, 1)).summary).toEqual(batch.summary);
    expect(make(Buffer.alloc(32, 2)).summary.digest).not.toBe(batch.summary.digest);
  });

  it('keeps the rows that it was made with when they are overridden later, and a new batch has another digest', () => {
    const own = new ProviderRecords(enterprises.map(({ profile }) => profile), 3, 2025);
    const before = make(Buffer.alloc(32, 1), own);
    own.setOverrides([{ subject: first.profile.subject, item: 'TAX-03', period: '2026-01', where: { taxKind: 'VAT' }, change: { paidFen: 1 } }]);
    expect(make(Buffer.alloc(32, 1), own).summary.digest).not.toBe(before.summary.digest);
    const leaf = before.leafOf(first.subjectRef);
    expect(leaf?.rows.some((row) => row['paidFen'] === 1)).toBe(false);
    expect(rootFromPath(leaf?.digest ?? '', leaf?.path ?? { index: 0, size: 0, path: [] })).toBe(before.summary.digest);
  });

  it('has no leaf for an enterprise that it does not cover', () => {
    expect(make(Buffer.alloc(32, 1)).leafOf('00'.repeat(16))).toBeUndefined();
  });
});
