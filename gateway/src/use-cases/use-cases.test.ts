import { MINUTE_MILLIS, sha256Hex, utf8ToBytes, canonicalJson, type Grant } from '@kesu/chaincode/domain';
import { createPublicKey, verify } from 'node:crypto';
import { CAST, DOCUMENT, ITEMS } from '../testing/test-cast';
import { dryRun } from './dry-run';
import { operationStatus } from './operation';
import { signedReceipt } from './receipt';
import { recordOutcome } from './record-outcome';
import { recordRelease } from './record-release';
import { release } from './release';
import { selfQuery } from './self-query';
import { ReleaseWorld } from './testing/release-world';

describe('beside the release to a bank', () => {
  let gateway: ReleaseWorld;
  beforeEach(async () => {
    gateway = await ReleaseWorld.open();
  });
  afterEach(() => gateway.dispose());

  const given = async (): Promise<Grant> => {
    const { grant } = await gateway.world.giveGrant();
    await gateway.projection.caughtUp();
    return grant;
  };
  const platform = () => gateway.requester('platform');

  it('a platform records what it holds itself, under its own identity, and reports the outcome', async () => {
    const grant = await given();
    const request = gateway.request(grant);
    const sources = request.items.map(({ code }) => gateway.world.sourceOf(code, request.enterprise));
    const held = { requester: platform(), request, idempotencyKey: 'held', payloadDigest: sha256Hex('data'), byteCount: 4, sources };
    const answer = await recordRelease(gateway.parts, held);
    expect(answer).toMatchObject({ kind: 'PERMIT', data: null, release: { sender: CAST.platform, selfReported: true, payloadDigest: sha256Hex('data') } });
    expect(answer).not.toHaveProperty('receipt.salt');
    expect(await recordRelease(gateway.parts, held)).toEqual(answer);
    await expect(recordRelease(gateway.parts, { ...held, byteCount: 5 })).rejects.toMatchObject({ code: 'idempotency-conflict' });
    await gateway.projection.caughtUp();
    const report = { releaseId: answer.release.id, outcome: 'DELIVERED' as const, bytesSent: 4, idempotencyKey: 'outcome' };
    await expect(recordOutcome(gateway.parts, { ...report, requester: gateway.requester('bank') })).rejects.toMatchObject({ code: 'not-found' });
    await recordOutcome(gateway.parts, { ...report, requester: platform() });
    await gateway.projection.caughtUp();
    expect(gateway.projection.release(answer.release.id)?.outcome).toMatchObject({ outcome: 'DELIVERED' });
    await expect(recordRelease(gateway.parts, { ...held, requester: gateway.requester('bank'), idempotencyKey: 'bank' })).rejects.toMatchObject({ code: 'not-allowed' });
  });

  it('a platform is told not to deliver what was recorded too late', async () => {
    const grant = await given();
    const request = gateway.request(grant);
    const sources = request.items.map(({ code }) => gateway.world.sourceOf(code, request.enterprise));
    gateway.ledger.steering.beforeCommit = () => gateway.world.pass(MINUTE_MILLIS + 1);
    const held = { requester: platform(), request, idempotencyKey: 'late', payloadDigest: sha256Hex('data'), byteCount: 4, sources };
    await expect(recordRelease(gateway.parts, held)).rejects.toMatchObject({ code: 'delivery-too-late' });
    gateway.ledger.steering = {};
    await expect(recordRelease(gateway.parts, held)).rejects.toMatchObject({ code: 'delivery-too-late' });
    await gateway.parts.outcomes.flush();
    await gateway.projection.caughtUp();
    expect(gateway.projection.trace('enterprise', grant.enterprise, {}, { limit: 5 }).entries).toMatchObject([{ outcome: { outcome: 'FAILED' } }]);
  });

  it('a platform hands on what its bank asked for and signed', async () => {
    const grant = await given();
    const request = gateway.request(grant);
    const sources = request.items.map(({ code }) => gateway.world.sourceOf(code, request.enterprise));
    const requestSignature = gateway.world.signRequest(CAST.bank, request, 'carried');
    const held = { requester: platform(), requestedBy: CAST.bank, request, requestSignature, idempotencyKey: 'carried', payloadDigest: sha256Hex('data'), byteCount: 4, sources };
    expect(await recordRelease(gateway.parts, held)).toMatchObject({ kind: 'PERMIT', release: { requester: CAST.bank, sender: CAST.platform } });
    await expect(recordRelease(gateway.parts, { ...held, requestedBy: CAST.platform, idempotencyKey: 'other' })).rejects.toMatchObject({ code: 'request-signature-invalid' });
  });

  it('an enterprise gets its own data at every granularity, free and recorded', async () => {
    const { ref } = gateway.world.enterprise;
    const items = [{ code: ITEMS.live, granularity: 'RAW' as const }, { code: ITEMS.live, granularity: 'SCORE' as const }];
    await gateway.projection.caughtUp();
    const answer = await selfQuery(gateway.parts, { requester: { kind: 'ENTERPRISE', ref }, items, idempotencyKey: 'self' });
    expect(answer).toMatchObject({ kind: 'PERMIT', release: { basis: 'SELF', requester: ref, recipient: ref }, data: { items: [{ data: { records: [{ grade: 'A' }, { grade: 'B' }] } }, { data: { score: 900 } }] } });
    expect(gateway.fetches).toBe(1);
    await expect(selfQuery(gateway.parts, { requester: platform(), items, idempotencyKey: 'self' })).rejects.toMatchObject({ code: 'not-allowed' });
    const asked = { requester: platform(), request: { enterprise: ref, recipient: ref, items, purpose: 'EVALUATION' as const, basis: 'SELF' as const }, idempotencyKey: 'not-self' };
    await expect(release(gateway.parts, asked)).rejects.toMatchObject({ code: 'malformed-body' });
  });

  it('an authority queries by law, and nobody else on that basis', async () => {
    const { world } = gateway;
    await world.submit(CAST.node, 'participants:appoint', { id: 'court-one', names: [{ from: '2022-09-02', zh: '示范法院', en: 'Demonstration court' }], mspId: 'NodeMSP', regions: [], documentDigest: DOCUMENT, role: 'court' });
    world.identities.set('court-one', await world.enrol('court-one', 'court', 'NodeMSP'));
    await world.registerRequestKey('court-one');
    await gateway.projection.caughtUp();
    const statutory = { authority: 'court-one', documentDigest: DOCUMENT, officers: ['officer-1', 'officer-2'] };
    const request = { enterprise: world.enterprise.ref, recipient: 'court-one', items: [{ code: ITEMS.live, granularity: 'RAW' as const }], purpose: 'DISPUTE_RESOLUTION' as const, basis: 'STATUTORY' as const, statutory };
    const court = { kind: 'PARTICIPANT' as const, id: 'court-one', role: 'court' as const, demonstration: true };
    expect(await release(gateway.parts, { requester: court, request, idempotencyKey: 'law' })).toMatchObject({ kind: 'PERMIT', release: { basis: 'STATUTORY', statutory } });
    expect(await release(gateway.parts, { requester: platform(), request, idempotencyKey: 'law' })).toMatchObject({ kind: 'DENY', release: { reason: 'basis-not-allowed' } });
  });

  it('a dry run decides and records nothing', async () => {
    const grant = await given();
    const sent = { requester: platform(), request: gateway.request(grant), idempotencyKey: 'dry' };
    const before = await gateway.ledger.head();
    expect(await dryRun(gateway.parts, sent)).toMatchObject({ decision: 'PERMIT', grantId: grant.id });
    const items = [{ code: ITEMS.live, granularity: 'RAW' as const }];
    expect(await dryRun(gateway.parts, { ...sent, request: gateway.request(grant, { items }) })).toMatchObject({ decision: 'DENY', reason: 'granularity-not-covered', failedItem: ITEMS.live });
    expect(await gateway.ledger.head()).toEqual(before);
    expect(gateway.fetches).toBe(0);
    expect(await release(gateway.parts, sent)).toMatchObject({ kind: 'PERMIT' });
  });

  it('a key tells its own requester what became of it', async () => {
    const grant = await given();
    await expect(operationStatus(gateway.parts, platform(), 'asked')).rejects.toMatchObject({ code: 'not-found' });
    const asked = release(gateway.parts, { requester: platform(), request: gateway.request(grant), idempotencyKey: 'asked' });
    expect(await operationStatus(gateway.parts, platform(), 'asked')).toEqual({ state: 'PENDING' });
    const { release: recorded, position } = await asked;
    await gateway.projection.caughtUp();
    const { block, index, txId } = position;
    expect(await operationStatus(gateway.parts, platform(), 'asked')).toEqual({ state: 'DONE', releaseId: recorded.id, position: { block, index, txId } });
    await expect(operationStatus(gateway.parts, gateway.requester('bank'), 'asked')).rejects.toMatchObject({ code: 'not-found' });
  });

  it('a receipt is signed by a key in the record of the node', async () => {
    const grant = await given();
    const answer = await release(gateway.parts, { requester: platform(), request: gateway.request(grant), idempotencyKey: 'receipt' });
    if (answer.kind !== 'PERMIT') throw new Error('denied');
    const key = gateway.projection.record('participant', CAST.node)?.record.keys.find(({ keyId }) => keyId === answer.receipt.keyId);
    const publicKey = createPublicKey({ key: Buffer.from(key?.publicKey ?? '', 'base64url'), format: 'der', type: 'spki' });
    const bytes = utf8ToBytes(canonicalJson(signedReceipt(gateway.world.ledger.network, answer.release.id, answer.receipt)));
    expect(verify('sha256', bytes, { key: publicKey, dsaEncoding: 'ieee-p1363' }, Buffer.from(answer.receipt.signature, 'base64url'))).toBe(true);
  });
});
