import { HOUR_MILLIS } from '@kesu/chaincode/domain';
import type { CommittedBlock } from '@kesu/network';
import { CAST } from '../../testing/test-cast';
import { TestWorld } from '../../testing/test-world';

/**
 * The blocks of a ledger on which everything happened that the projection folds: several enterprises, grants in every
 * state, releases and denials alone and in batches, requests without payload, outcomes, acknowledgements, a use given
 * back, loans, disputes, closed and repeated operations, blocks of several transactions and transactions that lost a race.
 */
export async function aLivedLedger(): Promise<readonly CommittedBlock[]> {
  const world = await TestWorld.open();
  try {
    const other = await world.addEnterprise({ kind: 'INDIVIDUAL_BUSINESS', capacity: 'OPERATOR' });
    for (const by of [world.enterprise, other, world.enterprise]) {
      await liveWithGrants(world, by);
      world.pass(HOUR_MILLIS);
    }
    await endOperations(world);
    await raceForAGrant(world);
    const { block } = await world.ledger.head();
    const blocks: CommittedBlock[] = [];
    for await (const committed of world.ledger.blocks(0, new AbortController().signal)) {
      blocks.push(committed);
      if (committed.block === block) break;
    }
    return blocks;
  } finally {
    await world.dispose();
  }
}

async function liveWithGrants(world: TestWorld, by: TestWorld['enterprise']): Promise<void> {
  const { grant } = await world.giveGrant({ by });
  const once = (await world.giveGrant({ by, oneTime: true, purpose: 'EVALUATION' })).grant;
  const [first, , third] = await world.recordBatch([{ grant }, { grant: once }, { grant: once }, { grant, purpose: 'RISK_MONITORING' }, { grant, payload: false }, {}]);
  if (first?.kind === 'RECORDED') {
    await world.reportOutcome(first.release.id);
    await world.acknowledge(first.release);
  }
  if (third?.kind !== 'RECORDED') throw new Error('a denial is recorded');
  await world.transit(grant.id, 'SUSPEND');
  await Promise.all([world.recordRelease({ grant }), world.openLoan(by), world.dispute(by)]);
  await world.transit(grant.id, 'RESUME');
  world.pass(HOUR_MILLIS);
  const failed = await world.recordRelease({ grant });
  if (failed.decision === 'PERMIT') await world.reportOutcome(failed.id, 'FAILED');
  await world.revoke(grant.id);
  await world.recordRelease({ grant });
  await world.advanceLoan(grant.loanRef ?? '', 'REFUSED');
}

async function endOperations(world: TestWorld): Promise<void> {
  await world.submit(CAST.node, 'operations:close', { operation: world.nextId() });
  const command = { operation: world.nextId(), ref: world.nextId(), enterprise: world.enterprise.ref, recipient: CAST.bank, platform: CAST.platform, product: 'CREDIT-1' };
  await world.submit(CAST.platform, 'loans:open', command);
  world.pass(1_000);
  await world.submit(CAST.platform, 'loans:open', command);
}

/** Several releases of one grant with a limit at once: one wins, the others stay in their block as invalid, then come again. */
async function raceForAGrant(world: TestWorld): Promise<void> {
  const { grant } = await world.giveGrant();
  await Promise.all([world.recordRelease({ grant }), world.recordRelease({ grant }), world.recordRelease({ grant })]);
}
