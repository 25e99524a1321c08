import type { WalletStorage } from '@kesu/certs';
import type { PrivateJournal } from '@kesu/network';

/** Certificates' storage port over one table of the private journal: encrypted, synced, backed up with it. */
export class JournalStorage implements WalletStorage {
  constructor(
    private readonly journal: PrivateJournal,
    private readonly table: string,
  ) {}

  get(key: string): Promise<Uint8Array | undefined> {
    return this.journal.get(this.table, key);
  }

  put(key: string, value: Uint8Array): Promise<void> {
    return this.journal.commit([{ table: this.table, key, value }]);
  }

  delete(key: string): Promise<void> {
    return this.journal.commit([{ table: this.table, key }]);
  }

  async list(prefix: string): Promise<readonly string[]> {
    const keys: string[] = [];
    for await (const { key } of this.journal.entries(this.table)) {
      if (key.startsWith(prefix)) keys.push(key);
    }
    return keys;
  }
}
