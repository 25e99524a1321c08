import { DAY_MILLIS, digestOf, DomainError, shanghaiDate, sumOwed, type EvidenceCase, type ItemKind, type OfferedItem } from '@kesu/chaincode/domain';
import { CaseWorld, DEED_ITEMS, PRINCIPAL_FEN, TERMS } from '../testing/case-world';
import { codeOf, DOCUMENT, LedgerWorld, START } from '../testing/ledger-world';

let world: LedgerWorld;
let cases: CaseWorld;

beforeAll(async () => {
  world = await LedgerWorld.open();
  cases = new CaseWorld(world, await world.addEnterprise());
});
afterAll(() => world.dispose());

/** The conditions that a refusal names. */
async function missingIn(call: Promise<unknown>): Promise<string[]> {
  try {
    await call;
  } catch (error) {
    if (error instanceof DomainError && error.code === 'conditions-missing') return error.faults.map(({ pointer }) => pointer.replace('/conditions/', ''));
    throw error;
  }
  return [];
}

describe('volumes', () => {
  it('are filled in order, sealed by the digest of what was seen, and closed to every change after', async () => {
    const id = await cases.open({ kind: 'LITIGATION' });
    const number = await cases.fill(id, [cases.file('LOAN_CONTRACT'), cases.file('CLAIM', { digest: 'a'.repeat(64) })]);
    expect(await codeOf(world.submit('example-bank', 'evidence:seal-volume', { id, volume: number, digest: DOCUMENT }))).toBe('digest-mismatch');
    await cases.seal(id, number);
    const sealed = await cases.volume(id, number);
    expect(sealed).toMatchObject({ state: 'SEALED', items: [{ kind: 'LOAN_CONTRACT', addedBy: 'example-bank', addedAt: world.at }, { kind: 'CLAIM' }] });
    expect((await cases.case(id)).volumes).toEqual([{ number, subject: 'CONTRACT', side: 'PARTY', items: 2, digest: sealed.digest }]);
    expect(await codeOf(world.submit('example-bank', 'evidence:add-items', { id, volume: number, items: [cases.file('OTHER')] }))).toBe('volume-sealed');
    expect(await codeOf(world.submit('example-bank', 'evidence:seal-volume', { id, volume: number, digest: sealed.digest ?? '' }))).toBe('volume-sealed');
    expect(await cases.volume(id, number)).toEqual(sealed);
  });

  it('are of one side: nobody else fills or seals them', async () => {
    const id = await cases.open({ kind: 'PRESERVATION' });
    const ours = await cases.fill(id, [cases.file('LOAN_CONTRACT')], 'city-platform');
    const theirs = await cases.fill(id, [cases.file('INQUIRY_RECORD')], 'example-notary');
    for (const [as, volume] of [['example-notary', ours], ['example-bank', theirs], ['other-notary', theirs], ['other-bank', ours]] as const) {
      expect([as, await codeOf(world.submit(as, 'evidence:add-items', { id, volume, items: [cases.file('OTHER')] }))]).toEqual([as, 'not-yours']);
      expect([as, await codeOf(world.submit(as, 'evidence:seal-volume', { id, volume, digest: DOCUMENT }))]).toEqual([as, 'not-yours']);
    }
    await cases.seal(id, ours);
    expect(await codeOf(world.submit('other-bank', 'evidence:open-volume', { id, subject: 'OTHER' }))).toBe('not-yours');
    expect(await codeOf(world.submit('example-bank', 'evidence:open-volume', { id: 'f'.repeat(32), subject: 'OTHER' }))).toBe('not-found');
  });

  it('follow until the case ends, and no later', async () => {
    const id = await cases.open({ kind: 'PRESERVATION' });
    await cases.lodge(id, [cases.file('COLLECTION_RECORD')]);
    const left = await cases.fill(id, [cases.file('OTHER')]);
    await world.submit('city-platform', 'notarization:submit', { id });
    await cases.lodge(id, [cases.file('REPAYMENT_RECORD')]);
    await world.submit('example-notary', 'notarization:reject', { id, reason: 'facts-unclear', documentDigest: DOCUMENT });
    expect(await codeOf(world.submit('example-bank', 'evidence:open-volume', { id, subject: 'OTHER' }))).toBe('state-conflict');
    expect(await codeOf(world.submit('example-bank', 'evidence:add-items', { id, volume: left, items: [cases.file('OTHER')] }))).toBe('state-conflict');
    expect(await codeOf(cases.seal(id, left))).toBe('state-conflict');
  });

  it('take no repayment that the party itself says it found, and no past that can not be', async () => {
    const id = await cases.open({ kind: 'PRESERVATION' });
    const volume = await cases.fill(id, [cases.file('OTHER')]);
    const found = cases.file('REPAYMENT_FOUND', { figure: { on: '2026-01-01', amountFen: 5 } });
    expect(await codeOf(world.submit('example-bank', 'evidence:add-items', { id, volume, items: [found] }))).toBe('role-not-allowed');
    const late = { ...cases.file('OTHER'), provenance: { source: 'example-bank', mechanism: 'TYPED', producedAt: '2027-01-01T00:00:00.000Z', custody: [{ place: 'PLATFORM', holder: 'example-bank', since: '2027-01-01T00:00:00.000Z' }], digestedAt: '2027-01-01T00:00:00.000Z' } } as OfferedItem;
    expect(await codeOf(world.submit('example-bank', 'evidence:add-items', { id, volume, items: [late] }))).toBe('period-invalid');
  });
});

describe('links', () => {
  const link = (kind: string, id: string, rest: object = {}): OfferedItem => ({ source: 'LEDGER', link: { kind, id, ...rest } }) as OfferedItem;
  const add = (id: string, item: OfferedItem) => codeOf(cases.fill(id, [item]));

  it('take the digest from the ledger, of a release, a grant, a report of the loan and a sealed volume', async () => {
    const grant = await world.give(cases.by);
    const [recorded] = await world.record({ grant });
    const releaseId = recorded?.kind === 'RECORDED' ? recorded.release.id : '';
    const loanRef = await cases.loan('APPROVED', 'DRAWN');
    const other = await cases.open({ kind: 'LITIGATION' });
    const number = await cases.lodge(other, [cases.file('CLAIM')]);
    const id = await cases.open({ kind: 'LITIGATION', loanRef });
    const volume = await cases.fill(id, [link('RELEASE', releaseId), link('GRANT', grant.id, { version: 1 }), link('LOAN_EVENT', loanRef, { version: 2 }), link('VOLUME', other, { number })]);
    const { items } = await cases.volume(id, volume);
    expect(items[0]?.digest).toBe(recorded?.kind === 'RECORDED' ? digestOf(recorded.release) : '');
    expect(items[1]?.digest).toBe(digestOf(grant));
    expect(items[3]?.digest).toBe((await cases.volume(other, number)).digest);
    expect(items[2]?.digest).toMatch(/^[0-9a-f]{64}$/);
    expect(items[2]?.digest).not.toBe(digestOf(await world.read('loan', loanRef)));
  });

  it('are refused when nothing is there or it belongs to others, both the same', async () => {
    const stranger = new CaseWorld(world, await world.addEnterprise());
    const grant = await world.give(stranger.by);
    const [recorded] = await world.record({ grant });
    const loanRef = await stranger.loan();
    const id = await cases.open({ kind: 'LITIGATION', loanRef: await cases.loan() });
    const others: OfferedItem[] = [
      link('RELEASE', recorded?.kind === 'RECORDED' ? recorded.release.id : ''), link('RELEASE', `${'0'.repeat(32)}.0`), link('GRANT', grant.id, { version: 1 }), link('GRANT', (await world.give(cases.by)).id, { version: 2 }),
      link('LOAN_EVENT', loanRef, { version: 1 }), link('LOAN_EVENT', await cases.loan(), { version: 1 }), link('VOLUME', await stranger.open({ kind: 'LITIGATION' }), { number: 1 }), link('VOLUME', id, { number: 1 }),
    ];
    for (const item of others) expect([item, await add(id, item)]).toEqual([item, 'link-invalid']);
    expect(await codeOf(cases.open({ kind: 'LITIGATION', loanRef }))).toBe('link-invalid');
  });

  it("reach another bank's release neither as the bank nor as its platform", async () => {
    await world.join(cases.by, 'other-platform');
    const grant = await world.give(cases.by, { platform: 'other-platform', recipient: 'other-bank' });
    const [recorded] = await world.record({ grant, requester: 'other-platform' });
    expect(recorded).toMatchObject({ kind: 'RECORDED', release: { decision: 'PERMIT' } });
    const releaseId = recorded?.kind === 'RECORDED' ? recorded.release.id : '';
    expect(await add(await cases.open({ kind: 'LITIGATION' }), link('RELEASE', releaseId))).toBe('link-invalid');
    const id = world.nextId();
    await world.submit('city-platform', 'evidence:open', { id, kind: 'LITIGATION', party: 'PRINCIPAL', enterprise: cases.by.ref, platform: 'city-platform' });
    await world.submit('city-platform', 'evidence:open-volume', { id, subject: 'OTHER' });
    expect(await codeOf(world.submit('city-platform', 'evidence:add-items', { id, volume: 1, items: [link('RELEASE', releaseId)] }))).toBe('done');
  });
});

describe('a deed that makes a debt enforceable', () => {
  it('names each condition that is missing, and is issued when none is', async () => {
    const id = await cases.open({ loanRef: await cases.loan('APPROVED') });
    const { verificationWay: _way, ...unverified } = TERMS;
    await world.submit('example-bank', 'evidence:set-terms', { id, terms: { ...unverified, guaranteed: true } });
    expect(await codeOf(world.submit('example-bank', 'notarization:submit', { id }))).toBe('document-required');
    await cases.lodge(id, [cases.file('OTHER')]);
    await world.submit('example-bank', 'notarization:submit', { id });
    await world.submit('example-notary', 'notarization:accept', { id, documentDigest: DOCUMENT });
    const missing = () => missingIn(world.submit('example-notary', 'notarization:issue-deed', { id, documentDigest: DOCUMENT }));
    expect(await missing()).toEqual(['parties', 'debt-is-payment', 'no-doubt', 'promise', 'way-of-verification', 'appearance', 'information', 'guarantees']);
    const items = [...DEED_ITEMS.PARTY, 'GUARANTEE_CONTRACT' as const].map((kind) => cases.file(kind));
    const open = await cases.fill(id, items);
    expect(await missing()).toContain('parties');
    await cases.seal(id, open);
    expect(await missing()).toEqual(['no-doubt', 'way-of-verification', 'appearance', 'information', 'guarantees']);
    await cases.lodge(id, [cases.file('INQUIRY_RECORD'), cases.file('INFORMATION_GIVEN'), cases.file('GUARANTOR_PROMISE')]);
    await world.submit('example-bank', 'evidence:set-terms', { id, terms: { ...TERMS, guaranteed: true, principalFen: 1, instalments: [{ dueOn: '2026-06-30', principalFen: 1 }] } });
    expect(await missing()).toEqual(['what-is-owed', 'no-doubt', 'appearance', 'information']);
    await world.submit('example-bank', 'evidence:set-terms', { id, terms: { ...TERMS, guaranteed: true } });
    await cases.lodge(id, [cases.file('INQUIRY_RECORD'), cases.file('INFORMATION_GIVEN'), cases.file('APPEARANCE')], 'example-notary');
    expect(await missing()).toEqual([]);
    expect(await cases.case(id)).toMatchObject({ state: 'NOTARIZED', deed: { state: 'ISSUED', issuedBy: 'example-notary' } });
    expect(await codeOf(world.submit('example-bank', 'evidence:set-terms', { id, terms: TERMS }))).toBe('state-conflict');
  });

  it('names the article of what is missing', async () => {
    const id = await cases.open({ loanRef: await cases.loan('APPROVED') });
    await cases.lodge(id, [cases.file('OTHER')]);
    await world.submit('example-bank', 'notarization:submit', { id });
    await world.submit('example-notary', 'notarization:accept', { id, documentDigest: DOCUMENT });
    const refusal = await world.submit('example-notary', 'notarization:issue-deed', { id, documentDigest: DOCUMENT }).catch((error: unknown) => error as DomainError);
    expect((refusal as DomainError).faults.find(({ pointer }) => pointer.endsWith('/promise'))?.detail).toContain('规则39(4)');
  });
});

describe('enforcement', () => {
  const LAST = { documentDigest: DOCUMENT, applyBefore: '2028-06-30' };
  const certify = (id: string, totalFen: number) => world.submit('example-notary', 'notarization:certify-enforcement', { id, ...LAST, totalFen });

  /** Drawn on 2026-01-01, 25 万元 repaid on 2026-03-01, overdue on 2026-07-02: a case that asks for its certificate. */
  async function requested(): Promise<{ id: string; loanRef: string }> {
    world.clock.time = Math.max(world.clock.time, START);
    const loanRef = await cases.loan('APPROVED');
    const id = await cases.notarized(loanRef);
    await cases.report(loanRef, 'DRAWN');
    expect(await codeOf(world.submit('example-bank', 'notarization:request-enforcement', { id, documentDigest: DOCUMENT, expenses: [] }))).toBe('state-conflict');
    world.pass(59 * DAY_MILLIS);
    await cases.report(loanRef, 'NORMAL', 25_000_000);
    world.pass(123 * DAY_MILLIS);
    await cases.report(loanRef, 'OVERDUE', 25_000_000);
    return { id, loanRef };
  }

  it('certifies the sum that the ledger computes from the reports, less what the notary found to be paid', async () => {
    const { id, loanRef } = await requested();
    const expense = await cases.lodge(id, [cases.file('ENFORCEMENT_APPLICATION'), cases.file('EXPENSE_RECORD', { figure: { on: '2026-07-02', amountFen: 80_000 } })]);
    await world.submit('example-bank', 'notarization:request-enforcement', { id, documentDigest: DOCUMENT, expenses: [{ volume: expense, item: 2 }] });
    expect(await codeOf(certify(id, 1))).toBe('state-conflict');
    await world.submit('example-notary', 'notarization:verify', { id });
    expect(await missingIn(certify(id, 1))).toEqual(['verified']);
    const found = { on: '2026-07-01', amountFen: 10_000_000 };
    const verification = await cases.lodge(id, [cases.file('VERIFICATION_RECORD'), cases.file('REPAYMENT_FOUND', { figure: found })], 'example-notary');
    world.pass(8 * DAY_MILLIS);
    const day = shanghaiDate(world.at);
    const event = (version: number) => ({ kind: 'LOAN_EVENT' as const, loanRef, version });
    const sum = sumOwed(
      { terms: TERMS, drawn: { on: '2026-01-01', amountFen: PRINCIPAL_FEN, source: event(3) }, expenses: [{ on: '2026-07-02', amountFen: 80_000, source: { kind: 'ITEM', volume: expense, item: 2 } }] },
      [{ on: '2026-03-01', amountFen: 25_000_000, source: event(4) }, { ...found, source: { kind: 'ITEM', volume: verification, item: 2 } }],
      day,
    );
    expect(sum.principalFen).toBeLessThan(PRINCIPAL_FEN - 25_000_000);
    expect(await codeOf(certify(id, sum.totalFen + 1))).toBe('sum-mismatch');
    await certify(id, sum.totalFen);
    expect(await cases.case(id)).toMatchObject({ state: 'ENFORCEMENT_CERTIFIED', enforcement: { state: 'ISSUED', applyBefore: LAST.applyBefore, sum: { on: day, totalFen: sum.totalFen, repaidFen: 35_000_000, expensesFen: 80_000, computationDigest: digestOf(sum) } } });
    expect(await codeOf(world.submit('example-bank', 'notarization:file-enforcement', { id, documentDigest: DOCUMENT, court: 'example-notary' }))).toBe('participant-not-active');
    await world.submit('example-bank', 'notarization:file-enforcement', { id, documentDigest: DOCUMENT, court: 'example-court' });
    expect((await cases.case(id)).state).toBe('ENFORCEMENT_FILED');
  });

  it('is not certified while expenses or an early call lack their record, reports contradict each other, or nothing is due', async () => {
    const { id, loanRef } = await requested();
    const volume = await cases.lodge(id, [cases.file('ENFORCEMENT_APPLICATION')]);
    await world.submit('example-bank', 'notarization:request-enforcement', { id, documentDigest: DOCUMENT, expenses: [{ volume, item: 1 }], accelerated: { on: '2026-07-01', notice: { volume: 9, item: 1 } } });
    await world.submit('example-notary', 'notarization:verify', { id });
    await cases.lodge(id, [cases.file('VERIFICATION_RECORD')], 'example-notary');
    await cases.report(loanRef, 'OVERDUE', 20_000_000);
    expect(await missingIn(certify(id, 1))).toEqual(['accelerated', 'expenses', 'repayments']);
    await cases.report(loanRef, 'NORMAL', 400_000_000);
    expect(await missingIn(certify(id, 1))).toEqual(['default', 'accelerated', 'expenses', 'repayments', 'sum']);
  });

  it('ends with the deed that was annulled, and with its own certificate', async () => {
    const { id } = await requested();
    const papers = (certificate: 'DEED' | 'ENFORCEMENT') => ({ id, certificate, reason: 'error-found', documentDigest: DOCUMENT });
    expect(await codeOf(world.submit('other-notary', 'notarization:annul-certificate', papers('DEED')))).toBe('not-yours');
    expect(await codeOf(world.submit('example-notary', 'notarization:annul-certificate', papers('ENFORCEMENT')))).toBe('state-conflict');
    await world.submit('example-notary', 'notarization:correct-certificate', papers('DEED'));
    expect(await cases.case(id)).toMatchObject({ state: 'NOTARIZED', deed: { state: 'CORRECTED' } });
    await world.submit('example-notary', 'notarization:annul-certificate', papers('DEED'));
    expect(await codeOf(world.submit('example-bank', 'notarization:request-enforcement', { id, documentDigest: DOCUMENT, expenses: [] }))).toBe('state-conflict');
    expect(await codeOf(world.submit('example-notary', 'notarization:correct-certificate', papers('DEED')))).toBe('state-conflict');
  });

  it('that is refused opens a litigation, which goes to the court and back', async () => {
    const { id, loanRef } = await requested();
    await world.submit('example-bank', 'notarization:request-enforcement', { id, documentDigest: DOCUMENT, expenses: [] });
    await world.submit('example-notary', 'notarization:verify', { id });
    const litigationId = world.nextId();
    const refusal = { id, reason: 'debtor-shows-payment', documentDigest: DOCUMENT };
    expect(await codeOf(world.submit('example-notary', 'notarization:refuse-enforcement', { ...refusal, litigationId: id }))).toBe('already-exists');
    const { answer } = await world.submit('example-notary', 'notarization:refuse-enforcement', { ...refusal, litigationId });
    expect(answer.ids).toEqual([id, litigationId]);
    expect(await cases.case(id)).toMatchObject({ state: 'ENFORCEMENT_REFUSED', refusal: { litigationId } });
    expect(await cases.case(litigationId)).toMatchObject({ kind: 'LITIGATION', state: 'DRAFT', origin: id, loanRef, recipient: 'example-bank' });
    await cases.lodge(litigationId, [{ source: 'LEDGER', link: { kind: 'VOLUME', id, number: 1 } }, cases.file('CLAIM')]);
    await world.submit('example-bank', 'proceedings:seal', { id: litigationId });
    const handOver = (change: object) => codeOf(world.submit('example-bank', 'proceedings:hand-over', { id: litigationId, authority: 'example-court', packageDigest: DOCUMENT, ...change }));
    const packageDigest = await cases.packageOf(litigationId);
    expect(await handOver({})).toBe('digest-mismatch');
    expect(await handOver({ authority: 'example-arbitrator', packageDigest })).toBe('participant-not-active');
    expect(await handOver({ packageDigest })).toBe('done');
    const statement = { type: 'handover-receipt' as const, network: world.ledger.network, caseId: litigationId, packageDigest, authority: 'example-court', receivedAt: world.at };
    const receive = (as: string, receipt?: object) => codeOf(world.submit(as, 'proceedings:receive', { id: litigationId, ...(receipt === undefined ? {} : { receipt }) } as never));
    expect(await receive('example-arbitrator')).toBe('not-yours');
    expect(await receive('provincial-node')).toBe('document-required');
    expect(await receive('provincial-node', { statement: { ...statement, packageDigest: DOCUMENT }, proof: world.signAs('example-court', statement) })).toBe('digest-mismatch');
    expect(await receive('provincial-node', { statement, proof: world.signAs('example-bank', statement) })).toBe('request-signature-invalid');
    expect(await receive('provincial-node', { statement, proof: world.signAs('example-court', statement) })).toBe('done');
    await world.submit('example-court', 'proceedings:close', { id: litigationId, documentDigest: DOCUMENT });
    expect((await cases.case(litigationId)).state).toBe('CLOSED');
  });
});

describe('a debt', () => {
  it('is discharged when its loan is reported settled', async () => {
    const loanRef = await cases.loan('APPROVED');
    const id = await cases.notarized(loanRef);
    const discharge = () => codeOf(world.submit('example-bank', 'notarization:discharge', { id, documentDigest: DOCUMENT }));
    expect(await discharge()).toBe('state-conflict');
    await cases.report(loanRef, 'DRAWN');
    await cases.report(loanRef, 'SETTLED', PRINCIPAL_FEN);
    expect(await discharge()).toBe('done');
  });
});

describe('a case', () => {
  it('is opened by its party with an admitted authority of its kind, an enterprise and an institution of its platform', async () => {
    const loanRef = await cases.loan('APPROVED');
    expect(await codeOf(cases.open({ loanRef, authority: 'example-court' }))).toBe('participant-not-active');
    expect(await codeOf(cases.open({ loanRef, recipient: 'other-bank' }, 'other-bank'))).toBe('participant-not-active');
    expect(await codeOf(cases.open({ loanRef }, 'other-bank'))).toBe('not-yours');
    expect(await codeOf(cases.open({ loanRef, platform: 'other-platform' }))).not.toBe('done');
    await world.submit('provincial-node', 'participants:suspend', { id: 'other-notary', reason: 'ordered-by-regulator', documentDigest: DOCUMENT });
    expect(await codeOf(cases.open({ loanRef, authority: 'other-notary' }))).toBe('participant-not-active');
    await world.submit('provincial-node', 'participants:resume', { id: 'other-notary', reason: 'ordered-by-regulator', documentDigest: DOCUMENT });
    const id = await cases.open({ loanRef });
    const evidenceCase: EvidenceCase = await cases.case(id);
    expect(await codeOf(world.submit('example-bank', 'evidence:open', { id, kind: 'LITIGATION', party: 'RECIPIENT', enterprise: cases.by.ref, platform: 'city-platform', recipient: 'example-bank' }))).toBe('already-exists');
    expect(await cases.case(id)).toEqual(evidenceCase);
  });

  it('holds no text that could name anyone', async () => {
    const id = await cases.open({ kind: 'LITIGATION' });
    const volume = await cases.fill(id, [cases.file('OTHER')]);
    const kinds: readonly ItemKind[] = ['OTHER'];
    for (const change of [{ title: '张示范' }, { kind: '张示范' }, { provenance: { source: '示范银行' } }]) {
      expect(await codeOf(world.submit('example-bank', 'evidence:add-items', { id, volume, items: kinds.map((kind) => ({ ...cases.file(kind), ...change })) } as never))).toBe('malformed-command');
    }
  });
});
