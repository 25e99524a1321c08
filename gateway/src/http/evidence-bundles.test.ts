import { createHash } from 'node:crypto';
import { ASIC_MIMETYPE, readTrust, verifyBundle } from '@kesu/verifier';
import { CaseAnnexes } from '../evidence/case-annexes';
import { TimestampError } from '../evidence/timestamp-client';
import { CaseWorld } from '../evidence/testing/case-world';
import { aFile } from '../testing/evidence-bodies';
import { JUDICIAL } from '../testing/judicial-cast';
import { HttpWorld, type Caller } from './testing/http-world';

let made: CaseWorld;
let http: HttpWorld;
let stamping = true;

const court = { token: 'demo-court-one' };
const notary = { token: 'demo-notary-one' };
const auditor = { token: 'demo-auditor-one' };

beforeAll(async () => {
  made = await CaseWorld.open();
  const { evidence } = made;
  const { stampTime } = evidence.sealParts;
  const bundles = CaseWorld.bundlesOf(evidence, { stampTime: (bytes) => (stamping ? stampTime(bytes) : Promise.reject(new TimestampError('it is gone'))) });
  const annexes = new CaseAnnexes({ ledgerKind: 'EMBEDDED', network: made.world.ledger.network, ledger: made.world.ledger, bundles, store: evidence.sealParts.store, clock: made.world.clock });
  http = await HttpWorld.over(evidence.logs.releases, { evidenceLog: evidence.log, evidence: { bundles, annexes, trust: async () => evidence.trustFile() } });
  for (const [role, id] of Object.entries(JUDICIAL)) http.tokens.set(`demo-${role}-one`, { kind: 'PARTICIPANT', id, role: role as 'notary', demonstration: true });
});
afterAll(async () => {
  await http.server.stop();
  await made.dispose();
});

const path = (...steps: string[]): string => ['/v1/evidence-cases', made.caseId, ...steps].join('/');

async function download(address: string, caller: Caller) {
  const response = await fetch(http.url + address, { headers: { authorization: `Bearer ${http.tokenOf(caller) ?? ''}` } });
  return { status: response.status, headers: response.headers, bytes: Buffer.from(await response.arrayBuffer()) };
}

describe('bundles over HTTP', () => {
  it('wait for a timestamp authority, and say so', async () => {
    stamping = false;
    const refused = await http.post(path('bundle'), 'bank', {});
    stamping = true;
    expect([refused.status, refused.headers.get('retry-after'), refused.body]).toMatchObject([503, '60', { code: 'not-ready' }]);
    expect((await download(path('bundle'), 'bank')).status).toBe(404);
  });

  it('are sealed once, read by those of the case, and verified with the trust file that anybody reads', async () => {
    const sealed = await http.post(path('bundle'), 'bank', {});
    const { address, digest, id } = sealed.body as { address: string; digest: string; id: string };
    expect([sealed.status, sealed.headers.get('location')]).toEqual([201, address]);
    expect((await http.post(path('bundle'), court, {})).body).toEqual(sealed.body);
    for (const caller of ['bank', 'platform', 'enterprise', 'node', court] as Caller[]) {
      const { status, headers, bytes } = await download(path('bundle'), caller);
      expect([status, headers.get('content-type'), headers.get('content-location'), headers.get('content-length')]).toEqual([200, ASIC_MIMETYPE, address, String(bytes.length)]);
      expect(createHash('sha256').update(bytes).digest('hex')).toBe(digest);
      expect(headers.get('repr-digest')).toBe(`sha-256=:${Buffer.from(digest, 'hex').toString('base64')}:`);
    }
    const trust = await http.get('/v1/trust', undefined);
    expect(verifyBundle((await download(address, 'bank')).bytes, readTrust(JSON.stringify(trust.body))).verdict).toBe('PROVEN');
    expect((await http.get(path('bundles'), auditor)).body).toMatchObject({ entries: [{ id, volume: 1, address }] });
  });

  it('are refused to others, as what is not there; to who sees metadata only by the role', async () => {
    expect((await http.post(path('bundle'), notary, {})).status).toBe(404);
    expect((await download(path('bundle'), notary)).status).toBe(404);
    expect((await download(path('bundle'), auditor)).status).toBe(403);
    expect((await http.post(path('bundle'), 'enterprise', {})).status).toBe(403);
    expect((await http.post(path('bundle'), undefined, {})).status).toBe(401);
    expect((await download(path('bundles', 'ab'.repeat(16)), 'bank')).status).toBe(404);
    expect((await http.send('POST', path('bundle'), 'bank', { body: '{}', headers: { 'content-type': 'application/json' } })).status).toBe(400);
  });

  it('of an earlier volume stay when a later one is sealed', async () => {
    const { bytes: before } = await download(path('bundle'), 'bank');
    await made.lodge(made.caseId, [aFile('REPAYMENT_RECORD', made.world.at)]);
    await made.caughtUp();
    const { address } = (await http.post(path('bundle'), 'bank', {})).body as { address: string };
    const { entries } = (await http.get(path('bundles'), 'bank')).body as { entries: { volume: number; address: string }[] };
    expect(entries.map(({ volume }) => volume).sort()).toEqual([1, 2]);
    const earlier = entries.find(({ volume }) => volume === 1)?.address ?? '';
    expect(Buffer.compare((await download(earlier, 'bank')).bytes, before)).toBe(0);
    expect((await download(address, 'bank')).bytes.equals(before)).toBe(false);
  });

  it('have annexes for the court and the node, each recorded with operator and reason for auditors to see', async () => {
    const body = { reason: 'court-order', operator: 'CLERK-1' };
    expect((await http.post(path('annexes'), 'bank', body)).status).toBe(403);
    expect((await http.post(path('annexes'), court, { ...body, operator: '13800138000' })).status).toBe(400);
    const annex = await http.post(path('annexes'), court, body, 'one-annex');
    const { address, digest } = annex.body as { address: string; digest: string };
    expect([annex.status, (await http.post(path('annexes'), court, body, 'one-annex')).body]).toEqual([201, annex.body]);
    const { status, bytes } = await download(address, court);
    expect([status, createHash('sha256').update(bytes).digest('hex')]).toEqual([200, digest]);
    expect((await download(address, 'node')).status).toBe(404);
    expect((await http.get(path('annexes'), auditor)).body).toMatchObject({ entries: [{ madeFor: { participant: JUDICIAL.court, operator: 'CLERK-1', reason: 'court-order' }, address }] });
    expect((await http.get(path('annexes'), 'platform')).status).toBe(403);
  });

  it('are not sealed by a gateway that has no log or no authority', async () => {
    const other = await HttpWorld.over(made.evidence.logs.releases);
    try {
      for (const [method, step] of [['POST', 'bundle'], ['GET', 'bundle']] as const) {
        const answered = method === 'POST' ? await other.post(path(step), 'bank', {}) : await other.get(path(step), 'bank');
        expect(answered).toMatchObject({ status: 503, body: { code: 'not-ready' } });
      }
      expect(await other.get('/v1/trust', undefined)).toMatchObject({ status: 503 });
    } finally {
      await other.server.stop();
    }
  });
});
