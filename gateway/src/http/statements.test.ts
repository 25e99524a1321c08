import { decodeCheckpoint, decodeNote, StatementError, verifyBatchReach, verifyDecisionRerun, verifyUsageReport, type BatchReach, type DecisionRerun, type TreeHead, type UsageReport } from '@kesu/chaincode/domain';
import { join } from 'node:path';
import { openLogParts, type LogParts } from '../evidence-log';
import { CAST, ITEMS } from '../testing/test-cast';
import { HttpWorld, type Caller } from './testing/http-world';

let world: HttpWorld;
let logParts: LogParts;

beforeAll(async () => {
  const late: { current?: LogParts } = {};
  const evidenceLog = { get log() { return (late.current as LogParts).log; }, get publisher() { return (late.current as LogParts).publisher; }, get cosigner() { return (late.current as LogParts).cosigner; } };
  world = await HttpWorld.open({ evidenceLog });
  const { parts } = world.releases;
  logParts = await openLogParts({ directory: join(world.world.root, 'log'), network: world.world.ledger.network, ledger: world.releases.ledger, parts, store: parts.store, publishes: true, alsoCosigns: [CAST.platform], witnesses: [] });
  late.current = logParts;
});
afterAll(async () => {
  await logParts.close();
  await world.dispose();
});

/** The tree that a statement's checkpoint names; a reader verifies the note's signatures first. */
function headOf({ checkpoint }: { readonly checkpoint: string }): TreeHead {
  const { size, root } = decodeCheckpoint(decodeNote(checkpoint).text);
  return { size, root };
}

async function get<T>(path: string, caller: Caller): Promise<T> {
  const answer = await world.get(path, caller);
  if (answer.status !== 200) throw new Error(`${path}: ${answer.text}`);
  return answer.body as T;
}

async function reported(caller: Caller = 'enterprise'): Promise<UsageReport> {
  const asked = await world.post('/v1/usage-reports', caller, { enterprise: world.world.enterprise.ref });
  if (asked.status !== 201) throw new Error(asked.text);
  await logParts.log.caughtUp();
  return get<UsageReport>(`/v1/usage-reports/${(asked.body as { ids: string[] }).ids[0] ?? ''}`, caller);
}

/** Released through the gateway. @returns the release's id. */
async function released(changes: Readonly<Record<string, unknown>> = {}): Promise<string> {
  const answer = await world.release(changes);
  await logParts.log.caughtUp();
  if (!answer.text.includes('"release"')) throw new Error(answer.text);
  return (answer.body as { release: { id: string } }).release.id;
}

function faultOf(act: () => unknown): string {
  try {
    act();
  } catch (error) {
    if (error instanceof StatementError) return error.code;
    throw error;
  }
  return 'believed';
}

function changed<T extends object>(value: T, change: (copy: T) => void): T {
  const copy = structuredClone(value);
  change(copy);
  return copy;
}

describe('a report of use', () => {
  it('proves that nobody received anything, and then that one did and nobody else', async () => {
    const empty = await reported();
    expect(verifyUsageReport(empty, headOf(empty))).toMatchObject({ rows: [], denials: 0 });
    await world.giveGrant();
    await released();
    await world.release({ items: [{ code: ITEMS.collected, granularity: 'RAW' }] });
    const report = await reported();
    const usage = verifyUsageReport(report, headOf(report));
    expect(usage).toMatchObject({ rows: [{ recipient: CAST.bank, basis: 'GRANT', releases: 1, failed: 0, items: [ITEMS.collected] }], denials: 1 });
    expect(usage.events).toBe(report.leaves.length);
    expect(report.leaves.filter(({ event }) => event !== undefined).every(({ event }) => event?.kind === 'release' || event?.kind === 'outcome')).toBe(true);
  });

  it('is believed no more when a leaf is left out, moved, changed or another\'s, an event is another, or the summary lies', async () => {
    const report = await reported();
    const head = headOf(report);
    const fault = (change: (copy: UsageReport) => void): string => faultOf(() => verifyUsageReport(changed(report, change), head));
    const at = report.leaves.findIndex(({ event }) => event?.kind === 'release');
    expect(fault(() => undefined)).toBe('believed');
    expect(fault(({ leaves }) => void leaves.splice(at, 1))).toBe('chain-broken');
    expect(fault(({ leaves }) => void leaves.splice(-1, 1))).toBe('chain-broken');
    expect(fault(({ leaves }) => void leaves.splice(0, 1))).toBe('fact-not-proven');
    expect(fault(({ leaves }) => void leaves.splice(1, 0, ...leaves.slice(1, 2)))).toBe('chain-broken');
    expect(fault(({ leaves }) => void delete leaves[at]?.event)).toBe('facts-missing');
    expect(fault(({ leaves }) => void Object.assign((leaves[at]?.event as unknown as { release: object }).release, { recipient: 'nobody' }))).toBe('event-differs');
    expect(fault(({ leaves }) => void Object.assign(leaves[at] ?? {}, { leaf: (leaves[at]?.leaf ?? '').replace('"kind":"release"', '"kind":"grant"') }))).toMatch(/chain-broken|fact-not-proven/);
    expect(fault((copy) => void (copy.enterprise = '0'.repeat(32)))).toBe('subject-differs');
    expect(fault((copy) => void (copy.network = '0'.repeat(32)))).toBe('subject-differs');
    expect(fault((copy) => void copy.usage.rows.pop())).toBe('summary-differs');
    expect(fault((copy) => void (copy.usage.upTo = { ...copy.usage.upTo, claimedTime: '2030-01-01T00:00:00.000Z' }))).toBe('summary-differs');
    expect(fault((copy) => void copy.path.pop())).toBe('fact-not-proven');
    expect(faultOf(() => verifyUsageReport(report, { size: head.size, root: new Uint8Array(32) }))).toBe('fact-not-proven');
    expect(faultOf(() => verifyUsageReport({ ...report, more: 1 }, head))).toBe('statement-malformed');
  });

  it('is for the enterprise, its platform and overseers', async () => {
    const asked = await world.post('/v1/usage-reports', 'platform', { enterprise: world.world.enterprise.ref });
    await logParts.log.caughtUp();
    const [id = ''] = (asked.body as { ids: string[] }).ids;
    expect((await world.get(`/v1/usage-reports/${id}`, 'node')).status).toBe(200);
    expect((await world.get(`/v1/usage-reports/${id}`, 'bank')).status).toBe(403);
    world.tokens.set('demo-other', { kind: 'ENTERPRISE', ref: '0'.repeat(32) });
    expect((await world.get(`/v1/usage-reports/${id}`, { token: 'demo-other' })).status).toBe(404);
    expect((await world.post('/v1/usage-reports', { token: 'demo-other' }, { enterprise: world.world.enterprise.ref })).status).toBe(404);
  });
});

describe('the re-run of a decision', () => {
  it('reads the versions then in force, whatever came after', async () => {
    const grant = await world.giveGrant({ frequency: { times: 1, per: 'DAY' } });
    const [grantId = ''] = (grant.body as { ids: string[] }).ids;
    const permitted = await released({ grantId });
    const again = await released({ grantId });
    await world.transit(grantId, 'REVOKE', 'revocation');
    const denied = await released({ grantId });
    await logParts.log.caughtUp();
    const rerun = (id: string) => get<DecisionRerun>(`/v1/releases/${id}/rerun`, 'node');
    const [first, second, third] = await Promise.all([rerun(permitted), rerun(again), rerun(denied)]);
    expect(verifyDecisionRerun(first, headOf(first))).toMatchObject({ decision: 'PERMIT', conditions: expect.arrayContaining([{ reason: 'grant-revoked', breached: false }]) });
    expect(verifyDecisionRerun(second, headOf(second))).toMatchObject({ decision: 'DENY', reason: 'frequency-exceeded' });
    expect(second.lastUse).toBeDefined();
    expect(verifyDecisionRerun(third, headOf(third))).toMatchObject({ decision: 'DENY', reason: 'grant-revoked', conditions: expect.arrayContaining([{ reason: 'frequency-exceeded', breached: true }]) });
    expect(first.findings.conditions.filter(({ breached }) => breached)).toEqual([]);
  });

  it('of a batch withdrawn afterwards still permits, and of a self-query, a public one and one by law too', async () => {
    const self = await world.post('/v1/self-queries', 'enterprise', { items: [{ code: ITEMS.collected, granularity: 'RAW' }] });
    const open = await world.release({ basis: 'PUBLIC', items: [{ code: ITEMS.open, granularity: 'RAW' }] });
    await logParts.log.caughtUp();
    for (const { body, text } of [self, open]) {
      if (!text.includes('"release"')) throw new Error(text);
      const rerun = await get<DecisionRerun>(`/v1/releases/${(body as { release: { id: string } }).release.id}/rerun`, 'node');
      expect(verifyDecisionRerun(rerun, headOf(rerun)).decision).toBe('PERMIT');
    }
  });

  it('is believed no more when a record is missing, another\'s, later than the decision or shown twice', async () => {
    const grant = await world.giveGrant();
    const [grantId = ''] = (grant.body as { ids: string[] }).ids;
    const rerun = await get<DecisionRerun>(`/v1/releases/${await released({ grantId })}/rerun`, 'node');
    const later = await get<DecisionRerun>(`/v1/releases/${await released({ grantId, items: [{ code: ITEMS.live, granularity: 'ANSWER' }] })}/rerun`, 'node');
    const head = headOf(later);
    const proven = later.records.map((fact) => fact);
    expect(faultOf(() => verifyDecisionRerun(later, head))).toBe('believed');
    const fault = (change: (copy: { -readonly [K in keyof DecisionRerun]: DecisionRerun[K] }) => void): string => faultOf(() => verifyDecisionRerun(changed(later, change), head));
    const without = (kind: string) => fault((copy) => void (copy.records = copy.records.filter(({ event }) => event.kind !== kind)));
    expect(without('rule-book')).toBe('facts-missing');
    for (const kind of ['enterprise', 'grant', 'participant']) expect([kind, without(kind)]).toEqual([kind, 'summary-differs']);
    expect(fault((copy) => void (copy.records = [...proven, ...proven.slice(0, 1)]))).toBe('facts-missing');
    expect(fault((copy) => void (copy.records = [...proven, later.release]))).toBe('facts-missing');
    expect(fault((copy) => void (copy.findings = { ...copy.findings, decision: 'DENY', reason: 'no-grant' }))).toBe('summary-differs');
    expect(fault((copy) => void (copy.records = copy.records.map((fact, index) => (index === 0 ? { ...fact, path: [] } : fact))))).toBe('fact-not-proven');
    expect(fault((copy) => void (copy.release = rerun.release))).not.toBe('believed');
  });
});

describe('the reach of a batch', () => {
  it('is every release that used it, with scores and loans, and stays when the batch is withdrawn', async () => {
    const { grant } = await world.world.giveGrant({ items: [{ code: ITEMS.collected, version: 1, granularity: 'SCORE', separateConsent: false }] });
    const { result } = await world.world.submit(CAST.node, 'releases:record', { requests: [await world.world.releaseRequest({ grant })] });
    const [recorded] = result.releases;
    const scored = recorded?.kind === 'RECORDED' ? recorded.release.id : JSON.stringify(recorded);
    await world.releases.projection.caughtUp();
    await world.post(`/v1/ingest-batches/${world.world.batchId}/withdrawal`, 'provider', { reason: 'rows-are-wrong' });
    await logParts.log.caughtUp();
    const statement = await get<BatchReach>(`/v1/ingest-batches/${world.world.batchId}/reach`, 'provider');
    const reach = verifyBatchReach(statement, headOf(statement));
    expect(reach).toMatchObject({ batchId: world.world.batchId, item: ITEMS.collected, state: 'WITHDRAWN', scores: [scored], loans: [grant.loanRef], recipients: expect.arrayContaining([CAST.bank]) });
    const used = ((await world.get(`/v1/trace/enterprises/${world.world.enterprise.ref}?decision=PERMIT&limit=100`, 'node')).body as { entries: { release: { id: string; items: { batchId?: string }[] } }[] }).entries.filter(({ release }) => release.items.some(({ batchId }) => batchId === world.world.batchId));
    expect(reach.releases.map(({ id }) => id).sort()).toEqual(used.map(({ release }) => release.id).sort());
    const fault = (change: (copy: { -readonly [K in keyof BatchReach]: BatchReach[K] }) => void): string => faultOf(() => verifyBatchReach(changed(statement, change), headOf(statement)));
    expect(fault((copy) => void (copy.releases = copy.releases.slice(1)))).toBe('summary-differs');
    expect(fault((copy) => void (copy.batch = copy.releases[0] ?? copy.batch))).toBe('facts-missing');
    expect(fault((copy) => void (copy.network = '0'.repeat(32)))).toBe('subject-differs');
    expect(fault((copy) => void (copy.reach = { ...copy.reach, loans: ['0'.repeat(32)] }))).toBe('summary-differs');
    expect((await world.get(`/v1/ingest-batches/${world.world.batchId}/reach`, 'bank')).status).toBe(403);
  });
});
