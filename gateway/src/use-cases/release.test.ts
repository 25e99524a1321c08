import { canonicalJson, DAY_MILLIS, DomainError, fromBase64url, MINUTE_MILLIS, saltedDigest, SECOND_MILLIS, toBase64url, type Grant } from '@kesu/chaincode/domain';
import { LedgerError, type Call } from '@kesu/network';
import { SourceError } from '../data-source';
import { ITEMS } from '../testing/test-cast';
import type { GrantTerms } from '../testing/test-world';
import { acknowledge } from './acknowledge';
import { OUTBOX_MILLIS } from './outbox';
import type { ReleaseAnswer } from './recorded-answer';
import { release } from './release';
import { settle } from './settle';
import { ReleaseWorld } from './testing/release-world';
import { Gate } from './testing/steered-ledger';

describe('a release', () => {
  let gateway: ReleaseWorld;
  let tuning: { unknownMillis?: number };
  beforeEach(async () => {
    tuning = {};
    gateway = await ReleaseWorld.open(tuning);
  });
  afterEach(() => gateway.dispose());

  let keys = 0;
  const ask = (grant: Grant, idempotencyKey = `key-${keys++}`) => release(gateway.parts, { requester: gateway.requester('platform'), request: gateway.request(grant), idempotencyKey });
  const caughtUp = () => gateway.projection.caughtUp();
  const given = async (terms: GrantTerms = {}): Promise<Grant> => {
    const { grant } = await gateway.world.giveGrant(terms);
    await caughtUp();
    return grant;
  };
  const permitted = (answer: ReleaseAnswer): Extract<ReleaseAnswer, { kind: 'PERMIT' }> => {
    if (answer.kind !== 'PERMIT') throw new Error(`denied: ${answer.release.reason}`);
    return answer;
  };
  const outcomeOf = async (releaseId: string) => {
    await gateway.parts.outcomes.flush();
    await caughtUp();
    return gateway.projection.release(releaseId)?.outcome;
  };
  const releasesOnLedger = () => gateway.projection.trace('enterprise', gateway.world.enterprise.ref, {}, { limit: 100 }).entries;
  const hold = (transaction: string) => {
    const gate = new Gate();
    let held = false;
    gateway.ledger.steering.beforeCommit = async (call: Call) => {
      if (call.transaction !== transaction || held) return;
      held = true;
      await gate.pass();
    };
    return gate;
  };

  it('is recorded before it is handed out, with a receipt whose salt opens the digest', async () => {
    const grant = await given();
    const answer = permitted(await ask(grant));
    expect(answer.release).toMatchObject({ decision: 'PERMIT', grantId: grant.id, sender: 'provincial-node' });
    expect(answer.data?.items.map((item) => item.rule)).toEqual(['TAX-01/ANSWER/1', 'TAX-02/ANSWER/1']);
    expect(saltedDigest(fromBase64url(answer.receipt.salt ?? '') ?? new Uint8Array(), answer.data)).toBe(answer.release.payloadDigest);
    expect(answer.release.byteCount).toBe(Buffer.byteLength(canonicalJson(answer.data)));
    await caughtUp();
    expect(gateway.projection.release(answer.release.id)?.position).toEqual(answer.position);
    await settle(gateway.parts, answer.release.id, { outcome: 'DELIVERED', bytesSent: 100 });
    expect(await outcomeOf(answer.release.id)).toMatchObject({ outcome: 'DELIVERED', bytesSent: 100 });
  });

  it('is recorded as a denial without asking a source once the grant is revoked', async () => {
    const grant = await given();
    await gateway.world.revoke(grant.id);
    await caughtUp();
    expect(await ask(grant)).toMatchObject({ kind: 'DENY', release: { decision: 'DENY', reason: 'grant-revoked', grantId: grant.id } });
    expect(gateway.fetches).toBe(0);
    await caughtUp();
    expect(releasesOnLedger()).toHaveLength(1);
  });

  it('is fetched after the ledger permits what the projection still denied', async () => {
    const grant = await given();
    await gateway.world.transit(grant.id, 'SUSPEND');
    await caughtUp();
    const { readModel } = gateway.parts;
    const record = readModel.record.bind(readModel);
    const stale = readModel.grantsOf(grant.enterprise);
    await gateway.world.transit(grant.id, 'RESUME');
    await caughtUp();
    expect(stale[0]?.state).toBe('SUSPENDED');
    const lagging = { ...gateway.parts, readModel: new Proxy(readModel, { get: (target, name) => (name === 'grantsOf' ? () => stale : name === 'record' ? record : (Reflect.get(target, name) as () => unknown).bind(target)) }) };
    const answer = await release(lagging, { requester: gateway.requester('platform'), request: gateway.request(grant), idempotencyKey: 'lag' });
    expect(permitted(answer).data).not.toBeNull();
  });

  it('under a grant that the projection learns of late keeps to its range', async () => {
    const range = { from: '2024-01', to: '2024-12' };
    const grant = await given({ purpose: 'EVALUATION', range });
    const { readModel } = gateway.parts;
    let hasCaughtUp = false;
    const late: Record<string, unknown> = {
      record: (kind: 'grant' | 'enterprise', id: string) => (kind === 'grant' && !hasCaughtUp ? undefined : readModel.record(kind, id)),
      waitFor: async () => void (hasCaughtUp = true),
    };
    const lagging = { ...gateway.parts, readModel: new Proxy(readModel, { get: (target, name) => late[String(name)] ?? (Reflect.get(target, name) as () => unknown).bind(target) }) };
    const request = gateway.request(grant, { grantId: grant.id });
    const answer = permitted(await release(lagging, { requester: gateway.requester('platform'), request, idempotencyKey: 'late' }));
    expect(answer.data?.range).toEqual(range);
  });

  it('is denied when its batch is held until after the revocation', async () => {
    const grant = await given();
    const gate = hold('releases:record');
    const answer = ask(grant);
    await gate.reached;
    await gateway.world.revoke(grant.id);
    gate.open();
    expect(await answer).toMatchObject({ kind: 'DENY', release: { reason: 'grant-revoked' } });
  });

  it('is FAILED and not delivered when its batch is held until the period is over, and the use is given back', async () => {
    const grant = await given({ oneTime: true, purpose: 'EVALUATION', until: gateway.world.at.replace('T00:00:00', 'T00:00:30') });
    const gate = hold('releases:record');
    const asked = ask(grant, 'held');
    await gate.reached;
    gateway.world.pass(30 * SECOND_MILLIS);
    gate.open();
    const answer = permitted(await asked);
    expect(answer.data).toBeNull();
    expect(await outcomeOf(answer.release.id)).toMatchObject({ outcome: 'FAILED', bytesSent: 0 });
    expect(gateway.projection.counter(grant.id)).toEqual({ times: 0 });
    expect(permitted(await ask(grant, 'held')).data).toBeNull();
  });

  it('is not delivered when its commit is seen more than 60 s after its claimed time', async () => {
    for (const [late, isDelivered] of [[MINUTE_MILLIS, true], [MINUTE_MILLIS + 1, false]] as const) {
      const grant = await given({ purpose: 'EVALUATION' });
      const gate = hold('releases:record');
      const asked = ask(grant);
      await gate.reached;
      gateway.world.pass(late);
      gate.open();
      expect(permitted(await asked).data !== null).toBe(isDelivered);
      gateway.world.pass(DAY_MILLIS);
    }
  });

  it('under a one-time grant is permitted once when two are asked for in one batch', async () => {
    const grant = await given({ oneTime: true, purpose: 'EVALUATION' });
    const answers = await Promise.all([ask(grant), ask(grant)]);
    expect(answers.map((answer) => answer.release.reason ?? answer.kind).sort()).toEqual(['PERMIT', 'already-used']);
    expect(answers[0]?.position.txId).toBe(answers[1]?.position.txId);
    expect(answers.map(({ position }) => position.item)).toEqual([0, 1]);
  });

  it('in a batch that meets a revocation is denied, the others are delivered', async () => {
    const grants = [await given({ purpose: 'EVALUATION' }), await given()];
    const gate = hold('releases:record');
    const asked = Promise.all(grants.map((grant) => ask(grant)));
    await gate.reached;
    await gateway.world.revoke(grants[0]?.id ?? '');
    gate.open();
    const [first, second] = await asked;
    expect(first).toMatchObject({ kind: 'DENY', release: { reason: 'grant-revoked' } });
    expect(second).toMatchObject({ kind: 'PERMIT', data: { enterprise: grants[1]?.enterprise } });
    expect(gateway.ledger.committed.filter((name) => name === 'releases:record')).toHaveLength(1);
  });

  it('is FAILED after a crash between commit and send; its repeat gets the receipt and no data', async () => {
    const grant = await given({ oneTime: true, purpose: 'EVALUATION' });
    const gate = new Gate();
    gateway.ledger.steering.afterCommit = ({ transaction }) => (transaction === 'releases:record' ? gate.pass() : undefined);
    const asked = ask(grant, 'crashed').catch((error: unknown) => error);
    await gate.reached;
    await gateway.kill();
    gate.open();
    await asked;
    expect(await gateway.start()).toEqual({ recorded: 1, closed: 0 });
    await caughtUp();
    const [traced] = releasesOnLedger();
    expect(traced).toMatchObject({ release: { decision: 'PERMIT' }, outcome: { outcome: 'FAILED', bytesSent: 0 } });
    expect(gateway.projection.counter(grant.id)).toEqual({ times: 0 });
    const repeat = permitted(await ask(grant, 'crashed'));
    expect(repeat).toMatchObject({ data: null, release: { id: traced?.release.id } });
    expect(repeat.receipt).toMatchObject({ payloadDigest: traced?.release.payloadDigest, position: traced?.position });
    expect(permitted(await ask(grant, 'another')).data).not.toBeNull();
  });

  it('is closed after a crash before its commit, so that it can not take effect any more, and its key is free', async () => {
    const grant = await given();
    const gate = hold('releases:record');
    const asked = ask(grant, 'crashed').catch((error: unknown) => error);
    await gate.reached;
    await gateway.kill();
    expect(await gateway.start()).toEqual({ recorded: 0, closed: 1 });
    gate.open();
    await expect(asked).resolves.toBeInstanceOf(Error);
    expect(permitted(await ask(grant, 'crashed')).data).not.toBeNull();
    await caughtUp();
    expect(releasesOnLedger()).toHaveLength(1);
  });

  it('whose commit was not answered is found by closing its operation, and delivered', async () => {
    const grant = await given();
    gateway.ledger.steering.afterCommit = ({ transaction }) => {
      if (transaction !== 'releases:record') return;
      gateway.ledger.steering = {};
      throw new LedgerError('outcome-unknown', 'the answer was lost');
    };
    const answer = permitted(await ask(grant));
    expect(answer.data).not.toBeNull();
    expect(gateway.projection.release(answer.release.id)?.position).toEqual(answer.position);
  });

  it('whose outcome stays unknown answers so, delivers nothing, and becomes definite', async () => {
    const grant = await given({ oneTime: true, purpose: 'EVALUATION' });
    const gate = new Gate();
    tuning.unknownMillis = 1;
    gateway.ledger.steering.afterCommit = ({ transaction }) => {
      if (transaction === 'releases:record') throw new LedgerError('outcome-unknown', 'the answer was lost');
    };
    gateway.ledger.steering.beforeEndorse = ({ transaction }) => (transaction === 'operations:close' ? gate.pass() : undefined);
    await expect(ask(grant, 'unknown')).rejects.toMatchObject({ code: 'outcome-unknown', operationKey: 'unknown' });
    await expect(ask(grant, 'unknown')).rejects.toMatchObject({ code: 'outcome-unknown' });
    gate.open();
    await gateway.parts.groupOf('provincial-node').close();
    const repeat = permitted(await ask(grant, 'unknown'));
    expect(repeat.data).toBeNull();
    expect(await outcomeOf(repeat.release.id)).toMatchObject({ outcome: 'FAILED' });
    expect(gateway.projection.counter(grant.id)).toEqual({ times: 0 });
  });

  it('delivers and records nothing while a source is down, slow or lies', async () => {
    const grant = await given();
    const failures = [
      () => Promise.reject(SourceError.unavailable('tax-bureau', ITEMS.live, 'no connection')),
      (request: { signal: AbortSignal }) => new Promise<never>((_resolve, reject) => setTimeout(() => reject(SourceError.unavailable('tax-bureau', ITEMS.live, request.signal.aborted ? 'late' : 'slow')), 20)),
      () => Promise.reject(SourceError.invalidAnswer('tax-bureau', ITEMS.live, "its signature doesn't hold")),
      () => Promise.reject(new Error('a bug')),
    ];
    for (const fetch of failures) {
      gateway.sources.set(ITEMS.live, { fetch });
      await expect(ask(grant, 'again')).rejects.toMatchObject({ code: 'source-unavailable' });
    }
    gateway.sources.clear();
    await caughtUp();
    expect(releasesOnLedger()).toHaveLength(0);
    expect(permitted(await ask(grant, 'again')).data).not.toBeNull();
  });

  it('whose live answer bears a wrong signature is denied by the contract and delivers nothing', async () => {
    const grant = await given();
    gateway.sources.set(ITEMS.live, { fetch: async (request) => ({ ...(await gateway.answer(request)), signature: toBase64url(new Uint8Array(64).fill(1)) }) });
    expect(await ask(grant)).toMatchObject({ kind: 'DENY', release: { reason: 'source-not-accepted', failedItem: ITEMS.live } });
  });

  it('asks no source and records nothing for a forged request', async () => {
    const grant = await given();
    const request = gateway.request(grant);
    const forged = gateway.world.signRequest('bank-one', request, 'forged');
    const sent = { requester: gateway.requester('platform', false), request, idempotencyKey: 'forged' };
    await expect(release(gateway.parts, { ...sent, requestSignature: forged })).rejects.toMatchObject({ code: 'request-signature-invalid' });
    await expect(release(gateway.parts, sent)).rejects.toBeInstanceOf(DomainError);
    expect(gateway.fetches).toBe(0);
    const signed = gateway.world.signRequest('platform-one', request, 'forged');
    expect(permitted(await release(gateway.parts, { ...sent, requestSignature: signed })).release.requestSignature).toEqual(signed);
  });

  it('has one answer to one key: the same bytes, a conflict for another body, and joins the request under way', async () => {
    const grant = await given();
    const [first, joined] = (await Promise.all([ask(grant, 'same'), ask(grant, 'same')])).map(permitted);
    expect(joined).toEqual(first);
    expect(gateway.fetches).toBe(2);
    expect(await ask(grant, 'same')).toEqual(first);
    const other = release(gateway.parts, { requester: gateway.requester('platform'), request: gateway.request(grant, { operator: 'someone' }), idempotencyKey: 'same' });
    await expect(other).rejects.toMatchObject({ code: 'idempotency-conflict' });
    await caughtUp();
    expect(releasesOnLedger()).toHaveLength(1);
    await gateway.kill();
    await gateway.start();
    expect(canonicalJson(await ask(grant, 'same'))).toBe(canonicalJson(first));
  });

  it('repeats the same bytes under a one-time grant: its own use does not count against it', async () => {
    const grant = await given({ oneTime: true, purpose: 'EVALUATION' });
    const answer = permitted(await ask(grant, 'once'));
    await caughtUp();
    expect(gateway.projection.counter(grant.id)).toMatchObject({ usedBy: answer.release.id });
    expect(await ask(grant, 'once')).toEqual(answer);
  });

  it('repeats the receipt alone once the grant is revoked, the payload acknowledged or its time over', async () => {
    const grant = await given();
    const answer = permitted(await ask(grant, 'erased'));
    const payloadId = (await gateway.parts.journal.release(answer.release.id))?.payloadId ?? '';
    expect(await gateway.parts.outbox.open(payloadId)).toBe(canonicalJson(answer.data));
    await gateway.world.revoke(grant.id);
    await caughtUp();
    expect(permitted(await ask(grant, 'erased')).data).toBeNull();
    await acknowledge(gateway.parts, { requester: gateway.requester('bank'), releaseId: answer.release.id, payloadDigest: answer.receipt.payloadDigest, idempotencyKey: 'ack' });
    for (const table of ['outbox', 'outbox-keys']) expect(await gateway.parts.store.get(table, payloadId)).toBeUndefined();
    const second = permitted(await ask(await given(), 'old'));
    const secondId = (await gateway.parts.journal.release(second.release.id))?.payloadId ?? '';
    gateway.world.pass(OUTBOX_MILLIS);
    expect(await gateway.parts.outbox.open(secondId)).toBeUndefined();
    const { store } = gateway.parts;
    let compactions = 0;
    const compact = store.compact.bind(store);
    store.compact = () => ((compactions += 1), compact());
    await gateway.parts.sweep();
    await gateway.parts.sweep();
    expect(compactions).toBe(1);
    for (const table of ['outbox', 'outbox-keys']) expect(await gateway.parts.store.get(table, secondId)).toBeUndefined();
  });

  it('that broke before its first byte is FAILED, gives the use back, and is never sent again', async () => {
    const grant = await given({ oneTime: true, purpose: 'EVALUATION' });
    const answer = permitted(await ask(grant, 'broken'));
    await settle(gateway.parts, answer.release.id, { outcome: 'FAILED', bytesSent: 0 });
    expect(permitted(await ask(grant, 'broken')).data).toBeNull();
    expect(await outcomeOf(answer.release.id)).toMatchObject({ outcome: 'FAILED' });
    expect(gateway.projection.counter(grant.id)).toEqual({ times: 0 });
  });

  it('that reached one of two who asked with the same key is DELIVERED', async () => {
    const grant = await given({ oneTime: true, purpose: 'EVALUATION' });
    const [first, second] = (await Promise.all([ask(grant, 'twice'), ask(grant, 'twice')])).map(permitted);
    await settle(gateway.parts, first?.release.id ?? '', { outcome: 'FAILED', bytesSent: 0 });
    await settle(gateway.parts, second?.release.id ?? '', { outcome: 'DELIVERED', bytesSent: 10 });
    expect(await outcomeOf(first?.release.id ?? '')).toMatchObject({ outcome: 'DELIVERED' });
    expect(gateway.projection.counter(grant.id)).toMatchObject({ times: 1 });
  });

  it.each(['DELIVERED', 'PARTIAL', 'FAILED'] as const)('that ended %s before a crash is recorded so at the next start', async (outcome) => {
    const answer = permitted(await ask(await given(), 'crashed'));
    const { id } = answer.release;
    gateway.ledger.steering.beforeEndorse = ({ transaction }: Call) => {
      if (transaction === 'releases:record-outcomes') throw new LedgerError('unavailable', 'no quorum');
    };
    const bytesSent = { DELIVERED: 100, PARTIAL: 40, FAILED: 0 }[outcome];
    await settle(gateway.parts, id, { outcome, bytesSent, reason: 'as-it-was' });
    await gateway.parts.outcomes.flush();
    await gateway.kill();
    await gateway.start();
    expect(await outcomeOf(id)).toMatchObject({ outcome, bytesSent, reason: 'as-it-was' });
    expect(await gateway.parts.journal.outcomes()).toEqual([]);
  });

  it('delivers nothing when the ledger can not be reached, or the journal', async () => {
    const grant = await given();
    gateway.ledger.steering.beforeEndorse = () => {
      throw new LedgerError('unavailable', 'no quorum');
    };
    await expect(ask(grant, 'later')).rejects.toMatchObject({ code: 'ledger-unavailable' });
    gateway.ledger.steering = {};
    expect(permitted(await ask(grant, 'later')).data).not.toBeNull();
    gateway.ledger.steering.afterCommit = () => gateway.parts.store.close();
    await expect(ask(await given({ purpose: 'EVALUATION' }), 'unkept')).rejects.toMatchObject({ code: 'ledger-unavailable' });
  });

  it('refuses keys that look like a number of a firm or person', async () => {
    const grant = await given();
    for (const key of ['91619900MA6TX1YQ0X', 'order-13812345678', '619901199001011234', 'x 1', '']) {
      await expect(ask(grant, key)).rejects.toMatchObject({ code: 'idempotency-key-refused' });
    }
    await expect(ask(grant, '550e8400-e29b-41d4-a716-446655440000')).resolves.toBeDefined();
  });

  it('does not keep an owner waiting: a revocation in a flood of releases commits at its first try', async () => {
    const grant = await given();
    const flood = Array.from({ length: 400 }, (_, index) => ask(grant, `flood-${index}`));
    await flood[0];
    const done = await gateway.ledger.submit(gateway.revocation(grant));
    const more = Array.from({ length: 100 }, (_, index) => ask(grant, `late-${index}`));
    const answers = await Promise.all([...flood, ...more]);
    for (const answer of answers) {
      const { block, index } = answer.position;
      const isBefore = block < done.position.block || (block === done.position.block && index < done.position.index);
      if (!isBefore) expect(answer.release.reason).toBe('grant-revoked');
    }
    expect(answers.at(-1)).toMatchObject({ kind: 'DENY', release: { reason: 'grant-revoked' } });
  });
});
