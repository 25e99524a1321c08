import { createHash } from 'node:crypto';
import type { Committed } from '@kesu/network';
import { release } from './release';
import { ReleaseWorld } from './testing/release-world';

/** The full sweep runs under `npm run test:full`. */
const INTERLEAVINGS = process.env.KESU_FULL === '1' ? 2_000 : 300;
/** Where a release stands when the revocation is endorsed, and when it is committed. */
const POINTS = ['asked', 'before endorsement', 'endorsed', 'committed'] as const;

/** A number from a seed: the same interleavings in each run. */
function drawn(seed: string, below: number): number {
  return createHash('sha256').update(seed).digest().readUInt32BE(0) % below;
}

async function turns(count: number): Promise<void> {
  for (let turn = 0; turn < count; turn++) await new Promise((resolve) => setImmediate(resolve));
}

interface Counts {
  permitted: number;
  denied: number;
  overtaken: number;
  /** Both in one block, which the writer makes of what waits while it is busy. */
  sameBlock: number;
}

describe('revoke against release', () => {
  let gateway: ReleaseWorld;
  beforeAll(async () => {
    gateway = await ReleaseWorld.open();
  });
  afterAll(() => gateway.dispose());

  it(`leaves no release behind the revocation in ${INTERLEAVINGS} forced interleavings (I1)`, async () => {
    const counts: Counts = { permitted: 0, denied: 0, overtaken: 0, sameBlock: 0 };
    for (let run = 0; run < INTERLEAVINGS; run++) await interleave(run, counts);
    const { sameBlock, ...often } = counts;
    expect(sameBlock).toBeGreaterThan(0);
    for (const count of Object.values(often)) expect(count).toBeGreaterThan(INTERLEAVINGS / 30);
  }, 600_000);

  async function interleave(run: number, counts: Counts): Promise<void> {
    const { grant } = await gateway.world.giveGrant({ purpose: 'RISK_MONITORING' });
    await gateway.projection.caughtUp();
    const revocation = forcedRevocation(run, gateway.revocation(grant));
    const busy = await gateway.world.ledger.endorse(gateway.loanOpening());
    let endorsements = 0;
    gateway.ledger.steering = {
      beforeEndorse: async () => {
        endorsements += 1;
        if (endorsements === 1) await revocation.at(1);
      },
      beforeCommit: async () => {
        if (endorsements > 1) return;
        if (drawn(`${run} busy`, 2) === 0) void gateway.world.ledger.commit(busy);
        await revocation.at(2);
      },
      afterCommit: async () => revocation.at(3),
    };
    await revocation.at(0);
    const answer = await release(gateway.parts, { requester: gateway.requester('platform'), request: gateway.request(grant), idempotencyKey: `run-${run}` });
    gateway.ledger.steering = {};
    await revocation.at(3);
    const { position } = await revocation.done;
    const isSameBlock = answer.position.block === position.block;
    const isBefore = answer.position.block < position.block || (isSameBlock && answer.position.index < position.index);
    counts[answer.kind === 'PERMIT' ? 'permitted' : 'denied'] += 1;
    counts.overtaken += endorsements > 1 ? 1 : 0;
    counts.sameBlock += isSameBlock ? 1 : 0;
    expect(answer).toMatchObject(isBefore ? { kind: 'PERMIT' } : { kind: 'DENY', release: { reason: 'grant-revoked' } });
  }

  /** A revocation that is endorsed at one point of the release and committed at the same or a later one, waited for or not. */
  function forcedRevocation(run: number, call: ReturnType<ReleaseWorld['revocation']>) {
    const endorseAt = drawn(`${run} endorse`, POINTS.length);
    const commitAt = endorseAt + drawn(`${run} commit`, POINTS.length - endorseAt);
    let endorsement: ReturnType<typeof gateway.world.ledger.endorse> | undefined;
    let tell: (committed: Promise<Committed>) => void = () => undefined;
    const done = new Promise<Committed>((resolve) => (tell = resolve));
    let isCommitting = false;
    const at = async (point: number): Promise<void> => {
      if (point >= endorseAt) endorsement ??= gateway.world.ledger.endorse(call);
      if (point < commitAt || endorsement === undefined || isCommitting) return;
      isCommitting = true;
      const held = await endorsement;
      const committed = turns(drawn(`${run} late`, 3)).then(() => gateway.world.ledger.commit(held));
      tell(committed);
      if (drawn(`${run} wait`, 3) === 0) await committed;
      else await turns(drawn(`${run} turns`, 3));
    };
    return { at, done };
  }
});
