import { CertificateError } from './certificate-error';
import { verifySignedMessage } from './signing';
import { aCaller, anAuthority, DAY, START } from './testing/builders';
import { MemoryStorage } from './memory-storage';
import { Wallet, WalletError } from './wallet';

test('gives back what was put, also to a wallet opened later over the same storage', async () => {
  const { authority } = await anAuthority();
  const storage = new MemoryStorage();
  const { mspId, certificate, privateKey, serial } = await aCaller(authority);
  await new Wallet(storage).put('platform-01', { mspId, certificate, privateKey });
  const wallet = new Wallet(storage);
  expect(await wallet.get('platform-01')).toEqual({ mspId, certificate, privateKey });
  expect(await wallet.list()).toEqual([{ label: 'platform-01', mspId: 'NodeMSP', serial, notAfter: START + 365 * DAY }]);
  expect(await wallet.remove('platform-01')).toBe(true);
  expect(await wallet.remove('platform-01')).toBe(false);
  expect(await wallet.get('platform-01')).toBeUndefined();
  expect(storage.entries.size).toBe(0);
});

test('an identity from the wallet signs for its certificate and does not show its key', async () => {
  const { authority } = await anAuthority();
  const caller = await aCaller(authority);
  const wallet = new Wallet(new MemoryStorage());
  await wallet.put('a', caller);
  const identity = await wallet.identity('a');
  const message = Buffer.from('message');
  expect(verifySignedMessage(identity.certificate, message, await identity.sign(message))).toBe(true);
  expect(Object.keys(identity).sort()).toEqual(['certificate', 'mspId', 'sign']);
  expect(JSON.stringify(await wallet.list())).not.toContain('PRIVATE');
});

test('a later identity under a label takes the place of the earlier', async () => {
  const { authority } = await anAuthority();
  const [first, second] = [await aCaller(authority), await aCaller(authority)];
  const wallet = new Wallet(new MemoryStorage());
  await wallet.put('a', first);
  await wallet.put('a', second);
  expect((await wallet.list()).map(({ serial }) => serial)).toEqual([second.serial]);
});

test('refuses a key of another certificate, a broken certificate and a label that is no label', async () => {
  const { authority } = await anAuthority();
  const [caller, other] = [await aCaller(authority), await aCaller(authority)];
  const wallet = new Wallet(new MemoryStorage());
  await expect(wallet.put('a', { ...caller, privateKey: other.privateKey })).rejects.toMatchObject({ code: 'key-mismatch' });
  await expect(wallet.put('a', { ...caller, certificate: 'x' })).rejects.toThrow(CertificateError);
  for (const label of ['', '../a', 'a/b', '秦信融', 'a'.repeat(101)]) {
    await expect(wallet.put(label, caller)).rejects.toMatchObject({ code: 'label-malformed' });
  }
  await expect(wallet.identity('a')).rejects.toThrow(WalletError);
  expect(await wallet.list()).toEqual([]);
});

test('names the entry that is damaged and nothing of its content', async () => {
  const { authority } = await anAuthority();
  const storage = new MemoryStorage();
  const wallet = new Wallet(storage);
  await wallet.put('a', await aCaller(authority));
  storage.entries.set('wallet/a', storage.entries.get('wallet/a')?.subarray(3) ?? new Uint8Array());
  const message = /^The stored record "wallet\/a" is damaged. Restore the storage from its backup\.$/;
  await expect(wallet.identity('a')).rejects.toThrow(message);
});

test('lists what has reached a mark, soonest first, and leaves out what has time', async () => {
  const { authority } = await anAuthority();
  const wallet = new Wallet(new MemoryStorage());
  for (const days of [200, 90, 30, 7, 1]) {
    const validity = { notBefore: START, notAfter: START + days * DAY };
    await wallet.put(`days-${days}`, await aCaller(authority, { validity }));
  }
  const due = await wallet.expiring(START + 2 * DAY);
  expect(due.map(({ label, notice }) => [label, notice.kind === 'expiring' ? notice.mark : notice.kind])).toEqual([
    ['days-1', 'expired'],
    ['days-7', 7],
    ['days-30', 30],
    ['days-90', 90],
  ]);
});
