import { canonicalJson, decodeNote, encodeNote, utf8ToBytes } from '@kesu/chaincode/domain';
import { MANIFEST_PART, MAX_FILE_BYTES, readTrust, SIGNATURE_PART, VerificationFailure, verifyBundle, writeContainer, type FailureCode, type Part, type TrustFile } from '@kesu/verifier';
import { bundleOf, signParts } from './seal-evidence';
import { EvidenceWorld } from './testing/evidence-world';

let made: EvidenceWorld;
let good: readonly Part[];
let file: Buffer;

beforeAll(async () => {
  made = await EvidenceWorld.open();
  good = await made.seal();
  file = Buffer.from(bundleOf(good));
});
afterAll(() => made.dispose());

type Value = Record<string, unknown>;
const text = (name: string): string => Buffer.from(good.find((part) => part.name === name)?.bytes ?? []).toString('utf8');
const names = (): string[] => good.map(({ name }) => name);
const json = (name: string): Value => JSON.parse(text(name)) as Value;
/** The fact whose event fits. */
const factOf = (fits: (event: Value) => boolean): string => names().find((name) => name.startsWith('facts/') && fits(json(name).event as Value)) ?? 'no fact';
const isKind = (kind: string, action?: string) => factOf((event) => event.kind === kind && (action === undefined || event.action === action));
const permit = () => factOf((event) => event.kind === 'release' && (event.release as Value).decision === 'PERMIT');
const denial = () => factOf((event) => event.kind === 'release' && (event.release as Value).decision === 'DENY');
const starting = (prefix: string): string => names().find((name) => name.startsWith(prefix)) ?? 'no part';

function verdictCodes(bytes: Uint8Array, trust: Partial<TrustFile> = {}): { readonly verdict: string; readonly codes: readonly (FailureCode | undefined)[] } {
  const { verdict, checks } = verifyBundle(bytes, made.trust(trust));
  return { verdict, codes: checks.filter(({ state }) => state === 'FAIL').map(({ code }) => code) };
}

/** Parts changed, then put into a container without being signed again: who changes them has no key. */
function unsigned(change: (parts: Part[]) => Part[]): Uint8Array {
  return writeContainer(change([...good]));
}

/** Data changed and sealed again by the issuer itself: what the issuer alone can't make true. */
async function resealed(change: (parts: Part[]) => Part[]): Promise<Uint8Array> {
  const data = change(good.filter(({ name }) => !name.startsWith('META-INF/')));
  return bundleOf(await signParts(made.sealParts, data));
}

const replaced = (name: string, bytes: Uint8Array) => (parts: Part[]): Part[] => parts.map((part) => (part.name === name ? { name, bytes } : part));
const without = (name: string) => (parts: Part[]): Part[] => parts.filter((part) => part.name !== name);
const edited = (name: string, edit: (value: Value) => void) => (parts: Part[]): Part[] => {
  const value = json(name);
  edit(value);
  return replaced(name, utf8ToBytes(canonicalJson(value)))(parts);
};
const editedEvent = (name: string, edit: (event: Value) => void) => edited(name, (value) => edit(value.event as Value));
const editedLeaf = (name: string, edit: (leaf: Value) => void) =>
  edited(name, (value) => {
    const leaf = JSON.parse(value.leaf as string) as Value;
    edit(leaf);
    value.leaf = canonicalJson(leaf);
  });
const reverseHex = (hex: unknown): string => [...String(hex)].reverse().join('');

describe('a container', () => {
  const at = (needle: string, from = 0): number => file.indexOf(needle, from, 'latin1');
  const patched = (offset: number, ...bytes: number[]): Buffer => {
    const copy = Buffer.from(file);
    bytes.forEach((byte, index) => (copy[offset + index] = byte));
    return copy;
  };
  const central = () => file.readUInt32LE(file.length - 6);

  it.each<readonly [string, FailureCode, () => Uint8Array]>([
    ['is empty', 'container-not-zip', () => new Uint8Array()],
    ['is cut by a byte', 'container-not-zip', () => file.subarray(0, -1)],
    ['has a byte behind it', 'container-not-zip', () => Buffer.concat([file, Buffer.of(0)])],
    ['has a byte before it', 'container-entry-bounds', () => Buffer.concat([Buffer.of(0), file])],
    ['has a comment', 'container-not-zip', () => Buffer.concat([file.subarray(0, -2), Buffer.of(1, 0, 65)])],
    ['says it has no parts', 'container-too-many-entries', () => patched(file.length - 12, 0, 0)],
    ['says it has more parts', 'container-entry-bounds', () => patched(file.length - 12, good.length + 1, 0)],
    ['says it has fewer parts', 'container-layout', () => patched(file.length - 12, good.length - 1, 0)],
    ['counts otherwise on its disk', 'container-layout', () => patched(file.length - 14, 1, 0)],
    ['is split over disks', 'container-layout', () => patched(file.length - 18, 1, 0)],
    ['has its directory elsewhere', 'container-entry-bounds', () => patched(file.length - 6, 1, 0, 0, 0)],
    ['has a time of the file system', 'container-layout', () => patched(10, 1, 0)],
    ['has a flag', 'container-layout', () => patched(6, 0, 8)],
    ['has another CRC in a local header', 'container-layout', () => patched(14, 0)],
    ['says a part is compressed', 'container-entry-compressed', () => patched(central() + 10, 8, 0)],
    ['has attributes of a file system', 'container-layout', () => patched(central() + 38, 1)],
    ['has an entry that points outside', 'container-entry-bounds', () => patched(central() + 42, 255, 255, 255, 127)],
    ['has an entry larger than the file', 'container-entry-bounds', () => patched(central() + 24, 255, 255, 255, 127)],
    ['has another name in a local header', 'container-layout', () => patched(at('bundle.json'), 66)],
    ['has a name that climbs out', 'container-entry-name', () => patched(at('bundle.json', central()), 46, 46, 47)],
    ['has an absolute name', 'container-entry-name', () => patched(at('bundle.json', central()), 47)],
    ['has a name with a backslash', 'container-entry-name', () => patched(at('bundle.json', central()) + 3, 92)],
    ['has no mimetype', 'container-mimetype', () => unsigned(without('mimetype'))],
    ['has another mimetype', 'container-mimetype', () => unsigned(replaced('mimetype', utf8ToBytes('application/zip')))],
    ['has its mimetype second', 'container-mimetype', () => unsigned(([first, second, ...others]) => [second as Part, first as Part, ...others])],
    ['has parts in another order', 'container-order', () => unsigned(([first, second, third, ...others]) => [first as Part, third as Part, second as Part, ...others])],
    ['has a part twice', 'container-entry-twice', () => unsigned((parts) => parts.flatMap((part) => (part.name === 'bundle.json' ? [part, part] : [part])))],
    ['has a part too many', 'manifest-part-missing', () => bundleOf([...good, { name: 'more.json', bytes: utf8ToBytes('{}') }])],
    ['has a signature too many', 'container-order', () => writeContainer([...good, { name: 'META-INF/0.p7s', bytes: new Uint8Array(3) }])],
    ['lacks a part', 'manifest-part-unknown', () => unsigned(without('summary.en.pdf'))],
    ['lacks its manifest', 'container-part-missing', () => unsigned(without(MANIFEST_PART))],
    ['has a byte of a part changed', 'digest-mismatch', () => unsigned(replaced('summary.en.pdf', utf8ToBytes('x')))],
    ['has two parts swapped', 'digest-mismatch', () => unsigned((parts) => replaced('summary.en.pdf', utf8ToBytes(text('summary.zh.pdf')))(parts))],
    ['has a manifest laid out otherwise', 'manifest-malformed', () => unsigned(replaced(MANIFEST_PART, utf8ToBytes(text(MANIFEST_PART).replace('?>\n', '?>'))))],
    ['has a manifest with another algorithm', 'manifest-malformed', () => unsigned(replaced(MANIFEST_PART, utf8ToBytes(text(MANIFEST_PART).replace('xmlenc#sha256', 'xmlenc#sha512'))))],
    ['is larger than is read', 'file-too-large', () => new Uint8Array(MAX_FILE_BYTES + 1)],
  ])('that %s is refused', (_name, code, mutate) => {
    expect(verdictCodes(mutate())).toEqual({ verdict: 'REFUTED', codes: [code] });
  });
});

describe('a signature', () => {
  const signature = (): Buffer => Buffer.from(good.find(({ name }) => name === SIGNATURE_PART)?.bytes ?? []);
  const withSignature = (bytes: Uint8Array) => verdictCodes(bundleOf(good.map((part) => (part.name === SIGNATURE_PART ? { ...part, bytes } : part))));

  it('is refused with any of its bytes changed', () => {
    const bytes = signature();
    const passed: number[] = [];
    for (let index = 0; index < bytes.length; index += 5) {
      const copy = Buffer.from(bytes);
      copy[index] = (copy[index] ?? 0) ^ (1 << index % 8);
      if (withSignature(copy).verdict !== 'REFUTED') passed.push(index);
    }
    expect(passed).toEqual([]);
  }, 600_000);

  it('is refused when it is missing, cut, longer, or another\u2019s', async () => {
    expect(withSignature(signature().subarray(0, -1)).codes).toContain('der-malformed');
    expect(withSignature(Buffer.concat([signature(), Buffer.of(0)])).codes).toContain('der-malformed');
    expect(verdictCodes(bundleOf(good.filter(({ name }) => name !== SIGNATURE_PART))).codes).toContain('container-part-missing');
    const other = await resealed((parts) => replaced('summary.en.pdf', utf8ToBytes('another'))(parts));
    const stolen = (await signParts(made.sealParts, good.filter(({ name }) => !name.startsWith('META-INF/')).map((part) => (part.name === 'summary.en.pdf' ? { ...part, bytes: utf8ToBytes('another') } : part)))).find(({ name }) => name === SIGNATURE_PART);
    expect(verdictCodes(other).verdict).toBe('PROVEN');
    expect(withSignature(stolen?.bytes ?? new Uint8Array()).codes).toContain('cms-content-mismatch');
  });
});

describe('evidence that its issuer itself changed and sealed again', () => {
  it.each<readonly [string, FailureCode, () => (parts: Part[]) => Part[]]>([
    ['of another network', 'bundle-network-foreign', () => edited('bundle.json', (value) => (value.network = 'ab'.repeat(16)))],
    ['in another format', 'part-malformed', () => edited('bundle.json', (value) => (value.format = 'kesu-evidence-bundle-2'))],
    ['with a member that a description hasn\u2019t', 'part-malformed', () => edited('bundle.json', (value) => (value.more = 1))],
    ['issued in another\u2019s name', 'issuer-mismatch', () => edited('bundle.json', (value) => (value.issuer = { participant: 'bank-one', mspId: 'NodeMSP' }))],
    ['issued by another organisation', 'issuer-mismatch', () => edited('bundle.json', (value) => (value.issuer = { participant: 'provincial-node', mspId: 'PlatformMSP' }))],
    ['with JSON laid out otherwise', 'part-malformed', () => replaced('bundle.json', utf8ToBytes(JSON.stringify(json('bundle.json'), null, 1)))],
    ['with a byte order mark', 'part-malformed', () => replaced('bundle.json', utf8ToBytes(`\ufeff${text('bundle.json')}`))],
    ['with bytes that are no UTF-8', 'part-malformed', () => replaced('bundle.json', Uint8Array.of(0xff))],
    ['with a part of no kind', 'container-part-unknown', () => (parts) => [...parts, { name: 'other.json', bytes: utf8ToBytes('{}') }].sort((a, b) => (a.name === 'mimetype' ? -1 : b.name === 'mimetype' ? 1 : a.name < b.name ? -1 : 1))],
    ['without a description', 'container-part-missing', () => without('bundle.json')],
    ['without a checkpoint', 'container-part-missing', () => without('checkpoint.txt')],
    ['with a checkpoint of another size', 'checkpoint-signature-invalid', () => replaced('checkpoint.txt', utf8ToBytes(text('checkpoint.txt').replace(/\n(\d+)\n/, (_all, size: string) => `\n${Number(size) + 1}\n`)))],
    ['with a checkpoint of another log', 'checkpoint-origin-foreign', () => replaced('checkpoint.txt', utf8ToBytes(text('checkpoint.txt').replace(/^kesu\/\w+/, 'kesu/other')))],
    ['with a checkpoint that is none', 'checkpoint-malformed', () => replaced('checkpoint.txt', utf8ToBytes('kesu\n'))],
    ['with too few cosignatures', 'cosigners-too-few', () => replaced('checkpoint.txt', utf8ToBytes(encodeNote({ ...decodeNote(text('checkpoint.txt')), signatures: decodeNote(text('checkpoint.txt')).signatures.slice(0, 2) })))],
    ['with one cosignature twice', 'cosigners-too-few', () => replaced('checkpoint.txt', utf8ToBytes(encodeNote({ ...decodeNote(text('checkpoint.txt')), signatures: [0, 1, 1].flatMap((n) => decodeNote(text('checkpoint.txt')).signatures[n] ?? []) })))],
    ['without the log\u2019s signature', 'checkpoint-log-key-missing', () => replaced('checkpoint.txt', utf8ToBytes(encodeNote({ ...decodeNote(text('checkpoint.txt')), signatures: decodeNote(text('checkpoint.txt')).signatures.slice(1) })))],
    ['with a timestamp of another checkpoint', 'timestamp-mismatch', () => replaced('checkpoint.txt', utf8ToBytes(encodeNote({ ...decodeNote(text('checkpoint.txt')), signatures: [...decodeNote(text('checkpoint.txt')).signatures].reverse() })))],
    ['with an event changed', 'leaf-event-mismatch', () => editedEvent(isKind('loan', 'open'), (event) => ((event.record as Value).amountFen = 1))],
    ['with an event\u2019s actor changed', 'leaf-event-mismatch', () => editedEvent(isKind('grant', 'grant'), (event) => (event.actor = 'bank-one'))],
    ['with a denial turned into a permit', 'leaf-event-mismatch', () => editedEvent(denial(), (event) => ((event.release as Value).decision = 'PERMIT'))],
    ['with a leaf changed to fit its event', 'leaf-not-included', () => editedLeaf(isKind('loan', 'open'), (leaf) => (leaf.claimedTime = '2026-01-01T00:00:00.001Z'))],
    ['with a leaf of another network', 'leaf-network-foreign', () => editedLeaf(isKind('loan', 'open'), (leaf) => (leaf.network = 'ab'.repeat(16)))],
    ['with a leaf about another enterprise', 'leaf-subject-mismatch', () => editedLeaf(isKind('loan', 'open'), (leaf) => (leaf.subject = reverseHex(leaf.subject)))],
    ['with a leaf that points elsewhere', 'leaf-pointer-mismatch', () => editedLeaf(permit(), (leaf) => (leaf.grantTransition = { ...(leaf.grantTransition as Value), entry: 'ab'.repeat(32) }))],
    ['with a leaf that points ahead', 'leaf-pointer-mismatch', () => editedLeaf(permit(), (leaf) => (leaf.grantTransition = { ...(leaf.grantTransition as Value), index: 9_999 }))],
    ['with a release whose leaf names no transition', 'leaf-pointer-mismatch', () => editedLeaf(permit(), (leaf) => delete leaf.grantTransition)],
    ['with a leaf under another number', 'leaf-position-mismatch', () => editedLeaf(permit(), (leaf) => (leaf.index = 1))],
    ['with a leaf that is none', 'leaf-malformed', () => edited(permit(), (value) => (value.leaf = '{}'))],
    ['with a path cut short', 'leaf-not-included', () => edited(permit(), (value) => (value.path = (value.path as string[]).slice(1)))],
    ['with a path in another order', 'leaf-not-included', () => edited(permit(), (value) => (value.path as string[]).reverse())],
    ['with another leaf\u2019s path', 'leaf-not-included', () => edited(permit(), (value) => (value.path = json(isKind('enterprise')).path))],
    ['with a path that is no base64', 'leaf-not-included', () => edited(permit(), (value) => (value.path = (value.path as string[]).map(() => '*')))],
    ['without the grant\u2019s letter', 'fact-missing', () => without(isKind('grant', 'grant'))],
    ['without the revocation that a denial rests on', 'fact-missing', () => without(isKind('grant', 'revoke'))],
    ['without the enterprise', 'fact-missing', () => without(isKind('enterprise'))],
    ['without the loan', 'fact-missing', () => without(isKind('loan'))],
    ['without the batch', 'fact-missing', () => without(isKind('ingest-batch'))],
    ['without the template', 'fact-missing', () => without(isKind('template'))],
    ['with another name in the identity', 'identity-digest-mismatch', () => edited(starting('letters/'), (value) => ((value.identity as Value).name = '另一有限公司'))],
    ['with another salt of the identity', 'identity-digest-mismatch', () => edited(starting('letters/'), (value) => (value.identitySalt = 'A'.repeat(43)))],
    ['with another letter to read', 'letter-text-mismatch', () => edited(starting('letters/'), (value) => ((value.zh as Value).text = '1 不授权'))],
    ['with another title in English', 'letter-text-mismatch', () => edited(starting('letters/'), (value) => ((value.en as Value).title = 'Another'))],
    ['with a letter of no grant', 'fact-foreign', () => (parts) => parts.map((part) => (part.name === starting('letters/') ? { ...part, name: `letters/${'ab'.repeat(16)}.json` } : part))],
    ['with a receipt of another payload', 'receipt-mismatch', () => edited(starting('receipts/'), (value) => (value.payloadDigest = 'ab'.repeat(32)))],
    ['with a receipt at another position', 'receipt-mismatch', () => edited(starting('receipts/'), (value) => ((value.position as Value).item = 9))],
    ['with a receipt of another block', 'receipt-mismatch', () => edited(starting('receipts/'), (value) => ((value.head as Value).hash = 'ab'.repeat(32)))],
    ['with a receipt of another time', 'receipt-signature-invalid', () => edited(starting('receipts/'), (value) => ((value.head as Value).time = '2026-01-02T00:00:00.000Z'))],
    ['with a receipt by an unknown key', 'receipt-signature-invalid', () => edited(starting('receipts/'), (value) => (value.keyId = 'ab'.repeat(16)))],
    ['with a receipt of no release', 'fact-foreign', () => (parts) => parts.map((part) => (part.name === starting('receipts/') ? { ...part, name: `receipts/${'ab'.repeat(16)}-0.json` } : part))],
    ['with a statement signed for another ledger', 'statement-network-foreign', () => editedEvent(isKind('grant', 'grant'), (event) => (((event.signed as Value).envelope as Value).network = 'ab'.repeat(16)))],
    ['with another statement than was signed', 'statement-digest-mismatch', () => editedEvent(isKind('grant', 'grant'), (event) => (((event.signed as Value).statement as Value).retentionDays = 366))],
    ['with an envelope of another time', 'statement-out-of-time', () => editedEvent(isKind('grant', 'grant'), (event) => (((event.signed as Value).envelope as Value).submitBefore = '2025-12-31T00:00:00.000Z'))],
    ['with another nonce', 'statement-signature-invalid', () => editedEvent(isKind('grant', 'grant'), (event) => (((event.signed as Value).envelope as Value).nonce = 'A'.repeat(22)))],
    ['with a signature by an unknown key', 'statement-key-unknown', () => editedEvent(isKind('grant', 'grant'), (event) => (((event.signed as Value).signatures as Value[])[0] as Value).keyId = 'ab'.repeat(16))],
    ['with no signature', 'statement-signature-invalid', () => editedEvent(isKind('grant', 'grant'), (event) => ((event.signed as Value).signatures = []))],
    ['with a key that was lost before', 'statement-key-not-live', () => (parts) => parts.reduce((all, { name }) => (name.startsWith('facts/') && (json(name).event as Value).kind === 'signatories' ? editedEvent(name, (event) => ((event.record as Value).keys as Value[]).forEach((key) => (key.state = 'LOST')))(all) : all), parts)],
    ['with a grant wider than its letter', 'grant-differs-from-letter', () => editedEvent(isKind('grant', 'grant'), (event) => ((event.record as Value).until = '2027-01-01T00:00:00.000Z'))],
    ['with terms that change at a transition', 'grant-differs-from-letter', () => editedEvent(isKind('grant', 'revoke'), (event) => ((event.record as Value).retentionDays = 1))],
    ['with a revocation shown as suspension', 'grant-differs-from-letter', () => editedEvent(isKind('grant', 'revoke'), (event) => ((event.record as Value).state = 'SUSPENDED'))],
    ['with a permit while the grant is revoked', 'grant-not-in-force', () => editedEvent(isKind('grant', 'grant'), (event) => ((event.record as Value).state = 'REVOKED'))],
    ['with a permit under another version', 'grant-not-in-force', () => editedEvent(permit(), (event) => ((event.release as Value).grantVersion = 2))],
    ['with a denial for another reason', 'decision-differs', () => editedEvent(denial(), (event) => ((event.release as Value).reason = 'grant-expired'))],
    ['with a release to another recipient', 'request-signature-invalid', () => editedEvent(permit(), (event) => ((event.release as Value).recipient = 'platform-one'))],
    ['with a request that nobody signed', 'request-signature-invalid', () => editedEvent(permit(), (event) => delete (event.release as Value).requestSignature)],
    ['with a request under another key of idempotency', 'request-signature-invalid', () => editedEvent(permit(), (event) => ((event.release as Value).idempotencyKey = 'other'))],
  ])('%s is refused', async (_name, code, change) => {
    const { verdict, codes } = verdictCodes(await resealed(change()));
    expect(verdict).toBe('REFUTED');
    expect(codes).toContain(code);
  });
});

describe('a trust file', () => {
  const pems = () => Object.values(made.trustFile().organisations).map(({ roots }) => roots[0] ?? '');

  it.each<readonly [string, FailureCode, () => Partial<TrustFile>]>([
    ['of another network', 'bundle-network-foreign', () => ({ network: 'ab'.repeat(16) })],
    ['with another root for the issuer\u2019s organisation', 'certificate-untrusted', () => ({ organisations: { NodeMSP: { roots: [pems()[1] ?? ''] } } })],
    ['without the issuer\u2019s organisation', 'certificate-untrusted', () => ({ organisations: {} })],
    ['that names another issuer', 'issuer-mismatch', () => ({ issuers: [{ participant: 'platform-one', mspId: 'PlatformMSP' }] })],
    ['with another timestamp authority', 'timestamp-untrusted', () => ({ timestampAuthorities: [{ name: 'other', development: false, roots: [pems()[0] ?? ''] }] })],
  ])('%s refutes', (_name, code, change) => {
    const { verdict, codes } = verdictCodes(file, change());
    expect(verdict).toBe('REFUTED');
    expect(codes).toContain(code);
  });

  it('without a timestamp authority leaves it open', () => {
    expect(verdictCodes(file, { timestampAuthorities: [] })).toEqual({ verdict: 'UNDETERMINED', codes: [] });
  });

  it.each([
    ['no JSON', '{'],
    ['another format', JSON.stringify({ format: 'kesu-trust-2' })],
  ])('that is %s is refused', (_name, malformed) => {
    expect(() => readTrust(malformed)).toThrow(VerificationFailure);
  });

  it('whose threshold can\u2019t be reached, or whose key is for something else, is refused', () => {
    const trust = made.trustFile();
    expect(() => made.trust({ cosigners: { ...trust.cosigners, threshold: 9 } })).toThrow('trust-malformed');
    expect(() => made.trust({ cosigners: { threshold: 1, keys: trust.log.keys } })).toThrow('trust-malformed');
    expect(() => made.trust({ cosigners: { threshold: 2, keys: [trust.cosigners.keys[0] ?? '', trust.cosigners.keys[0] ?? ''] } })).toThrow('trust-malformed');
  });
});

describe('any single byte of a bundle', () => {
  it('changed is refused', () => {
    const trust = made.trust();
    const passed: number[] = [];
    for (let index = 0; index < file.length; index += 53) {
      const copy = Buffer.from(file);
      copy[index] = (copy[index] ?? 0) ^ (1 << index % 8);
      if (verifyBundle(copy, trust).verdict !== 'REFUTED') passed.push(index);
    }
    expect(passed).toEqual([]);
  }, 600_000);
});
