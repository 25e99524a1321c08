import { instantOf } from '@kesu/chaincode/domain';
import { makeEnterprises, RESERVED_ENTERPRISES } from './enterprises';
import { makeScenario } from './scenario';
import { enterprisesOf } from './seed-waves';
import { stepsOfToday, TODAY_ENTERPRISES } from './seed-today';

const SEED = 20_220_902;
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
