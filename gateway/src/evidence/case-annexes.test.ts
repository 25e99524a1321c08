import { blockDataHash, canonicalJson, FABRIC_ANNEX_FORMAT, toBase64url, toLowS64, utf8ToBytes, type EvidenceAnnex, type FabricAnnex } from '@kesu/chaincode/domain';
import { readBundle, readContainer, readTrust, verifyFile, type FailureCode, type TrustFile } from '@kesu/verifier';
import { CAST } from '../testing/test-cast';
import { CaseAnnexes, type MadeAnnex } from './case-annexes';
import { CaseWorld } from './testing/case-world';
import { trustOfGateway } from './trust-of-gateway';

let made: CaseWorld;
let annexes: CaseAnnexes;
let annex: MadeAnnex;
let good: EvidenceAnnex;

const FOR = { participant: 'court-one', operator: 'CLERK-1', reason: 'court-order' };

const annexesOf = (world: CaseWorld): CaseAnnexes => new CaseAnnexes({ ledgerKind: 'EMBEDDED', network: world.world.ledger.network, ledger: world.world.ledger, bundles: world.bundles, store: world.evidence.sealParts.store, clock: world.world.clock });

beforeAll(async () => {
  made = await CaseWorld.open();
  annexes = annexesOf(made);
  await expect(annexes.make(made.caseId, '1'.repeat(32), FOR)).rejects.toMatchObject({ code: 'document-required' });
  await made.bundles.seal(made.caseId);
  annex = await annexes.make(made.caseId, '1'.repeat(32), FOR);
  good = JSON.parse(Buffer.from(await annexes.bytesOf(annex)).toString('utf8')) as EvidenceAnnex;
});
afterAll(() => made.dispose());

function verified(value: unknown, trust: Partial<TrustFile> = {}) {
  const { kind, verdict, checks } = verifyFile(utf8ToBytes(canonicalJson(value)), made.evidence.trust(trust));
  return { kind, verdict, codes: checks.filter(({ state }) => state === 'FAIL').map(({ code }) => code), value: (name: string) => checks.find((check) => check.name === name)?.value ?? '' };
}

describe('an annex', () => {
  it('shows what the operator signed and what callers signed, and is verified alone', () => {
    const { kind, verdict, codes, value } = verified(good);
    expect({ kind, verdict, codes }).toEqual({ kind: 'evidence-annex', verdict: 'PROVEN', codes: [] });
    expect(value('form')).toContain('court-one (CLERK-1): court-order');
    expect(value('facts-in-blocks')).toContain('NodeMSP, PlatformMSP');
  });

  it('holds the very blocks that the leaves of the bundle name', async () => {
    const bundle = await made.bundles.find(made.caseId, good.bundle.id);
    const { facts } = readBundle(readContainer(await made.bundles.bytesOf(bundle ?? (undefined as never))));
    for (const { leaf } of facts) {
      const shown = good.facts.find((fact) => fact.leaf === leaf.index);
      expect(shown).toMatchObject({ block: leaf.position.block, eventDigest: leaf.eventDigest });
    }
    expect(good.facts).toHaveLength(facts.length);
    expect(bundle?.digest).toBe(good.bundle.digest);
  });

  it('is recorded once with who had it made and why; its bytes are read from the ledger again', async () => {
    expect(await annexes.make(made.caseId, '1'.repeat(32), { ...FOR, reason: 'another-reason' })).toEqual(annex);
    expect(await annexesOf(made).list(made.caseId)).toEqual([annex]);
    expect(annex).toMatchObject({ madeFor: FOR, caseId: made.caseId });
    expect(Buffer.compare(await annexesOf(made).bytesOf(annex), await annexes.bytesOf(annex))).toBe(0);
    await expect(annexes.bytesOf({ ...annex, digest: 'ab'.repeat(32) })).rejects.toThrow('is not the one that was recorded');
  });

  it('is kept on Fabric, where another peer has the blocks with signatures of other orderers', async () => {
    const { world, bundles, evidence } = made;
    let asked = 0;
    const ledger = { blocks: world.ledger.blocks.bind(world.ledger), blockText: async (number: number) => `${number} as peer ${(asked += 1)} has it` };
    const onFabric = new CaseAnnexes({ ledgerKind: 'FABRIC', network: world.ledger.network, ledger, bundles, store: evidence.sealParts.store, clock: world.clock });
    const kept = await onFabric.make(made.caseId, '2'.repeat(32), FOR);
    const written = JSON.parse(Buffer.from(await onFabric.bytesOf(kept)).toString('utf8')) as FabricAnnex;
    expect([written.format, written.facts, asked]).toEqual([FABRIC_ANNEX_FORMAT, good.facts, kept.blocks.length]);
    expect(kept.blocks).toEqual([...new Set([0, ...good.facts.map(({ block }) => block)])].sort((a, b) => a - b));
    await expect(onFabric.bytesOf({ ...kept, digest: 'ab'.repeat(32) })).rejects.toThrow('is not the one that was recorded');
  });

  it('of Fabric’s blocks is verified under a trust file that names whose orderers and endorsers count', async () => {
    const { releases } = made.evidence.logs;
    const root = made.evidence.trustFile().organisations.NodeMSP?.roots[0] ?? '';
    const fabric = { channel: 'kesu', chaincode: 'kesu', ordering: { mspId: 'OrdererMSP', roots: [root] }, endorsement: { required: 2, organisations: ['NodeMSP', 'PlatformMSP'] }, organisations: [{ mspId: 'NodeMSP', roots: ['older'], peers: [] }, { mspId: 'PlatformMSP', roots: [root], peers: [] }] };
    const trust = trustOfGateway({ parts: releases.parts, network: made.world.ledger.network, organisations: { NodeMSP: { roots: [root] } }, fabric, timestampAuthorities: [] });
    expect(trust.fabric).toEqual({ channel: 'kesu', chaincode: 'kesu', orderers: { OrdererMSP: { roots: [root] } }, endorsement: fabric.endorsement });
    expect(trust.organisations).toEqual({ NodeMSP: { roots: [root] }, PlatformMSP: { roots: [root] } });
    expect(readTrust(JSON.stringify(trust)).orderers.get('OrdererMSP')?.roots).toHaveLength(1);
  });

  const lines = (block: string | undefined): string[] => (block ?? '').split('\n');
  const edited = (value: EvidenceAnnex, at: number, edit: (parts: string[]) => void): void => {
    const parts = lines(value.blocks[at]);
    edit(parts);
    value.blocks[at] = parts.join('\n');
  };
  const last = (value: EvidenceAnnex): number => value.blocks.length - 1;
  const flip = (text: string): string => (text.startsWith('A') ? `B${text.slice(1)}` : `A${text.slice(1)}`);

  it.each<readonly [string, FailureCode, (value: EvidenceAnnex) => void]>([
    ['with a member more', 'part-malformed', (value) => Object.assign(value, { more: 1 })],
    ['of another ledger', 'bundle-network-foreign', (value) => Object.assign(value, { network: 'ab'.repeat(16) })],
    ['with a record changed', 'annex-block-malformed', (value) => edited(value, last(value), (parts) => (parts[2] = parts[2]?.replace('VALID', 'BAD_CREATOR') ?? ''))],
    ['with a record gone', 'annex-block-malformed', (value) => edited(value, last(value), (parts) => parts.pop())],
    ['without the first block', 'annex-chain-broken', (value) => value.blocks.shift()],
    ['with its blocks in another order', 'annex-chain-broken', (value) => value.blocks.push(value.blocks.splice(1, 1)[0] ?? '')],
    ['with a block twice', 'annex-chain-broken', (value) => value.blocks.push(value.blocks.at(-1) ?? '')],
    ['with another signature of its operator', 'annex-signature-invalid', (value) => edited(value, last(value), (parts) => (parts[1] = flip(parts[1] ?? '')))],
    ['with a header of another time', 'annex-signature-invalid', (value) => edited(value, last(value), (parts) => (parts[0] = parts[0]?.replace('2026-01-01', '2026-01-02') ?? ''))],
    ['without a block that holds a fact', 'annex-fact-missing', (value) => value.blocks.pop()],
    ['with a fact of another event', 'annex-fact-missing', (value) => Object.assign(value.facts[0] ?? {}, { eventDigest: 'ab'.repeat(32) })],
    ['with a fact at a place where none is', 'annex-fact-missing', (value) => Object.assign(value.facts[0] ?? {}, { item: 99 })],
  ])('%s is refused', (_name, code, change) => {
    const value = JSON.parse(canonicalJson(good)) as EvidenceAnnex;
    change(value);
    const { verdict, codes } = verified(value);
    expect(verdict).toBe('REFUTED');
    expect(codes).toContain(code);
  });

  it('with a call that its caller did not sign, though the operator did, is refused', async () => {
    const operator = made.world.identities.get(CAST.node);
    const value = JSON.parse(canonicalJson(good)) as EvidenceAnnex;
    const { block } = value.facts.at(-1) ?? { block: 0 };
    const at = value.blocks.findIndex((text) => text.startsWith('{') && (JSON.parse(lines(text)[0] ?? '') as { number: number }).number === block);
    const [header = '', , ...records] = lines(value.blocks[at]);
    const changed = records.map((record) => canonicalJson({ ...(JSON.parse(record) as object), signature: flip((JSON.parse(record) as { signature: string }).signature) }));
    const signedHeader = canonicalJson({ ...(JSON.parse(header) as object), dataHash: blockDataHash(changed) });
    const signature = toBase64url(toLowS64((await operator?.sign(Buffer.from(signedHeader))) ?? new Uint8Array()));
    value.blocks[at] = [signedHeader, signature, ...changed].join('\n');
    expect(verified(value).codes).toContain('annex-caller-invalid');
    expect(verified(value).codes).not.toContain('annex-signature-invalid');
  });

  it('under roots that do not know its operator is refused', () => {
    const { organisations } = made.evidence.trustFile();
    expect(verified(good, { organisations: { ...organisations, NodeMSP: organisations.PlatformMSP ?? { roots: [] } } }).codes).toContain('certificate-untrusted');
  });
});
