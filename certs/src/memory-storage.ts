import type { WalletStorage } from './storage';

/** A storage that forgets with the process: for tests, and for an enrolment that has nothing to remember. `entries` lies open so that a test can damage it. */
export class MemoryStorage implements WalletStorage {
  readonly entries = new Map<string, Uint8Array>();

  get(key: string): Promise<Uint8Array | undefined> {
    return Promise.resolve(this.entries.get(key)?.slice());
  }

  put(key: string, value: Uint8Array): Promise<void> {
    this.entries.set(key, value.slice());
    return Promise.resolve();
  }

  delete(key: string): Promise<void> {
    this.entries.delete(key);
    return Promise.resolve();
  }

  list(prefix: string): Promise<readonly string[]> {
    return Promise.resolve([...this.entries.keys()].filter((key) => key.startsWith(prefix)).sort());
  }
}
