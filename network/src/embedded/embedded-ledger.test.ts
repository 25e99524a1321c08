import { X509Certificate } from 'node:crypto';
import { canonicalJson } from '@kesu/chaincode/domain';
import type { CommittedBlock, Ledger } from '../ledger';
import { inspectLedger } from './inspect-ledger';
import { EmbeddedLedger } from './embedded-ledger';
import { aLedger, type TestLedger } from './testing/test-ledger';
import { anOrganisation } from './testing/test-network';

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

  it('decides held calls by what has changed meanwhile: the key that they read, or their caller', async () => {
    const { ledger, caller, node } = await aTestLedger();
    const held = await ledger.endorse({ identity: caller, transaction: 'probe:count', command: canonicalJson({ key: 'n' }) });
    await ledger.submit({ identity: caller, transaction: 'probe:count', command: canonicalJson({ key: 'n' }) });
    await expect(ledger.commit(held)).rejects.toMatchObject({ kind: 'conflict' });
    const other = await node.caller();
    const blind = await ledger.endorse({ identity: other, transaction: 'probe:write', command: canonicalJson({ key: 'w', value: '1' }) });
    const revocationList = await node.authority.revoke([other.serial], 'keyCompromise');
    await ledger.updateOrganisation('NodeMSP', { roots: [node.authority.rootCertificate], revocationList });
    await expect(ledger.commit(blind)).rejects.toMatchObject({ kind: 'conflict' });
    const { block: last } = await ledger.head();
    const validities = (await blocksUpTo(ledger, last)).flatMap((block) => block.transactions.map((transaction) => transaction.validity));
    expect(validities).toEqual(['VALID', 'MVCC_READ_CONFLICT', 'BAD_CREATOR']);
    expect((await ledger.evaluate({ identity: caller, transaction: 'probe:read', command: canonicalJson({ key: 'w' }) })).result).toBe('{"value":""}');
  });

  it('commits one endorsement once', async () => {
    const { ledger, caller } = await aTestLedger();
    const endorsement = await ledger.endorse({ identity: caller, transaction: 'probe:write', command: canonicalJson({ key: 'a', value: '1' }) });
    await ledger.commit(endorsement);
    await expect(ledger.commit(endorsement)).rejects.toMatchObject({ kind: 'conflict' });
    expect((await ledger.head()).block).toBe(1);
  });

  it('takes a new organisation, keeps it over a restart, and refuses roots or lists that can’t be used', async () => {
    const { ledger, reopen } = await aTestLedger();
    const city = await anOrganisation('CityMSP');
    const caller = await city.caller();
    const call = { identity: caller, transaction: 'probe:write', command: canonicalJson({ key: 'a', value: '1' }) };
    await expect(ledger.submit(call)).rejects.toMatchObject({ code: 'caller-unknown' });
    const roots = [city.authority.rootCertificate];
    await expect(ledger.updateOrganisation('CityMSP', { roots: ['no certificate'] })).rejects.toThrow(TypeError);
    await expect(ledger.updateOrganisation('CityMSP', { roots: [] })).rejects.toThrow(TypeError);
    await expect(ledger.updateOrganisation('CityMSP', { roots, revocationList: 'no list' })).rejects.toThrow(TypeError);
    await ledger.updateOrganisation('CityMSP', { roots });
    await ledger.submit(call);
    const again = await reopen();
    await again.submit(call);
    await again.rebuild();
    await again.submit(call);
    expect(await again.verifyState(new AbortController().signal)).toMatchObject({ damagedKeys: [], complete: true, blocks: 5 });
  });

  it('outlives its operator\'s certificate: a change is recorded, blocks verify across it, the former one signs no more', async () => {
    const { ledger, reopen, options, caller, node, clock } = await aTestLedger();
    const call = (key: string) => ({ identity: caller, transaction: 'probe:write', command: canonicalJson({ key, value: '1' }) });
    await ledger.submit(call('before'));
    const next = await node.caller();
    const stranger = await (await anOrganisation('CityMSP')).caller();
    await expect(ledger.changeOperator(stranger)).rejects.toMatchObject({ code: 'caller-unknown' });
    await expect(ledger.changeOperator({ ...stranger, mspId: 'NodeMSP' })).rejects.toMatchObject({ code: 'caller-unknown' });
    // What is committed at the same time is sealed by the one or the other, never by the wrong one.
    const during = Array.from({ length: 20 }, (_, index) => ledger.submit(call(`during-${index}`)));
    const { block } = await ledger.changeOperator(next);
    await Promise.all(during);
    await ledger.submit(call('after'));
    expect(ledger.configuration.operator.certificate).toBe(next.certificate);
    await ledger.close();
    const place = { directory: options.directory, anchorDirectory: options.anchorDirectory };
    expect(await inspectLedger(place, new AbortController().signal, clock.now())).toMatchObject({ problems: [], checkedBlocks: expect.any(Number) as number, operator: { notice: { kind: 'far' } } });
    await expect(EmbeddedLedger.open(options)).rejects.toMatchObject({ kind: 'unavailable' });
    const again = await reopen({ operator: next });
    await again.submit(call('reopened'));
    expect((await blocksUpTo(again, (await again.head()).block)).length).toBeGreaterThan(block);
    expect(await again.verifyState(new AbortController().signal)).toMatchObject({ damagedKeys: [], complete: true });
    await (await reopen({ nextOperator: next })).submit(call('broken off behind the record'));
  });

  it('tells when the certificate that signs its blocks nears its end, and when it has ended', async () => {
    const { ledger, options } = await aTestLedger();
    await ledger.close();
    const place = { directory: options.directory, anchorDirectory: options.anchorDirectory };
    const end = Date.parse(new X509Certificate(options.operator.certificate).validTo);
    const at = (millis: number) => inspectLedger(place, new AbortController().signal, millis);
    expect(await at(end - 8 * 86_400_000)).toMatchObject({ problems: [], operator: { notAfter: new Date(end).toISOString(), notice: { kind: 'expiring', mark: 30, daysLeft: 8 } } });
    const ended = await at(end + 1_000);
    expect(ended.operator?.notice).toEqual({ kind: 'expired' });
    expect(ended.problems.join()).toContain('kesu identity renew ledger-operator');
  });

  it('is refused to another operator, to a second process and to an empty directory', async () => {
    const { options, ledger, node } = await aTestLedger();
    await expect(EmbeddedLedger.open(options)).rejects.toThrow('kesu.lock');
    await ledger.close();
    await expect(EmbeddedLedger.open({ ...options, operator: await node.caller() })).rejects.toMatchObject({ kind: 'unavailable' });
    const { create: _, ...existing } = options;
    await (await EmbeddedLedger.open(existing)).close();
    await expect(EmbeddedLedger.open({ ...existing, directory: `${options.directory}-2`, anchorDirectory: `${options.anchorDirectory}-2`, stateDirectory: `${options.directory}-2/state` })).rejects.toMatchObject({ kind: 'unavailable' });
  });

  it('groups what waits into few blocks, in bounded blocks', async () => {
    const { ledger, caller } = await aTestLedger();
    await Promise.all(Array.from({ length: 400 }, (_, i) => ledger.submit({ identity: caller, transaction: 'probe:write', command: canonicalJson({ key: `k${i}`, value: '1' }) })));
    expect((await ledger.head()).block).toBeLessThan(40);
    const large = 'x'.repeat(3_000_000);
    await Promise.all(Array.from({ length: 4 }, (_, i) => ledger.submit({ identity: caller, transaction: 'probe:write', command: canonicalJson({ key: `l${i}`, value: large }) })));
    await expect(ledger.submit({ identity: caller, transaction: 'probe:write', command: canonicalJson({ key: 'm', value: large.repeat(3) }) })).rejects.toMatchObject({ code: 'limit-exceeded' });
  });
});
