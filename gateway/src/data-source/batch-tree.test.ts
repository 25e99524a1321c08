import fc from 'fast-check';
import { pathOf, rootFromPath, rootOf } from './batch-tree';

const digest = fc.uint8Array({ minLength: 32, maxLength: 32 }).map((bytes) => Buffer.from(bytes).toString('hex'));

describe('the tree of a batch', () => {
  it('has the root of RFC 6962 for one leaf and for two', () => {
    // sha256(00 ‖ 32 zero bytes), and sha256(01 ‖ that ‖ that), computed with sha256sum.
    expect(rootOf(['00'.repeat(32)])).toBe('7f9c9e31ac8256ca2f258583df262dbc7d6f68f2a03043d5c99a4ae5a7396ce9');
    expect(rootOf(['00'.repeat(32), '00'.repeat(32)])).toBe('a4b8c7873a49d5d53af0b2a0202486483020d95935d763edc4ef2f602200d8de');
  });

  it('leads every leaf of a batch of any size to its root', () => {
    fc.assert(
      fc.property(fc.array(digest, { minLength: 1, maxLength: 40 }), (leaves) => {
        const root = rootOf(leaves);
        leaves.forEach((leaf, index) => expect(rootFromPath(leaf, pathOf(leaves, index))).toBe(root));
      }),
      { numRuns: 50 },
    );
  });

  it('leads another leaf, place or path elsewhere', () => {
    fc.assert(
      fc.property(fc.uniqueArray(digest, { minLength: 2, maxLength: 33 }), digest, fc.nat(), (leaves, foreign, at) => {
        const index = at % leaves.length;
        const leaf = leaves[index] ?? '';
        const path = pathOf(leaves, index);
        const root = rootOf(leaves);
        expect(rootFromPath(foreign, path)).not.toBe(root);
        expect(rootFromPath(leaf, { ...path, path: [...path.path, foreign] })).not.toBe(root);
        expect(rootFromPath(leaf, { ...path, path: path.path.slice(1) })).not.toBe(root);
        expect(rootFromPath(leaf, { ...path, path: [foreign, ...path.path.slice(1)] })).not.toBe(root);
        expect(rootFromPath(leaf, { ...path, index: path.size })).toBeUndefined();
      }),
      { numRuns: 50 },
    );
  });

  it('refuses a path to a leaf that is not there and a batch without leaves', () => {
    expect(() => pathOf(['00'.repeat(32)], 1)).toThrow(RangeError);
    expect(() => rootOf([])).toThrow(RangeError);
  });
});
