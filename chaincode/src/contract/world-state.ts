import { canonicalJson, DomainError } from '../domain';
import { nodeAndAnother, NODE_ENDORSED_KINDS } from './key-endorsement';
import { RULE_BOOK_ID, stateKey, type StateKind, type StateKinds } from './keys';
import { ParsedValues } from './parsed-values';

/** The part of Fabric's stub that state goes through. */
export interface StateStub {
  getState(key: string): Promise<Uint8Array>;
  putState(key: string, value: Uint8Array): Promise<void>;
  setStateValidationParameter(key: string, policy: Uint8Array): Promise<void>;
}

/**
 * All state of one transaction. A ledger's stub doesn't show a transaction its own writes; this answers later reads from
 * them, and reads each key once.
 *
 * A transaction that will need several records whatever the first says asks for all before it waits: where the peer can, they come in one
 * message (server/gathered-state.ts). It asks for none that it could do without: each key read is one more at which a transaction fails
 * when another changes it.
 */
export class WorldState {
  private readonly values = new Map<string, unknown>();
  private readonly asked = new Map<string, Promise<void>>();
  private readonly written = new Map<string, StateKind>();
  private readonly present = new Set<string>();

  constructor(private readonly stub: StateStub) {}

  /** The record, or undefined when there is none. */
  async get<K extends StateKind>(kind: K, id: string): Promise<StateKinds[K] | undefined> {
    const key = stateKey(kind, id);
    if (!this.values.has(key)) {
      const asked = this.asked.get(key) ?? this.read(kind, key);
      this.asked.set(key, asked);
      await asked;
    }
    return this.values.get(key) as StateKinds[K] | undefined;
  }

  private async read(kind: StateKind, key: string): Promise<void> {
    const bytes = await this.stub.getState(key);
    if (bytes.length > 0) this.present.add(key);
    // What was set while it was read stays.
    if (!this.values.has(key)) this.values.set(key, bytes.length === 0 ? undefined : parsed(kind, bytes));
  }

  /**
   * The record.
   * @throws DomainError not-found.
   */
  async need<K extends StateKind>(kind: K, id: string): Promise<StateKinds[K]> {
    const record = await this.get(kind, id);
    if (record === undefined) throw DomainError.of('not-found', `there is no ${kind} ${id}`);
    return record;
  }

  /** Sets the record; written to the ledger by {@link flush}. */
  put<K extends StateKind>(kind: K, id: string, value: StateKinds[K]): void {
    const key = stateKey(kind, id);
    this.values.set(key, value);
    this.written.set(key, kind);
  }

  /**
   * Writes what was set, each key once, in the order of first setting. A new key whose changes need the node gets its policy with its
   * first write, and keeps it: a block that changes a key's policy makes every other call on that key in it invalid.
   */
  async flush(): Promise<void> {
    const needing = [...this.written].filter(([key, kind]) => !this.present.has(key) && NODE_ENDORSED_KINDS.includes(kind)).map(([key]) => key);
    const policy = needing.length === 0 ? undefined : nodeAndAnother(await this.need('rule-book', RULE_BOOK_ID));
    const writes: Promise<void>[] = [];
    for (const key of this.written.keys()) {
      writes.push(this.stub.putState(key, Buffer.from(canonicalJson(this.values.get(key)), 'utf8')));
      if (policy !== undefined && needing.includes(key)) writes.push(this.stub.setStateValidationParameter(key, policy));
    }
    await Promise.all(writes);
  }
}

/** The rule books of a few ledgers, each about 60 KB: every transaction reads one. */
const RULE_BOOKS = new ParsedValues(4);

function parsed(kind: StateKind, bytes: Uint8Array): unknown {
  return kind === 'rule-book' ? RULE_BOOKS.parse(bytes) : JSON.parse(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('utf8'));
}
