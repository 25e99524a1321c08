import { CAST, DOCUMENT, ITEMS } from './test-cast';
import { aKey } from './test-key';
import { TestWorld, type ReleaseTerms } from './test-world';

/** What the contract remembers (rule books and keys, parsed; signatures, verified ahead) must change no answer. */
describe('the contract', () => {
  let world: TestWorld;
  beforeEach(async () => {
    world = await TestWorld.open();
  });
  afterEach(() => world.dispose());

  const open: ReleaseTerms = { basis: 'PUBLIC', items: [{ code: ITEMS.open, granularity: 'RAW' }], sources: [] };
  const decisionIn = async (where: TestWorld) => {
    const [recorded] = await where.recordBatch([open]);
    return recorded?.kind === 'RECORDED' ? (recorded.release.reason ?? recorded.release.decision) : recorded?.kind;
  };

  it('decides by the rule book in force, of this ledger and of another in the same process', async () => {
    const other = await TestWorld.open();
    try {
      const seen = [await decisionIn(world), await decisionIn(other)];
      await world.submit(CAST.node, 'catalogue:move-item', { code: ITEMS.open, to: 'WITHDRAWN', documentDigest: DOCUMENT });
      seen.push(await decisionIn(world), await decisionIn(other), await decisionIn(world));
      expect(seen).toEqual(['PERMIT', 'PERMIT', 'item-withdrawn', 'PERMIT', 'item-withdrawn']);
    } finally {
      await other.dispose();
    }
  });

  it('answers a batch, whose signatures it verifies ahead, as it answers one by one', async () => {
    const right = await world.releaseRequest(open);
    const other = await world.releaseRequest(open);
    const signature = { ...right.requestSignature, signature: other.requestSignature?.signature ?? '' } as NonNullable<typeof right.requestSignature>;
    const requests = [
      right,
      { ...(await world.releaseRequest(open)), requestSignature: signature },
      { ...(await world.releaseRequest(open)), requester: CAST.bank },
      { ...(await world.releaseRequest(open)), requestSignature: { ...signature, keyId: '0'.repeat(32) } },
      { ...(await world.releaseRequest(open)), selfReported: true },
      other,
    ];
    const answer = async (list: typeof requests) => (await world.submit(CAST.node, 'releases:record', { requests: list })).result.releases.map((release) => (release.kind === 'REFUSED' ? [release.code, release.detail] : release.kind));
    const together = await answer(requests);
    const alone = [];
    for (const request of requests) alone.push(...(await answer([request])));
    expect(together).toEqual(alone);
    expect(together.map((one) => (typeof one === 'string' ? one : one[0]))).toEqual(['RECORDED', 'request-signature-invalid', 'request-signature-invalid', 'request-signature-invalid', 'role-not-allowed', 'RECORDED']);
  });

  it('takes no signature of a key that was replaced, although it has it parsed', async () => {
    const [before] = await world.recordBatch([open]);
    expect(before?.kind).toBe('RECORDED');
    const requests = [await world.releaseRequest(open), await world.releaseRequest(open)];
    await world.submit(CAST.platform, 'participants:register-key', { publicKey: aKey().publicKey, replaces: requests[0]?.requestSignature?.keyId ?? '' });
    world.pass(1_000);
    const { result } = await world.submit(CAST.node, 'releases:record', { requests });
    expect(result.releases.map((one) => (one.kind === 'REFUSED' ? one.code : one.kind))).toEqual(['request-signature-invalid', 'request-signature-invalid']);
  });
});
