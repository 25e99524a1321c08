import { createHash } from 'node:crypto';
import { OPERATION_PREFIX, operationIn } from '@kesu/chaincode/domain';
import type { CommittedBlock, Head, LedgerTransaction } from '@kesu/network';

/** Ids, digests and signatures: what differs between two records that are otherwise equal. */
const TOKENS = /(?<![0-9A-Za-z_-])(?:[0-9a-f]{64}|[0-9a-f]{32}|[A-Za-z0-9_-]{86})(?![0-9A-Za-z_-])|(?<=key-)[0-9a-f]{32}/g;

/** What a copy has in the place of a token of its pattern. */
type Replacement = (token: string) => string;

/** A text that is copied with other ids: tokens that are not shared by all copies are replaced. */
class TextPattern {
  readonly #pieces: string[] = [];
  readonly #tokens: string[] = [];

  constructor(text: string, shared: ReadonlySet<string>) {
    let end = 0;
    for (const match of text.matchAll(TOKENS)) {
      if (shared.has(match[0])) continue;
      this.#pieces.push(text.slice(end, match.index));
      this.#tokens.push(match[0]);
      end = match.index + match[0].length;
    }
    this.#pieces.push(text.slice(end));
  }

  copy(replace: Replacement): string {
    let text = '';
    for (const [index, token] of this.#tokens.entries()) text += (this.#pieces[index] ?? '') + replace(token);
    return text + (this.#pieces.at(-1) ?? '');
  }
}

/**
 * Makes further blocks out of committed ones, for benches that need more than the contract writes in their time: the same
 * transactions with other ids, digests and signatures, in the blocks and the order in which a ledger would commit them. What
 * the fold makes of them is what it would make of the contract's.
 */
export class CopiedHistory {
  #head: Head;

  /**
   * @param head the block behind which the first copy stands.
   * @param shared ids that all copies name: the network, a template, a batch, participants' keys.
   */
  constructor(
    head: Head,
    private readonly shared: ReadonlySet<string>,
  ) {
    this.#head = head;
  }

  /** The newest block that was made. */
  get head(): Head {
    return this.#head;
  }

  /** Copies transactions again and again, `perBlock` copies in a block, as `copies` names the replacements. */
  *copyTransactions(transactions: readonly LedgerTransaction[], copies: Iterable<Replacement>, perBlock: number): Generator<CommittedBlock> {
    const pattern = new TextPattern(JSON.stringify(transactions.map(foldedPart)), this.shared);
    let block: LedgerTransaction[] = [];
    for (const replace of copies) {
      block.push(...(JSON.parse(pattern.copy(replace)) as LedgerTransaction[]));
      if (block.length < perBlock * transactions.length) continue;
      yield this.#block(block);
      block = [];
    }
    if (block.length > 0) yield this.#block(block);
  }

  /**
   * Copies a transaction of one release into a batch of many.
   * @param batch the replacements of the transaction's own ids.
   * @param releases those of each release; its number becomes that of the release in the batch.
   */
  batchOfReleases(transaction: LedgerTransaction, batch: Replacement, releases: readonly Replacement[]): CommittedBlock {
    const first = operationOf(transaction);
    const operation = batch(first);
    const [before = '', one = '', behind = ''] = partedAround(operationIn(transaction.writes)?.text ?? '');
    const release = new TextPattern(one, this.shared);
    const entries = releases.map((replace, entry) => release.copy((token) => (token === first ? operation : replace(token))).replace(`"id":"${operation}.0"`, `"id":"${operation}.${entry}"`));
    const events = releases.map((_, entry) => (transaction.events ?? '').slice(1, -1).replace('"entry":0', `"entry":${entry}`));
    const rest = { ...foldedPart(transaction), writes: [], events: '' };
    const copy = JSON.parse(new TextPattern(JSON.stringify(rest), this.shared).copy(batch)) as LedgerTransaction;
    const record = new TextPattern(before, this.shared).copy(batch) + entries.join(',') + behind;
    return this.#block([{ ...copy, writes: [{ key: `${OPERATION_PREFIX}${operation}`, value: record }], events: `[${events.join(',')}]` }]);
  }

  #block(transactions: readonly LedgerTransaction[]): CommittedBlock {
    const { block, hash: previousHash } = this.#head;
    const time = transactions.at(-1)?.claimedTime ?? '';
    this.#head = { block: block + 1, hash: createHash('sha256').update(`${previousHash} ${block}`).digest('hex'), time };
    return { ...this.#head, previousHash, transactions: transactions.map((transaction, index) => ({ ...transaction, index })) };
  }
}

/** A replacement of every token by another of its form that follows from token and name. */
export function derived(name: string): Replacement {
  const digest = createHash('sha512').update(name).digest();
  const hex = digest.toString('hex').repeat(2);
  const signature = digest.toString('base64url');
  const known = new Map<string, string>();
  return (token) => {
    if (token.length === signature.length) return signature;
    let value = known.get(token);
    if (value === undefined) known.set(token, (value = hex.slice(3 * known.size, 3 * known.size + token.length)));
    return value;
  };
}

/** The operation that a transaction recorded. */
export function operationOf({ writes }: LedgerTransaction): string {
  return writes.find(({ key }) => key.startsWith(OPERATION_PREFIX))?.key.slice(OPERATION_PREFIX.length) ?? '';
}

/** What the fold reads of a transaction. */
function foldedPart({ txId, index, validity, mspId, claimedTime, transaction, writes, events }: LedgerTransaction): LedgerTransaction {
  const kept = writes.filter(({ key }) => key.startsWith(OPERATION_PREFIX));
  return { txId, index, validity, mspId, certificate: '', claimedTime, transaction, command: '', result: '', writes: kept, ...(events === undefined ? {} : { events }) };
}

/** An operation's text before its one result, that result, and what stands behind it. */
function partedAround(operation: string): string[] {
  return /^(.*"releases":\[)(.*)(\]\},"transaction":"[^"]*"\})$/.exec(operation)?.slice(1) ?? [];
}
