import { authorityIsReached, confirmKey, isKeyLive, mandateFor, replacesKey } from './signatory';
import { anEnterprise, aSigningKey, AT, codeOf, FUTURE, PAST, someSignatories } from './testing/builders';

const OTHER = 'ab'.repeat(16);

describe('a signing key', () => {
  it.each([
    ['confirmed and in its period', {}, {}, true],
    ['at the instant it begins', { from: AT }, {}, true],
    ['a millisecond before it begins', { from: '2026-06-15T02:00:00.001Z' }, {}, false],
    ['at the instant it ends', { until: AT }, {}, false],
    ['not yet confirmed', { state: 'REGISTERED' }, {}, false],
    ['lost', { state: 'LOST' }, {}, false],
    ['objected to', { state: 'OBJECTED' }, {}, false],
    ['ended', { state: 'ENDED' }, {}, false],
    ["a former legal representative's", { holder: OTHER }, {}, false],
    ["a former operator's", { holder: OTHER, capacity: 'OPERATOR' }, {}, false],
    ["a handler's, whomever the registry names", { holder: OTHER, capacity: 'HANDLER' }, {}, true],
    ["the legal representative's of a bankrupt firm", {}, { state: 'BANKRUPT' }, false],
    ["the administrator's of a bankrupt firm", { capacity: 'ADMINISTRATOR', holder: OTHER }, { state: 'BANKRUPT' }, true],
  ] as const)('%s', (_name, key, enterprise, live) => {
    expect(isKeyLive(aSigningKey(key), anEnterprise(enterprise), AT)).toBe(live);
  });

  it('replaces a live or lost one of its capacity, not an ended one', () => {
    const replaces = (change: Parameters<typeof aSigningKey>[0]) => replacesKey(someSignatories([aSigningKey(change)]), anEnterprise(), 'LEGAL_REPRESENTATIVE', AT);
    expect([replaces({}), replaces({ state: 'LOST' }), replaces({ state: 'ENDED' }), replaces({ state: 'OBJECTED' }), replaces({ until: AT }), replaces({ capacity: 'HANDLER' })]).toEqual([true, true, false, false, false, false]);
  });

  it('counts at once as the first, as a replacement only 72 h after its notice', () => {
    const registered = aSigningKey({ state: 'REGISTERED' });
    const wait = 72 * 3_600_000;
    expect(confirmKey(registered, false, wait, AT)).toMatchObject({ state: 'CONFIRMED', from: AT });
    expect(codeOf(() => confirmKey(registered, true, wait, AT))).toBe('state-conflict');
    const noticed = { ...registered, noticeAt: '2026-06-12T02:00:00.000Z' };
    expect(codeOf(() => confirmKey(noticed, true, wait, '2026-06-15T01:59:59.999Z'))).toBe('state-conflict');
    expect(confirmKey(noticed, true, wait, AT).state).toBe('CONFIRMED');
    expect(codeOf(() => confirmKey(aSigningKey(), false, wait, AT))).toBe('state-conflict');
  });
});

describe('authority', () => {
  it('is one of the alternatives as a whole', () => {
    const company = anEnterprise();
    const alternatives = [['LEGAL_REPRESENTATIVE'], ['HANDLER', 'MANAGING_PARTNER']] as const;
    expect(authorityIsReached(alternatives, new Set(['LEGAL_REPRESENTATIVE'] as const), company)).toBe(true);
    expect(authorityIsReached(alternatives, new Set(['HANDLER'] as const), company)).toBe(false);
    expect(authorityIsReached(alternatives, new Set(['HANDLER', 'MANAGING_PARTNER'] as const), company)).toBe(true);
    expect(authorityIsReached(alternatives, new Set(['ADMINISTRATOR'] as const), company)).toBe(false);
    expect(authorityIsReached(alternatives, new Set(['LEGAL_REPRESENTATIVE'] as const), anEnterprise({ state: 'BANKRUPT' }))).toBe(false);
    expect(authorityIsReached(alternatives, new Set(['LIQUIDATOR'] as const), anEnterprise({ state: 'LIQUIDATING' }))).toBe(true);
  });

  it('of a handler lasts as long as the mandate', () => {
    const mandate = { id: '77'.repeat(16), holder: OTHER, templates: ['PRE-LOAN'], longestPeriodDays: 30, from: PAST, until: FUTURE };
    const signatories = someSignatories([], { mandates: [mandate] });
    expect(mandateFor(signatories, OTHER, 'PRE-LOAN', 30, PAST)).toEqual(mandate);
    expect(mandateFor(signatories, OTHER, 'PRE-LOAN', 31, AT)).toBeUndefined();
    expect(mandateFor(signatories, OTHER, 'PRE-LOAN', 30, FUTURE)).toBeUndefined();
    expect(mandateFor(signatories, OTHER, 'EVALUATION', 30, AT)).toBeUndefined();
  });
});
