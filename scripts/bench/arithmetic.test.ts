import { execFileSync } from 'node:child_process';
import { join } from 'node:path';

/** Runs code over the benches' own modules, which jest can't load: they are ES modules. Answers what it prints, as JSON. */
function ofBench(module: string, code: string): unknown {
  const script = `import * as bench from './${module}.mjs'; process.stdout.write(JSON.stringify(await (async () => { ${code} })()));`;
  return JSON.parse(execFileSync(process.execPath, ['--input-type=module', '--eval', script], { cwd: join(__dirname), encoding: 'utf8' })) as unknown;
}

describe('the arithmetic of the benches', () => {
  it('counts as wrong what allows with a head that holds the revocation, and nothing else', () => {
    const code = `
      const answers = [
        { index: 0, decision: true, block: 9 },
        { index: 0, decision: true, block: 10 },
        { index: 0, decision: false, block: 10 },
        { index: 1, decision: true, block: 11 },
        { index: 1, decision: true, block: 13 },
      ];
      return bench.countWrong(answers, [10, 12]);`;
    expect(ofBench('arithmetic', code)).toBe(2);
  });

  it('gives every release an owner, and a few enough for a page 1000', () => {
    const code = `
      const { large, small, ownerOf, releasesOfLarge, deepPage } = bench.population(1_000_000);
      const counts = new Map();
      for (let release = 0; release < 1_000_000; release++) counts.set(ownerOf(release), (counts.get(ownerOf(release)) ?? 0) + 1);
      const ofLarge = Array.from({ length: large }, (_, n) => counts.get('large ' + n));
      return { owners: counts.size, expected: large + small, least: Math.min(...ofLarge), releasesOfLarge, deepPage, fewest: Math.min(...counts.values()) };`;
    const found = ofBench('arithmetic', code) as { owners: number; expected: number; least: number; releasesOfLarge: number; deepPage: number; fewest: number };
    expect(found.owners).toBe(found.expected);
    expect(found.least).toBe(found.releasesOfLarge);
    expect(found.releasesOfLarge).toBeGreaterThanOrEqual(50 * found.deepPage);
    expect(found.deepPage).toBe(1_000);
    expect(found.fewest).toBeGreaterThan(50);
  });

  it('takes the sizes up to the one that was asked for', () => {
    expect(ofBench('arithmetic', 'return [bench.sizesUpTo(10_000), bench.sizesUpTo(200_000), bench.sizesUpTo(1_000_000)];')).toEqual([[10_000], [10_000, 100_000, 200_000], [10_000, 100_000, 1_000_000]]);
  });

  it('reads a percentile of wrk in milliseconds', () => {
    expect(ofBench('processes', "return ['50%', '99%', '90%'].map((share) => bench.latencyMillis('     50%  812.00us\\n     75%    1.00ms\\n     99%    1.25s \\n', share));")).toEqual([0.812, 1250, 0]);
  });
});
