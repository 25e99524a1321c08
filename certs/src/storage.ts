/**
 * Where the authority, the enrolment register and the wallet keep their records: string keys (ASCII) to bytes.
 *
 * What an implementation owes: `put` and `delete` resolve only when the change lasts; a `get` after that sees it; a value
 * read is the value put, byte for byte, or the call throws; several writers on one storage are the caller's to exclude.
 * The bytes hold private keys and enrolment secrets, so whatever stores them encrypts them (architecture, rule 4).
 */
export interface WalletStorage {
  /** The bytes under a key; undefined when there are none. */
  get(key: string): Promise<Uint8Array | undefined>;
  /** Writes or replaces the bytes under a key. */
  put(key: string, value: Uint8Array): Promise<void>;
  /** Removes a key; no error when it isn't there. */
  delete(key: string): Promise<void>;
  /** The keys that start with `prefix`, ascending by code unit. */
  list(prefix: string): Promise<readonly string[]>;
}

/** The storage of a development authority: the same port under the name its users know it by. */
export type AuthorityStorage = WalletStorage;
