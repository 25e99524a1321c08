import { MINUTE_MILLIS, type Grant } from '@kesu/chaincode/domain';
import { LedgerError, type Call } from '@kesu/network';
import { ITEMS } from '../testing/test-cast';
import { release } from './release';
import { ReleaseWorld } from './testing/release-world';
import { Gate } from './testing/steered-ledger';

describe('group commit', () => {
  let gateway: ReleaseWorld;
  let elapsed = 0;
  beforeEach(async () => {
    elapsed = 0;
    gateway = await ReleaseWorld.open({ elapsed: () => elapsed });
  });
  afterEach(() => gateway.dispose());

  let keys = 0;
  const ask = (grant: Grant, idempotencyKey = `key-${keys++}`) => release(gateway.parts, { requester: gateway.requester('platform'), request: gateway.request(grant), idempotencyKey });
  const givenOneTime = async (): Promise<Grant> => {
    const { grant } = await gateway.world.giveGrant({ purpose: 'EVALUATION', oneTime: true, by: await gateway.world.addEnterprise() });
    await gateway.projection.caughtUp();
    return grant;
  };
  const several = async (count: number): Promise<Grant[]> => {
    const grants: Grant[] = [];
    for (let index = 0; index < count; index++) grants.push(await givenOneTime());
    return grants;
  };
  const isBatch = ({ transaction }: Call) => transaction === 'releases:record';
  const batchOf = (call: Call) => JSON.parse(call.command) as { operation: string; requests: unknown[] };

  it('takes at most 200 of what waits into one transaction, written down before its first submit', async () => {
    const [grant] = await several(1);
    if (grant === undefined) throw new Error('no grant');
    const sizes: number[] = [];
    gateway.ledger.steering.beforeEndorse = async (call) => {
      if (!isBatch(call)) return;
      const { operation, requests } = batchOf(call);
      sizes.push(requests.length);
      const pending = (await gateway.parts.journal.pendingBatches()).find((batch) => batch.operation === operation);
      expect(pending?.requests).toHaveLength(requests.length);
    };
    const answers = await Promise.all(Array.from({ length: 450 }, () => ask(grant)));
    expect(answers.filter((answer) => answer.kind === 'PERMIT')).toHaveLength(1);
    expect(sizes.reduce((sum, size) => sum + size, 0)).toBe(450);
    expect(Math.max(...sizes)).toBe(200);
    expect(await gateway.parts.journal.pendingBatches()).toEqual([]);
  });

  it('endorses a batch that lost a race whole once more, then halves it', async () => {
    const grants = await several(4);
    const sizes: number[] = [];
    gateway.ledger.steering.beforeCommit = (call) => {
      if (!isBatch(call)) return;
      const size = batchOf(call).requests.length;
      sizes.push(size);
      if (size > 1) throw new LedgerError('conflict', 'lost a race');
    };
    const answers = await Promise.all(grants.map((grant) => ask(grant)));
    expect(answers.map((answer) => answer.kind)).toEqual(['PERMIT', 'PERMIT', 'PERMIT', 'PERMIT']);
    expect(sizes).toEqual([4, 4, 2, 2, 1, 1, 2, 2, 1, 1]);
    expect(await gateway.parts.journal.pendingBatches()).toEqual([]);
  });

  it('tries a single request for 5 s, then frees its key', async () => {
    const grant = await givenOneTime();
    let tries = 0;
    gateway.ledger.steering.beforeCommit = (call) => {
      if (!isBatch(call)) return;
      tries += 1;
      elapsed += 1_000;
      throw new LedgerError('conflict', 'lost a race');
    };
    await expect(ask(grant, 'unlucky')).rejects.toMatchObject({ code: 'ledger-unavailable' });
    expect(tries).toBe(5);
    gateway.ledger.steering = {};
    expect(await ask(grant, 'unlucky')).toMatchObject({ kind: 'PERMIT' });
  });

  it('keeps a grant that limits its uses out of a second batch in flight, and holds up no other', async () => {
    const [limited, other] = (await several(2)) as [Grant, Grant];
    const gate = new Gate();
    let batches = 0;
    gateway.ledger.steering.beforeCommit = async (call) => {
      if (isBatch(call) && ++batches === 1) await gate.pass();
    };
    const first = ask(limited);
    await gate.reached;
    const second = ask(limited);
    expect(await ask(other)).toMatchObject({ kind: 'PERMIT' });
    expect(batches).toBe(2);
    gate.open();
    expect(await first).toMatchObject({ kind: 'PERMIT' });
    expect(await second).toMatchObject({ kind: 'DENY', release: { reason: 'already-used' } });
    expect(batches).toBe(3);
  });

  it('answers what is wrong with one request to that request alone', async () => {
    const grants = await several(3);
    const [, stale, formless] = grants;
    gateway.sources.set(ITEMS.live, {
      fetch: async (request) => {
        if (request.subjectRef === stale?.enterprise) gateway.world.pass(6 * MINUTE_MILLIS);
        return gateway.answer(request);
      },
    });
    const late = ask(stale as Grant);
    await expect(late).rejects.toMatchObject({ code: 'request-signature-invalid' });
    gateway.sources.clear();
    const malformed = release(gateway.parts, { requester: gateway.requester('platform'), request: gateway.request(formless as Grant, { items: [] }), idempotencyKey: 'formless' });
    const answers = await Promise.allSettled([malformed, ...grants.map((grant) => ask(grant))]);
    expect(answers.map((answer) => (answer.status === 'fulfilled' ? answer.value.kind : (answer.reason as { code: string }).code))).toEqual(['malformed-command', 'PERMIT', 'PERMIT', 'PERMIT']);
  });
});
