import { DAY_MILLIS, deletionIdOf, instantOf, type Deletion, type Grant, type ItemSource } from '@kesu/chaincode/domain';
import { codeOf, DOCUMENT, LedgerWorld, type WorldEnterprise } from '../testing/ledger-world';

let world: LedgerWorld;
let by: WorldEnterprise;

beforeAll(async () => {
  world = await LedgerWorld.open();
  by = await world.addEnterprise();
});
afterAll(() => world.dispose());

async function released(grant: Grant, asked: { sources?: readonly ItemSource[] } = {}): Promise<string> {
  const [recorded] = await world.record({ grant, ...asked });
  if (recorded?.kind !== 'RECORDED' || recorded.release.decision !== 'PERMIT') throw new Error('nothing was released');
  return recorded.release.id;
}

const ask = (releaseId: string, as = 'provincial-node') => codeOf(world.submit(as, 'deletions:ask', { releaseId }));
const attest = (id: string, about: object = {}, as = 'example-bank') => codeOf(world.submit(as, 'deletions:attest', { id, result: 'DELETED', documentDigest: DOCUMENT, ...about }));
const deletionOf = (releaseId: string) => world.read<Deletion>('deletion', deletionIdOf(releaseId));

describe('deletion', () => {
  it('is asked of who received, when the grant is revoked, once, and attested by the recipient alone', async () => {
    const grant = await world.give(by);
    const releaseId = await released(grant);
    expect(await ask(releaseId)).toBe('state-conflict');
    await world.transit(by, grant, 'REVOKE');
    expect(await ask(releaseId, 'other-platform')).toBe('not-yours');
    expect(await ask(releaseId, 'city-platform')).toBe('done');
    expect(await ask(releaseId)).toBe('already-exists');
    const id = deletionIdOf(releaseId);
    expect(await deletionOf(releaseId)).toEqual({ id, grantId: grant.id, enterprise: by.ref, platform: 'city-platform', recipient: 'example-bank', releaseId, ground: 'WITHDRAWN', state: 'ASKED', askedAt: world.at, changedAt: world.at, version: 1 });
    expect(await attest(id, {}, 'other-bank')).toBe('not-yours');
    expect(await attest(id, {}, 'city-platform')).toBe('not-yours');
    expect(await attest(id, { result: 'STORAGE_ONLY', reason: 'kept-by-law' })).toBe('done');
    expect(await attest(id)).toBe('done');
    expect(await deletionOf(releaseId)).toMatchObject({ state: 'DELETED', documentDigest: DOCUMENT, version: 3 });
    expect(await attest(id)).toBe('state-conflict');
  });

  it('is asked when the period or the retention is over, to the millisecond', async () => {
    const retained = await world.give(by, { retentionDays: 10 });
    const ended = await world.give(by, { retentionDays: 60 });
    const [early, late] = [await released(retained), await released(ended)];
    world.pass(10 * DAY_MILLIS - 1);
    expect(await ask(early)).toBe('state-conflict');
    world.pass(1);
    expect(await ask(early)).toBe('done');
    expect(await deletionOf(early)).toMatchObject({ ground: 'RETENTION_ENDED' });
    expect(await ask(late)).toBe('state-conflict');
    world.pass(20 * DAY_MILLIS);
    expect(await ask(late)).toBe('done');
    expect(await deletionOf(late)).toMatchObject({ ground: 'PERIOD_ENDED' });
  });

  it('has a date only where the grant names items about persons', async () => {
    const person = await world.addKey(by.ref, { capacity: 'PERSON' });
    const items = [{ code: 'PER-01', version: 1, granularity: 'ANSWER' as const, separateConsent: true }];
    const grant = await world.give(by, { items }, { keys: [by.key, person] });
    const manifest = { ...world.manifest(), item: 'PER-01' };
    await world.submit('tax-bureau', 'ingest:receive', { manifest, signature: world.signAs('tax-bureau', manifest) });
    await world.submit('provincial-node', 'ingest:accept', { id: manifest.id });
    const releaseId = await released(grant, { sources: [{ kind: 'BATCH', code: 'PER-01', batchId: manifest.id }] });
    await world.transit(by, grant, 'REVOKE');
    await world.submit('provincial-node', 'deletions:ask', { releaseId });
    expect(await deletionOf(releaseId)).toMatchObject({ dueAt: instantOf(world.clock.time + 30 * DAY_MILLIS) });
  });

  it('is asked of nobody for a denial, for an own query, or for what was not recorded', async () => {
    const grant = await world.give(by);
    const [denied] = await world.record({ grant, purpose: 'POST_LOAN' });
    const [self] = await world.record({ basis: 'SELF', enterprise: by.ref, requester: by.ref, recipient: by.ref, items: [{ code: 'TAX-01', granularity: 'RAW' }] });
    await world.transit(by, grant, 'REVOKE');
    const idOf = (recorded: typeof denied) => (recorded?.kind === 'RECORDED' ? recorded.release.id : '');
    expect(denied).toMatchObject({ release: { decision: 'DENY' } });
    expect(await ask(idOf(denied))).toBe('not-found');
    expect(self).toMatchObject({ release: { decision: 'PERMIT' } });
    expect(await ask(idOf(self))).toBe('state-conflict');
    expect(await ask(`${'ab'.repeat(16)}.0`)).toBe('not-found');
  });

  it('is still owed by a recipient that has exited', async () => {
    const grant = await world.give(by);
    const releaseId = await released(grant);
    await world.transit(by, grant, 'REVOKE');
    await world.submit('provincial-node', 'deletions:ask', { releaseId });
    await world.submit('provincial-node', 'participants:exit', { id: 'example-bank', reason: 'merged', documentDigest: DOCUMENT });
    expect(await attest(deletionIdOf(releaseId))).toBe('done');
  });
});
