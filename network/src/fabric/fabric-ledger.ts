import { setMaxListeners } from 'node:events';
import type { Identity } from '@kesu/certs';
import { DomainError } from '@kesu/chaincode/domain';
import type { Committer, Endorser, Eventer } from 'fabric-common';
import { BlockFeed } from '../block-feed';
import { type Call, type Committed, type CommittedBlock, type Evaluated, type Head, LedgerError, type Validity } from '../ledger';
import type { LedgerHost, Verification } from '../ledger-host';
import { BlockFollower, type FollowerOptions } from './block-follower';
import { CommitWatch, type Seen } from './commit-watch';
import { Connection } from './connection';
import { blockHash, decodeBlock, encodeBlock } from './decode-block';
import { type BlockSource, deliverBlocks } from './deliver';
import { type Agreement, Endorsing } from './endorsing';
import { Client } from './fabric-sdk';
import type { NetworkPlace, ConnectionProfile } from './connection-profile';
import { Ordering } from './ordering';
import { type SignedEnvelope, type SignedProposal, signProposal, signTransaction } from './proposal';

/** How long a transaction that was handed over is waited for, milliseconds; then its outcome is unknown. */
export const COMMIT_MILLIS = 20_000;

/** A transaction that isn't seen after so many milliseconds is handed to the next orderer again, and the followed peer is suspected. */
export const AGAIN_MILLIS = 5_000;

/** A peer that is asked for one block has so long, milliseconds. */
export const VERIFY_MILLIS = 10_000;

/** What a Fabric ledger is opened with. */
export interface FabricLedgerOptions {
  readonly profile: ConnectionProfile;
  /** Reads the block stream. Calls are signed by their own identities. */
  readonly reader: Identity;
  /** The names of the transactions that may be called, e.g. `grants:submit`. */
  readonly transactions: readonly string[];
  /** Epoch milliseconds: the time that calls claim. */
  readonly clock?: { now(): number };
  /** The organisation whose peer is followed and read first: the reader's unless given. */
  readonly homeMspId?: string;
  /** {@link COMMIT_MILLIS} unless given. */
  readonly commitMillis?: number;
}

/** What a call may be told for tests of Fabric's own checks. */
export interface EndorseOptions {
  /** Another claimed time than the clock's, epoch milliseconds. */
  readonly claimedTime?: number;
  /** Only these organisations endorse, whatever the policies ask. */
  readonly only?: readonly string[];
}

/** A call that enough organisations endorsed: it may be committed, once. */
export interface FabricEndorsement {
  readonly proposal: SignedProposal;
  readonly agreement: Agreement;
  readonly envelope: SignedEnvelope;
}

/** A peer with its two services. */
interface Peer extends BlockSource {
  readonly mspId: string;
  readonly endorser: Connection<Endorser>;
}

/** The ids of networks are as long as the ledger's other ids. */
const NETWORK_DIGITS = 32;

/**
 * The ledger of a Hyperledger Fabric network (2.5 or 3.1): the chaincode of `@kesu/chaincode` behind peers of several organisations. One set
 * of connections serves every caller; one block stream tells of every commit.
 */
export class FabricLedger implements LedgerHost {
  readonly #options: FabricLedgerOptions;
  readonly #peers: readonly Peer[];
  readonly #follower: BlockFollower;
  readonly #watch: CommitWatch;
  readonly #feed: BlockFeed;
  readonly #endorsing: Endorsing;
  readonly #ordering: Ordering;
  readonly #closing: AbortController;
  readonly #underWay = new Set<Promise<unknown>>();
  readonly #closed: () => void;
  readonly #transactions: ReadonlySet<string>;
  #ending: Promise<void> | undefined;

  private constructor(parts: Parts, follower: BlockFollower, feed: BlockFeed, readonly network: string) {
    this.#options = parts.options;
    this.#peers = parts.peers;
    this.#follower = follower;
    this.#watch = parts.watch;
    this.#feed = feed;
    this.#closing = parts.closing;
    this.#closed = parts.disconnect;
    this.#transactions = new Set(parts.options.transactions);
    this.#ordering = new Ordering(parts.orderers, parts.closing.signal);
    this.#endorsing = new Endorsing({
      channel: parts.options.profile.channel,
      chaincode: parts.options.profile.chaincode,
      organisations: parts.options.profile.organisations.map(({ mspId }) => ({ mspId, peers: parts.peers.filter((peer) => peer.mspId === mspId).map(({ endorser }) => endorser) })),
      policy: parts.options.profile.endorsement,
      nodeMspId: parts.options.profile.organisations[0]?.mspId ?? '',
      homeMspId: () => this.#home.mspId,
      closing: parts.closing.signal,
    });
  }

  /**
   * Connects to the network and follows its blocks.
   * @throws LedgerError `unavailable` that names what each peer said.
   */
  static async open(options: FabricLedgerOptions): Promise<FabricLedger> {
    const parts = partsOf(options);
    try {
      const early: CommittedBlock[] = [];
      const feeding: { feed?: BlockFeed } = {};
      const following: FollowerOptions = {
        ...readingOf(options),
        sources: parts.peers,
        onBlock: (block) => {
          parts.watch.follow(block);
          if (feeding.feed === undefined) early.push(block);
          else feeding.feed.publish(block);
        },
      };
      const follower = await BlockFollower.start(following);
      const network = await networkOf(follower.home, options).catch(async (error: unknown) => {
        await follower.close();
        throw error;
      });
      feeding.feed = new BlockFeed(follower.head.block, (from, signal) => follower.stored(from, signal));
      for (const block of early) feeding.feed.publish(block);
      return new FabricLedger(parts, follower, feeding.feed, network);
    } catch (error) {
      parts.disconnect();
      throw new LedgerError('unavailable', `the network does not answer (${error instanceof Error ? error.message : String(error)}): \`kesu network status\` shows what runs`, { cause: error });
    }
  }

  /** @param test see {@link EndorseOptions}. */
  submit(call: Call, test: EndorseOptions = {}): Promise<Committed> {
    return this.#track(async () => this.#commit(await this.#endorse(call, test)));
  }

  /**
   * The first half of `submit`: signed and endorsed, nothing sent to the orderers. What is committed later is decided again by its reads.
   * @throws as `submit`.
   */
  endorse(call: Call, test: EndorseOptions = {}): Promise<FabricEndorsement> {
    return this.#track(() => this.#endorse(call, test));
  }

  /** The second half of `submit`. @throws LedgerError, DomainError when the orderers refuse the caller. */
  commit(endorsement: FabricEndorsement): Promise<Committed> {
    return this.#track(() => this.#commit(endorsement));
  }

  /** Answered by the peer that is followed; `asOf` is what it had at least. */
  evaluate(call: Call): Promise<Evaluated> {
    return this.#track(async () => {
      const proposal = await this.#signed(call, undefined);
      const home = this.#home;
      const reasons: string[] = [];
      for (const peer of [home, ...this.#peers.filter((other) => other !== home)]) {
        const asOf = this.#follower.head;
        if (peer !== this.#home && !(await this.#follower.isUpToDate(peer))) continue;
        const answer = await this.#endorsing.ask(peer.endorser, proposal);
        if (answer.kind === 'endorsed') return { result: this.#endorsing.resultOf(answer), asOf };
        if (answer.kind === 'refused') throw answer.refusal;
        reasons.push(`${peer.name}: ${answer.kind === 'unavailable' ? answer.reason : answer.kind}`);
      }
      throw new LedgerError('unavailable', `no peer answers (${reasons.join('; ')}): \`kesu network doctor\` names the cause`);
    });
  }

  /** Compares what the peers hold: at equal height all have equal block hashes (I12). What each stores it verifies itself. */
  async verify(signal: AbortSignal): Promise<Verification> {
    const { block, hash } = await this.head();
    const figures: Record<string, string> = {};
    for (const peer of this.#peers) figures[peer.name] = await this.#hashAt(peer, block, signal);
    const differing = Object.entries(figures).filter(([, shown]) => /^[0-9a-f]{64}$/.test(shown) && shown !== hash);
    return { problems: differing.map(([name, shown]) => `${name} shows block ${block} with hash ${shown}, the others with ${hash}: one of them shows another chain`), figures: { block, hash, peers: figures } };
  }

  async #hashAt(peer: Peer, block: number, signal: AbortSignal): Promise<string> {
    try {
      const limited = AbortSignal.any([signal, AbortSignal.timeout(VERIFY_MILLIS)]);
      for await (const raw of deliverBlocks(peer, readingOf(this.#options), { from: block, to: block }, limited)) return blockHash(raw.header);
      return 'is behind';
    } catch (error) {
      return error instanceof Error ? error.message : String(error);
    }
  }

  /** A block whole, as the followed peer keeps it: `common.Block` in base64. Another peer's has the signature of another orderer. @throws RangeError past the head; LedgerError. */
  async blockText(number: number): Promise<string> {
    const { block: head } = await this.head();
    if (number < 0 || number > head) throw new RangeError(`there is no block ${number}: the newest is ${head}`);
    const limited = AbortSignal.any([this.#closing.signal, AbortSignal.timeout(VERIFY_MILLIS)]);
    try {
      for await (const raw of deliverBlocks(this.#home, readingOf(this.#options), { from: number, to: number }, limited)) return Buffer.from(encodeBlock(raw)).toString('base64');
    } catch (error) {
      throw new LedgerError('unavailable', `${this.#home.name} does not give out block ${number}`, { cause: error });
    }
    throw new LedgerError('unavailable', `${this.#home.name} does not give out block ${number} in time`);
  }

  blocks(from: number, signal: AbortSignal): AsyncIterable<CommittedBlock> {
    return this.#feed.blocks(from, signal);
  }

  async head(): Promise<Head> {
    if (this.#ending !== undefined) throw closed();
    return this.#follower.head;
  }

  close(): Promise<void> {
    this.#ending ??= this.#end();
    return this.#ending;
  }

  get #home(): Peer {
    const { home } = this.#follower;
    const peer = this.#peers.find((one) => one === home);
    if (peer === undefined) throw new LedgerError('unavailable', 'no peer is followed');
    return peer;
  }

  async #end(): Promise<void> {
    while (this.#underWay.size > 0) await Promise.allSettled([...this.#underWay]);
    this.#closing.abort();
    await this.#follower.close();
    this.#feed.close(closed());
    this.#closed();
  }

  async #signed({ identity, transaction, command }: Call, claimedTime: number | undefined): Promise<SignedProposal> {
    if (!this.#transactions.has(transaction)) throw DomainError.of('unknown-transaction', 'no contract has this transaction');
    if (typeof command !== 'string') throw DomainError.of('malformed-command', 'a command is one JSON string');
    return signProposal({ identity, transaction, command }, this.#options.profile, claimedTime ?? nowOf(this.#options)());
  }

  async #endorse(call: Call, { claimedTime, only }: EndorseOptions): Promise<FabricEndorsement> {
    const proposal = await this.#signed(call, claimedTime);
    const agreement = await this.#endorsing.endorse(proposal, only);
    return { proposal, agreement, envelope: await signTransaction(proposal, agreement.response, agreement.endorsements) };
  }

  async #commit({ proposal: { txId, claimedTime }, envelope }: FabricEndorsement): Promise<Committed> {
    const waiting = this.#watch.wait(txId, this.#options.commitMillis ?? COMMIT_MILLIS);
    const handingOver = this.#ordering.broadcast(envelope);
    const nudge = setInterval(this.#nudge(envelope, handingOver), AGAIN_MILLIS);
    try {
      // An orderer's answer may come late, or never, although it passed the transaction on: the block decides.
      const seen = await Promise.race([waiting.seen, handingOver.then(() => waiting.seen)]);
      if (seen === undefined) throw new LedgerError('outcome-unknown', `transaction ${txId} was sent and no block shows it yet: it may be committed or not`);
      return committedOf(seen, { txId, claimedTime });
    } finally {
      clearInterval(nudge);
      waiting.end();
    }
  }

  /** An orderer may die with what it accepted, and a peer may stop without a word. */
  #nudge(envelope: SignedEnvelope, handingOver: Promise<unknown>): () => void {
    let isHandedOver = false;
    handingOver.then(() => (isHandedOver = true), () => undefined);
    let { block } = this.#follower.head;
    return () => {
      if (isHandedOver) void this.#ordering.again(envelope);
      if (this.#follower.head.block === block) this.#follower.suspect();
      ({ block } = this.#follower.head);
    };
  }

  #track<T>(work: () => Promise<T>): Promise<T> {
    if (this.#ending !== undefined) return Promise.reject(closed());
    const promise = work();
    this.#underWay.add(promise);
    const done = (): void => void this.#underWay.delete(promise);
    promise.then(done, done);
    return promise;
  }
}

/** What is made before the network is asked anything. */
interface Parts {
  readonly options: FabricLedgerOptions;
  /** The home organisation's first. */
  readonly peers: readonly Peer[];
  readonly orderers: readonly Connection<Committer>[];
  readonly watch: CommitWatch;
  readonly closing: AbortController;
  readonly disconnect: () => void;
}

function partsOf(options: FabricLedgerOptions): Parts {
  const { organisations, orderers } = options.profile;
  const client = new Client('kesu');
  const connections: { close(): void }[] = [];
  const connect = <S extends Endorser | Committer | Eventer>(place: NetworkPlace, service: S): Connection<S> => {
    const connection = new Connection(place, client, service);
    connections.push(connection);
    return connection;
  };
  const home = options.homeMspId ?? options.reader.mspId;
  const ordered = [...organisations].sort((a, b) => Number(b.mspId === home) - Number(a.mspId === home));
  const peers = ordered.flatMap(({ mspId, peers: places }) =>
    places.map((place): Peer => ({ name: place.name, mspId, endorser: connect(place, client.newEndorser(place.name, mspId)), connection: connect(place, client.newEventer(place.name, mspId)) })),
  );
  return {
    options,
    peers,
    orderers: orderers.map((place) => connect(place, client.newCommitter(place.name))),
    watch: new CommitWatch(),
    closing: closingController(),
    disconnect: () => {
      for (const connection of connections) connection.close();
    },
  };
}

/** Every call that waits listens to it: as many as there are calls. */
function closingController(): AbortController {
  const closing = new AbortController();
  setMaxListeners(0, closing.signal);
  return closing;
}

function nowOf({ clock }: FabricLedgerOptions): () => number {
  return clock === undefined ? Date.now : () => clock.now();
}

function readingOf(options: FabricLedgerOptions): Pick<FollowerOptions, 'channel' | 'chaincode' | 'reader' | 'now'> {
  const { channel, chaincode } = options.profile;
  return { channel, chaincode, reader: options.reader, now: nowOf(options) };
}

/** The network's id: the beginning of the hash of its block 0, which holds its random keys. Everyone reads the same. */
async function networkOf(source: BlockSource, options: FabricLedgerOptions): Promise<string> {
  for await (const raw of deliverBlocks(source, readingOf(options), { from: 0, to: 0 }, AbortSignal.timeout(COMMIT_MILLIS))) {
    return decodeBlock(raw, options.profile).hash.slice(0, NETWORK_DIGITS);
  }
  throw new LedgerError('unavailable', `${source.name} delivers no block 0`);
}

/** @throws LedgerError when the transaction stands in its block as invalid. */
function committedOf({ head, index, validity, result }: Seen, { txId, claimedTime }: { readonly txId: string; readonly claimedTime: string }): Committed {
  if (validity !== 'VALID') throw new LedgerError(validity === 'OTHER_INVALID' ? 'unavailable' : 'conflict', reasonOf(validity, head.block));
  return { result, position: { block: head.block, index, txId }, head, claimedTime };
}

function reasonOf(validity: Validity, block: number): string {
  if (validity === 'OTHER_INVALID') return `the peers refused the call in block ${block}: \`kesu network doctor\` compares chaincode and policies`;
  return `the call lost a race: ${validity} in block ${block}`;
}

function closed(): LedgerError {
  return new LedgerError('unavailable', 'the ledger is closed');
}
