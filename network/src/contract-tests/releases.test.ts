import type { Identity } from '@kesu/certs';
import type { RecordedRelease } from '@kesu/chaincode';
import { canonicalJson, DAY_MILLIS, HOUR_MILLIS, instantOf, MINUTE_MILLIS, type Grant, type Release } from '@kesu/chaincode/domain';
import { breachesOf } from '../testing/history-checker';
import { codeOf, DOCUMENT, LedgerWorld, wordOf, type Asking, type WorldEnterprise } from '../testing/ledger-world';

let world: LedgerWorld;
let by: WorldEnterprise;

beforeAll(async () => {
  world = await LedgerWorld.open();
  by = await world.addEnterprise();
});
afterAll(() => world.dispose());

const ONCE = { oneTime: true } as const;
const decide = async (asked: Asking) => (await world.decisions(asked))[0];

async function recorded(asked: Asking): Promise<Release> {
  const [answer] = await world.record(asked);
  if (answer?.kind !== 'RECORDED') throw new Error(JSON.stringify(answer));
  return answer.release;
}

describe('a batch', () => {
  it('is decided in order, and what is wrong with one is its own answer', async () => {
    const grant = await world.give(by);
    const other = await world.addEnterprise();
    const unsigned = { ...world.asking({ grant }), requestSignature: undefined };
    const { requestSignature: _none, ...bare } = unsigned;
    const requests = [bare, world.asking({ grant, enterprise: other.ref }), world.asking({ grant, withoutPayload: true }), world.asking({ grant }), world.asking({ grant })];
    const { answer } = await world.submit('provincial-node', 'releases:record', { requests });
    expect(answer.releases.map(wordOf)).toEqual(['request-signature-invalid', 'no-grant', 'WOULD_PERMIT', 'PERMIT', 'frequency-exceeded']);
    const [, denied] = answer.releases;
    if (denied?.kind !== 'RECORDED') throw new Error('not recorded');
    expect(denied.release).not.toHaveProperty('grantId');
    expect(denied.release).not.toHaveProperty('platform');
  });

  it('writes its answer and what its grants count, and no record that it read (rule 2)', async () => {
    const [once, daily, revoked] = [await world.give(by, ONCE), await world.give(by), await world.give(by)];
    await world.transit(by, revoked, 'REVOKE');
    expect(await world.decisions({ grant: once }, { grant: daily }, { grant: revoked })).toEqual(['PERMIT', 'PERMIT', 'grant-revoked']);
    const written = (await world.history()).at(-1)?.transactions.at(-1);
    const { operation } = JSON.parse(written?.command ?? '{}') as { operation?: string };
    expect(written?.writes.map(({ key }) => key).sort()).toEqual([`operation/${operation}`, `use-counter/${daily.id}`, `use-counter/${once.id}`].sort());
  });

  it('permits one of two releases under a one-time grant', async () => {
    const grant = await world.give(by, ONCE);
    expect(await world.decisions({ grant }, { grant })).toEqual(['PERMIT', 'already-used']);
    expect(await decide({ grant })).toBe('already-used');
  });

  it('refuses a key that its requester uses twice', async () => {
    const grant = await world.give(by);
    expect(await world.decisions({ grant, idempotencyKey: 'same' }, { grant, idempotencyKey: 'same' })).toEqual(['PERMIT', 'already-exists']);
  });

  it('records a denial without a payload', async () => {
    const grant = await world.give(by);
    await world.transit(by, grant, 'REVOKE');
    const release = await recorded({ grant: await world.grant(grant.id) });
    expect([release.decision, release.reason, release.payloadDigest, release.grantId]).toEqual(['DENY', 'grant-revoked', undefined, grant.id]);
  });

  it('is refused as a whole with a personal number as key or operator (I16)', async () => {
    const grant = await world.give(by);
    const asked = world.asking({ grant });
    for (const request of [{ ...asked, idempotencyKey: 'req-13800000000' }, { ...asked, request: { ...asked.request, operator: '11010519491231002X' } }]) {
      expect(await codeOf(world.submit('provincial-node', 'releases:record', { requests: [request] }))).toBe('malformed-command');
    }
  });
});

describe('what a batch reads', () => {
  const ALWAYS = ['operation/*', 'participant/provincial-node', 'rule-book/current'];
  const parties = (...ids: string[]): string[] => ids.map((id) => `participant/${id}`);

  /** The keys that a batch reads, the operation's own without its id. */
  async function keysRead(...requests: readonly unknown[]): Promise<string[]> {
    const operation = world.nextId();
    const identity = world.identities.get('provincial-node') as Identity;
    const { record } = await world.ledger.endorse({ identity, transaction: 'releases:record', command: canonicalJson({ operation, requests }) });
    expect(new Set(record.reads.map(({ key }) => key)).size).toBe(record.reads.length);
    return record.reads.map(({ key }) => key.replace(`operation/${operation}`, 'operation/*')).sort();
  }

  it('is what its decisions look at, each key once, and no key more: each is one at which it loses a race', async () => {
    const [one, two] = [await world.give(by), await world.give(by, ONCE)];
    const ownOf = (grant: Grant): string[] => [`grant/${grant.id}`, `use-counter/${grant.id}`];
    const common = [...ALWAYS, `enterprise/${by.ref}`, `ingest-batch/${world.batchId}`, ...parties('city-platform', 'example-bank', 'tax-bureau')];
    expect(await keysRead(world.asking({ grant: one }))).toEqual([...common, ...ownOf(one)].sort());
    expect(await keysRead(world.asking({ grant: one }), world.asking({ grant: two }), world.asking({ grant: one }))).toEqual([...common, ...ownOf(one), ...ownOf(two)].sort());
  });

  it("is neither a source that wasn't asked, nor a loan that nobody names, nor the counter of a grant of others or without a limit", async () => {
    const grant = await world.give(by);
    const other = await world.addEnterprise();
    const asked = world.asking({ grant, enterprise: other.ref, withoutPayload: true });
    expect(await keysRead(asked)).toEqual([...ALWAYS, `enterprise/${other.ref}`, `grant/${grant.id}`, ...parties('city-platform', 'example-bank', 'tax-bureau')].sort());
    const absent = { ...asked, request: { ...asked.request, grantId: world.nextId(), loanRef: world.nextId() } };
    expect(await keysRead(absent)).toEqual([...ALWAYS, `enterprise/${other.ref}`, `grant/${absent.request.grantId}`, `loan/${absent.request.loanRef}`, ...parties('city-platform', 'example-bank', 'tax-bureau')].sort());
  });

  it('is only what it names itself for a request that is answered without the ledger; never a participant that the rule book does not list', async () => {
    const grant = await world.give(by);
    const asked = world.asking({ grant, recipient: 'nobody-known' });
    const other = await world.addEnterprise();
    const [others, second] = [await world.give(other, ONCE), await world.give(by, ONCE)];
    const unfit = world.asking({ grant: others, selfReported: true });
    const repeated = { ...world.asking({ grant: second }), idempotencyKey: asked.idempotencyKey };
    const named = [`enterprise/${by.ref}`, `enterprise/${other.ref}`, ...[grant, others, second].map(({ id }) => `grant/${id}`), `ingest-batch/${world.batchId}`];
    expect(await keysRead(asked, unfit, repeated)).toEqual([...ALWAYS, ...named, `use-counter/${grant.id}`, ...parties('city-platform', 'tax-bureau')].sort());
  });

  it('is the operation and what its requests name when it was done before', async () => {
    const grant = await world.give(by);
    const command = { operation: world.nextId(), requests: [world.asking({ grant })] };
    await world.submit('provincial-node', 'releases:record', command);
    const { record } = await world.ledger.endorse({ identity: world.identities.get('provincial-node') as Identity, transaction: 'releases:record', command: canonicalJson(command) });
    expect([record.reads.map(({ key }) => key).sort(), record.writes]).toEqual([[...ALWAYS.map((key) => key.replace('*', command.operation)), `enterprise/${by.ref}`, `grant/${grant.id}`, `ingest-batch/${world.batchId}`].sort(), []]);
  });
});

describe('a batch that is only evaluated', () => {
  it('answers what it would record, and records nothing', async () => {
    const [one, other] = [await world.give(by), await world.give(by)];
    const command = canonicalJson({ operation: world.nextId(), requests: [world.asking({ grant: one }), world.asking({ grant: other, withoutPayload: true })] });
    const { block: before } = await world.ledger.head();
    const { result } = await world.ledger.evaluate({ identity: world.identities.get('provincial-node') as Identity, transaction: 'releases:record', command });
    expect((JSON.parse(result) as { releases: RecordedRelease[] }).releases.map(wordOf)).toEqual(['PERMIT', 'WOULD_PERMIT']);
    expect((await world.ledger.head()).block).toBe(before);
  });
});

describe('a limit', () => {
  it('counts anew at midnight in Shanghai', async () => {
    const toMidnight = DAY_MILLIS - ((world.clock.time + 8 * HOUR_MILLIS) % DAY_MILLIS);
    const grant = await world.give(by);
    world.pass(toMidnight - 1);
    expect(await world.decisions({ grant }, { grant })).toEqual(['PERMIT', 'frequency-exceeded']);
    world.pass(1);
    expect(await world.decisions({ grant }, { grant })).toEqual(['PERMIT', 'frequency-exceeded']);
  });

  it('gets its use back when the node failed before the first byte, and once only', async () => {
    const grant = await world.give(by, ONCE);
    const { id: releaseId } = await recorded({ grant });
    const report = (outcome: 'FAILED' | 'PARTIAL', bytesSent: number, as = 'provincial-node') => codeOf(world.submit(as, 'releases:record-outcomes', { outcomes: [{ releaseId, outcome, bytesSent }] }));
    expect(await report('FAILED', 0, 'city-platform')).toBe('not-yours');
    expect(await report('FAILED', 0)).toBe('done');
    expect(await report('FAILED', 0)).toBe('already-exists');
    expect(await world.decisions({ grant }, { grant })).toEqual(['PERMIT', 'already-used']);
  });

  it('keeps its use when bytes left, or when a platform says that it failed', async () => {
    const grant = await world.give(by, ONCE);
    const partial = await recorded({ grant });
    await world.submit('provincial-node', 'releases:record-outcomes', { outcomes: [{ releaseId: partial.id, outcome: 'FAILED', bytesSent: 1 }] });
    expect(await decide({ grant })).toBe('already-used');
    const held = await world.give(by, { ...ONCE, items: [{ code: 'TAX-01', version: 1, granularity: 'ANSWER', separateConsent: false }] });
    const { answer } = await world.submit('city-platform', 'releases:record', { requests: [world.asking({ grant: held, selfReported: true })] });
    expect(answer.releases.map(wordOf)).toEqual(['PERMIT']);
    const own = answer.releases[0];
    const releaseId = own?.kind === 'RECORDED' ? own.release.id : '';
    await world.submit('city-platform', 'releases:record-outcomes', { outcomes: [{ releaseId, outcome: 'FAILED', bytesSent: 0 }] });
    expect(await decide({ grant: held })).toBe('already-used');
  });
});

describe('a source', () => {
  const cases: readonly (readonly [string, () => Partial<Asking>, string])[] = [
    ['a batch that does not exist', () => ({ sources: [{ kind: 'BATCH', code: 'TAX-01', batchId: 'ff'.repeat(16) }] }), 'source-not-accepted'],
    ['none', () => ({ sources: [] }), 'source-not-accepted'],
    ['two for one item', () => ({ sources: [world.sourceOf('TAX-01', by.ref), world.sourceOf('TAX-01', by.ref), world.sourceOf('TAX-02', by.ref)] }), 'source-not-accepted'],
    ['an answer 15 minutes old', () => ({ sources: [world.sourceOf('TAX-01', by.ref), world.sourceOf('TAX-02', by.ref, { time: instantOf(world.clock.time - 15 * MINUTE_MILLIS) })] }), 'PERMIT'],
    ['an answer older than 15 minutes', () => ({ sources: [world.sourceOf('TAX-01', by.ref), world.sourceOf('TAX-02', by.ref, { time: instantOf(world.clock.time - 15 * MINUTE_MILLIS - 1) })] }), 'source-not-accepted'],
    ['an answer from the future', () => ({ sources: [world.sourceOf('TAX-01', by.ref), world.sourceOf('TAX-02', by.ref, { time: instantOf(world.clock.time + 30_001) })] }), 'source-not-accepted'],
    ['an answer about another enterprise', () => ({ sources: [world.sourceOf('TAX-01', by.ref), world.sourceOf('TAX-02', by.ref, { subjectRef: 'ee'.repeat(16) })] }), 'source-not-accepted'],
    ['an answer for another item', () => ({ sources: [world.sourceOf('TAX-01', by.ref), world.sourceOf('TAX-02', by.ref, { item: 'TAX-01' })] }), 'source-not-accepted'],
    ['an answer for another version', () => ({ sources: [world.sourceOf('TAX-01', by.ref), world.sourceOf('TAX-02', by.ref, { itemVersion: 2 })] }), 'source-not-accepted'],
    ['an answer for another ledger', () => ({ sources: [world.sourceOf('TAX-01', by.ref), world.sourceOf('TAX-02', by.ref, { network: '0'.repeat(32) })] }), 'source-not-accepted'],
    ["an answer signed by another provider's key", () => ({ sources: [world.sourceOf('TAX-01', by.ref), world.sourceOf('TAX-02', by.ref, {}, 'other-bureau')] }), 'source-not-accepted'],
  ];
  it.each(cases.map(([name, change, expected]) => ({ name, change, expected })))('$name: $expected', async ({ change, expected }) => {
    const grant = await world.give(by);
    expect(await decide({ grant, ...change() })).toBe(expected);
  });

  it('that was withdrawn or returned serves no more', async () => {
    const grant = await world.give(by, { frequency: { times: 1, per: 'DAY' } });
    const batchId = await world.addBatch();
    const asked: Asking = { grant, sources: [{ kind: 'BATCH', code: 'TAX-01', batchId }, world.sourceOf('TAX-02', by.ref)] };
    await world.submit('tax-bureau', 'ingest:withdraw', { id: batchId, reason: 'rows-are-wrong' });
    expect(await decide(asked)).toBe('source-not-accepted');
  });
});

describe('a request', () => {
  it('is signed by its requester within five minutes, over what it asks', async () => {
    const grant = await world.give(by);
    const asked = world.asking({ grant });
    const say = async (change: object) => (await world.submit('provincial-node', 'releases:record', { requests: [{ ...asked, ...change } as never] })).answer.releases.map(wordOf)[0];
    expect(await say({ requester: 'example-bank' })).toBe('request-signature-invalid');
    expect(await say({ idempotencyKey: 'another' })).toBe('request-signature-invalid');
    expect(await say({ request: { ...asked.request, operator: 'OP-1' } })).toBe('request-signature-invalid');
    world.pass(5 * MINUTE_MILLIS + 1);
    expect(await say({})).toBe('request-signature-invalid');
    expect(await decide({ grant })).toBe('PERMIT');
  });

  it('is recorded by the node, or by a platform for what it holds', async () => {
    const grant = await world.give(by);
    const say = async (as: string, asked: Asking) => (await world.submit(as, 'releases:record', { requests: [world.asking(asked)] })).answer.releases.map(wordOf)[0];
    expect(await say('provincial-node', { grant, selfReported: true })).toBe('role-not-allowed');
    expect(await say('city-platform', { grant })).toBe('role-not-allowed');
    expect(await say('other-platform', { grant, selfReported: true })).toBe('route-not-allowed');
    expect(await say('city-platform', { grant, selfReported: true })).toBe('PERMIT');
  });

  it('for own data needs no grant, for data by law an authority and its document', async () => {
    const own: Asking = { basis: 'SELF', enterprise: by.ref, recipient: by.ref, requester: by.ref, items: [{ code: 'TAX-01', granularity: 'RAW' }], purpose: 'EVALUATION' };
    expect(await decide(own)).toBe('PERMIT');
    expect(await decide({ ...own, recipient: 'city-platform' })).toBe('basis-not-allowed');
    const law: Asking = { basis: 'STATUTORY', enterprise: by.ref, recipient: 'example-regulator', requester: 'example-regulator', items: own.items ?? [], purpose: 'RISK_MONITORING', statutory: { authority: 'example-regulator', documentDigest: DOCUMENT, officers: ['O-1', 'O-2'] } };
    expect(await decide(law)).toBe('PERMIT');
    expect(await decide({ ...law, requester: 'example-bank', recipient: 'example-bank', statutory: { authority: 'example-bank', documentDigest: DOCUMENT, officers: ['O-1', 'O-2'] } })).toBe('basis-not-allowed');
    expect(await decide({ basis: 'PUBLIC', enterprise: by.ref, items: [{ code: 'REG-01', granularity: 'RAW' }] })).toBe('PERMIT');
  });

  it('that continues a release names it, keeps its origin and carries marks on that batch', async () => {
    const toPlatform = await world.give(by, { recipient: 'city-platform', items: [{ code: 'TAX-01', version: 1, granularity: 'ANSWER', separateConsent: false }] });
    const first = await recorded({ grant: toPlatform });
    const toBank = await world.give(by, { items: [{ code: 'TAX-01', version: 1, granularity: 'ANSWER', separateConsent: false }] });
    const id = world.nextId();
    await world.submit('city-platform', 'disputes:file', { id, enterprise: by.ref, filedBy: 'PRINCIPAL', platform: 'city-platform', item: 'TAX-01', batchId: world.batchId, reason: 'row-is-wrong', textDigest: DOCUMENT });
    const { answer } = await world.submit('city-platform', 'releases:record', { requests: [world.asking({ grant: toBank, selfReported: true, sources: [], basisReleaseId: first.id })] });
    const [second] = answer.releases;
    if (second?.kind !== 'RECORDED') throw new Error(JSON.stringify(second));
    expect([second.release.decision, second.release.basisReleaseId, second.release.items]).toMatchObject(['PERMIT', first.id, [{ batchId: world.batchId, disputes: [id] }]]);
    await world.submit('city-platform', 'disputes:forward', { id });
    await world.submit('provincial-node', 'disputes:review', { id });
    await world.submit('tax-bureau', 'disputes:resolve', { id, finding: 'CONFIRMED', documentDigest: DOCUMENT });
    world.pass(DAY_MILLIS);
    expect((await recorded({ grant: toPlatform })).items[0]?.disputes).toEqual([]);
  });

  it('through 秦信融 continues a release to 秦信融', async () => {
    const book = await world.read<{ policy: never }>('rule-book', 'current');
    const setPolicy = (policy: unknown) => world.submit('provincial-node', 'rule-book:set-policy', { policy: policy as never, documentDigest: DOCUMENT });
    await setPolicy({ ...(book?.policy as never as object), qinxinrong: 'city-platform' });
    const id = 'far-platform';
    const identity = await world.enrol(id, 'platform', 'PlatformMSP');
    await world.submit(identity, 'participants:apply', { id, names: [{ from: '2022-09-02', zh: '示范', en: id }], mspId: 'PlatformMSP', regions: [], documentDigest: DOCUMENT });
    await world.assess(id, 'SECURITY', 'assessor-one');
    await world.assess(id, 'AUTHORIZATION', 'assessor-two');
    await world.submit('provincial-node', 'participants:admit-platform', { id, connectVia: 'QINXINRONG', documentDigest: DOCUMENT });
    await world.join(by, id);
    const items = [{ code: 'TAX-01', version: 1, granularity: 'ANSWER' as const, separateConsent: false }];
    const first = await recorded({ grant: await world.give(by, { recipient: 'city-platform', items }) });
    const far = await world.give(by, { platform: id, recipient: id, conduit: 'city-platform', items });
    world.identities.set(id, identity);
    const signer = world.requestKeys.get('city-platform');
    if (signer === undefined) throw new Error('no key');
    world.requestKeys.set(id, signer);
    await world.submit(identity, 'participants:register-key', { publicKey: signer.publicKey });
    expect(await world.decisions({ grant: far, requester: id }, { grant: far, requester: id, basisReleaseId: first.id })).toEqual(['route-not-allowed', 'PERMIT']);

    const once = await world.give(by, { platform: id, recipient: id, conduit: 'city-platform', items, oneTime: true });
    const toConduit = { grant: once, recipient: 'city-platform' };
    expect(await world.decisions({ ...toConduit, requester: id }, { grant: far, recipient: 'city-platform', requester: 'example-bank' })).toEqual(['recipient-not-covered', 'recipient-not-covered']);
    const brought = await recorded(toConduit);
    expect(brought).toMatchObject({ decision: 'PERMIT', platform: id, conduit: 'city-platform', recipient: 'city-platform' });
    expect(await world.decisions(toConduit)).toEqual(['already-used']);

    const passOn = async (grant: typeof once, change: object = {}, payload: object = { digest: brought.payloadDigest, byteCount: brought.byteCount }) => {
      const request = { ...world.asking({ grant, requester: id, basisReleaseId: brought.id, selfReported: true, sources: [], ...change }), payload };
      return (await world.submit('city-platform', 'releases:record', { requests: [request as never] })).answer.releases.map(wordOf);
    };
    world.pass(DAY_MILLIS);
    expect(await passOn(far)).toEqual(['route-not-allowed']);
    expect(await passOn(once, {}, { digest: DOCUMENT, byteCount: brought.byteCount })).toEqual(['digest-mismatch']);
    expect(await passOn(once, {}, { digest: brought.payloadDigest, byteCount: 11 })).toEqual(['digest-mismatch']);
    expect(await passOn(once)).toEqual(['PERMIT']);
    expect(await passOn(once)).toEqual(['already-used']);

    const failed = await recorded({ grant: far, recipient: 'city-platform' });
    await world.submit('provincial-node', 'releases:record-outcomes', { outcomes: [{ releaseId: failed.id, outcome: 'FAILED', bytesSent: 0, reason: 'connection-broke' }] });
    expect(await passOn(far, { basisReleaseId: failed.id }, { digest: failed.payloadDigest, byteCount: failed.byteCount })).toEqual(['already-used']);
    await setPolicy(book?.policy);
  });
});

describe('an acknowledgement', () => {
  it('is the recipient’s, of the recorded digest, once', async () => {
    const release = await recorded({ grant: await world.give(by) });
    const say = (as: string, payloadDigest = release.payloadDigest ?? '') => codeOf(world.submit(as, 'releases:acknowledge', { acknowledgements: [{ releaseId: release.id, payloadDigest }] }));
    expect(await say('other-bank')).toBe('not-yours');
    expect(await say('example-bank', DOCUMENT)).toBe('digest-mismatch');
    expect(await say('example-bank')).toBe('done');
    expect(await say('example-bank')).toBe('already-exists');
  });
});

describe('an operation', () => {
  const registering = () => ({ operation: world.nextId(), ref: world.nextId(), kind: 'COMPANY' as const, region: '619901', industry: 'C13', size: 'SMALL' as const, representative: world.nextId() });

  it('repeated answers the same and writes nothing; another command under it is refused', async () => {
    const command = registering();
    const first = await world.submit('city-platform', 'enterprises:register', command);
    expect((await world.submit('city-platform', 'enterprises:register', command)).result).toBe(first.result);
    const newest = (await world.history()).at(-1)?.transactions.at(-1);
    expect([newest?.transaction, newest?.writes, newest?.events]).toEqual(['enterprises:register', [], undefined]);
    expect(await codeOf(world.submit('city-platform', 'enterprises:register', { ...command, size: 'MICRO' }))).toBe('operation-conflict');
    expect(await codeOf(world.submit('other-platform', 'enterprises:register', command))).toBe('operation-conflict');
  });

  it('closed first never takes effect; done first, closing answers what it became', async () => {
    const closed = registering();
    expect((await world.submit('city-platform', 'operations:close', { operation: closed.operation })).answer).toEqual({ kind: 'CLOSED' });
    expect(await codeOf(world.submit('city-platform', 'enterprises:register', closed))).toBe('operation-closed');
    const done = registering();
    await world.submit('city-platform', 'enterprises:register', done);
    expect((await world.submit('city-platform', 'operations:close', { operation: done.operation })).answer).toEqual({ kind: 'DONE', transaction: 'enterprises:register', result: { ids: [done.ref] } });
  });

  it("tells nobody but its caller what an operation answered, by reading or by closing", async () => {
    const done = registering();
    await world.submit('city-platform', 'enterprises:register', done);
    const before = (await world.history()).flatMap(({ transactions }) => transactions).length;
    expect((await world.submit('other-platform', 'operations:close', { operation: done.operation })).answer).toEqual({ kind: 'UNKNOWN' });
    const writes = (await world.history()).flatMap(({ transactions }) => transactions).slice(before).flatMap((transaction) => transaction.writes);
    expect(writes).toEqual([]);
    expect((await world.submit('city-platform', 'enterprises:register', done)).answer).toEqual({ ids: [done.ref] });
  });
});

it('leaves a history that keeps the invariants', async () => {
  expect(breachesOf(await world.history())).toEqual([]);
});
