import { canonicalJson, utf8ToBytes } from '@kesu/chaincode/domain';
import { readContainer, verifyBundle, type FailureCode, type Part } from '@kesu/verifier';
import { bundleOf, signParts } from './seal-evidence';
import { CaseWorld } from './testing/case-world';

let made: CaseWorld;
let good: readonly Part[];

beforeAll(async () => {
  made = await CaseWorld.open();
  good = readContainer(await made.bundles.bytesOf(await made.bundles.seal(made.caseId)));
});
afterAll(() => made.dispose());

type Value = Record<string, unknown>;
type Change = (parts: Part[]) => Part[];
const json = (name: string): Value => JSON.parse(Buffer.from(good.find((part) => part.name === name)?.bytes ?? []).toString('utf8')) as Value;
const recordIn = (name: string): Value => (json(name).event as Value).record as Value;

/** The facts of a kind, oldest first. */
const factsOf = (kind: string): string[] => good.map(({ name }) => name).filter((name) => name.startsWith('facts/') && (json(name).event as Value).kind === kind);
/** The fact of a kind whose record fits. */
const factOf = (kind: string, fits: (record: Value) => boolean): string => factsOf(kind).find((name) => fits(recordIn(name))) ?? `no ${kind}`;
const caseIn = (state: string) => (): string => factOf('evidence-case', (record) => record.state === state);
const ownVolume = (version: number): string => factOf('evidence-volume', (record) => record.caseId === made.caseId && record.version === version);
const sealedVolume = (): string => factOf('evidence-volume', (record) => record.caseId === made.caseId && record.state === 'SEALED');

const without = (name: string): Change => (parts) => parts.filter((part) => part.name !== name);
const edited = (name: string, edit: (record: Value, event: Value) => void): Change => (parts) => {
  const value = json(name);
  edit((value.event as Value).record as Value, value.event as Value);
  return parts.map((part) => (part.name === name ? { name, bytes: utf8ToBytes(canonicalJson(value)) } : part));
};
const itemsOf = (record: Value): Value[] => record.items as Value[];
const headsOf = (record: Value): Value[] => record.volumes as Value[];
const linked = (kind: string) => (item: Value): boolean => (item.link as Value | undefined)?.kind === kind;

/** Which failures a bundle shows that its issuer itself changed and sealed again. */
async function codesOf(change: Change): Promise<readonly (FailureCode | undefined)[]> {
  const data = change(good.filter(({ name }) => !name.startsWith('META-INF/')));
  const { verdict, checks } = verifyBundle(bundleOf(await signParts(made.evidence.sealParts, data)), made.evidence.trust());
  expect(verdict).toBe('REFUTED');
  return checks.filter(({ state, name }) => state === 'FAIL' && CASE_CHECKS.includes(name)).map(({ code }) => code);
}

const CASE_CHECKS: readonly string[] = ['case-life', 'volumes', 'item-provenance', 'case-links'];

describe('a case that its issuer itself changed and sealed again', () => {
  it.each<readonly [string, FailureCode, () => Change]>([
    ['without its opening', 'fact-missing', () => without(factOf('evidence-case', (record) => record.version === 1))],
    ['without a step between', 'fact-missing', () => without(caseIn('HANDED_OVER')())],
    ['with a state that does not follow', 'case-life-broken', () => edited(caseIn('HANDED_OVER')(), (record) => (record.state = 'CLOSED'))],
    ['with a step by the wrong side', 'case-life-broken', () => edited(caseIn('SEALED')(), (_record, event) => (event.actor = 'provincial-node'))],
    ['with a step by somebody who has no part in it', 'case-life-broken', () => edited(factOf('evidence-case', (record) => record.version === 2), (_record, event) => (event.actor = 'court-one'))],
    ['with another institution from a step on', 'case-life-broken', () => edited(caseIn('SEALED')(), (record) => (record.recipient = 'bank-two'))],
    ['with a step of another time', 'case-life-broken', () => edited(caseIn('SEALED')(), (record) => (record.changedAt = '2026-01-01T00:00:00.000Z'))],
    ['that does not begin empty', 'case-life-broken', () => edited(factOf('evidence-case', (record) => record.version === 1), (record) => (record.volumes = headsOf(recordIn(caseIn('SEALED')()))))],
    ['of another enterprise', 'case-life-broken', () => edited(factOf('evidence-case', (record) => record.version === 1), (record) => (record.enterprise = 'ab'.repeat(16)))],
    ['under another id', 'fact-foreign', () => edited(caseIn('RECEIVED')(), (record) => (record.id = 'ab'.repeat(16)))],
    ['with another package handed over', 'case-package-mismatch', () => edited(caseIn('HANDED_OVER')(), (record) => ((record.handover as Value).packageDigest = 'ab'.repeat(32)))],
    ['without a sealed volume', 'fact-missing', () => (parts) => factsOf('evidence-volume').reduce((left, name) => without(name)(left), parts)],
    ['without a version of a volume', 'fact-missing', () => without(ownVolume(3))],
    ['with an item gone from a sealed volume', 'volume-life-broken', () => edited(sealedVolume(), (record) => itemsOf(record).pop())],
    ['with two items in another order', 'volume-life-broken', () => edited(sealedVolume(), (record) => itemsOf(record).reverse())],
    ['with an item put in by the sealing', 'volume-life-broken', () => edited(sealedVolume(), (record) => itemsOf(record).push({ ...itemsOf(record)[0] }))],
    ['with a volume that changed its side', 'volume-life-broken', () => edited(sealedVolume(), (record) => (record.side = 'AUTHORITY'))],
    ['with another digest of a volume', 'volume-digest-mismatch', () => edited(sealedVolume(), (record) => (record.digest = 'ab'.repeat(32)))],
    ['that lists a volume by another digest', 'volume-digest-mismatch', () => edited(caseIn('RECEIVED')(), (record) => headsOf(record).forEach((head) => (head.digest = 'ab'.repeat(32))))],
    ['that counts the items of a volume otherwise', 'volume-digest-mismatch', () => edited(caseIn('RECEIVED')(), (record) => headsOf(record).forEach((head) => (head.items = 5)))],
    ['with another digest of a file', 'volume-life-broken', () => edited(sealedVolume(), (record) => ((itemsOf(record)[0] as Value).digest = 'ab'.repeat(32)))],
    ['with an item added by somebody else', 'item-added-otherwise', () => edited(ownVolume(2), (record) => ((itemsOf(record)[0] as Value).addedBy = 'platform-one'))],
    ['with an item added at another time', 'item-added-otherwise', () => edited(ownVolume(2), (record) => ((itemsOf(record)[0] as Value).addedAt = '2026-02-01T00:00:00.000Z'))],
    ['with an item kept before it was made', 'item-provenance-impossible', () => edited(ownVolume(2), (record) => (((itemsOf(record)[0] as Value).provenance as Value).producedAt = '2027-01-01T00:00:00.000Z'))],
    ['without the release that it links to', 'link-missing', () => without(factsOf('release')[0] ?? '')],
    ['without the version of the grant that it links to', 'link-missing', () => without(factOf('grant', (record) => record.version === 2))],
    ['without the report of the loan that it links to', 'link-missing', () => without(factsOf('loan').at(-1) ?? '')],
    ['without the volume of another case that it links to', 'link-missing', () => without(factOf('evidence-volume', (record) => record.caseId !== made.caseId))],
    ['that links to another release', 'link-digest-mismatch', () => edited(sealedVolume(), (record) => itemsOf(record).filter(linked('RELEASE')).forEach((item) => (item.digest = 'ab'.repeat(32))))],
    ['with a linked loan of another amount', 'link-digest-mismatch', () => edited(factsOf('loan').at(-1) ?? '', (record) => (record.amountFen = 1))],
    ['with a linked volume of other items', 'link-digest-mismatch', () => edited(factOf('evidence-volume', (record) => record.caseId !== made.caseId), (record) => itemsOf(record).pop())],
  ])('%s is refused', async (_name, code, change) => {
    expect(await codesOf(change())).toContain(code);
  });
});
