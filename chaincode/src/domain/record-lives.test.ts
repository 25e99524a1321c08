import { ITEM_STATES, itemVersionIsCovered, moveItem, needsSeparateConsent } from './catalogue-item';
import { attestDeletion, DELETION_STATES, type Deletion } from './deletion';
import { DISPUTE_STATES, markOf, moveDispute, setMark, settleMark, type Dispute } from './dispute';
import { ENTERPRISE_STATES, marksOn, moveEnterprise } from './enterprise';
import { GRANT_ACTIONS } from './statement';
import { GRANT_STATES, isActiveAt, supersedeGrant, transitGrant } from './grant';
import { grantRequestStateAt, type GrantRequest } from './grant-request';
import { INGEST_STATES, moveBatch, type IngestBatch } from './ingest-batch';
import { LOAN_STATES, moveLoan } from './loan';
import { frequencyIsWithin, monthsIn } from './purpose';
import { releaseStateAt, type Release } from './release';
import { aGrant, aLoan, anEnterprise, anItem, anItemRule, AT, codeOf, DIGEST } from './testing/builders';

/** Every step that `move` takes, as `FROM>TO …`. */
function stepsOf<S extends string>(states: readonly S[], move: (from: S, to: S) => unknown): string[] {
  return states.map((from) => `${from}>${states.filter((to) => codeOf(() => move(from, to)) === 'not refused').join(' ')}`);
}

const DISPUTE: Dispute = { id: 'd1'.repeat(16), enterprise: 'e1'.repeat(16), filedBy: 'PRINCIPAL', platform: 'city-platform', item: 'TAX-01', reason: 'row-is-wrong', textDigest: DIGEST, state: 'FILED', filedAt: AT, changedAt: AT, version: 1 };

describe('the lives of records', () => {
  it('of a catalogue item', () => {
    expect(stepsOf(ITEM_STATES, (state, to) => moveItem(anItem('TAX-01', { state }), to))).toEqual(['PLANNED>CONNECTED WITHDRAWN', 'CONNECTED>INTERRUPTED WITHDRAWN', 'INTERRUPTED>CONNECTED WITHDRAWN', 'WITHDRAWN>']);
  });

  it('of an EXPLORATORY item, connected only with its statement', () => {
    const item = anItem('OPS-01', { class: 'EXPLORATORY', state: 'PLANNED' });
    expect(codeOf(() => moveItem(item, 'CONNECTED'))).toBe('document-required');
    expect(moveItem({ ...item, noTradeSecretDigest: DIGEST }, 'CONNECTED').state).toBe('CONNECTED');
  });

  it('of an enterprise', () => {
    expect(stepsOf(ENTERPRISE_STATES, (state, to) => moveEnterprise(anEnterprise({ state }), to))).toEqual([
      'OPERATING>DORMANT LICENCE_REVOKED LIQUIDATING BANKRUPT DEREGISTERED', 'DORMANT>OPERATING LICENCE_REVOKED LIQUIDATING BANKRUPT DEREGISTERED', 'LICENCE_REVOKED>LIQUIDATING BANKRUPT DEREGISTERED', 'LIQUIDATING>BANKRUPT DEREGISTERED', 'BANKRUPT>DEREGISTERED', 'DEREGISTERED>',
    ]);
  });

  it('of a loan', () => {
    expect(stepsOf(LOAN_STATES, (state, to) => moveLoan(aLoan({ state }), to, { at: AT }))).toEqual([
      'APPLIED>REFUSED WITHDRAWN APPROVED', 'REFUSED>', 'WITHDRAWN>', 'APPROVED>WITHDRAWN DRAWN', 'DRAWN>NORMAL OVERDUE SETTLED', 'NORMAL>NORMAL OVERDUE SETTLED', 'OVERDUE>NORMAL OVERDUE SETTLED WRITTEN_OFF', 'SETTLED>', 'WRITTEN_OFF>',
    ]);
    expect(moveLoan(aLoan({ state: 'NORMAL', amountFen: 5 }), 'NORMAL', { repaidFen: 2, at: AT })).toMatchObject({ amountFen: 5, repaidFen: 2, changedAt: AT, version: 2 });
  });

  it('of a batch', () => {
    const batch = (state: IngestBatch['state']) => ({ manifest: {}, signature: {}, state, version: 1 }) as unknown as IngestBatch;
    expect(stepsOf(INGEST_STATES, (state, to) => moveBatch(batch(state), to))).toEqual(['RECEIVED>ACCEPTED RETURNED WITHDRAWN', 'ACCEPTED>WITHDRAWN SUPERSEDED', 'RETURNED>WITHDRAWN', 'WITHDRAWN>', 'SUPERSEDED>']);
  });

  it('of a dispute, and its mark', () => {
    expect(stepsOf(DISPUTE_STATES, (state, to) => moveDispute({ ...DISPUTE, state }, to, AT))).toEqual(['FILED>FORWARDED', 'FORWARDED>UNDER_REVIEW', 'UNDER_REVIEW>CORRECTED CONFIRMED UNDETERMINED', 'CORRECTED>ANSWERED', 'CONFIRMED>ANSWERED', 'UNDETERMINED>ANSWERED', 'ANSWERED>CLOSED', 'CLOSED>']);
    const marked = setMark(anEnterprise(), markOf(DISPUTE));
    expect(marksOn(marked, 'TAX-01', 'ba'.repeat(16))).toEqual([DISPUTE.id]);
    expect(marksOn(marked, 'TAX-02', undefined)).toEqual([]);
    expect(settleMark(marked, DISPUTE.id, 'CORRECTED').marks).toEqual([]);
    expect(settleMark(marked, DISPUTE.id, 'CONFIRMED').marks).toEqual([]);
    expect(settleMark(marked, DISPUTE.id, 'UNDETERMINED').marks).toEqual([{ ...markOf(DISPUTE), undetermined: true }]);
    expect(settleMark(marked, 'd2'.repeat(16), 'CORRECTED').marks).toHaveLength(1);
  });

  it('of a deletion, and its reason while it is only stored', () => {
    const deletion = (state: Deletion['state']) => ({ id: 'de'.repeat(16), state, reason: 'kept-by-law', version: 1 }) as unknown as Deletion;
    const move = (state: Deletion['state'], to: Deletion['state']) => attestDeletion(deletion(state), { result: to as 'DELETED', documentDigest: DIGEST, ...(to === 'STORAGE_ONLY' ? { reason: 'kept-by-law' } : {}) }, AT);
    expect(stepsOf(DELETION_STATES, move)).toEqual(['ASKED>DELETED STORAGE_ONLY', 'DELETED>', 'STORAGE_ONLY>DELETED']);
    expect(move('STORAGE_ONLY', 'DELETED')).toEqual({ id: deletion('ASKED').id, state: 'DELETED', documentDigest: DIGEST, changedAt: AT, version: 2 });
    expect(codeOf(() => attestDeletion(deletion('ASKED'), { result: 'STORAGE_ONLY', documentDigest: DIGEST }, AT))).toBe('state-conflict');
    expect(codeOf(() => attestDeletion(deletion('ASKED'), { result: 'DELETED', documentDigest: DIGEST, reason: 'kept-by-law' }, AT))).toBe('state-conflict');
  });

  it('of a mark on one batch, which other batches do not carry', () => {
    const marked = setMark(anEnterprise(), markOf({ ...DISPUTE, batchId: 'ba'.repeat(16) }));
    expect([marksOn(marked, 'TAX-01', 'ba'.repeat(16)), marksOn(marked, 'TAX-01', 'bb'.repeat(16)), marksOn(marked, 'TAX-01', undefined)]).toEqual([[DISPUTE.id], [], []]);
  });

  it('of a grant', () => {
    const after = GRANT_STATES.map((state) => `${state}>${GRANT_ACTIONS.map((action) => { try { return transitGrant(aGrant({ state }), action, 1, 'principal-decided', AT).state; } catch { return '-'; } }).join(' ')}`);
    expect(after).toEqual(['ACTIVE>REVOKED SUSPENDED -', 'SUSPENDED>REVOKED - ACTIVE', 'REVOKED>- - -', 'SUPERSEDED>- - -']);
    expect(codeOf(() => transitGrant(aGrant({ version: 2 }), 'REVOKE', 1, 'principal-decided', AT))).toBe('version-conflict');
    expect(codeOf(() => transitGrant(aGrant(), 'REVOKE', 2, 'principal-decided', AT))).toBe('version-conflict');
  });

  it('of a grant that is superseded', () => {
    expect(supersedeGrant(aGrant({ state: 'SUSPENDED' }), 1, '91'.repeat(16), AT)).toMatchObject({ state: 'SUPERSEDED', supersededBy: '91'.repeat(16), version: 2 });
    expect(codeOf(() => supersedeGrant(aGrant(), 2, '91'.repeat(16), AT))).toBe('version-conflict');
    for (const state of ['REVOKED', 'SUPERSEDED'] as const) expect(codeOf(() => supersedeGrant(aGrant({ state }), 1, '91'.repeat(16), AT))).toBe('state-conflict');
  });

  it('of a grant in its half-open period', () => {
    const grant = aGrant();
    expect([isActiveAt(grant, grant.from), isActiveAt(grant, grant.until), isActiveAt(aGrant({ state: 'SUSPENDED' }), grant.from)]).toEqual([true, false, false]);
  });

  it('of a request, which lapses at its end', () => {
    const request = { state: 'PENDING', until: AT } as GrantRequest;
    expect([grantRequestStateAt(request, '2026-06-15T01:59:59.999Z'), grantRequestStateAt(request, AT), grantRequestStateAt({ ...request, state: 'DECLINED' }, AT)]).toEqual(['PENDING', 'LAPSED', 'DECLINED']);
  });

  it('of a release, UNRESOLVED from the end of the time for its outcome', () => {
    const release = { decision: 'PERMIT', claimedTime: AT } as Release;
    expect(releaseStateAt(release, undefined, 1000, '2026-06-15T02:00:00.999Z')).toBe('PENDING');
    expect(releaseStateAt(release, undefined, 1000, '2026-06-15T02:00:01.000Z')).toBe('UNRESOLVED');
    expect(releaseStateAt(release, { releaseId: 'x', outcome: 'PARTIAL', bytesSent: 1, at: AT }, 1000, AT)).toBe('PARTIAL');
    expect(releaseStateAt({ ...release, decision: 'DENY' }, undefined, 1000, AT)).toBe('DENIED');
  });
});

describe('items and purposes', () => {
  it('cover versions from the last wider one to the present', () => {
    const rule = anItemRule({ version: 4, coveredSince: 2 });
    expect([1, 2, 4, 5].map((version) => itemVersionIsCovered(rule, version))).toEqual([false, true, true, false]);
  });

  it('need a tick for RAW, PERSON and EXPLORATORY', () => {
    expect([needsSeparateConsent(anItemRule(), 'SUMMARY'), needsSeparateConsent(anItemRule(), 'RAW'), needsSeparateConsent(anItemRule({ subject: 'PERSON' }), 'ANSWER'), needsSeparateConsent(anItemRule({ class: 'EXPLORATORY' }), 'ANSWER'), needsSeparateConsent(anItemRule({ subject: 'MIXED' }), 'ANSWER')]).toEqual([false, true, true, true, false]);
  });

  it('count months inclusively and compare frequencies by their month', () => {
    expect([monthsIn({ from: '2026-03', to: '2026-03' }), monthsIn({ from: '2025-12', to: '2026-01' }), monthsIn({ from: '2023-01', to: '2025-12' })]).toEqual([1, 2, 36]);
    expect([frequencyIsWithin({ times: 31, per: 'MONTH' }, { times: 1, per: 'DAY' }), frequencyIsWithin({ times: 32, per: 'MONTH' }, { times: 1, per: 'DAY' }), frequencyIsWithin({ times: 1, per: 'DAY' }, { times: 30, per: 'MONTH' })]).toEqual([true, false, false]);
  });
});
