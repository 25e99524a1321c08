import { canonicalJson, type Release } from '@kesu/chaincode/domain';
import fc from 'fast-check';
import { openJson, ReleaseTexts } from './open-json';

const MISLEADING = ['"kind":"RECORDED","release":{"basis":', '"result":', ',"transaction":"', '"sender":"node"}', '"sender":"node"', '}', '\\', '"', '授权'];
const aText = fc.array(fc.oneof(fc.constantFrom(...MISLEADING), fc.string({ unit: 'grapheme', maxLength: 6 })), { maxLength: 5 }).map((parts) => parts.join(''));
const aStatutory = fc.record({ authority: aText, documentDigest: aText, officers: fc.array(aText, { maxLength: 2 }) });

/** Releases as far as it matters here: members before and behind `sender` in the order of names. */
const aRelease = fc
  .record({ basis: aText, id: aText, items: fc.array(fc.record({ code: aText, provider: aText }), { maxLength: 2 }), selfReported: fc.boolean(), sender: fc.oneof(fc.constant('node'), aText) })
  .chain((release) => fc.option(aStatutory, { freq: 1 }).map((statutory) => (statutory === null ? release : { ...release, statutory }) as unknown as Release));
type Entry = { readonly kind: string; readonly release?: Release };
const anEntry: fc.Arbitrary<Entry> = fc.oneof(
  aRelease.map((release) => ({ kind: 'RECORDED', release })),
  aText.map((detail) => ({ kind: 'REFUSED', code: 'x', detail })),
  fc.constant({ kind: 'WOULD_PERMIT' }),
);
const anOperation = fc.array(anEntry, { maxLength: 6 }).map((entries) => {
  // As no two releases have one id.
  const releases = entries.map((entry, index) => (entry.release === undefined ? entry : { ...entry, release: { ...entry.release, id: `${entry.release.id}.${index}` } }));
  return { kind: 'DONE', actor: 'node', transaction: 'releases:record', commandDigest: '0', result: { releases } };
});

const releasesOf = ({ result }: { readonly result: { readonly releases: readonly Entry[] } }): Release[] => result.releases.flatMap(({ release }) => release ?? []);

describe('the JSON of a release in the operation that recorded it', () => {
  it('is found in the canonical text, whatever the texts in it hold, and not written anew', () => {
    const writing = jest.spyOn(JSON, 'stringify');
    fc.assert(
      fc.property(anOperation, (operation) => {
        const [texts, releases] = [new ReleaseTexts(canonicalJson(operation)), releasesOf(operation)];
        writing.mockClear();
        const found = releases.map((release) => texts.next(release));
        // Two texts of each are written to find its end; the release itself never.
        expect(writing.mock.calls.filter(([value]) => releases.includes(value as Release))).toEqual([]);
        expect(found).toEqual(releases.map((release) => canonicalJson(release)));
      }),
      { numRuns: 500 },
    );
    writing.mockRestore();
  });

  it('is the release also when the text has another order, or some of it', () => {
    fc.assert(
      fc.property(anOperation, fc.infiniteStream(fc.boolean()), (operation, draws) => {
        const isTurned = (): boolean => draws.next().value as boolean;
        const turned = <T extends object>(value: T): T => Object.fromEntries(Object.entries(value).reverse()) as T;
        const entries = operation.result.releases.map((entry) => (entry.release === undefined ? entry : { ...(isTurned() ? turned(entry) : entry), release: isTurned() ? turned(entry.release) : entry.release }));
        const texts = new ReleaseTexts(JSON.stringify({ ...operation, result: { releases: entries } }));
        const releases = releasesOf(operation);
        expect(releases.map((release) => JSON.parse(texts.next(release)) as unknown)).toEqual(releases);
      }),
      { numRuns: 500 },
    );
  });
});

describe('the JSON of an object without its last brace', () => {
  it('goes on with further members', () => {
    expect(JSON.parse(`${openJson({ a: 1 })},${openJson({ b: '}' }).slice(1)}}`)).toEqual({ a: 1, b: '}' });
  });
});
