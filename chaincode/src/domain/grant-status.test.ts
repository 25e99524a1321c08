import { grantStatusAt, type StatusFacts } from './grant-status';
import { aGrant, aLoan, anEnterprise, anItemRule, aParticipant, aRuleBook, aTemplateRule, AT } from './testing/builders';

const CAST = [aParticipant('provincial-node', 'provincialNode'), aParticipant('city-platform', 'platform'), aParticipant('example-bank', 'recipient'), aParticipant('tax-bureau', 'provider')];

function facts(change: Partial<StatusFacts> = {}): StatusFacts {
  const participants = Object.fromEntries(CAST.map(({ id, role, mspId }) => [id, { role, mspId }]));
  return { at: AT, ruleBook: aRuleBook({ participants }), enterprise: anEnterprise(), counter: undefined, loan: aLoan(), participants: new Map(CAST.map((one) => [one.id, one])), grant: aGrant(), ...change };
}

describe('the status of a grant', () => {
  it.each([
    ['in force', {}, 'ACTIVE', undefined],
    ['the last millisecond', { at: '2026-07-15T01:59:59.999Z' }, 'ACTIVE', undefined],
    ['the end of the period', { at: '2026-07-15T02:00:00.000Z' }, 'EXPIRED', undefined],
    ['revoked, whatever the time', { grant: aGrant({ state: 'REVOKED', reason: 'principal-decided' }), at: '2027-01-01T00:00:00.000Z' }, 'REVOKED', 'principal-decided'],
    ['superseded', { grant: aGrant({ state: 'SUPERSEDED' }) }, 'SUPERSEDED', undefined],
    ['suspended', { grant: aGrant({ state: 'SUSPENDED', reason: 'key-lost' }) }, 'SUSPENDED', 'key-lost'],
    ['a successor', { enterprise: anEnterprise({ successor: 'ee'.repeat(16) }) }, 'INAPPLICABLE', 'grant-inapplicable'],
    ['a revoked licence', { enterprise: anEnterprise({ state: 'LICENCE_REVOKED' }) }, 'INAPPLICABLE', 'enterprise-not-active'],
    ['an ended loan', { loan: aLoan({ state: 'REFUSED' }) }, 'INAPPLICABLE', 'loan-closed'],
    ['a used one-time grant', { grant: aGrant({ oneTime: true }), counter: { usedBy: 'r.0', times: 1 } }, 'INAPPLICABLE', 'already-used'],
    ['a frequency reached for today ends nothing', { counter: { period: '2026-06-15', times: 2 } }, 'ACTIVE', undefined],
    ['a party suspended', { participants: new Map(CAST.map((one) => [one.id, one.id === 'example-bank' ? { ...one, state: 'SUSPENDED' as const } : one])) }, 'INAPPLICABLE', 'participant-not-admitted'],
    ['its one item withdrawn', { ruleBook: aRuleBook({ participants: facts().ruleBook.participants, items: { 'TAX-01': anItemRule({ state: 'WITHDRAWN' }) } }) }, 'INAPPLICABLE', 'item-withdrawn'],
    ['its template withdrawn for existing grants', { ruleBook: aRuleBook({ participants: facts().ruleBook.participants, templates: { 'PRE-LOAN@1': aTemplateRule({ state: 'WITHDRAWN', withdrawnForExisting: true }) } }) }, 'INAPPLICABLE', 'template-withdrawn'],
    ['to any institution', { grant: aGrant({ recipient: 'ANY' }) }, 'ACTIVE', undefined],
  ] as const)('%s', (_name, change, state, reason) => {
    const shown = grantStatusAt(facts(change));
    expect([shown.state, shown.reason]).toEqual([state, reason]);
  });

  it('stays in force while one of its items is in the catalogue', () => {
    const grant = aGrant({ items: [{ code: 'TAX-01', version: 1, granularity: 'SCORE', separateConsent: false }, { code: 'TAX-02', version: 1, granularity: 'SCORE', separateConsent: false }] });
    const items = { 'TAX-01': anItemRule({ state: 'WITHDRAWN' }), 'TAX-02': anItemRule() };
    expect(grantStatusAt(facts({ grant, ruleBook: aRuleBook({ participants: facts().ruleBook.participants, items }) })).state).toBe('ACTIVE');
  });
});
