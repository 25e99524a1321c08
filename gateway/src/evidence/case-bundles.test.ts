import { verifyBundle, type Verification } from '@kesu/verifier';
import type { EvidenceCase } from '@kesu/chaincode/domain';
import type { PrivateJournal } from '@kesu/network';
import type { SealedBundle } from './case-bundles';
import { aFile } from '../testing/evidence-bodies';
import { CaseWorld, ORIGIN } from './testing/case-world';

let made: CaseWorld;
let sealed: SealedBundle;

beforeAll(async () => {
  made = await CaseWorld.open();
  sealed = await made.bundles.seal(made.caseId);
});
afterAll(() => made.dispose());

const shown = ({ verdict, checks }: Verification) => ({ verdict, failed: checks.filter(({ state }) => state === 'FAIL').map(({ name, code, value }) => `${name} ${code ?? ''}: ${value}`) });
const verify = async (bundle: SealedBundle): Promise<Verification> => verifyBundle(await made.bundles.bytesOf(bundle), made.evidence.trust());
const valueOf = ({ checks }: Verification, name: string): string => checks.find((check) => check.name === name)?.value ?? '';

describe('the bundle of a case', () => {
  it('is proven by its trust file: life, volumes, items, links', async () => {
    const verified = await verify(sealed);
    expect(shown(verified)).toEqual({ verdict: 'PROVEN', failed: [] });
    expect(valueOf(verified, 'case-life')).toContain('LITIGATION: DRAFT → SEALED → HANDED_OVER → RECEIVED');
    expect(valueOf(verified, 'volumes')).toContain('1 (PARTY, 6 items)');
    expect(valueOf(verified, 'item-provenance')).toContain('2 files: 1 RECORDED, 1 SIGNED_ONLINE; 1 with a witness or a deed');
    for (const kind of ['RELEASE', 'GRANT', 'LOAN_EVENT', 'VOLUME']) expect(valueOf(verified, 'case-links')).toContain(kind);
    expect(verified.description).toMatchObject({ caseId: made.caseId, volume: 1, lookup: `${ORIGIN}/v1/evidence-cases/${made.caseId}/bundles/${sealed.id}` });
    expect(valueOf(verified, 'summary')).toContain(sealed.contentDigest);
  });

  it('holds what the case links to, and no other release of the loan', () => {
    expect(sealed.parts.filter((name) => name.startsWith('receipts/'))).toEqual([`receipts/${made.evidence.release.id.replace('.', '-')}.json`]);
  });

  it('is made once: a repeat, at the same time or after a restart, answers the same bytes', async () => {
    const restarted = CaseWorld.bundlesOf(made.evidence);
    const again = await Promise.all([made.bundles.seal(made.caseId), made.bundles.seal(made.caseId), restarted.seal(made.caseId)]);
    expect(again).toEqual([sealed, sealed, sealed]);
    expect(Buffer.compare(await restarted.bytesOf(sealed), await made.bundles.bytesOf(sealed))).toBe(0);
  });

  it('is made once also when several ask for it first at the same time', async () => {
    const { world } = made;
    const id = world.nextId();
    const { enterprise, platform, recipient } = await world.read<EvidenceCase>('evidence-case', made.caseId);
    await world.submit('bank-one', 'evidence:open', { id, kind: 'ARBITRATION', party: 'RECIPIENT', enterprise, platform, recipient });
    await made.caughtUp();
    await expect(made.bundles.seal(id)).rejects.toMatchObject({ code: 'document-required' });
    await made.lodge(id, [aFile('ARBITRATION_AGREEMENT', world.at)]);
    await made.caughtUp();
    const [one, other] = await Promise.all([made.bundles.seal(id), made.bundles.seal(id)]);
    expect(one).toEqual(other);
    expect(await made.bundles.list(id)).toEqual([one]);
    expect(shown(await verify(one))).toEqual({ verdict: 'PROVEN', failed: [] });
  });

  it('that could not be kept was never there: the next try makes it whole', async () => {
    const { world } = made;
    const { store } = made.evidence.sealParts;
    await made.lodge(made.caseId, [aFile('REPAYMENT_RECORD', world.at)]);
    await made.caughtUp();
    const full = { get: store.get.bind(store), entries: store.entries.bind(store), commit: () => Promise.reject(new Error('the disk is full')) } as unknown as PrivateJournal;
    const broken = CaseWorld.bundlesOf(made.evidence, { store: full });
    await expect(broken.seal(made.caseId)).rejects.toThrow('the disk is full');
    expect(await made.bundles.list(made.caseId)).toEqual([sealed]);
    const second = await made.bundles.seal(made.caseId);
    expect(second).toMatchObject({ volume: 2 });
    expect((await made.bundles.list(made.caseId)).map(({ id }) => id).sort()).toEqual([sealed.id, second.id].sort());
    expect(shown(await verify(second))).toEqual({ verdict: 'PROVEN', failed: [] });
    expect(shown(await verify(sealed))).toEqual({ verdict: 'PROVEN', failed: [] });
  });
});
