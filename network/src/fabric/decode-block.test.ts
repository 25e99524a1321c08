import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { common } from 'fabric-protos';
import { VALIDITIES, type CommittedBlock } from '../ledger';
import { blockHash, decodeBlock, encodeBlock, type RawBlock } from './decode-block';

/** Blocks of a real network: block 0 and those that hold what a case is about. */
const RECORD = JSON.parse(readFileSync(join(__dirname, '../../../gateway/src/evidence/testing/fabric-record.json'), 'utf8')) as {
  readonly network: string;
  readonly fabric: { readonly channel: string; readonly chaincode: string };
  readonly facts: readonly { readonly block: number; readonly index: number }[];
  readonly blocks: readonly string[];
};
const CODES = 2;

const raw = (text: string): RawBlock => common.Block.decode(Buffer.from(text, 'base64')) as unknown as RawBlock;
const BLOCKS = RECORD.blocks.map(raw);
const [FIRST, WITH_CALLS] = BLOCKS as [RawBlock, RawBlock];

function decoded(block: RawBlock, codes?: Uint8Array): CommittedBlock {
  const metadata = block.metadata.metadata.map((entry, at) => (at === CODES && codes !== undefined ? codes : entry));
  return decodeBlock({ ...block, metadata: { metadata } }, RECORD.fabric);
}

const validities = (block: CommittedBlock): string[] => block.transactions.map(({ validity }) => validity);

describe('a block of Fabric', () => {
  it('has the hash by which the next names it and the network is called, and is encoded as it came', () => {
    expect(blockHash(FIRST.header).startsWith(RECORD.network)).toBe(true);
    const following = BLOCKS.flatMap((block, at) => (at > 0 && Number(block.header.number) === Number(BLOCKS[at - 1]?.header.number) + 1 ? [[decoded(block).previousHash, blockHash((BLOCKS[at - 1] as RawBlock).header)]] : []));
    expect(following.length).toBeGreaterThan(0);
    for (const [named, hash] of following) expect(named).toBe(hash);
    expect(BLOCKS.map((block) => Buffer.from(encodeBlock(block)).toString('base64'))).toEqual(RECORD.blocks);
  });

  it('shows the calls of our chaincode at their places, with what they wrote and told, and none of another', () => {
    for (const { block, index } of RECORD.facts) {
      const found = BLOCKS.map((one) => decoded(one)).find((one) => one.block === block)?.transactions.find((one) => one.index === index);
      expect([found?.validity, (found?.writes.length ?? 0) > 0, found?.events === undefined]).toEqual(['VALID', true, false]);
    }
    expect(decoded(FIRST).transactions).toEqual([]);
    expect(decodeBlock(WITH_CALLS, { ...RECORD.fabric, chaincode: 'another' }).transactions).toEqual([]);
  });

  it('counts a call as valid by the one code that says so, and by no other and no missing one', () => {
    const count = WITH_CALLS.data.data.length;
    const shown = Array.from({ length: 256 }, (_, code) => validities(decoded(WITH_CALLS, new Uint8Array(count).fill(code))));
    const valid = shown.flatMap((each, code) => (each.includes('VALID') ? [code] : []));
    expect(valid).toEqual([0]);
    expect(shown.flat().filter((validity) => !VALIDITIES.includes(validity as never))).toEqual([]);
    expect(validities(decoded(WITH_CALLS, new Uint8Array()))).toEqual(Array.from({ length: count }, () => 'OTHER_INVALID'));
    expect(validities(decodeBlock({ ...WITH_CALLS, metadata: { metadata: [] } }, RECORD.fabric))).toEqual(Array.from({ length: count }, () => 'OTHER_INVALID'));
  });

  it.each([
    [11, 'MVCC_READ_CONFLICT'],
    [12, 'PHANTOM_READ_CONFLICT'],
    [10, 'ENDORSEMENT_POLICY_FAILURE'],
    [9, 'DUPLICATE_TXID'],
    [4, 'BAD_CREATOR'],
    [254, 'OTHER_INVALID'],
  ])('says for code %d that a call is %s', (code, validity) => {
    expect(validities(decoded(WITH_CALLS, new Uint8Array(WITH_CALLS.data.data.length).fill(code)))[0]).toBe(validity);
  });
});
