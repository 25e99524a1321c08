import { isUtf8 } from 'node:buffer';
import { createHash } from 'node:crypto';
import { canonicalJson, type KeyRead, type KeyVersion, type KeyWrite, type RangeRead } from '@kesu/chaincode/domain';

/** A value of the committed state with the position that wrote it. */
export interface StateEntry {
  readonly key: string;
  readonly value: string;
  readonly version: KeyVersion;
}

/** The committed state as a simulation reads it. */
export interface CommittedState {
  /** @throws LedgerError `unavailable` when the stored value can't be served. */
  read(key: string): StateEntry | undefined;
  /** Entries of keys from `from` on, before `to` (`''`: to the end), in the order of keys. */
  range(from: string, to: string): Promise<readonly StateEntry[]>;
}

/** What a simulated call runs with. */
export interface StubOptions {
  readonly txId: string;
  readonly network: string;
  readonly mspId: string;
  readonly certificate: string;
  readonly transaction: string;
  readonly command: string;
  /** Epoch milliseconds. */
  readonly claimedTime: number;
  readonly peerTime: () => number;
  readonly state: CommittedState;
}

/** What a simulated call read and would write. */
export interface Simulation {
  readonly reads: readonly KeyRead[];
  readonly ranges: readonly RangeRead[];
  readonly writes: readonly KeyWrite[];
  readonly events?: string;
}

const EMPTY = Buffer.alloc(0);
/** Keys that begin with `!` are the ledger's own. */
const KEY = /^[\x22-\x7e][\x20-\x7e]{0,511}$/;
const FIRST_KEY = '"';

/** The digest of what a range read saw: see `RangeRead`. */
export function rangeDigest(entries: readonly StateEntry[]): string {
  const reads = entries.map(({ key, version }) => ({ key, version }));
  return createHash('sha256').update(canonicalJson(reads)).digest('hex');
}

/**
 * The stub that contracts see on the embedded ledger. Fabric's semantics: reads see the committed state, never the
 * transaction's own writes; the last write of a key counts; one event. What Kesu's contracts don't use is refused.
 *
 * Method names and shapes are those of fabric-shim's `ChaincodeStub`.
 */
export class TransactionStub {
  readonly #options: StubOptions;
  readonly #args: readonly string[];
  readonly #reads = new Map<string, KeyVersion | undefined>();
  readonly #ranges: RangeRead[] = [];
  readonly #writes = new Map<string, string | undefined>();
  #events: string | undefined;
  #failure: Error | undefined;

  constructor(options: StubOptions) {
    this.#options = options;
    this.#args = [options.transaction, options.command];
  }

  /** What the call read and would write, in the order of first reads and of keys. */
  simulation(): Simulation {
    const reads = [...this.#reads].map(([key, version]) => (version === undefined ? { key } : { key, version }));
    const writes = [...this.#writes].sort(([a], [b]) => (a < b ? -1 : 1)).map(([key, value]) => (value === undefined ? { key } : { key, value }));
    return { reads, ranges: this.#ranges, writes, ...(this.#events === undefined ? {} : { events: this.#events }) };
  }

  /** Why the ledger itself couldn't serve the call; the contract only saw its message. */
  get failure(): Error | undefined {
    return this.#failure;
  }

  /** The ledger's clock in epoch milliseconds: what the contract's guard of the claimed time reads (architecture.md rule 3). */
  peerTimeMillis(): number {
    return this.#options.peerTime();
  }

  getArgs(): string[] {
    return [...this.#args];
  }

  getStringArgs(): string[] {
    return [...this.#args];
  }

  getBufferArgs(): Buffer[] {
    return this.#args.map((text) => Buffer.from(text));
  }

  getFunctionAndParameters(): { fcn: string; params: string[] } {
    return { fcn: this.#options.transaction, params: [this.#options.command] };
  }

  getTxID(): string {
    return this.#options.txId;
  }

  getChannelID(): string {
    return this.#options.network;
  }

  getCreator(): { mspid: string; idBytes: Uint8Array } {
    return { mspid: this.#options.mspId, idBytes: Buffer.from(this.#options.certificate) };
  }

  getTransient(): Map<string, Uint8Array> {
    return new Map();
  }

  /** `seconds` is a number where fabric-shim has a Long: both convert by `Number()` and `toString()`. */
  getTxTimestamp(): { seconds: { toNumber(): number; toString(): string; valueOf(): number }; nanos: number } {
    const millis = this.#options.claimedTime;
    const seconds = Math.floor(millis / 1000);
    return {
      seconds: { toNumber: () => seconds, toString: () => String(seconds), valueOf: () => seconds },
      nanos: (millis - seconds * 1000) * 1_000_000,
    };
  }

  getDateTimestamp(): Date {
    return new Date(this.#options.claimedTime);
  }

  async getState(key: string): Promise<Uint8Array> {
    const entry = this.#guarded(() => this.#options.state.read(checkedKey(key)));
    if (!this.#reads.has(key)) this.#reads.set(key, entry?.version);
    return entry === undefined ? EMPTY : Buffer.from(entry.value);
  }

  async putState(key: string, value: Uint8Array | string): Promise<void> {
    const text = typeof value === 'string' ? value : textOf(value);
    if (text === '') throw new Error('an empty value cannot be written');
    this.#writes.set(checkedKey(key), text);
  }

  async deleteState(key: string): Promise<void> {
    this.#writes.set(checkedKey(key), undefined);
  }

  getStateByRange(from: string, to: string): Promise<RangeIterator> & AsyncIterable<RangeResult> {
    return iterable(this.#rangeIterator(from, to));
  }

  setEvent(name: string, payload: Uint8Array | string): void {
    if (name === '') throw new Error('Event name must be a non-empty string');
    this.#events = typeof payload === 'string' ? payload : textOf(payload);
  }

  /** One operator writes the embedded ledger: key-level endorsement has no one to ask, so the policy is accepted and not kept. */
  async setStateValidationParameter(key: string, policy: Uint8Array): Promise<void> {
    void [checkedKey(key), policy];
  }

  async invokeChaincode(): Promise<never> {
    throw new Error('a contract of Kesu invokes no other chaincode');
  }

  async getQueryResult(): Promise<never> {
    throw new Error('rich queries are not re-checked at commit: a contract of Kesu makes none (architecture.md rule 1)');
  }

  async #rangeIterator(given: string, to: string): Promise<RangeIterator> {
    const from = given < FIRST_KEY ? FIRST_KEY : given;
    let entries: readonly StateEntry[];
    try {
      entries = await this.#options.state.range(from, to);
    } catch (error) {
      throw this.#failed(error);
    }
    this.#ranges.push({ from, to, count: entries.length, digest: rangeDigest(entries) });
    return new RangeIterator(entries);
  }

  #guarded<T>(read: () => T): T {
    try {
      return read();
    } catch (error) {
      throw this.#failed(error);
    }
  }

  #failed(error: unknown): Error {
    this.#failure ??= error instanceof Error ? error : new Error(String(error));
    return this.#failure;
  }
}

/** One step of a range iterator, as fabric-shim answers it. */
export interface RangeResult {
  readonly key: string;
  readonly value: Uint8Array;
}

/** The iterator that `getStateByRange` resolves to. */
export class RangeIterator {
  readonly #entries: readonly StateEntry[];
  #at = 0;

  constructor(entries: readonly StateEntry[]) {
    this.#entries = entries;
  }

  async next(): Promise<{ done: true; value?: undefined } | { done: false; value: RangeResult }> {
    const entry = this.#entries[this.#at++];
    return entry === undefined ? { done: true } : { done: false, value: { key: entry.key, value: Buffer.from(entry.value) } };
  }

  async close(): Promise<void> {
    this.#at = this.#entries.length;
  }
}

/** fabric-shim lets a range be awaited or looped over; so does this. */
function iterable(promise: Promise<RangeIterator>): Promise<RangeIterator> & AsyncIterable<RangeResult> {
  return Object.assign(promise, {
    async *[Symbol.asyncIterator](): AsyncGenerator<RangeResult> {
      const iterator = await promise;
      for (let step = await iterator.next(); !step.done; step = await iterator.next()) yield step.value;
    },
  });
}

function checkedKey(key: string): string {
  if (!KEY.test(key)) throw new Error('a state key is 1 to 512 printable ASCII characters');
  return key;
}

function textOf(bytes: Uint8Array): string {
  if (!isUtf8(bytes)) throw new Error('a value is UTF-8 text');
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('utf8');
}
