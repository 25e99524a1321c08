import { decodeCheckpoint, decodeNote, instantOf, initialPolicy, toBase64url, verifyDecisionRerun, type DenyReason, type Grant, type ItemSource, type Release, type TreeHead } from '@kesu/chaincode/domain';
import type { LogParts } from '../evidence-log';
import { LogWorld } from '../evidence-log/testing/log-world';
import { CAST, DOCUMENT, ITEMS } from '../testing/test-cast';
import type { ReleaseTerms } from '../testing/test-world';
import { decisionRerun } from './statements';

let logs: LogWorld;
let log: LogParts;

beforeAll(async () => {
  logs = await LogWorld.open();
  log = await logs.openLog();
});
afterAll(() => logs.dispose());

const one = (code: string) => [{ code, version: 1, granularity: 'ANSWER' as const, separateConsent: false }];

/** Re-runs recorded decisions as a stranger would, from their statements alone. */
async function again(...releases: readonly Release[]): Promise<unknown[]> {
  await logs.releases.projection.caughtUp();
  await log.log.caughtUp();
  const { publisher } = log;
  if (publisher === undefined) throw new Error('the log is published');
  const found: unknown[] = [];
  for (const { id } of releases) {
    const statement = await decisionRerun({ readModel: logs.releases.projection, log: log.log, publisher }, id);
    const { size, root } = decodeCheckpoint(decodeNote(statement.checkpoint).text);
    const { decision, reason, item } = verifyDecisionRerun(JSON.parse(JSON.stringify(statement)), { size, root } satisfies TreeHead);
    found.push([decision, reason, item]);
  }
  return found;
}

const recorded = ({ decision, reason, failedItem }: Release): unknown[] => [decision, reason, failedItem];
const record = (terms: ReleaseTerms): Promise<Release> => logs.world.recordRelease(terms);
const grantOf = async (terms: Parameters<LogWorld['world']['giveGrant']>[0]): Promise<Grant> => (await logs.world.giveGrant(terms)).grant;

async function expectSame(release: Release, reason: DenyReason, item?: string): Promise<void> {
  expect(recorded(release)).toEqual(['DENY', reason, item]);
  expect(await again(release)).toEqual([['DENY', reason, item]]);
}

describe('the re-run of a real denial', () => {
  it('for a frequency counts the uses before it, less those given back, in its own period', async () => {
    const grant = await grantOf({ items: one(ITEMS.collected), frequency: { times: 1, per: 'DAY' } });
    const first = await record({ grant });
    await expectSame(await record({ grant }), 'frequency-exceeded');
    await logs.world.reportOutcome(first.id, 'FAILED');
    const second = await record({ grant });
    const exceeded = await record({ grant });
    await expectSame(exceeded, 'frequency-exceeded');
    logs.world.pass(86_400_000);
    const nextDay = await record({ grant });
    expect(await again(first, second, exceeded, nextDay)).toEqual([first, second, exceeded, nextDay].map(recorded));
  });

  it('of two in one transaction counts the first', async () => {
    const grant = await grantOf({ items: one(ITEMS.collected), frequency: { times: 1, per: 'DAY' } });
    const both = (await logs.world.recordBatch([{ grant }, { grant }])).flatMap((answer) => (answer.kind === 'RECORDED' ? [answer.release] : []));
    expect(both.map(recorded)).toEqual([['PERMIT', undefined, undefined], ['DENY', 'frequency-exceeded', undefined]]);
    expect(await again(...both)).toEqual(both.map(recorded));
  });

  it('of a grant for one use finds who used it', async () => {
    const grant = await grantOf({ items: one(ITEMS.collected), oneTime: true });
    const first = await record({ grant });
    await expectSame(await record({ grant }), 'already-used');
    expect(await again(first)).toEqual([recorded(first)]);
  });

  it('for a source finds a batch as it was then: of another item, unknown, not brought, or named twice', async () => {
    const grant = await grantOf({});
    const { batchId } = logs.world;
    const live = logs.world.sourceOf(ITEMS.live, grant.enterprise);
    const collected: ItemSource = { kind: 'BATCH', code: ITEMS.collected, batchId };
    const wrong: ItemSource = { kind: 'BATCH', code: ITEMS.live, batchId };
    await expectSame(await record({ grant, sources: [collected, wrong] }), 'source-not-accepted', ITEMS.live);
    await expectSame(await record({ grant, sources: [{ ...collected, batchId: 'ab'.repeat(16) }, live] }), 'source-not-accepted', ITEMS.collected);
    await expectSame(await record({ grant, sources: [collected, collected, live] }), 'source-not-accepted', ITEMS.collected);
    await expectSame(await record({ grant, sources: [live] }), 'source-not-accepted', ITEMS.collected);
    await expectSame(await record({ grant, sources: [collected] }), 'source-not-accepted', ITEMS.live);
  });

  it('for a source believes the contract that an answer was not its provider\u2019s', async () => {
    const grant = await grantOf({ items: one(ITEMS.live) });
    const live = logs.world.sourceOf(ITEMS.live, grant.enterprise);
    if (live.kind !== 'ANSWER') throw new Error('asked live');
    const old = { ...live, answer: { ...live.answer, time: instantOf(logs.world.clock.time - 3_600_000) } };
    await expectSame(await record({ grant, sources: [old] }), 'source-not-accepted', ITEMS.live);
  });

  it('for an item that was never connected does not judge the items before it, which nobody asked', async () => {
    const { world } = logs;
    const planned = { code: 'NEW-01', nameZh: '待接入', nameEn: 'Planned', contentZh: '待接入', contentEn: '', class: 'AUTHORIZED' as const, subject: 'ENTERPRISE' as const, mode: 'COLLECTED' as const, route: 'PROVINCIAL' as const, provider: CAST.provider, cadence: 'monthly', noWider: false, connected: false };
    await world.submit(CAST.node, 'catalogue:put-items', { items: [planned], documentDigest: DOCUMENT });
    const { ref } = world.enterprise;
    const request = { enterprise: ref, recipient: ref, items: [ITEMS.collected, 'NEW-01'].map((code) => ({ code, granularity: 'RAW' as const })), purpose: 'PRE_LOAN' as const, basis: 'SELF' as const };
    const { result } = await world.submit(CAST.node, 'releases:record', { requests: [{ request, requester: ref, idempotencyKey: 'self-query-1', sources: [], selfReported: false }] });
    const [answer] = result.releases;
    if (answer?.kind !== 'RECORDED') throw new Error(JSON.stringify(answer));
    await expectSame(answer.release, 'source-not-accepted', 'NEW-01');
  });

  it('knows that a grant was named which the record leaves out', async () => {
    const foreign = await grantOf({ items: one(ITEMS.collected) });
    const other = await logs.world.addEnterprise();
    const items = [{ code: ITEMS.open, granularity: 'RAW' as const }];
    await expectSame(await record({ basis: 'PUBLIC', items, grantId: foreign.id, sources: [] }), 'basis-not-allowed');
    await expectSame(await record({ enterprise: other.ref, grantId: foreign.id }), 'no-grant');
  });

  it('of what was brought to a conduit finds that it was passed on already, or never sent', async () => {
    const { world } = logs;
    const conduit = CAST.platform;
    const far = 'far-platform';
    const policy = { ...initialPolicy([{ origin: 'http://localhost:4010', rpId: 'localhost' }]), qinxinrong: conduit };
    await world.submit(CAST.node, 'rule-book:set-policy', { policy, documentDigest: DOCUMENT });
    await world.addPlatform(far, 'QINXINRONG');
    const registration = { kind: 'REGISTRATION' as const, enterprise: world.enterprise.ref, platform: far, identityDigest: DOCUMENT, salt: toBase64url(new Uint8Array(32)) };
    await world.submit(CAST.node, 'enterprises:join-platform', world.sign([registration]));
    const grant = await grantOf({ platform: far, recipient: far, conduit, items: one(ITEMS.collected), purpose: 'EVALUATION' });
    const bring = () => record({ grant, recipient: conduit });
    const brought = await bring();
    world.pass(86_400_000);
    const unsent = await bring();
    expect([brought, unsent].map(recorded)).toEqual([brought, unsent].map(() => ['PERMIT', undefined, undefined]));
    await world.reportOutcome(unsent.id, 'FAILED');
    const passOn = async (basis: Release): Promise<Release> => {
      const asked = await world.releaseRequest({ grant, recipient: far, basisReleaseId: basis.id, sources: [] });
      const request = { ...asked, requester: far, requestSignature: world.signRequest(far, asked.request, asked.idempotencyKey), selfReported: true, payload: { digest: basis.payloadDigest ?? '', byteCount: basis.byteCount ?? 0 } };
      const { result } = await world.submit(conduit, 'releases:record', { requests: [request] });
      const [answer] = result.releases;
      if (answer?.kind !== 'RECORDED') throw new Error(JSON.stringify(answer));
      return answer.release;
    };
    const passed = await passOn(brought);
    expect(await again(passed)).toEqual([['PERMIT', undefined, undefined]]);
    await expectSame(await passOn(brought), 'already-used');
    await expectSame(await passOn(unsent), 'already-used');
  });

  it('for a batch that was withdrawn before, while the release before that stays permitted', async () => {
    const { world } = logs;
    const grant = await grantOf({ items: one(ITEMS.collected), recipient: CAST.bank });
    const before = await record({ grant });
    await world.submit(CAST.provider, 'ingest:withdraw', { id: world.batchId, reason: 'rows-are-wrong' });
    await expectSame(await record({ grant }), 'source-not-accepted', ITEMS.collected);
    expect(await again(before)).toEqual([recorded(before)]);
  });
});
