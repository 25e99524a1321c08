import { createHash } from 'node:crypto';
import { DENY_REASONS } from '@kesu/chaincode/domain';
import { catalogueItemOf, CATALOGUE } from './catalogue';
import { DENIALS } from './denials';
import { makeEnterprises } from './enterprises';
import { organisationOf, ORGANISATIONS } from './organisations';
import { GRANT_FATES, makeScenario } from './scenario';
import { DEMONSTRATION_DAYS, type Step } from './step';
import { makeStories, nationalDayOf } from './stories';
import { templateOf, TEMPLATES } from './templates';

const START = '2026-08-25T00:00:00.000Z';
const ENTERPRISES = makeEnterprises(1);
const SCENARIO = makeScenario(1, START, ENTERPRISES);
const STORIES = makeStories(START);

const digestOfAll = (seed: number): string => {
  const enterprises = makeEnterprises(seed);
  const everything = { ORGANISATIONS, CATALOGUE, TEMPLATES, enterprises, stories: makeStories(START), scenario: makeScenario(seed, START, enterprises) };
  return createHash('sha256').update(JSON.stringify(everything)).digest('hex');
};

const verbs = <V extends Step['verb']>(verb: V): Extract<Step, { verb: V }>[] => SCENARIO.steps.filter((step): step is Extract<Step, { verb: V }> => step.verb === verb);
const letters = verbs('GRANT').flatMap((step) => step.letters);

describe('the scenario', () => {
  test('is the same for one seed and start, and another for another seed', () => {
    expect(digestOfAll(1)).toBe(digestOfAll(1));
    expect(digestOfAll(2)).not.toBe(digestOfAll(1));
  });

  test('lies within its 90 days, in order of time', () => {
    const times = SCENARIO.steps.map((step) => step.day * 1440 + step.minute);
    expect(times).toEqual([...times].sort((a, b) => a - b));
    for (const { day, minute } of SCENARIO.steps) {
      expect(day >= 0 && day < DEMONSTRATION_DAYS).toBe(true);
      expect(minute >= 0 && minute < 1440).toBe(true);
    }
  });

  test('registers each enterprise once, before anything else happens to it', () => {
    const registered = new Set<string>();
    for (const step of SCENARIO.steps) {
      if (step.verb === 'REGISTER') {
        expect(registered.has(step.enterprise)).toBe(false);
        registered.add(step.enterprise);
      } else if ('enterprise' in step) expect(registered).toContain(step.enterprise);
    }
    expect(registered.size).toBe(1000);
  });

  test('leaves grants in every state, active ones most often', () => {
    const counts = GRANT_FATES.map((fate) => Object.values(SCENARIO.fates).filter((one) => one === fate).length);
    for (const count of counts) expect(count).toBeGreaterThanOrEqual(20);
    expect(Math.max(...counts)).toBe(counts[0]);
    expect(Object.keys(SCENARIO.fates).length).toBeGreaterThan(450);
  });

  test('denies for every reason of the closed list', () => {
    const denied = new Set(verbs('DENY').map((step) => step.reason));
    expect(DENY_REASONS.filter((reason) => !denied.has(reason))).toEqual([]);
    expect(Object.keys(DENIALS)).toEqual([...DENY_REASONS]);
  });

  test('leaves requests pending, lapsed and declined', () => {
    const declined = new Set(verbs('DECLINE').map((step) => step.request));
    const open = verbs('REQUEST').filter((step) => !declined.has(step.request));
    expect(declined.size).toBeGreaterThan(5);
    expect(open.filter((step) => step.untilDay >= DEMONSTRATION_DAYS).length).toBeGreaterThan(10);
    expect(open.filter((step) => step.untilDay < DEMONSTRATION_DAYS).length).toBeGreaterThan(5);
  });

  test('names grants and releases once', () => {
    const names = letters.map((letter) => letter.grant);
    expect(new Set(names).size).toBe(names.length);
    const releases = verbs('RELEASE').map((step) => step.release);
    expect(new Set(releases).size).toBe(releases.length);
  });

  test('suspends or merges no platform of a real city', () => {
    for (const step of verbs('PARTICIPANT')) expect(organisationOf(step.participant).regions).toEqual(['619921']);
  });

  test('names parties, templates and items that exist, and ticks what needs a tick', () => {
    for (const letter of letters) {
      expect(organisationOf(letter.platform).role).toBe('platform');
      if (letter.recipient !== 'ANY' && letter.recipient !== letter.platform) expect(organisationOf(letter.recipient).memberOf).toContain(letter.platform);
      expect(letter.items.length).toBeGreaterThan(0);
      for (const item of letter.items) {
        const offered = templateOf(letter.template).items.find((one) => one.code === item.code);
        expect(offered?.granularities).toContain(item.granularity);
        const { class: itemClass, subject } = catalogueItemOf(item.code);
        const needsTick = itemClass === 'EXPLORATORY' || subject === 'PERSON' || item.granularity === 'RAW';
        expect(item.separateConsent === true).toBe(needsTick);
      }
    }
  });
});

describe('the six stories', () => {
  test('are six, told in both languages, and part of the scenario', () => {
    expect(STORIES.map((story) => story.id)).toEqual(['first-loan', 'revocation', 'cooperative', 'wrong-tax-row', 'enforcement', 'platform-merged']);
    const told = STORIES.flatMap((story) => story.steps);
    expect(told.filter((step) => !/\p{Script=Han}/u.test(step.zh) || step.en.length < 5 || /\p{Script=Han}/u.test(step.en))).toEqual([]);
    expect(told.filter((step) => !SCENARIO.steps.some((one) => JSON.stringify(one) === JSON.stringify(step)))).toEqual([]);
  });

  test('take one debt to its certificate of enforcement, and its twin to the lawsuit after the refusal', () => {
    const stages = (name: string): string[] => STORIES.flatMap((story) => story.steps).flatMap((step) => (step.verb === 'CASE' && step.case === name ? [step.to] : []));
    expect(stages('enforcement')).toEqual(['NOTARIZED', 'ENFORCEMENT_REQUESTED', 'VERIFYING', 'ENFORCEMENT_CERTIFIED', 'ENFORCEMENT_FILED']);
    expect(stages('refused')).toEqual(['NOTARIZED', 'ENFORCEMENT_REQUESTED', 'VERIFYING', 'ENFORCEMENT_REFUSED', 'LITIGATION']);
  });

  test('the dispute is filed the day before the National Day holiday when the 90 days hold it', () => {
    expect(nationalDayOf(START)).toBe(37);
    expect(nationalDayOf('2026-01-05T00:00:00.000Z')).toBe(40);
    const filed = STORIES[3]?.steps.find((step) => step.verb === 'DISPUTE' && step.to === 'FILED');
    expect(filed?.day).toBe(36);
  });
});
