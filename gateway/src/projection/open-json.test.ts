import { canonicalJson, type Release } from '@kesu/chaincode/domain';
import fc from 'fast-check';
import { openJson, ReleaseTexts } from './open-json';

const MISLEADING = ['"kind":"release","release":{"basis":', '"sender":"node"}', '"sender":"node"', '}', '\\', '"', '授权'];
const aText = fc.array(fc.oneof(fc.constantFrom(...MISLEADING), fc.string({ unit: 'grapheme', maxLength: 6 })), { maxLength: 5 }).map((parts) => parts.join(''));
const aStatutory = fc.record({ authority: aText, documentDigest: aText, officers: fc.array(aText, { maxLength: 2 }) });

/** Releases as far as it matters here: members before and behind `sender` in the order of names. */
const aRelease = fc
  .record({ basis: aText, id: aText, items: fc.array(fc.record({ code: aText, provider: aText }), { maxLength: 2 }), selfReported: fc.boolean(), sender: fc.oneof(fc.constant('node'), aText) })
  .chain((release) => fc.option(aStatutory).map((statutory) => (statutory === null ? release : { ...release, statutory }) as unknown as Release));
const anEvent = fc.oneof(
  aRelease.map((release) => ({ kind: 'release' as const, release })),
  fc.tuple(aRelease, fc.nat()).map(([release, times]) => ({ kind: 'release' as const, release, counter: { times } })),
  aText.map((reason) => ({ kind: 'outcome' as const, outcome: { reason } })),
);
type Told = { readonly kind: string; readonly release?: Release };

function found(text: string): { readonly texts: string[]; readonly releases: readonly Release[] } {
  const releases = (JSON.parse(text) as Told[]).flatMap(({ release }) => release ?? []);
  const texts = new ReleaseTexts(text);
  return { texts: releases.map((release) => texts.next(release)), releases };
}

describe('the JSON of a release in its list of events', () => {
  it('is found in the canonical text, whatever the texts in it hold', () => {
    fc.assert(
      fc.property(fc.array(anEvent, { maxLength: 6 }), (events) => {
        const { texts, releases } = found(canonicalJson(events));
        expect(texts).toEqual(releases.map((release) => canonicalJson(release)));
      }),
      { numRuns: 500 },
    );
  });

  it('is the release also when the text has another order', () => {
    fc.assert(
      fc.property(fc.array(anEvent, { maxLength: 6 }), fc.boolean(), (events, isTurned) => {
        const turned = (value: object): object => Object.fromEntries(Object.entries(value).reverse());
        const text = JSON.stringify(events.map((event) => ('release' in event ? { ...(isTurned ? turned(event) : event), release: turned(event.release) } : event)));
        const { texts, releases } = found(text);
        expect(texts.map((one) => JSON.parse(one) as unknown)).toEqual(releases);
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
