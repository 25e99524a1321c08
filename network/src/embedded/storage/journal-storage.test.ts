import type { WalletStorage } from '@kesu/certs';
import { journalStorage } from './journal-storage';
import { openPrivateJournal } from './open-private-journal';
import { RecordingFiles } from './testing/recording-files';

const PLACE = { directory: '/data/private', anchorDirectory: '/anchor', keyFile: '/keys/private.key' };

describe('a table of the private journal as a storage', () => {
  it('lists, gives, replaces and deletes its own keys only, also after a restart', async () => {
    const files = new RecordingFiles();
    const journal = await openPrivateJournal({ files, ...PLACE });
    const storage: WalletStorage = journalStorage(journal, 'wallet');
    await journalStorage(journal, 'wallets').put('a/1', Buffer.from('another'));
    for (const key of ['a', 'a/2', 'a/1', 'b', 'a/3']) await storage.put(key, Buffer.from(`bytes of ${key}`));
    await storage.put('a/1', Buffer.from('replaced'));
    await storage.delete('a/3');
    await storage.delete('never there');
    await journal.close();
    const again = journalStorage(await openPrivateJournal({ files: files.powerCut(files.recorded, 'lost'), ...PLACE }), 'wallet');
    expect(await again.list('a')).toEqual(['a', 'a/1', 'a/2']);
    expect(await again.list('a/')).toEqual(['a/1', 'a/2']);
    expect(await again.list('')).toEqual(['a', 'a/1', 'a/2', 'b']);
    expect(Buffer.from((await again.get('a/1')) ?? []).toString()).toBe('replaced');
    expect(await again.get('a/3')).toBeUndefined();
  });
});
