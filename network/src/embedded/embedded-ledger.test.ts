import { canonicalJson } from '@kesu/chaincode/domain';
import type { CommittedBlock, Ledger } from '../ledger';
import { aLedger, type TestLedger } from './testing/test-ledger';

const open: TestLedger[] = [];

async function aTestLedger(...given: Parameters<typeof aLedger>): Promise<TestLedger> {
  const made = await aLedger(...given);
  open.push(made);
  return made;
}

afterEach(async () => {
  for (const made of open.splice(0)) await made.dispose();
});

async function blocksUpTo(ledger: Ledger, last: number): Promise<CommittedBlock[]> {
  const stop = new AbortController();
  const blocks: CommittedBlock[] = [];
  for await (const block of ledger.blocks(0, stop.signal)) {
    blocks.push(block);
    if (block.block === last) break;
  }
  return blocks;
}

describe('the embedded ledger', () => {
  it('answers a submitted call when it is committed, readable and in the stream', async () => {
    const { ledger, caller } = await aTestLedger();
    const committed = await ledger.submit({ identity: caller, transaction: 'probe:write', command: canonicalJson({ key: 'a', value: '1' }) });
    const read = await ledger.evaluate({ identity: caller, transaction: 'probe:read', command: canonicalJson({ key: 'a' }) });
    expect(JSON.parse(read.result)).toEqual({ value: '1' });
    expect(read.asOf).toEqual(committed.head);
    const blocks = await blocksUpTo(ledger, committed.head.block);
    expect(blocks.map((block) => block.block)).toEqual([0, 1]);
    expect(blocks[1]?.transactions[committed.position.index]).toMatchObject({ txId: committed.position.txId, validity: 'VALID', writes: [{ key: 'a', value: '1' }] });
  });

  it('keeps everything over a restart', async () => {
    const { ledger, caller, reopen } = await aTestLedger();
    await ledger.submit({ identity: caller, transaction: 'probe:write', command: canonicalJson({ key: 'a', value: '1' }) });
    const before = await blocksUpTo(ledger, 1);
    const again = await reopen();
    const read = await again.evaluate({ identity: caller, transaction: 'probe:read', command: canonicalJson({ key: 'a' }) });
    expect(JSON.parse(read.result)).toEqual({ value: '1' });
    expect(await blocksUpTo(again, 1)).toEqual(before);
  });
});
