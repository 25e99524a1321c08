import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Identity } from '@kesu/certs';
import { canonicalJson, instantOf, utf8ToBytes, type FabricAnnex } from '@kesu/chaincode/domain';
import { readTrust, verifyFile, type FailureCode, type TrustFile } from '@kesu/verifier';
import { common } from 'fabric-protos';
import { aForgersOrganisation, forgedBlock, type ForgersOrganisation, type Forgery } from '../../../network/src/fabric/testing/forged-block';
import { AnnexSigners } from '../../../verifier/src/annex-signers';
import { annexOf, trustOf, type FabricRecord } from './testing/fabric-record';

/** Of a real network: block 0, one with two releases, one with one call, one with eight calls of which three lost a race. */
const RECORD = JSON.parse(readFileSync(join(__dirname, 'testing', 'fabric-record.json'), 'utf8')) as FabricRecord;
const GOOD = annexOf(RECORD);
const TRUST = trustOf(RECORD);
const LAST = GOOD.blocks.length - 1;
const NUMBERS = [0, ...new Set(GOOD.facts.map(({ block }) => block))];
/** The place of a transaction in the last block that holds no fact: it lost its race. */
const LOST = [0, 1, 2, 3, 4, 5, 6, 7].find((index) => !GOOD.facts.some((fact) => fact.block === NUMBERS[LAST] && fact.index === index)) ?? 0;

function verified(value: unknown, trust: Partial<TrustFile> = {}) {
  const { kind, verdict, checks } = verifyFile(utf8ToBytes(canonicalJson(value)), readTrust(JSON.stringify({ ...TRUST, ...trust })));
  const failed = checks.filter(({ state }) => state === 'FAIL');
  return { kind, verdict, failed: failed.map(({ name, code }) => `${name} ${String(code)}`), check: (name: string) => checks.find((check) => check.name === name) };
}

const COMMIT_HASH_ENTRY_BYTES = 34;
const copy = (): FabricAnnex => JSON.parse(canonicalJson(GOOD)) as FabricAnnex;
type Decoded = ReturnType<typeof common.Block.decode>;

/** A block of the annex changed in one part and written again as Fabric writes it. */
function edited(at: number, edit: (block: Decoded) => void): FabricAnnex {
  const value = copy();
  const block = common.Block.decode(Buffer.from(value.blocks[at] ?? '', 'base64'));
  edit(block);
  value.blocks[at] = Buffer.from(common.Block.encode(block).finish()).toString('base64');
  return value;
}

const flipped = (bytes: Uint8Array | null | undefined, at = -1): Uint8Array => {
  const changed = Buffer.from(bytes ?? []);
  const index = at < 0 ? changed.length + at : at;
  changed[index] = (changed[index] ?? 0) ^ 1;
  return changed;
};
/** The two fields of an envelope, which one behind the other are the envelope. */
const partsOf = (envelope: Uint8Array | undefined): Uint8Array[] => {
  const { payload, signature } = common.Envelope.decode(envelope ?? new Uint8Array());
  return [common.Envelope.encode({ payload }).finish(), common.Envelope.encode({ signature }).finish()];
};
const dataOf = ({ data }: Decoded): Uint8Array[] => data?.data as Uint8Array[];
const metadataOf = ({ metadata }: Decoded): Uint8Array[] => metadata?.metadata as Uint8Array[];

describe('an annex of a Fabric network', () => {
  it('shows what orderers, callers and endorsers signed, and says which part nobody signed', () => {
    const { kind, verdict, failed, check } = verified(GOOD);
    expect({ kind, verdict, failed }).toEqual({ kind: 'evidence-annex', verdict: 'PROVEN', failed: [] });
    expect(check('block-chain')?.value).toContain(`blocks ${NUMBERS.join(', ')}; block 0 is the one that gives the network its id; ${NUMBERS.length - 2} follow the one before`);
    expect(check('orderer-signatures')?.value).toContain(`${NUMBERS.length - 1} blocks behind block 0, each signed by an orderer (OrdererMSP `);
    expect(check('endorsements')).toMatchObject({ state: 'PASS', restsOn: expect.stringContaining('how many must: the trust file') as string });
    expect(check('validation-codes')).toMatchObject({ state: 'UNKNOWN', isRequired: false, restsOn: 'who gave out the blocks' });
  });

  it('leaves it open under a trust file that says nothing of a Fabric network', () => {
    const { fabric: _fabric, ...rest } = TRUST;
    const { verdict, checks } = verifyFile(utf8ToBytes(canonicalJson(GOOD)), readTrust(JSON.stringify(rest)));
    expect([verdict, checks.filter(({ state, isRequired }) => state === 'UNKNOWN' && isRequired).map(({ name }) => name)]).toEqual(['UNDETERMINED', ['orderer-signatures', 'caller-signatures', 'endorsements']]);
  });

  const MALFORMED: readonly (readonly [name: string, check: string, code: FailureCode, change: () => FabricAnnex])[] = [
    ['with a member more', 'form', 'part-malformed', () => Object.assign(copy(), { more: 1 })],
    ['of another ledger', 'form', 'bundle-network-foreign', () => Object.assign(copy(), { network: 'ab'.repeat(16) })],
    ['with a block that is no base64', 'form', 'annex-block-malformed', () => Object.assign(copy(), { blocks: ['?'] })],
    ['with a block cut off', 'form', 'annex-block-malformed', () => Object.assign(copy(), { blocks: [Buffer.from(GOOD.blocks[1] ?? '', 'base64').subarray(0, -1).toString('base64')] })],
    ['with a byte behind a block', 'form', 'annex-block-malformed', () => Object.assign(copy(), { blocks: [Buffer.concat([Buffer.from(GOOD.blocks[1] ?? '', 'base64'), Buffer.of(0x22, 0)]).toString('base64')] })],
    ['with a header without hashes', 'form', 'annex-block-malformed', () => edited(1, (block) => Object.assign(block.header ?? {}, { data_hash: Buffer.alloc(8) }))],
    ['with a transaction changed', 'block-data', 'annex-block-malformed', () => edited(LAST, (block) => dataOf(block).splice(3, 1, flipped(dataOf(block)[3])))],
    ['with a transaction gone', 'block-data', 'annex-block-malformed', () => edited(LAST, (block) => dataOf(block).pop())],
    ['with two transactions written as one, which the data hash doesn’t tell', 'block-data', 'annex-block-malformed', () => edited(LAST, (block) => dataOf(block).splice(5, 2, Buffer.concat(dataOf(block).slice(5))))],
    ['with a transaction written as two', 'block-data', 'annex-block-malformed', () => edited(LAST, (block) => dataOf(block).splice(6, 1, ...partsOf(dataOf(block)[6])))],
    ['with more metadata than is known', 'form', 'annex-block-malformed', () => edited(1, (block) => metadataOf(block).push(Buffer.of(1)))],
    ['without block 0', 'block-chain', 'annex-chain-broken', () => Object.assign(copy(), { blocks: GOOD.blocks.slice(1) })],
    ['with another block 0', 'block-chain', 'annex-chain-broken', () => edited(0, (block) => Object.assign(block.header ?? {}, { data_hash: flipped(block.header?.data_hash) }))],
    ['with its blocks in another order', 'block-chain', 'annex-chain-broken', () => Object.assign(copy(), { blocks: [0, 2, 1, 3].map((at) => GOOD.blocks[at]) })],
    ['with a block twice', 'block-chain', 'annex-chain-broken', () => Object.assign(copy(), { blocks: [...GOOD.blocks, GOOD.blocks[LAST]] })],
    ['with a block that follows another', 'block-chain', 'annex-chain-broken', () => edited(LAST, (block) => Object.assign(block.header ?? {}, { previous_hash: flipped(block.header?.previous_hash) }))],
    ['with a block under another number', 'orderer-signatures', 'annex-signature-invalid', () => edited(1, (block) => Object.assign(block.header ?? {}, { number: 2 }))],
    ['with an orderer’s signature changed', 'orderer-signatures', 'annex-signature-invalid', () => edited(LAST, (block) => metadataOf(block).splice(0, 1, flipped(metadataOf(block)[0])))],
    ['with the value that an orderer signed changed', 'orderer-signatures', 'annex-signature-invalid', () => edited(LAST, (block) => metadataOf(block).splice(0, 1, flipped(metadataOf(block)[0], 3)))],
    ['without an orderer’s signature', 'orderer-signatures', 'annex-signature-invalid', () => edited(LAST, (block) => metadataOf(block).splice(0, 1, Buffer.alloc(0)))],
    ['without a block that holds a fact', 'facts-in-blocks', 'annex-fact-missing', () => Object.assign(copy(), { blocks: GOOD.blocks.slice(0, -1) })],
    ['with a fact of another event', 'facts-in-blocks', 'annex-fact-missing', () => Object.assign(copy(), { facts: [{ ...GOOD.facts[0], eventDigest: 'ab'.repeat(32) }] })],
    ['with a release in the place of the other', 'facts-in-blocks', 'annex-fact-missing', () => Object.assign(copy(), { facts: [{ ...GOOD.facts[0], item: 1 }] })],
    ['with a fact at a place where none is', 'facts-in-blocks', 'annex-fact-missing', () => Object.assign(copy(), { facts: [{ ...GOOD.facts[0], item: 99 }] })],
    ['with a fact in a transaction that lost its race', 'validation-codes', 'annex-fact-missing', () => Object.assign(copy(), { facts: [{ ...GOOD.facts.at(-1), index: LOST }] })],
    ['with a fact in a transaction marked invalid', 'validation-codes', 'annex-fact-missing', () => edited(LAST, (block) => metadataOf(block).splice(2, 1, Buffer.alloc(7, 11)))],
  ];

  it.each(MALFORMED)('%s is refused', (_name, check, code, change) => {
    const { verdict, failed } = verified(change());
    expect(verdict).toBe('REFUTED');
    expect(failed).toContain(`${check} ${code}`);
  });

  it.each<readonly [string, string, FailureCode, Partial<TrustFile>]>([
    ['other roots of its orderers', 'orderer-signatures', 'certificate-untrusted', { fabric: { ...RECORD.fabric, orderers: { OrdererMSP: RECORD.organisations.NodeMSP ?? { roots: [] } } } }],
    ['other roots of a caller’s organisation', 'caller-signatures', 'certificate-untrusted', { organisations: { ...RECORD.organisations, NodeMSP: RECORD.organisations.PlatformMSP ?? { roots: [] } } }],
    ['more endorsements than there are', 'endorsements', 'annex-endorsement-invalid', { fabric: { ...RECORD.fabric, endorsement: { ...RECORD.fabric.endorsement, required: 3 } } }],
    ['another channel', 'caller-signatures', 'annex-caller-invalid', { fabric: { ...RECORD.fabric, channel: 'other' } }],
    ['another chaincode', 'caller-signatures', 'annex-caller-invalid', { fabric: { ...RECORD.fabric, chaincode: 'other' } }],
  ])('under a trust file with %s is refused', (_name, check, code, trust) => {
    expect(verified(GOOD, trust).failed).toContain(`${check} ${code}`);
  });

  it.each([
    ['more organisations required than endorse', { ...RECORD.fabric.endorsement, required: 4 }],
    ['an endorsing organisation twice', { required: 2, organisations: ['NodeMSP', 'NodeMSP'] }],
  ])('is not looked at under a trust file with %s', (_name, endorsement) => {
    expect(() => verified(GOOD, { fabric: { ...RECORD.fabric, endorsement } })).toThrow('trust-malformed');
  });

  it('is refused with any byte of a block changed, but for what a peer adds behind the signatures', () => {
    const block = Buffer.from(GOOD.blocks[2] ?? '', 'base64');
    const value = copy();
    const accepted: number[] = [];
    for (let at = 0; at < block.length; at += process.env.KESU_FULL === '1' ? 1 : 53) {
      value.blocks = [GOOD.blocks[0] ?? '', Buffer.from(flipped(block, at)).toString('base64')];
      value.facts = GOOD.facts.filter((fact) => fact.block === NUMBERS[2]);
      if (verified(value).verdict !== 'REFUTED') accepted.push(at);
    }
    // The metadata's last entry, the peer's own commit hash, is signed by nobody.
    expect(accepted.filter((at) => at < block.length - COMMIT_HASH_ENTRY_BYTES)).toEqual([]);
  }, 600_000);
});

describe('a block that is signed anew by keys of the trust file’s organisations', () => {
  const NOW = Date.parse('2026-11-25T20:00:00.000Z');
  const organisations = new Map<string, ForgersOrganisation>();
  const people = new Map<string, Identity>();
  const one = (name: string): Identity => people.get(name) ?? (undefined as never);
  let trust: Partial<TrustFile>;

  beforeAll(async () => {
    for (const mspId of ['OrdererMSP', 'NodeMSP', 'PlatformMSP', 'JudicialMSP']) {
      const organisation = await aForgersOrganisation(mspId, NOW);
      organisations.set(mspId, organisation);
      for (const role of ['client', 'peer', 'orderer'] as const) people.set(`${mspId} ${role}`, await organisation.member(role));
    }
    people.set('expired', await (organisations.get('NodeMSP') as ForgersOrganisation).member('peer', NOW + 1_000));
    const rootsOf = (mspId: string): { roots: string[] } => ({ roots: [organisations.get(mspId)?.root ?? ''] });
    trust = {
      organisations: Object.fromEntries(['NodeMSP', 'PlatformMSP', 'JudicialMSP'].map((mspId) => [mspId, rootsOf(mspId)])),
      fabric: { ...RECORD.fabric, orderers: { OrdererMSP: rootsOf('OrdererMSP') } },
    };
  });

  /** @param at which block: that of one call, unless told otherwise. */
  async function verifiedForgery(forgery: Forgery = {}, at = 2) {
    const block = await forgedBlock(GOOD.blocks[at] ?? '', { creator: one('NodeMSP client'), endorsers: [one('NodeMSP peer'), one('PlatformMSP peer')], orderers: [one('OrdererMSP orderer')] }, forgery);
    return verified({ ...GOOD, facts: GOOD.facts.filter((fact) => fact.block === NUMBERS[at]), blocks: [GOOD.blocks[0], block] }, trust);
  }

  it('is as good as theirs', async () => {
    for (const at of [1, 2]) expect(await verifiedForgery({}, at)).toMatchObject({ verdict: 'PROVEN', failed: [] });
  });

  it.each<readonly [string, string, FailureCode, () => Forgery]>([
    ['of another channel', 'caller-signatures', 'annex-caller-invalid', () => ({ channel: 'other' })],
    ['under an id of another caller', 'caller-signatures', 'annex-caller-invalid', () => ({ txId: 'ab'.repeat(32) })],
    ['signed by another for its caller', 'caller-signatures', 'annex-caller-invalid', () => ({ impostors: { creator: one('PlatformMSP client') } })],
    ['signed with a high S', 'caller-signatures', 'annex-caller-invalid', () => ({ isHighS: true })],
    ['endorsed for another proposal', 'endorsements', 'annex-endorsement-invalid', () => ({ askedFor: new Uint8Array(32) })],
    ['endorsed by one organisation', 'endorsements', 'annex-endorsement-invalid', () => ({ endorsers: [one('NodeMSP peer')] })],
    ['endorsed by one organisation twice', 'endorsements', 'annex-endorsement-invalid', () => ({ endorsers: [one('NodeMSP peer'), one('NodeMSP peer')] })],
    ['endorsed by nobody', 'endorsements', 'annex-endorsement-invalid', () => ({ endorsers: [] })],
    ['endorsed by a client', 'endorsements', 'annex-endorsement-invalid', () => ({ endorsers: [one('NodeMSP peer'), one('PlatformMSP client')] })],
    ['endorsed by another for a peer', 'endorsements', 'annex-endorsement-invalid', () => ({ impostors: { endorser: one('JudicialMSP peer') } })],
    ['endorsed by a peer whose certificate had expired', 'endorsements', 'certificate-out-of-time', () => ({ endorsers: [one('expired'), one('PlatformMSP peer')] })],
    ['endorsed by a peer of no organisation of the trust file', 'endorsements', 'certificate-untrusted', () => ({ endorsers: [one('NodeMSP peer'), one('OrdererMSP peer')] })],
    ['ordered by a client', 'orderer-signatures', 'annex-signature-invalid', () => ({ orderers: [one('OrdererMSP client')] })],
    ['ordered by an orderer of another organisation', 'orderer-signatures', 'certificate-untrusted', () => ({ orderers: [one('NodeMSP orderer')] })],
    ['ordered by another for the orderer', 'orderer-signatures', 'annex-signature-invalid', () => ({ impostors: { orderer: one('OrdererMSP peer') } })],
    ['of another chaincode by its endorsers’ word', 'caller-signatures', 'annex-caller-invalid', () => ({ chaincode: 'other', eventChaincode: 'other' })],
    ['with an event of another chaincode', 'facts-in-blocks', 'annex-fact-missing', () => ({ eventChaincode: 'other' })],
    ['with an event of another transaction', 'facts-in-blocks', 'annex-fact-missing', () => ({ eventTxId: 'ab'.repeat(32) })],
    ['marked invalid', 'validation-codes', 'annex-fact-missing', () => ({ codes: Uint8Array.of(11) })],
    ['marked with no code', 'validation-codes', 'annex-fact-missing', () => ({ codes: new Uint8Array() })],
  ])('%s is refused for that alone', async (_name, check, code, forgery) => {
    expect((await verifiedForgery(forgery())).failed).toEqual([`${check} ${code}`]);
  });

  it('with releases of another chaincode’s operation is refused', async () => {
    expect((await verifiedForgery({ chaincode: 'other', eventChaincode: 'other' }, 1)).failed).toEqual(['caller-signatures annex-caller-invalid', 'facts-in-blocks annex-fact-missing']);
  });

  it('counts for a signer only while its certificate does, however often it was seen', () => {
    const signers = new AnnexSigners(readTrust(JSON.stringify({ ...TRUST, ...trust })).organisations);
    expect(signers.trusted(one('expired'), instantOf(NOW))).toBeDefined();
    expect(() => signers.trusted(one('expired'), instantOf(NOW + 2_000))).toThrow('certificate-out-of-time');
  });

  it.each<readonly [string, FailureCode, () => Forgery]>([
    ['of another kind than a call', 'annex-fact-missing', () => ({ type: 1 })],
    ['with two actions', 'annex-block-malformed', () => ({ hasTwoActions: true })],
    ['with two sets of writes of one chaincode', 'annex-block-malformed', () => ({ hasSetsTwice: true })],
    ['with an action under another header', 'annex-block-malformed', () => ({ actionHeader: new Uint8Array(8) })],
  ])('%s is no transaction that holds a fact', async (_name, code, forgery) => {
    expect((await verifiedForgery(forgery())).failed).toEqual(['caller-signatures', 'endorsements', 'facts-in-blocks'].map((check) => `${check} ${code}`));
  });
});
