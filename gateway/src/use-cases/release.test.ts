import { canonicalJson, fromBase64url, saltedDigest, type Grant } from '@kesu/chaincode/domain';
import { release } from './release';
import { settle } from './settle';
import { ReleaseWorld } from './testing/release-world';

describe('a release', () => {
  let gateway: ReleaseWorld;
  beforeEach(async () => {
    gateway = await ReleaseWorld.open();
  });
  afterEach(() => gateway.dispose());

  let keys = 0;
  const ask = (grant: Grant, idempotencyKey = `key-${keys++}`) => release(gateway.parts, { requester: gateway.requester('platform'), request: gateway.request(grant), idempotencyKey });
  const caughtUp = () => gateway.projection.caughtUp();

  it('is recorded before it is handed out, with a receipt whose salt opens the digest', async () => {
    const { grant } = await gateway.world.giveGrant();
    await caughtUp();
    const answer = await ask(grant);
    expect(answer).toMatchObject({ kind: 'PERMIT', release: { decision: 'PERMIT', grantId: grant.id, sender: 'provincial-node' } });
    if (answer.kind !== 'PERMIT' || answer.data === null) throw new Error('no data');
    expect(answer.data.items.map((item) => item.rule)).toEqual(['TAX-01/ANSWER/1', 'TAX-02/ANSWER/1']);
    expect(saltedDigest(fromBase64url(answer.receipt.salt ?? '') ?? new Uint8Array(), answer.data)).toBe(answer.receipt.payloadDigest);
    expect(answer.release.byteCount).toBe(Buffer.byteLength(canonicalJson(answer.data)));
    await caughtUp();
    expect(gateway.projection.release(answer.release.id)?.position).toEqual(answer.position);
    await settle(gateway.parts, answer.release.id, { outcome: 'DELIVERED', bytesSent: 100 });
    await gateway.parts.outcomes.flush();
    await caughtUp();
    expect(gateway.projection.release(answer.release.id)?.outcome).toMatchObject({ outcome: 'DELIVERED', bytesSent: 100 });
  });
});
