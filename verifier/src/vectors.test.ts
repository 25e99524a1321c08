import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { VerificationFailure } from './failure';
import { mergePatch, vectorFile, type Vector } from './testing/vectors';
import { readTrust } from './trust';
import { verifyFile } from './verify-file';

const AT = join(__dirname, '..', 'vectors');
const json = (name: string): unknown => JSON.parse(readFileSync(join(AT, name), 'utf8'));
const VECTORS = json('vectors.json') as readonly Vector[];

/** What the verifier says: a trust file that isn't read refutes by its own code. */
function verdictOf({ file, trust, ...change }: Vector): Pick<Vector, 'verdict' | 'codes'> {
  const own = json(join(dirname(file), 'trust.json'));
  try {
    const read = readTrust(JSON.stringify(trust === undefined ? own : mergePatch(own, trust)));
    const { verdict, checks } = verifyFile(vectorFile(readFileSync(join(AT, file)), change), read);
    return { verdict, codes: checks.flatMap(({ state, code }) => (state === 'FAIL' && code !== undefined ? [code] : [])) };
  } catch (error) {
    if (error instanceof VerificationFailure) return { verdict: 'REFUTED', codes: [error.code] };
    throw error;
  }
}

describe('the vectors of evidence', () => {
  it.each(VECTORS.map((vector) => ({ name: vector.name, vector })))('$name', ({ vector }) => {
    const { verdict, codes } = vector;
    expect(verdictOf(vector)).toEqual({ verdict, codes });
  });

  it('prove what was not changed, and nothing else', () => {
    const proven = VECTORS.filter(({ verdict }) => verdict === 'PROVEN');
    expect(proven.filter(({ edits, trust }) => edits !== undefined || trust !== undefined)).toEqual([]);
    expect(proven.length).toBeGreaterThan(7);
  });
});
