import { verifyBundle, type Part, type Verification } from '@kesu/verifier';
import { ITEMS } from '../testing/test-cast';
import { bundleOf, signParts } from './seal-evidence';
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

  it('that shows denials for uses, sources and foreign grants is proven too', async () => {
    const { logs, log, grant } = made;
    const { world } = logs;
    const terms = { loanRef: grant.loanRef ?? '', items: [{ code: ITEMS.collected, version: 1, granularity: 'ANSWER' as const, separateConsent: false }] };
    const once = (await world.giveGrant({ ...terms, oneTime: true })).grant;
    const daily = (await world.giveGrant({ ...terms, frequency: { times: 1, per: 'DAY' } })).grant;
    await world.recordRelease({ grant: once });
    const failed = await world.recordRelease({ grant: daily });
    await world.reportOutcome(failed.id, 'FAILED');
    await world.recordRelease({ grant: daily });
    const denials = [await world.recordRelease({ grant: once }), await world.recordRelease({ grant: daily })];
    world.pass(86_400_000);
    denials.push(await world.recordRelease({ grant: daily, sources: [{ kind: 'BATCH', code: ITEMS.collected, batchId: 'ab'.repeat(16) }] }));
    denials.push(await world.recordRelease({ ...terms, items: [{ code: ITEMS.collected, granularity: 'ANSWER' }], grantId: 'cd'.repeat(16) }));
    expect(denials.map(({ reason }) => reason)).toEqual(['already-used', 'frequency-exceeded', 'source-not-accepted', 'no-grant']);
    await logs.releases.projection.caughtUp();
    await log.log.caughtUp();
    const sealed = await made.seal();
    expect(shown(verifyBundle(bundleOf(sealed), made.trust()))).toEqual({ verdict: 'PROVEN', failed: [] });
    const uses = sealed.filter(({ name, bytes }) => name.startsWith('facts/') && Buffer.from(bytes).includes('"counter"'));
    const without = bundleOf(await signParts(made.sealParts, sealed.filter((part) => !part.name.startsWith('META-INF/') && !uses.includes(part))));
    expect(shown(verifyBundle(without, made.trust())).failed.join()).toContain('decisions fact-missing: the use of the grant');
  });
});
