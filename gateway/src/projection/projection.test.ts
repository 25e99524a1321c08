import { join } from 'node:path';
import { DAY_MILLIS, HOUR_MILLIS, instantOf } from '@kesu/chaincode/domain';
import { pino } from 'pino';
import { CAST, ITEMS, START } from '../testing/test-cast';
import { TestWorld } from '../testing/test-world';
import { Projection } from './projection';

const log = pino({ level: 'silent' });

describe('the projection', () => {
  let world: TestWorld;
  let projection: Projection;

  beforeEach(async () => {
    world = await TestWorld.open();
    projection = await Projection.open({ directory: join(world.root, 'projection'), ledger: world.ledger, log });
  });

  afterEach(async () => {
    await projection.close();
    await world.dispose();
  });

  it('answers rule book, participants, items, templates, enterprises and signatories as the ledger has them', async () => {
    await projection.caughtUp();
    expect(projection.ruleBook()).toEqual(await world.read('rule-book', 'current'));
    for (const id of Object.values(CAST)) expect(projection.record('participant', id)?.record).toEqual(await world.read('participant', id));
    for (const code of Object.values(ITEMS)) expect(projection.record('catalogue-item', code)?.record).toEqual(await world.read('catalogue-item', code));
    expect(projection.record('template', 'PRE-LOAN@1')?.record).toMatchObject({ state: 'PUBLISHED' });
    expect(projection.record('signatories', world.enterprise.ref)?.record).toEqual(await world.read('signatories', world.enterprise.ref));
    expect(projection.record('ingest-batch', world.batchId)?.record).toMatchObject({ state: 'ACCEPTED' });
    expect(projection.record('loan', world.batchId)).toBeUndefined();
  });

  it('stands at the head that the ledger has, with its hash and time', async () => {
    expect(await projection.caughtUp()).toEqual(await world.ledger.head());
  });

  it('shows a grant with its letter, its counter and its whole history', async () => {
    const given = await world.giveGrant();
    const release = await world.recordRelease({ grant: given.grant });
    const suspended = await world.transit(given.grant.id, 'SUSPEND');
    const resumed = await world.transit(given.grant.id, 'RESUME');
    const revoked = await world.revoke(given.grant.id);
    await projection.caughtUp();
    const { id } = given.grant;
    expect(projection.record('grant', id)).toMatchObject({ record: await world.read('grant', id), position: { ...revoked.position, item: 0 }, claimedTime: revoked.claimedTime });
    expect(projection.letter(id)).toEqual(given.signed);
    expect(projection.letter(world.batchId)).toBeUndefined();
    expect(projection.counter(id)).toMatchObject({ times: 1 });
    expect(projection.grantsOf(world.enterprise.ref)).toEqual([await world.read('grant', id)]);
    const history = projection.history('grant', id);
    expect(history.map(({ event, position }) => [(event as { action: string }).action, position.block])).toEqual([
      ['grant', given.done.position.block],
      ['suspend', suspended.position.block],
      ['resume', resumed.position.block],
      ['revoke', revoked.position.block],
    ]);
    expect(history[0]?.event).toMatchObject({ kind: 'grant', actor: CAST.platform, record: given.grant, signed: given.signed });
    expect(history[1]?.event).toMatchObject({ record: { state: 'SUSPENDED', version: 2 } });
    expect(history[3]?.event).toMatchObject({ record: { state: 'REVOKED', version: 4 } });
    expect(projection.release(release.id)?.release).toEqual(release);
  });

  it('shows each change of an enterprise\'s grants and of a counter to who looked before', async () => {
    const { grant } = await world.giveGrant();
    await projection.caughtUp();
    const states = (): string[] => projection.grantsOf(world.enterprise.ref).map(({ state }) => state);
    expect([states(), projection.counter(grant.id), projection.record('grant', grant.id)?.record.state]).toEqual([['ACTIVE'], undefined, 'ACTIVE']);
    await world.recordRelease({ grant });
    await projection.caughtUp();
    expect(projection.counter(grant.id)?.times).toBe(1);
    await world.revoke(grant.id);
    await projection.caughtUp();
    expect([states(), projection.record('grant', grant.id)?.record.state]).toEqual([['REVOKED'], 'REVOKED']);
    await world.giveGrant();
    await projection.caughtUp();
    expect(states()).toEqual(['ACTIVE', 'REVOKED']);
  });

  it('joins a release with its outcome and its acknowledgement', async () => {
    const { grant } = await world.giveGrant();
    const release = await world.recordRelease({ grant });
    await projection.caughtUp();
    expect(projection.release(release.id)).toEqual({ release, position: expect.objectContaining({ item: 0 }) });
    await world.reportOutcome(release.id);
    await world.acknowledge(release);
    await projection.caughtUp();
    expect(projection.release(release.id)).toMatchObject({ outcome: { outcome: 'DELIVERED', bytesSent: 15 }, acknowledgement: { by: CAST.bank, payloadDigest: release.payloadDigest } });
    expect(projection.release('0'.repeat(32) + '.0')).toBeUndefined();
  });

  it('gives back a use with the outcome that gives it back', async () => {
    const { grant } = await world.giveGrant({ oneTime: true, purpose: 'EVALUATION' });
    const release = await world.recordRelease({ grant });
    await projection.caughtUp();
    expect(projection.counter(grant.id)).toMatchObject({ usedBy: release.id });
    await world.reportOutcome(release.id, 'FAILED');
    await projection.caughtUp();
    expect(projection.counter(grant.id)).toEqual({ times: 0 });
  });

  it('traces releases and denials newest first along each axis, page by page', async () => {
    const { grant } = await world.giveGrant();
    const recorded: string[] = [];
    for (let n = 0; n < 40; n++) {
      recorded.unshift((await world.recordRelease({ grant })).id);
      world.pass(HOUR_MILLIS);
    }
    await projection.caughtUp();
    for (const [axis, id] of [
      ['enterprise', world.enterprise.ref],
      ['provider', CAST.provider],
      ['platform', CAST.platform],
      ['recipient', CAST.bank],
    ] as const) {
      const pages: string[][] = [];
      for (let cursor: string | undefined, first = true; first || cursor !== undefined; first = false) {
        const page = projection.trace(axis, id, {}, { limit: 7, ...(cursor === undefined ? {} : { cursor }) });
        pages.push(page.entries.map((entry) => entry.release.id));
        cursor = page.next;
      }
      expect(pages.map((page) => page.length)).toEqual([7, 7, 7, 7, 7, 5]);
      expect(pages.flat()).toEqual(recorded);
    }
    expect(projection.trace('enterprise', CAST.bank, {}, { limit: 7 })).toEqual({ entries: [] });
  });

  it('restricts a trace to claimed times and to a decision', async () => {
    const { grant } = await world.giveGrant();
    const releases = [];
    for (let n = 0; n < 60; n++) {
      releases.unshift(await world.recordRelease({ grant }));
      world.pass(HOUR_MILLIS);
    }
    await projection.caughtUp();
    for (const [first, last] of [
      [0, 60],
      [5, 6],
      [13, 47],
      [59, 60],
      [61, 70],
      [-5, 0],
    ] as const) {
      const from = instantOf(START + first * HOUR_MILLIS);
      const until = instantOf(START + last * HOUR_MILLIS);
      for (const decision of ['PERMIT', 'DENY', undefined] as const) {
        const expected = releases.filter((release) => release.claimedTime >= from && release.claimedTime < until && (decision === undefined || release.decision === decision));
        const { entries, next } = projection.trace('platform', CAST.platform, { from, until, ...(decision === undefined ? {} : { decision }) }, { limit: 100 });
        expect(entries.map((entry) => entry.release.id)).toEqual(expected.map((release) => release.id));
        expect(next).toBeUndefined();
      }
    }
  });

  it('lists records by what they belong to and by state, newest first', async () => {
    const other = await world.addEnterprise();
    const first = await world.giveGrant();
    const second = await world.giveGrant({ by: other });
    const third = await world.giveGrant({ purpose: 'EVALUATION' });
    await world.revoke(first.grant.id);
    const dispute = await world.dispute();
    await projection.caughtUp();
    const ids = (filter: object) => projection.list('grant', filter, { limit: 10 }).entries.map(({ record }) => record.id);
    expect(ids({})).toEqual([third.grant.id, second.grant.id, first.grant.id]);
    expect(ids({ enterprise: other.ref })).toEqual([second.grant.id]);
    expect(ids({ platform: CAST.platform, state: 'ACTIVE' })).toEqual([third.grant.id, second.grant.id]);
    expect(ids({ recipient: CAST.bank, state: 'REVOKED' })).toEqual([first.grant.id]);
    expect(ids({ recipient: CAST.platform })).toEqual([]);
    expect(projection.list('enterprise', { platform: CAST.platform }, { limit: 10 }).entries.map(({ record }) => record.ref)).toEqual([other.ref, world.enterprise.ref]);
    expect(projection.list('dispute', { enterprise: world.enterprise.ref }, { limit: 10 }).entries.map(({ record }) => record.id)).toEqual([dispute]);
    expect(projection.list('loan', {}, { limit: 1 })).toMatchObject({ entries: [{ record: { enterprise: other.ref } }], next: expect.any(String) });
    expect(projection.grantsOf(world.enterprise.ref).map(({ id }) => id)).toEqual([third.grant.id, first.grant.id]);
    expect(projection.list('catalogue-item', { provider: CAST.provider }, { limit: 10 }).entries).toHaveLength(3);
    expect(projection.list('participant', { platform: CAST.platform }, { limit: 10 }).entries.map(({ record }) => record.id)).toEqual([CAST.bank]);
  });

  it('keeps operations: what they answered, and the first answer of a repeated one', async () => {
    const operation = world.nextId();
    const closed = world.nextId();
    const ref = world.nextId();
    const command = { operation, ref, enterprise: world.enterprise.ref, recipient: CAST.bank, platform: CAST.platform, product: 'CREDIT-1' };
    const first = await world.submit(CAST.platform, 'loans:open', command);
    world.pass(DAY_MILLIS);
    await world.submit(CAST.platform, 'loans:open', command);
    await world.submit(CAST.node, 'operations:close', { operation: closed });
    await world.submit(CAST.node, 'operations:close', { operation });
    await projection.caughtUp();
    expect(projection.operation(operation)).toMatchObject({ record: { kind: 'DONE', actor: CAST.platform, transaction: 'loans:open', result: { ids: [ref] } }, position: first.position, claimedTime: first.claimedTime, head: first.head });
    expect(projection.operation(closed)?.record).toEqual({ kind: 'CLOSED', actor: CAST.node });
    expect(projection.operation(world.nextId())).toBeUndefined();
  });

  it('counts at every height what the ledger holds up to it', async () => {
    const before = projection.asOf().block;
    const { grant } = await world.giveGrant();
    const release = await world.recordRelease({ grant });
    await world.reportOutcome(release.id);
    await world.revoke(grant.id);
    await world.recordRelease({ grant });
    const now = await projection.caughtUp();
    const statistics = projection.statistics();
    expect(statistics).toMatchObject({ asOf: now, enterprises: 1, grantsGiven: 1, grantsRevoked: 1, permits: 1, invalidTransactions: 0 });
    expect(statistics.denials).toMatchObject({ 'grant-revoked': 1, 'no-grant': 0 });
    expect(statistics.outcomes).toEqual({ DELIVERED: 1, PARTIAL: 0, FAILED: 0 });
    expect(projection.statisticsAt(before)).toMatchObject({ asOf: { block: before }, grantsGiven: 0, permits: 0 });
    expect(() => projection.statisticsAt(now.block + 1)).toThrow('not in the projection');
  });

  it('shows blocks without commands and records', async () => {
    const { done } = await world.giveGrant();
    await projection.caughtUp();
    const summary = projection.block(done.position.block);
    expect(summary).toMatchObject({ block: done.head.block, hash: done.head.hash, time: done.head.time });
    expect(summary?.transactions).toEqual([{ index: 0, txId: done.position.txId, transaction: 'grants:submit', validity: 'VALID', mspId: 'PlatformMSP', claimedTime: done.claimedTime }]);
    expect(summary?.previousHash).toBe(projection.block(done.position.block - 1)?.hash);
    expect(projection.block(done.position.block + 1)).toBeUndefined();
  });

  it('wakes who waits for a block, and lets go who no longer waits', async () => {
    const next = (await projection.caughtUp()).block + 1;
    const waiting = projection.waitFor(next, new AbortController().signal);
    const given = new AbortController();
    const givingUp = projection.waitFor(next + 100, given.signal);
    given.abort(new Error('enough'));
    await expect(givingUp).rejects.toThrow('enough');
    await world.openLoan();
    await waiting;
    expect(projection.asOf().block).toBeGreaterThanOrEqual(next);
  });

  it('goes on where it stood after it was closed, without repeating a block', async () => {
    const { grant } = await world.giveGrant();
    const before = await projection.caughtUp();
    await projection.close();
    await world.recordRelease({ grant });
    const asked: number[] = [];
    const ledger = { head: () => world.ledger.head(), blocks: (from: number, signal: AbortSignal) => (asked.push(from), world.ledger.blocks(from, signal)) };
    projection = await Projection.open({ directory: join(world.root, 'projection'), ledger, log });
    expect(projection.asOf().block).toBeGreaterThanOrEqual(before.block);
    await projection.caughtUp();
    expect(asked).toEqual([before.block + 1]);
    expect(projection.statistics()).toMatchObject({ grantsGiven: 1, permits: 1 });
  });
});
