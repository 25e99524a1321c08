import { canonicalJson, fromBase64, logProofSchema, releaseProofOf, toBase64, utf8ToBytes, type ReleaseProof } from '@kesu/chaincode/domain';
import { verifyFile, type FailureCode, type TrustFile } from '@kesu/verifier';
import { EvidenceWorld } from '../evidence/testing/evidence-world';
import { CAST } from '../testing/test-cast';
import { HttpWorld, type Caller } from './testing/http-world';

let made: EvidenceWorld;
let http: HttpWorld;
let good: ReleaseProof;

beforeAll(async () => {
  made = await EvidenceWorld.open();
  http = await HttpWorld.over(made.logs.releases, { evidenceLog: made.log });
  good = (await http.get(`/v1/releases/${made.release.id}/proof`, 'enterprise')).body as ReleaseProof;
});
afterAll(async () => {
  await http.server.stop();
  await made.dispose();
});

function verified(proof: unknown, trust: Partial<TrustFile> = {}) {
  const { kind, verdict, checks } = verifyFile(utf8ToBytes(JSON.stringify(proof)), made.trust(trust));
  return { kind, verdict, codes: checks.filter(({ state }) => state === 'FAIL').map(({ code }) => code), value: (name: string) => checks.find((check) => check.name === name)?.value ?? '' };
}

const bytesIn = (text: string): number => fromBase64(text)?.length ?? 0;
/** Everything besides the event, as bytes; a number counts 8. */
const bytesOf = ({ leaf, path, checkpoint }: ReleaseProof): number => bytesIn(leaf.hashes) + bytesIn(path) + checkpoint.signatures.reduce((sum, one) => sum + bytesIn(one), 0) + 7 * 8;

describe('the proof of a release', () => {
  it('is linked from every row of a trace, and verified alone', async () => {
    const { entries } = (await http.get(`/v1/trace/recipients/${CAST.bank}`, 'bank')).body as { entries: { release: { id: string; decision: string }; proof: string }[] };
    expect(entries.map(({ release: { decision } }) => decision).sort()).toEqual(['DENY', 'PERMIT']);
    for (const { release, proof } of entries) {
      const { kind, verdict, codes, value } = verified((await http.get(proof, 'bank')).body);
      expect({ kind, verdict, codes }).toEqual({ kind: 'release-proof', verdict: 'PROVEN', codes: [] });
      expect(value('form')).toContain(`${release.id}, ${release.decision}`);
    }
    expect((await http.get(`/v1/trace/recipients/${CAST.bank}?format=csv`, 'bank')).text).toContain(`/v1/releases/${made.release.id}/proof`);
  });

  it('goes to those who may see the release', async () => {
    const status = async (caller: Caller): Promise<number> => (await http.get(`/v1/releases/${made.release.id}/proof`, caller)).status;
    expect(await Promise.all((['enterprise', 'bank', 'platform', 'provider', 'node'] as const).map(status))).toEqual([200, 200, 200, 200, 200]);
    http.tokens.set('demo-other', { kind: 'PARTICIPANT', id: 'bank-two', role: 'recipient', demonstration: true });
    expect(await Promise.all([status({ token: 'demo-other' }), status(undefined)])).toEqual([404, 401]);
    expect((await http.get(`/v1/releases/${'ab'.repeat(16)}.0/proof`, 'bank')).status).toBe(404);
  });

  it('says what the log’s own proof says, in at most 1.2 KB besides the event in a log of a million events with three cosigners', async () => {
    const [at, transaction, number] = good.leaf.position;
    const long = logProofSchema.parse((await http.get(`/v1/log/proof?position=${at}.${transaction}.${number}`, 'bank')).body);
    // The log may have grown since: by the outcome of that very release.
    const { leaf, event } = releaseProofOf(long);
    expect({ leaf, event }).toEqual({ leaf: good.leaf, event: good.event });
    // Two cosigners here; a third is one more signature. A path in a tree of 10^6 has 20 hashes.
    const hashes = bytesIn(good.path) / 32;
    expect(bytesOf(good) + 76 + (20 - hashes) * 32).toBeLessThanOrEqual(1_229);
  });

  const cut = (text: string, by = 32): string => toBase64((fromBase64(text) ?? new Uint8Array()).slice(0, -by));
  const flipped = (text: string, at: number): string => {
    const bytes = fromBase64(text) ?? new Uint8Array();
    bytes[at] = (bytes[at] ?? 0) ^ 1;
    return toBase64(bytes);
  };

  it.each<readonly [string, FailureCode, (proof: ReleaseProof) => void]>([
    ['with a member more', 'part-malformed', (proof) => Object.assign(proof, { more: 1 })],
    ['of something else', 'part-malformed', (proof) => Object.assign(proof.event, { kind: 'outcome' })],
    ['of another ledger', 'bundle-network-foreign', (proof) => Object.assign(proof, { network: 'ab'.repeat(16) })],
    ['with a hash of its leaf cut off', 'release-proof-cut', (proof) => Object.assign(proof.leaf, { hashes: cut(proof.leaf.hashes) })],
    ['with half a hash in its path', 'release-proof-cut', (proof) => Object.assign(proof, { path: cut(proof.path, 16) })],
    ['with a hash of its path gone', 'release-proof-cut', (proof) => Object.assign(proof, { path: cut(proof.path) })],
    ['that points to one leaf less', 'release-proof-cut', (proof) => delete (proof.leaf as Record<string, unknown>).grantTransition],
    ['with a signature that is none', 'release-proof-cut', (proof) => Object.assign(proof.checkpoint, { signatures: ['AAAA'] })],
    ['in a smaller tree', 'checkpoint-signature-invalid', (proof) => Object.assign(proof.checkpoint, { size: proof.checkpoint.size - 1 })],
    ['with another path', 'checkpoint-signature-invalid', (proof) => Object.assign(proof, { path: flipped(proof.path, 0) })],
    ['under a number to which its path is too long', 'release-proof-cut', (proof) => Object.assign(proof.leaf, { index: proof.leaf.index - 1 })],
    ['at another position', 'checkpoint-signature-invalid', (proof) => Object.assign(proof.leaf, { position: [1, 0, 0] })],
    ['of another decision', 'checkpoint-signature-invalid', (proof) => Object.assign(proof.event.release, { decision: 'DENY', reason: 'grant-revoked' })],
    ['to another recipient', 'checkpoint-signature-invalid', (proof) => Object.assign(proof.event.release, { recipient: 'bank-two' })],
    ['of another block', 'checkpoint-signature-invalid', (proof) => Object.assign(proof.leaf, { hashes: flipped(proof.leaf.hashes, 32) })],
    ['with another transition of its grant', 'checkpoint-signature-invalid', (proof) => Object.assign(proof.leaf, { hashes: flipped(proof.leaf.hashes, 4 * 32) })],
    ['with a forged cosignature', 'checkpoint-signature-invalid', (proof) => Object.assign(proof.checkpoint, { signatures: [...proof.checkpoint.signatures.slice(0, -1), flipped(proof.checkpoint.signatures.at(-1) ?? '', 20)] })],
    ['signed by keys that nobody knows', 'checkpoint-log-key-missing', (proof) => Object.assign(proof.checkpoint, { signatures: proof.checkpoint.signatures.map((one) => flipped(one, 0)) })],
    ['with too few cosigners', 'cosigners-too-few', (proof) => Object.assign(proof.checkpoint, { signatures: proof.checkpoint.signatures.slice(0, 2) })],
  ])('%s is refused', (_name, code, change) => {
    const proof = JSON.parse(canonicalJson(good)) as ReleaseProof;
    change(proof);
    const { verdict, codes } = verified(proof);
    expect(verdict).toBe('REFUTED');
    expect(codes).toContain(code);
  });
});
