import type { PrivateJournal } from './journal';

/** String keys to bytes, durably: the storage that wallet, authority and enrolment of `@kesu/certs` are built on. */
export interface JournalStorage {
  get(key: string): Promise<Uint8Array | undefined>;
  put(key: string, value: Uint8Array): Promise<void>;
  delete(key: string): Promise<void>;
  /** The keys that start with `prefix`, ascending by code unit. */
  list(prefix: string): Promise<readonly string[]>;
}

/** One table of a private journal as a storage of its own. A deleted value leaves the disk at the next compaction. */
export function journalStorage(journal: PrivateJournal, table: string): JournalStorage {
  return {
    get: (key) => journal.get(table, key),
    put: (key, value) => journal.commit([{ table, key, value }]),
    delete: (key) => journal.commit([{ table, key }]),
    async list(prefix) {
      const keys: string[] = [];
      if (prefix !== '' && (await journal.get(table, prefix)) !== undefined) keys.push(prefix);
      for await (const { key } of journal.entries(table, prefix === '' ? {} : { gt: prefix })) {
        if (!key.startsWith(prefix)) break;
        keys.push(key);
      }
      return keys;
    },
  };
}
