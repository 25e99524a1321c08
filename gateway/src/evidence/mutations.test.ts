import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { canonicalJson, SM2_USER_ID, utf8ToBytes } from '@kesu/chaincode/domain';
import { FAILURE_CODES, readTrust, SIGNATURE_PART, SM2_SEAL_PART, VerificationFailure, verifyFile, type FailureCode, type TrustFile } from '@kesu/verifier';
import { bundleOf } from './seal-evidence';
import { BundleEditor, replaced } from './testing/bundle-editor';
import { containerMutations } from './testing/container-mutations';
import { evidenceMutations, signedWithSm2 } from './testing/evidence-mutations';
import { MutationBench } from './testing/mutation-bench';
import { CADES_MUTATIONS, SM2_MUTATIONS, TIMESTAMP_MUTATIONS, type SignatureMutation } from './testing/signature-mutations';

let bench: MutationBench;

beforeAll(async () => {
  bench = await MutationBench.open();
});
afterAll(() => bench.dispose());

const editor = new BundleEditor(() => bench.good);
const CONTAINER = containerMutations(() => bench);
const EVIDENCE = evidenceMutations(() => bench, editor);
const SIGNATURES = [...CADES_MUTATIONS, ...TIMESTAMP_MUTATIONS, ...SM2_MUTATIONS];

const FILES: readonly (readonly [name: string, code: FailureCode, file: () => Uint8Array])[] = [
  ['of no kind', 'file-kind-unknown', () => utf8ToBytes('<html>')],
  ['of no byte', 'file-kind-unknown', () => new Uint8Array()],
  ['of JSON in another format', 'file-kind-unknown', () => utf8ToBytes(canonicalJson({ format: 'kesu-log-proof-9' }))],
];

const rootsOf = (): string[] => Object.values(bench.made.trustFile().organisations).map(({ roots }) => roots[0] ?? '');
const TRUST: readonly (readonly [name: string, code: FailureCode, change: () => Partial<TrustFile>])[] = [
    ['of another network', 'bundle-network-foreign', () => ({ network: 'ab'.repeat(16) })],
    ['with another root for the issuer\u2019s organisation', 'certificate-untrusted', () => ({ organisations: { NodeMSP: { roots: [rootsOf()[1] ?? ''] } } })],
    ['without the issuer\u2019s organisation', 'certificate-untrusted', () => ({ organisations: {} })],
    ['that names another issuer', 'issuer-mismatch', () => ({ issuers: [{ participant: 'platform-one', mspId: 'PlatformMSP' }] })],
    ['with another timestamp authority', 'timestamp-untrusted', () => ({ timestampAuthorities: [{ name: 'other', development: false, roots: [rootsOf()[0] ?? ''] }] })],
];

/** Trust files that aren't read: no verification is there to carry the code. */
const UNREADABLE_TRUST: FailureCode = 'trust-malformed';

/** Tests that mutate other kinds of files, each with a table of its own. */
const OTHERS = ['case-mutations.test.ts', 'case-annexes.test.ts', 'fabric-annexes.test.ts', 'statement-mutations.test.ts', '../http/consent-receipts.test.ts', '../http/release-proofs.test.ts'];

/** Codes that those tables name. */
function codesOfOthers(): string[] {
  return OTHERS.flatMap((name) => [...readFileSync(join(__dirname, name), 'utf8').matchAll(/'([a-z0-9]+(?:-[a-z0-9]+)+)'/g)].map(([, code = '']) => code));
}

describe('the mutations', () => {
  it('hold one for every code of a refusal', () => {
    const covered = new Set<string>([...[...CONTAINER, ...EVIDENCE, ...SIGNATURES, ...FILES, ...TRUST].map(([, code]) => code), ...codesOfOthers()]);
    expect(FAILURE_CODES.filter((code) => code !== UNREADABLE_TRUST && !covered.has(code))).toEqual([]);
  });
});

describe('a container', () => {
  it.each(CONTAINER)('that %s is refused', (_name, code, mutate) => {
    expect(bench.refusal(mutate())).toEqual({ verdict: 'REFUTED', codes: [code] });
  });
});

describe('a file', () => {
  it.each(FILES)('%s is refused', (_name, code, file) => {
    const { verdict, checks } = verifyFile(file(), bench.made.trust());
    expect([verdict, checks.map((check) => check.code)]).toEqual(['REFUTED', [code]]);
  });
});

async function expectRefusedForThatAlone([, code, mutate]: SignatureMutation): Promise<void> {
  const { file, trust } = await mutate(bench);
  const { verdict, codes } = bench.refusal(file, trust);
  expect([verdict, ...new Set(codes)]).toEqual(['REFUTED', code]);
}

describe('a signature', () => {
  const each = (mutations: readonly SignatureMutation[]) => mutations.map((mutation) => [mutation[0], mutation] as const);

  it.each(each(CADES_MUTATIONS))('%s is refused for that alone', (_name, mutation) => expectRefusedForThatAlone(mutation));
  it.each(each(TIMESTAMP_MUTATIONS))('with a timestamp %s is refused for that alone', (_name, mutation) => expectRefusedForThatAlone(mutation));
  it.each(each(SM2_MUTATIONS))('beside an SM2 seal %s is refused for that alone', (_name, mutation) => expectRefusedForThatAlone(mutation));

  it('of the issuer stays good when it is made again, and when its certificate is revoked afterwards', async () => {
    expect(bench.refusal(bench.withSignature(await bench.forged()))).toEqual({ verdict: 'PROVEN', codes: [] });
    const { authority, clock, serial, signer } = await bench.impostor();
    clock.time = bench.made.sealParts.clock.now() + 1_000;
    const organisations = { ...bench.made.trustFile().organisations, NodeMSP: { roots: [authority.rootCertificate], revocationList: await authority.revoke([serial], 'superseded') } };
    expect(bench.refusal(bench.withSignature(await bench.forged({ signer })), { organisations })).toEqual({ verdict: 'PROVEN', codes: [] });
  });
});

describe('evidence that its issuer itself changed and sealed again', () => {
  it.each(EVIDENCE)('%s is refused', async (_name, code, change) => {
    const { verdict, codes } = bench.refusal(await bench.resealed(await change()));
    expect(verdict).toBe('REFUTED');
    expect(codes).toContain(code);
  });

  it('with events that lack what their kind has is refused, not stumbled over', async () => {
    const emptied = (event: Record<string, unknown>): void => Object.keys(event).forEach((member) => (event[member] = member === 'kind' ? event[member] : null));
    const kinds = new Set(editor.names().flatMap((name) => (name.startsWith('facts/') ? [(editor.json(name).event as { kind: string }).kind] : [])));
    for (const kind of kinds) {
      const { verdict, codes } = bench.refusal(await bench.resealed(editor.editedEvent(editor.isKind(kind), emptied)));
      expect([kind, verdict, codes.includes('leaf-event-mismatch')]).toEqual([kind, 'REFUTED', true]);
    }
  });

  it('with letters signed by SM2 under the agreed user id is not refused for its signatures', async () => {
    const { codes } = bench.refusal(await bench.resealed(signedWithSm2(editor, SM2_USER_ID)));
    expect(codes).not.toContain('statement-signature-invalid');
  });
});

describe('a trust file', () => {
  it.each(TRUST)('%s refutes', (_name, code, change) => {
    const { verdict, codes } = bench.refusal(bench.file, change());
    expect(verdict).toBe('REFUTED');
    expect(codes).toContain(code);
  });

  it('without a timestamp authority leaves it open', () => {
    expect(bench.refusal(bench.file, { timestampAuthorities: [] })).toEqual({ verdict: 'UNDETERMINED', codes: [] });
  });

  it('without a root of SM2 seals says nothing of the seal, which is not required', () => {
    const { verdict, checks } = bench.verify(bench.file, { sm2Roots: [] });
    expect([verdict, checks.find(({ name }) => name === 'sm2-seal')?.state]).toEqual(['PROVEN', 'UNKNOWN']);
  });

  it.each([
    ['no JSON', '{'],
    ['another format', JSON.stringify({ format: 'kesu-trust-2' })],
  ])('that is %s is refused', (_name, malformed) => {
    expect(() => readTrust(malformed)).toThrow(VerificationFailure);
  });

  it('whose threshold can\u2019t be reached, or whose key is for something else, is refused', () => {
    const { made } = bench;
    const trust = made.trustFile();
    expect(() => made.trust({ cosigners: { ...trust.cosigners, threshold: 9 } })).toThrow(UNREADABLE_TRUST);
    expect(() => made.trust({ cosigners: { threshold: 1, keys: trust.log.keys } })).toThrow(UNREADABLE_TRUST);
    expect(() => made.trust({ cosigners: { threshold: 2, keys: [trust.cosigners.keys[0] ?? '', trust.cosigners.keys[0] ?? ''] } })).toThrow(UNREADABLE_TRUST);
  });
});

const FULL = process.env.KESU_FULL === '1';

/** Numbers of bytes whose change was not refused, one in `step` looked at. */
function accepted(bytes: Buffer, step: number, containerOf: (changed: Buffer) => Uint8Array): number[] {
  const passed: number[] = [];
  for (let index = 0; index < bytes.length; index += step) {
    const copy = Buffer.from(bytes);
    copy[index] = (copy[index] ?? 0) ^ (1 << index % 8);
    if (bench.refusal(containerOf(copy)).verdict !== 'REFUTED') passed.push(index);
  }
  return passed;
}

describe('a single byte changed', () => {
  it('anywhere in the file is refused', () => {
    expect(accepted(bench.file, FULL ? 1 : 41, (changed) => changed)).toEqual([]);
  }, 600_000);

  // The container is written again: what the file's own check sums would show is repaired.
  it('in any part that is signed is refused in a container of its own', () => {
    for (const { name, bytes } of bench.good.filter((part) => ![SIGNATURE_PART, SM2_SEAL_PART].includes(part.name))) {
      expect([name, accepted(Buffer.from(bytes), FULL ? 11 : 199, (changed) => bundleOf(replaced(name, changed)([...bench.good])))]).toEqual([name, []]);
    }
  }, 600_000);

  it.each([
    ['the signature with its timestamp', SIGNATURE_PART],
    ['the SM2 seal', SM2_SEAL_PART],
  ])('in %s is refused in a container of its own', (_words, name) => {
    expect(accepted(editor.bytes(name), FULL ? 1 : 41, (changed) => bundleOf(replaced(name, changed)([...bench.good])))).toEqual([]);
  }, 600_000);
});
