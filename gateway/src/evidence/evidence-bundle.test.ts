import { verifyBundle, type Part, type Verification } from '@kesu/verifier';
import { bundleOf } from './seal-evidence';
import { EvidenceWorld } from './testing/evidence-world';

let made: EvidenceWorld;
let parts: readonly Part[];

beforeAll(async () => {
  made = await EvidenceWorld.open();
  parts = await made.seal();
});
afterAll(() => made.dispose());

const shown = ({ verdict, checks }: Verification) => ({ verdict, failed: checks.filter(({ state }) => state === 'FAIL').map(({ name, code, value }) => `${name} ${code ?? ''}: ${value}`) });

describe('a bundle', () => {
  it('is proven by its trust file, offline', () => {
    const verified = verifyBundle(bundleOf(parts), made.trust());
    expect(shown(verified)).toEqual({ verdict: 'PROVEN', failed: [] });
  });

  it('is the same bytes however often it is made of its parts', () => {
    expect(Buffer.compare(bundleOf(parts), bundleOf([...parts].reverse()))).toBe(0);
  });
});
