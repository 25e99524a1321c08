import { sha256Hex } from '../bytes';
import { canonicalJson } from '../canonical-json';
import { foldLeaves, type FoldedBlock, type FoldedLeaf, type LeafState } from './leaf-fold';
import { decodeLeaf, encodeLeaf, leafEntry, subjectDigest, type LeafPointer } from './log-leaf';

const NETWORK = 'a'.repeat(32);
const [ONE, TWO, GRANT] = ['1'.repeat(32), '2'.repeat(32), '3'.repeat(32)] as const;
const AT = '2026-01-01T00:00:00.000Z';

/** A state that keeps what the fold asks to be remembered. */
class Memory implements LeafState {
  readonly leaves: FoldedLeaf[] = [];
  readonly #subjects = new Map<string, LeafPointer>();
  readonly #grants = new Map<string, LeafPointer>();
  readonly #releases = new Map<string, string>();

  size = (): number => this.leaves.length;
  newestOfSubject = (ref: string): LeafPointer | undefined => this.#subjects.get(ref);
  newestOfGrant = (id: string): LeafPointer | undefined => this.#grants.get(id);
  subjectOfRelease = (id: string): string | undefined => this.#releases.get(id);

  fold(block: FoldedBlock): this {
    for (const leaf of foldLeaves(block, this, { network: NETWORK })) {
      this.leaves.push(leaf);
      if (leaf.subjectRef !== undefined) this.#subjects.set(leaf.subjectRef, leaf);
      if (leaf.grantId !== undefined) this.#grants.set(leaf.grantId, leaf);
      if (leaf.releaseId !== undefined) this.#releases.set(leaf.releaseId, leaf.subjectRef ?? '');
    }
    return this;
  }
}

const aTransaction = (index: number, events: readonly unknown[], more: object = {}) => ({ txId: sha256Hex(`tx ${index}`), index, validity: 'VALID', claimedTime: AT, command: canonicalJson({ operation: sha256Hex(`operation ${index}`) }), writes: [], events: canonicalJson(events), ...more });
const aBlock = (block: number, transactions: FoldedBlock['transactions']): FoldedBlock => ({ block, hash: sha256Hex(`block ${block}`), transactions });
const aGrant = (action: string, enterprise: string = ONE) => ({ kind: 'grant', action, actor: 'node', record: { id: GRANT, enterprise } });
const aRelease = (id: string, enterprise: string = ONE, grantId?: string) => ({ kind: 'release', release: { id, enterprise, ...(grantId === undefined ? {} : { grantId }) } });

describe('the fold from events to leaves', () => {
  const blocks = [
    aBlock(3, [aTransaction(0, [{ kind: 'enterprise', action: 'register', actor: 'node', record: { ref: ONE } }, { kind: 'signatories', action: 'register', actor: 'node', record: { ref: ONE } }]), aTransaction(1, [aGrant('grant')])]),
    aBlock(4, [aTransaction(0, [aRelease('r.0', ONE, GRANT), aRelease('r.1', TWO)]), aTransaction(1, [aGrant('lost')], { validity: 'MVCC_READ_CONFLICT' }), aTransaction(2, [aGrant('revoke')])]),
    aBlock(5, [aTransaction(0, [{ kind: 'outcome', outcome: { releaseId: 'r.1' } }, { kind: 'operation-closed', operation: ONE, actor: 'node' }, aRelease('r.2', ONE, GRANT)]), { ...aTransaction(1, []), events: undefined } as never]),
  ];
  const { leaves } = blocks.reduce((memory, block) => memory.fold(block), new Memory());

  it('makes one leaf of each event of each VALID transaction, in ledger order', () => {
    expect(leaves.map(({ leaf }) => `${leaf.position.block}.${leaf.position.index}.${leaf.position.item} ${leaf.kind} ${leaf.action ?? ''}`.trim())).toEqual([
      '3.0.0 enterprise register',
      '3.0.1 signatories register',
      '3.1.0 grant grant',
      '4.0.0 release',
      '4.0.1 release',
      '4.2.0 grant revoke',
      '5.0.0 outcome',
      '5.0.1 operation-closed',
      '5.0.2 release',
    ]);
    expect(leaves.map(({ leaf }) => leaf.index)).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8]);
  });

  it('points to the subject\u2019s previous leaf, outcomes included', () => {
    expect(leaves.map(({ leaf }) => leaf.previousOfSubject?.index)).toEqual([undefined, 0, 1, 2, undefined, 3, 4, undefined, 5]);
    expect(leaves[5]?.leaf.previousOfSubject).toEqual({ index: 3, entry: leaves[3]?.entry });
  });

  it('points from a release to its grant\u2019s latest event, and from a grant\u2019s event to the one before', () => {
    expect(leaves.map(({ leaf }) => leaf.grantTransition?.index)).toEqual([undefined, undefined, undefined, 2, undefined, 2, undefined, undefined, 5]);
  });

  it('names the subject only to who knows it', () => {
    expect(leaves.every(({ text }) => !text.includes(ONE) && !text.includes(TWO))).toBe(true);
    const { leaf } = leaves[3] as FoldedLeaf;
    expect(leaf.subject).toBe(subjectDigest(leaf.salt, ONE));
    expect(leaves[6]?.leaf.subject).toBe(subjectDigest(leaves[6]?.leaf.salt ?? '', TWO));
  });

  it('follows from the blocks alone: the same again, another with one byte changed', () => {
    expect(blocks.reduce((memory, block) => memory.fold(block), new Memory()).leaves).toEqual(leaves);
    const altered = [aBlock(3, [aTransaction(0, [{ kind: 'enterprise', action: 'register', actor: 'nodf', record: { ref: ONE } }]), ...(blocks[0]?.transactions.slice(1) ?? [])])];
    expect(altered.reduce((memory, block) => memory.fold(block), new Memory()).leaves[0]?.entry).not.toBe(leaves[0]?.entry);
  });

  it('salts two equal events differently, by the command that made them', () => {
    const twin = new Memory().fold(aBlock(1, [aTransaction(0, [aRelease('r.0'), aRelease('r.0')]), aTransaction(1, [aRelease('r.0')])]));
    expect(new Set(twin.leaves.map(({ leaf }) => leaf.salt)).size).toBe(3);
    expect(new Set(twin.leaves.map(({ leaf }) => leaf.eventDigest)).size).toBe(1);
  });
});

describe('a leaf', () => {
  const { leaf, text, entry } = new Memory().fold(aBlock(3, [aTransaction(0, [aGrant('grant')])])).leaves[0] as FoldedLeaf;

  it('is read as it was written', () => {
    expect(decodeLeaf(text)).toEqual(leaf);
    expect(leafEntry(encodeLeaf(leaf))).toBe(entry);
  });

  it.each([
    ['spaces', text.replace(',', ', ')],
    ['another format', text.replace('kesu-log-leaf-1', 'kesu-log-leaf-2')],
    ['a member that it has not', text.replace('"format"', '"extra":1,"format"')],
    ['a pointer without its entry', canonicalJson({ ...leaf, previousOfSubject: { index: 1 } })],
    ['a null for what is absent', canonicalJson({ ...leaf, subject: null })],
    ['no JSON', 'leaf'],
    ['too many characters', `"${'x'.repeat(5_000)}"`],
  ])('is refused with %s', (_name, malformed) => {
    expect(() => decodeLeaf(malformed)).toThrow('leaf-malformed');
  });
});
