import fc from 'fast-check';
import { AT, codeOf, DIGEST, ENTERPRISE_REF } from '../testing/builders';
import { ITEM_FORMS, offeredItemSchema, type EvidenceItem } from './evidence-item';
import { addItems, MAX_VOLUME_ITEMS, sealVolume, volumeDigest, type EvidenceVolume } from './evidence-volume';
import { assertProvenanceIsPossible, type Provenance } from './provenance';

const NETWORK = '0123456789abcdef'.repeat(2);
const PROVENANCE: Provenance = { source: 'example-bank', mechanism: 'EXPORTED', producedAt: '2026-06-01T00:00:00.000Z', custody: [{ place: 'CORE_SYSTEM', holder: 'example-bank', since: '2026-06-01T00:00:00.000Z' }], digestedAt: '2026-06-02T00:00:00.000Z' };
const FILE = { source: 'FILE' as const, kind: 'LOAN_CONTRACT' as const, form: 'DOCUMENT' as const, hashing: 'SALTED' as const, digest: DIGEST, byteCount: 10, provenance: PROVENANCE };
const item = (digest = DIGEST): EvidenceItem => ({ ...FILE, digest, addedBy: 'example-bank', addedAt: AT });
const VOLUME: EvidenceVolume = { id: `${'ca'.repeat(16)}.1`, caseId: 'ca'.repeat(16), enterprise: ENTERPRISE_REF, platform: 'city-platform', number: 1, subject: 'CONTRACT', side: 'PARTY', state: 'OPEN', items: [], openedAt: AT, version: 1 };

describe('a volume', () => {
  const filled = addItems(addItems(VOLUME, [item('1'.repeat(64))]), [item('2'.repeat(64)), item('3'.repeat(64))]);

  it('keeps items in the order in which they came', () => {
    expect(filled.items.map(({ digest }) => digest[0])).toEqual(['1', '2', '3']);
    expect(codeOf(() => addItems(filled, Array.from({ length: MAX_VOLUME_ITEMS - 2 }, () => item())))).toBe('limit-exceeded');
  });

  it('is sealed by the digest of what it holds, once, and never changes after', () => {
    const sealed = sealVolume(filled, NETWORK, volumeDigest(NETWORK, filled), AT);
    expect(sealed).toMatchObject({ state: 'SEALED', sealedAt: AT, digest: volumeDigest(NETWORK, filled), items: filled.items });
    expect(codeOf(() => addItems(sealed, [item()]))).toBe('volume-sealed');
    expect(codeOf(() => sealVolume(sealed, NETWORK, sealed.digest ?? '', AT))).toBe('volume-sealed');
    expect(codeOf(() => sealVolume(VOLUME, NETWORK, volumeDigest(NETWORK, VOLUME), AT))).toBe('document-required');
    expect(codeOf(() => sealVolume(filled, NETWORK, volumeDigest('f'.repeat(32), filled), AT))).toBe('digest-mismatch');
  });

  it('has another digest for another order, an item less, or any other word in it', () => {
    const own = volumeDigest(NETWORK, filled);
    fc.assert(
      fc.property(fc.shuffledSubarray([0, 1, 2]), (order) => {
        const items = order.map((at) => filled.items[at] as EvidenceItem);
        expect(volumeDigest(NETWORK, { ...filled, items }) === own).toBe(order.join() === '0,1,2');
      }),
    );
    for (const change of [{ number: 2 }, { side: 'AUTHORITY' as const }, { subject: 'OTHER' as const }, { caseId: 'cb'.repeat(16) }]) expect(volumeDigest(NETWORK, { ...filled, ...change })).not.toBe(own);
    const [first] = filled.items;
    expect(volumeDigest(NETWORK, { ...filled, items: [{ ...(first as EvidenceItem), addedAt: '2026-06-15T02:00:00.001Z' }, ...filled.items.slice(1)] })).not.toBe(own);
  });
});

describe('an item', () => {
  it('is digested with a salt where its bytes could be guessed', () => {
    const plain = ITEM_FORMS.filter((form) => offeredItemSchema.safeParse({ ...FILE, form, hashing: 'PLAIN' }).success);
    expect(plain).toEqual(['SCAN', 'RECORDING']);
    expect(ITEM_FORMS.every((form) => offeredItemSchema.safeParse({ ...FILE, form }).success)).toBe(true);
  });

  it('states a figure when it is an expense or a repayment found, and else none', () => {
    const figure = { on: '2026-06-01', amountFen: 1 };
    const isItem = (change: object): boolean => offeredItemSchema.safeParse({ ...FILE, ...change }).success;
    expect([isItem({ kind: 'EXPENSE_RECORD', figure }), isItem({ kind: 'REPAYMENT_FOUND', figure }), isItem({ kind: 'EXPENSE_RECORD' }), isItem({ figure })]).toEqual([true, true, false, false]);
  });

  it('links to the ledger without a digest of its own, and says how it came about otherwise', () => {
    const link = { kind: 'RELEASE', id: `${'ab'.repeat(16)}.0` };
    expect(offeredItemSchema.safeParse({ source: 'LEDGER', link }).success).toBe(true);
    expect(offeredItemSchema.safeParse({ source: 'LEDGER', link, digest: DIGEST }).success).toBe(false);
    const { provenance: _provenance, ...without } = FILE;
    expect(offeredItemSchema.safeParse(without).success).toBe(false);
    expect(offeredItemSchema.safeParse({ ...FILE, provenance: { ...PROVENANCE, custody: [] } }).success).toBe(false);
  });

  it('was made, kept and digested in this order, before it is recorded', () => {
    const refused = (change: Partial<Provenance>): string => codeOf(() => assertProvenanceIsPossible({ ...PROVENANCE, ...change }, AT, '/items/0'));
    expect(refused({})).toBe('not refused');
    expect(refused({ digestedAt: '2026-05-01T00:00:00.000Z' })).toBe('period-invalid');
    expect(refused({ producedAt: '2026-06-01T00:00:00.001Z' })).toBe('period-invalid');
    expect(refused({ digestedAt: '2026-06-15T02:00:00.001Z' })).toBe('period-invalid');
  });
});
