import { AT, codeOf, DIGEST, ENTERPRISE_REF, LOAN_REF, without } from '../testing/builders';
import { actorOn, CASE_ACTORS, CASE_KINDS, CASE_STATES, changeCertificate, isCaseOpen, issueCertificate, litigationFrom, moveCase, openedCase, packageDigest, type CaseActor, type CaseKind, type CaseState, type EvidenceCase } from './evidence-case';
import { CASE_KIND_WORDS, CASE_STATE_WORDS, ITEM_KIND_WORDS, LODGED_NOT_NOTARIZED } from './case-words';

const CASE: EvidenceCase = openedCase({ id: 'ca'.repeat(16), kind: 'ENFORCEABLE_DEBT', party: 'RECIPIENT', enterprise: ENTERPRISE_REF, platform: 'city-platform', recipient: 'example-bank', authority: 'example-notary', loanRef: LOAN_REF }, AT);

function stepsOf(kind: CaseKind): string[] {
  const goes = (state: CaseState, to: CaseState): boolean => CASE_ACTORS.some((actor) => codeOf(() => moveCase({ ...CASE, kind, state }, to, actor, AT)) === 'not refused');
  return CASE_STATES.flatMap((state) => CASE_STATES.filter((to) => goes(state, to)).map((to) => `${state}>${to}`));
}

describe('the life of a case', () => {
  const NOTARIAL = ['DRAFT>SUBMITTED', 'SUBMITTED>ACCEPTED', 'SUBMITTED>REJECTED', 'ACCEPTED>REJECTED', 'ACCEPTED>NOTARIZED'];

  it('of an enforceable debt, from its application to the filing of enforcement', () => {
    expect(stepsOf('ENFORCEABLE_DEBT')).toEqual([...NOTARIAL, 'NOTARIZED>DISCHARGED', 'NOTARIZED>ENFORCEMENT_REQUESTED', 'ENFORCEMENT_REQUESTED>VERIFYING', 'VERIFYING>ENFORCEMENT_CERTIFIED', 'VERIFYING>ENFORCEMENT_REFUSED', 'ENFORCEMENT_CERTIFIED>ENFORCEMENT_FILED']);
  });

  it('of a preservation, which ends when the deed is issued', () => {
    expect(stepsOf('PRESERVATION')).toEqual(NOTARIAL);
  });

  it.each(['ARBITRATION', 'LITIGATION'] as const)('of %s', (kind) => {
    expect(stepsOf(kind)).toEqual(['DRAFT>SEALED', 'SEALED>HANDED_OVER', 'HANDED_OVER>RECEIVED', 'RECEIVED>CLOSED']);
  });

  it('is written by the side whose act it is', () => {
    const writers = (to: CaseState): readonly CaseActor[] => CASE_ACTORS.filter((actor) => CASE_KINDS.some((kind) => CASE_STATES.some((state) => codeOf(() => moveCase({ ...CASE, kind, state }, to, actor, AT)) === 'not refused')));
    expect(Object.fromEntries(CASE_STATES.map((state) => [state, writers(state).join(' ')]))).toEqual({
      DRAFT: '', SUBMITTED: 'PARTY', ACCEPTED: 'AUTHORITY', REJECTED: 'AUTHORITY', NOTARIZED: 'AUTHORITY', DISCHARGED: 'PARTY AUTHORITY', ENFORCEMENT_REQUESTED: 'PARTY', VERIFYING: 'AUTHORITY', ENFORCEMENT_CERTIFIED: 'AUTHORITY',
      ENFORCEMENT_REFUSED: 'AUTHORITY', ENFORCEMENT_FILED: 'PARTY', SEALED: 'PARTY', HANDED_OVER: 'PARTY', RECEIVED: 'AUTHORITY NODE', CLOSED: 'AUTHORITY',
    });
    expect(codeOf(() => moveCase(CASE, 'SUBMITTED', undefined, AT))).toBe('not-yours');
    expect(codeOf(() => moveCase(CASE, 'SUBMITTED', 'AUTHORITY', AT))).toBe('role-not-allowed');
    expect(codeOf(() => moveCase(CASE, 'HANDED_OVER', 'PARTY', AT))).toBe('state-conflict');
  });

  it('takes volumes until its end', () => {
    const ends = (kind: CaseKind) => CASE_STATES.filter((state) => !isCaseOpen({ kind, state }));
    expect(ends('PRESERVATION')).toContain('NOTARIZED');
    expect(ends('ENFORCEABLE_DEBT')).not.toContain('NOTARIZED');
    for (const state of ['REJECTED', 'DISCHARGED', 'ENFORCEMENT_REFUSED', 'ENFORCEMENT_FILED'] as const) expect(ends('ENFORCEABLE_DEBT')).toContain(state);
    expect(ends('LITIGATION')).toContain('CLOSED');
  });
});

describe('a case', () => {
  it('is its institution\'s, its platform\'s, its authority\'s and the node\'s to act on', () => {
    const as = (id: string, role: Parameters<typeof actorOn>[1]['role'], party: EvidenceCase['party'] = 'RECIPIENT') => actorOn({ ...CASE, party }, { id, role });
    expect([as('example-bank', 'recipient'), as('city-platform', 'platform'), as('example-notary', 'notary'), as('node', 'provincialNode'), as('other-bank', 'recipient'), as('other-notary', 'notary')]).toEqual(['PARTY', 'PARTY', 'AUTHORITY', 'NODE', undefined, undefined]);
    expect([as('example-bank', 'recipient', 'PRINCIPAL'), as('city-platform', 'platform', 'PRINCIPAL')]).toEqual([undefined, 'PARTY']);
    expect(actorOn(without(CASE, 'authority'), { id: 'x', role: 'court' })).toBeUndefined();
  });

  it('is opened with what its kind needs', () => {
    const { state: _state, volumes: _volumes, openedAt: _opened, changedAt: _changed, version: _version, ...opened } = CASE;
    for (const member of ['recipient', 'authority', 'loanRef'] as const) expect(codeOf(() => openedCase(without(opened, member), AT))).toBe('document-required');
    expect(codeOf(() => openedCase({ ...opened, party: 'PRINCIPAL' }, AT))).toBe('malformed-command');
    expect(codeOf(() => openedCase(without({ ...opened, kind: 'PRESERVATION' as const }, 'authority'), AT))).toBe('document-required');
    expect(openedCase({ id: CASE.id, kind: 'LITIGATION', party: 'PRINCIPAL', enterprise: ENTERPRISE_REF, platform: 'city-platform' }, AT).state).toBe('DRAFT');
  });

  it('whose certificate was refused opens a litigation between the same two over the same loan', () => {
    expect(litigationFrom(CASE, 'cb'.repeat(16), AT)).toEqual({ id: 'cb'.repeat(16), kind: 'LITIGATION', party: 'RECIPIENT', enterprise: ENTERPRISE_REF, platform: 'city-platform', recipient: 'example-bank', loanRef: LOAN_REF, origin: CASE.id, state: 'DRAFT', volumes: [], openedAt: AT, changedAt: AT, version: 1 });
  });

  it('is packed as its sealed volumes in order; what is not sealed is not in it', () => {
    const head = { number: 1, subject: 'CONTRACT' as const, side: 'PARTY' as const, items: 1, digest: DIGEST };
    const network = '0'.repeat(32);
    const one = packageDigest(network, { ...CASE, volumes: [head] });
    expect(packageDigest(network, { ...CASE, volumes: [head, { ...without(head, 'digest'), number: 2 }] })).toBe(one);
    expect(packageDigest(network, { ...CASE, volumes: [head, { ...head, number: 2 }] })).not.toBe(one);
    expect(packageDigest('1'.repeat(32), { ...CASE, volumes: [head] })).not.toBe(one);
  });
});

describe('a certificate', () => {
  it('may be corrected again, and annulled once', () => {
    const change = (to: 'CORRECTED' | 'ANNULLED') => ({ to, reason: 'error-found', documentDigest: DIGEST });
    const corrected = changeCertificate(changeCertificate(issueCertificate(DIGEST, 'example-notary', AT), change('CORRECTED'), AT), change('CORRECTED'), AT);
    expect(corrected).toMatchObject({ state: 'CORRECTED', changes: [{ to: 'CORRECTED', at: AT }, { to: 'CORRECTED' }] });
    const annulled = changeCertificate(corrected, change('ANNULLED'), AT);
    expect(annulled.state).toBe('ANNULLED');
    for (const to of ['CORRECTED', 'ANNULLED'] as const) expect(codeOf(() => changeCertificate(annulled, change(to), AT))).toBe('state-conflict');
  });
});

describe('the words for cases', () => {
  it('never call a record of the ledger a notarization', () => {
    expect(LODGED_NOT_NOTARIZED.zh).toContain('不是公证');
    expect(LODGED_NOT_NOTARIZED.en).toContain('not a notarization');
    const all = [...Object.values(CASE_KIND_WORDS), ...Object.values(CASE_STATE_WORDS), ...Object.values(ITEM_KIND_WORDS)];
    expect(all.every(({ zh, en }) => zh.length > 0 && en.length > 0)).toBe(true);
    expect(Object.values(ITEM_KIND_WORDS).some(({ zh }) => zh.includes('公证'))).toBe(false);
  });
});
