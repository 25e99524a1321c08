import type { PrivateJournal, PrivateJournalOptions } from './journal';

/**
 * Opens a private journal, or makes an empty one.
 * @throws DamagedStoreError when the store doesn't hold what its anchor names, or the key file is missing or another store's.
 */
export async function openPrivateJournal(options: PrivateJournalOptions): Promise<PrivateJournal> {
  throw new Error(`not built yet: ${options.directory}`);
}
