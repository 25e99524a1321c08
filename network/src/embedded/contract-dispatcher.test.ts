import { readFile } from 'node:fs/promises';
import { Context, Contract, Transaction } from 'fabric-contract-api';
import { DomainError } from '@kesu/chaincode/domain';
import { ContractDispatcher } from './contract-dispatcher';
import { aLedger, type TestLedger } from './testing/test-ledger';
import { ProbeContract } from './testing/probe-contract';

class SecondContract extends Contract {
  constructor() {
    super('second');
  }

  @Transaction()
  async fail(_ctx: Context, text: string): Promise<string> {
    throw new Error(`a defect: ${text}`);
  }
}

describe('the dispatcher', () => {
  it('is the one of the fabric-shim that it was written for', async () => {
    const { version } = JSON.parse(await readFile(require.resolve('fabric-shim/package.json'), 'utf8')) as { version: string };
    expect(version).toBe('2.5.8');
  });

  it('leaves the list of contracts as it was, and knows their transactions and no others', () => {
    const contracts = [ProbeContract, SecondContract];
    const { transactions } = new ContractDispatcher(contracts);
    expect(contracts).toEqual([ProbeContract, SecondContract]);
    expect(transactions.has('second:fail')).toBe(true);
    expect(transactions.has('probe:write')).toBe(true);
    expect([...transactions].some((name) => name.startsWith('org.hyperledger'))).toBe(false);
  });
});

describe('a contract on the embedded ledger', () => {
  let made: TestLedger;

  beforeEach(async () => {
    made = await aLedger({ contracts: [ProbeContract, SecondContract] });
  });

  afterEach(() => made.dispose());

  const call = (transaction: string, command: string) => made.ledger.submit({ identity: made.caller, transaction, command });

  it('sees the caller’s certificate through ClientIdentity', async () => {
    const { result } = await call('probe:whoAmI', '{}');
    expect(JSON.parse(result)).toMatchObject({ mspId: 'NodeMSP' });
  });

  it('reads the committed state, never its own writes', async () => {
    await call('probe:write', '{"key":"a","value":"old"}');
    expect((await call('probe:writeAndRead', '{"key":"a","value":"new"}')).result).toBe('{"seen":"old"}');
  });

  it('loses its place when a range that it read has changed in the same block', async () => {
    const range = { identity: made.caller, transaction: 'probe:countRange', command: '{"from":"r","key":"total","to":"s"}' };
    const counted = await made.ledger.endorse(range);
    await call('probe:write', '{"key":"r1","value":"x"}');
    await expect(made.ledger.commit(counted)).rejects.toMatchObject({ kind: 'conflict', message: expect.stringContaining('PHANTOM_READ_CONFLICT') as unknown });
    expect((await made.ledger.submit(range)).result).toBe('{"entries":1}');
    const [again, removal] = await Promise.all([made.ledger.endorse(range), made.ledger.endorse({ ...range, transaction: 'probe:remove', command: '{"key":"r1"}' })]);
    const [first, second] = await Promise.allSettled([made.ledger.commit(removal), made.ledger.commit(again)]);
    expect([first.status, second.status]).toEqual(['fulfilled', 'rejected']);
  });

  it('answers a defect of the contract as unavailable, not as a rule’s no', async () => {
    const answer = call('second:fail', '{}');
    await expect(answer).rejects.toMatchObject({ kind: 'unavailable' });
    await expect(answer).rejects.not.toBeInstanceOf(DomainError);
  });

  it('is called by none whose name list lacks its transaction', async () => {
    const ledger = await made.reopen({ transactions: ['probe:read'] });
    await expect(ledger.submit({ identity: made.caller, transaction: 'probe:write', command: '{}' })).rejects.toMatchObject({ code: 'unknown-transaction' });
    await expect(made.reopen({ transactions: ['probe:nothing'] })).rejects.toThrow('probe:nothing');
  });
});
