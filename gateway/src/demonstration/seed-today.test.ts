import { instantOf, isKeyLive, type Enterprise, type Signatories } from '@kesu/chaincode/domain';
import { makeEnterprises, RESERVED_ENTERPRISES } from './enterprises';
import { makeScenario } from './scenario';
import { enterprisesOf } from './seed-waves';
import { makeCast } from './seed-ledger';
import { stepsOfToday, TODAY_ENTERPRISES } from './seed-today';
import { FoldedEvents, SeededWorld } from './testing/seeded-world';

const SEED = 20_220_902;
/** The fewest that the demonstration's casts and stories need. */
const FEW = 150;
const enterprises = makeEnterprises(SEED).slice(0, TODAY_ENTERPRISES);
const scenario = makeScenario(SEED, instantOf(Date.UTC(2026, 0, 1)), enterprises);
const ranks = stepsOfToday(scenario.steps, enterprises);

describe('the demonstration of today', () => {
  it('has every step on day 0, and no refusal that time alone brings', () => {
    const steps = ranks.flat();
    expect(new Set(steps.map(({ day }) => day))).toEqual(new Set([0]));
    const reasons = steps.flatMap((step) => (step.verb === 'DENY' ? [step.reason] : []));
    expect(reasons).not.toContain('grant-expired');
    expect(new Set(steps.map(({ verb }) => verb)).size).toBeGreaterThanOrEqual(6);
  });

  it('keeps the order of each enterprise’s steps, one of each at a time', () => {
    for (const rank of ranks) {
      const touched = rank.flatMap(enterprisesOf);
      expect(new Set(touched).size).toBe(touched.length);
    }
    for (const { slug } of enterprises.slice(RESERVED_ENTERPRISES).filter(({ platforms }) => !platforms.includes('lanchuan-platform'))) {
      const verbs = ranks.flat().filter((step) => enterprisesOf(step).includes(slug)).map(({ verb }) => verb);
      const planned = scenario.steps.filter((step) => enterprisesOf(step).includes(slug)).map(({ verb }) => verb);
      const kept = (list: readonly string[]): string[] => list.filter((verb) => verb === 'GRANT' || verb === 'LOAN' || verb === 'REVOKE' || verb === 'RELEASE');
      expect(kept(verbs)).toEqual(kept(planned));
      if (verbs.includes('REVOKE')) expect(verbs.indexOf('REVOKE')).toBeGreaterThan(verbs.indexOf('GRANT'));
    }
  });

  it('has no letter whose period ends before it began, or lasts longer than it was planned', () => {
    const letters = ranks.flat().flatMap((step) => (step.verb === 'GRANT' ? step.letters : []));
    expect(letters.length).toBeGreaterThan(20);
    for (const { untilDay, purpose } of letters) {
      expect(untilDay).toBeGreaterThan(0);
      expect(untilDay).toBeLessThanOrEqual(purpose === 'PRE_LOAN' ? 90 : 365);
    }
  });
});

describe('a ledger filled with the demonstration of today', () => {
  it('has every key of every enterprise live from its registration on, the first that of whom the registry names', async () => {
    const world = await SeededWorld.open();
    const stop = (line: string): void => {
      if (line.endsWith('are registered')) throw new Error('stopped');
    };
    await expect(world.seed({ seed: SEED, count: FEW, days: 0, progress: stop })).rejects.toThrow('stopped');
    const folded = new FoldedEvents(await world.events());
    const { keys } = makeCast({ seed: SEED, count: FEW, days: 0, startAt: instantOf(world.clock.now()), origin: 'http://localhost:8420', rpId: 'localhost' });
    const held = [...keys.values()].filter((made) => made.length > 0);
    expect(held).toHaveLength(folded.all<Enterprise>('enterprise').length);
    for (const made of held) {
      const ref = made[0]?.file.enterprise;
      const [enterprise, signatories] = [folded.record<Enterprise>('enterprise', ref), folded.record<Signatories>('signatories', ref)];
      const live = (signatories?.keys ?? []).filter((key) => enterprise !== undefined && isKeyLive(key, enterprise, instantOf(world.clock.now())));
      expect(live.map(({ keyId }) => keyId).sort()).toEqual(made.map(({ file }) => file.keyId).sort());
      expect([made[0]?.plan.slot, live.find(({ keyId }) => keyId === made[0]?.file.keyId)?.holder]).toEqual(['k1', enterprise?.representative]);
    }
    await world.dispose();
  }, 120_000);
});
