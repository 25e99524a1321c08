import { assessmentsHold, assessParticipant, moveParticipant, nameAt, PARTICIPANT_STATES, participantKeyAt, type ParticipantState, regionLiesIn } from './participant';
import { participantIdSchema } from './primitives';
import { aParticipant, AT, codeOf, DIGEST, FUTURE, PAST } from './testing/builders';

const PLATFORM_STEPS = ['APPLIED SECURITY_ASSESSED', 'APPLIED EXITED', 'SECURITY_ASSESSED AUTHORIZATION_ASSESSED', 'SECURITY_ASSESSED EXITED', 'AUTHORIZATION_ASSESSED ADMITTED', 'AUTHORIZATION_ASSESSED EXITED', 'ADMITTED SUSPENDED', 'ADMITTED EXITED', 'SUSPENDED ADMITTED', 'SUSPENDED EXITED'];
const OTHER_STEPS = ['APPLIED ADMITTED', 'APPLIED EXITED', 'ADMITTED SUSPENDED', 'ADMITTED EXITED', 'SUSPENDED ADMITTED', 'SUSPENDED EXITED'];

function steps(role: 'platform' | 'recipient'): string[] {
  return PARTICIPANT_STATES.flatMap((from) => PARTICIPANT_STATES.filter((to) => codeOf(() => moveParticipant(aParticipant('one', role, { state: from }), to)) === 'not refused').map((to) => `${from} ${to}`));
}

function assessed(state: ParticipantState, kind: 'SECURITY' | 'AUTHORIZATION', assessor: string, until = FUTURE, assessments = {}) {
  return assessParticipant(aParticipant('one', 'platform', { state, assessments }), kind, { assessor, documentDigest: DIGEST, at: AT, until });
}

describe('a participant', () => {
  it('moves by the steps of its life and by no other', () => {
    expect(steps('platform').sort()).toEqual(PLATFORM_STEPS.sort());
    const states = (list: string[]) => list.filter((step) => !step.includes('_ASSESSED')).sort();
    expect(states(steps('recipient'))).toEqual(OTHER_STEPS.sort());
  });

  it('is assessed by two different assessors, security first', () => {
    const first = assessed('APPLIED', 'SECURITY', 'assessor-one');
    expect(first.state).toBe('SECURITY_ASSESSED');
    expect(codeOf(() => assessed('APPLIED', 'AUTHORIZATION', 'assessor-two'))).toBe('state-conflict');
    expect(codeOf(() => assessParticipant(first, 'AUTHORIZATION', { assessor: 'assessor-one', documentDigest: DIGEST, at: AT, until: FUTURE }))).toBe('state-conflict');
    expect(codeOf(() => assessed('APPLIED', 'SECURITY', 'assessor-one', AT))).toBe('period-invalid');
    expect(codeOf(() => assessed('EXITED', 'SECURITY', 'assessor-one'))).toBe('state-conflict');
  });

  it('renews an assessment without leaving its state', () => {
    expect(assessed('SUSPENDED', 'SECURITY', 'assessor-one').state).toBe('SUSPENDED');
    expect(assessed('ADMITTED', 'AUTHORIZATION', 'assessor-one')).toMatchObject({ state: 'ADMITTED', version: 2 });
  });

  it('needs both assessments at the instant, as a platform', () => {
    const platform = aParticipant('one', 'platform');
    expect(assessmentsHold(platform, '2029-12-31T23:59:59.999Z')).toBe(true);
    expect(assessmentsHold(platform, FUTURE)).toBe(false);
    expect(assessmentsHold({ ...platform, assessments: {} }, AT)).toBe(false);
    expect(assessmentsHold(aParticipant('two', 'recipient'), AT)).toBe(true);
  });

  it('signs with a key in its time only', () => {
    const key = { keyId: '1'.repeat(32), publicKey: 'A'.repeat(122), from: PAST, until: AT };
    const one = aParticipant('one', 'recipient', { keys: [key] });
    expect(participantKeyAt(one, key.keyId, PAST)).toEqual(key);
    expect(participantKeyAt(one, key.keyId, AT)).toBeUndefined();
    expect(participantKeyAt(one, key.keyId, '2024-12-31T23:59:59.999Z')).toBeUndefined();
    expect(participantKeyAt(one, '2'.repeat(32), PAST)).toBeUndefined();
  });

  it('is named as it was at the date', () => {
    const renamed = aParticipant('pbc', 'regulator', { names: [{ from: '2023-08-18', zh: '陕西省分行', en: 'Branch' }, { from: '2022-09-02', zh: '西安分行', en: 'Xian' }] });
    expect([nameAt(renamed, '2023-08-17').zh, nameAt(renamed, '2023-08-18').zh, nameAt(renamed, '2020-01-01').zh]).toEqual(['西安分行', '陕西省分行', '西安分行']);
  });

  it('has an id that names no member of every object', () => {
    expect(participantIdSchema.safeParse('constructor').success).toBe(false);
    expect(participantIdSchema.safeParse('constructor-bank').success).toBe(true);
  });
});

describe('a territory', () => {
  it('is a province or a city with all that lies in it, or one county', () => {
    expect(['610000', '610100', '610102', '620000', '620102'].map((region) => regionLiesIn(region, ['610000']))).toEqual([true, true, true, false, false]);
    expect(['610000', '610100', '610102', '610200', '611002'].map((region) => regionLiesIn(region, ['610100']))).toEqual([false, true, true, false, false]);
    expect(['610100', '610102', '610103'].map((region) => regionLiesIn(region, ['610102']))).toEqual([false, true, false]);
    expect([regionLiesIn('610100', []), regionLiesIn('610403', ['610100', '610403'])]).toEqual([false, true]);
  });
});
