import { join } from 'node:path';
import type { Identity } from '@kesu/certs';
import { type CallRecord, configurationSchema, DomainError, type Instant, instantOf, type LedgerConfiguration, type OrganisationTrust, resultOf } from '@kesu/chaincode/domain';
import { BlockFeed } from '../block-feed';
import { type Call, type Committed, type CommittedBlock, type Evaluated, type Head, LedgerError, type TransactionPosition } from '../ledger';
import type { LedgerHost, Verification } from '../ledger-host';
import { blockOf, configurationContent, type SealedBlock, sealBlock } from './block-chain';
import { type BlockDraft, draftBlock, isUnchanged } from './block-draft';
import { assertUsableTrust, CallerCheck } from './caller-check';
import { CommitQueue, type WaitingCall } from './commit-queue';
import { committedBlockOf, CONFIGURATION_KEY, stateWritesOf } from './committed-block';
import { type ContractClass, ContractDispatcher } from './contract-dispatcher';
import { type Endorsement, endorse, signCall, type SignedCall } from './endorsement';
import { freeBytes, type LedgerReport } from './inspect-ledger';
import { catchUp, compareWithBlocks, replayAll, type StateReport } from './state-replay';
import { StateDamage, StateStore } from './state-store';
import type { BlockLog, SegmentReport } from './storage/block-log';
import { openBlockLog } from './storage/open-block-log';
import type { FilePort } from './storage/file-port';
import { type Processes, type StoreLock, takeLock } from './storage/lock';
import { storedBlockOf } from './stored-block';
import { TransactionStub } from './transaction-stub';

/** What an embedded ledger is opened with. */
export interface EmbeddedLedgerOptions {
  /** The data directory: blocks lie in `blocks/`, the derived state in `state/`. */
  readonly directory: string;
  /** Outside the data directory: the height and hash of the head. */
  readonly anchorDirectory: string;
  /** Durable files; the state doesn't go through them, as it is never the only copy. */
  readonly files: FilePort;
  /** Where the state lies if not in the data directory. */
  readonly stateDirectory?: string;
  /** What the single-writer lock asks of the machine; the machine itself unless given. */
  readonly processes?: Processes;
  /** Epoch milliseconds. */
  readonly clock: { now(): number };
  /** The contract classes, as Fabric's own bootstrap takes them. */
  readonly contracts: readonly ContractClass[];
  /** The names of the transactions that may be called, e.g. `grants:submit`; all that the contracts have unless given. */
  readonly transactions?: readonly string[];
  /** Signs the blocks. Must be the operator that the ledger's configuration names. */
  readonly operator: Identity;
  /** Whom a change of the operator was about to name when it was broken off: taken instead where the configuration names it. */
  readonly nextOperator?: Identity;
  /** What a new ledger begins with; without it an empty directory is refused. */
  readonly create?: {
    /** The network's random id. */
    readonly network: string;
    /** Whose certificates count, by MSP id. */
    readonly organisations: Readonly<Record<string, OrganisationTrust>>;
  };
}

/** A read that was overtaken by commits is run again so many times. */
export const MAX_EVALUATIONS = 5;

interface Parts {
  readonly options: EmbeddedLedgerOptions;
  readonly log: BlockLog;
  readonly state: StateStore;
  readonly dispatcher: ContractDispatcher;
  readonly lock: StoreLock;
}

/** The single-writer lock's file in the data directory. */
export const LOCK_FILE = 'kesu.lock';

/**
 * The ledger of one machine and one operator: the contract classes themselves over our stub, blocks as the truth,
 * the state derived from them (architecture.md, "Inside network/"). Keeps Fabric's semantics: X.509 callers, read sets
 * checked at commit, an invalid call stays in its block.
 */
export class EmbeddedLedger implements LedgerHost {
  readonly #options: EmbeddedLedgerOptions;
  readonly #log: BlockLog;
  readonly #state: StateStore;
  readonly #dispatcher: ContractDispatcher;
  readonly #lock: StoreLock;
  readonly #transactions: ReadonlySet<string>;
  readonly #callers = new CallerCheck();
  readonly #queue = new CommitQueue<Committed>();
  readonly #feed: BlockFeed;
  readonly #endorsed = new WeakSet<Endorsement>();
  readonly #underWay = new Set<Promise<unknown>>();
  #configuration: LedgerConfiguration;
  #operator: Identity;
  #head: Head;
  #writing: Promise<void> | undefined;
  #repair: Promise<void> | undefined;
  #refusal: LedgerError | undefined;
  #closing: Promise<void> | undefined;

  private constructor(parts: Parts, configuration: LedgerConfiguration, operator: Identity, head: Head) {
    this.#options = parts.options;
    this.#log = parts.log;
    this.#state = parts.state;
    this.#dispatcher = parts.dispatcher;
    this.#lock = parts.lock;
    this.#transactions = new Set(parts.options.transactions ?? parts.dispatcher.transactions);
    this.#configuration = configuration;
    this.#operator = operator;
    this.#head = head;
    this.#feed = new BlockFeed(head.block, (from) => storedBlocks(parts.log, from));
  }

  /**
   * Opens a ledger, or makes one when `create` is given and there is none. What a crash left is brought to one of the states
   * it may have: the state is replayed from the blocks, blocks past the anchor that verify are kept.
   * @throws StoreLockedError, naming the holder, when another process runs it; DamagedStoreError when the blocks aren't what the anchor names; LedgerError `unavailable` when the ledger isn't this
   *   operator's, or there is none; TypeError for a transaction name that no contract has.
   */
  static async open(options: EmbeddedLedgerOptions): Promise<EmbeddedLedger> {
    const { directory, anchorDirectory, files } = options;
    const dispatcher = new ContractDispatcher(options.contracts);
    const unknown = (options.transactions ?? []).find((name) => !dispatcher.transactions.has(name));
    if (unknown !== undefined) throw new TypeError(`no contract has the transaction ${unknown}`);
    await files.makeDirectory(directory);
    const lock = await takeLock(join(directory, LOCK_FILE), options.processes, files);
    return undoing(() => lock.release(), async () => {
      const log = await openBlockLog({ files, directory: join(directory, 'blocks'), anchorDirectory });
      return undoing(() => log.close(), async () => {
        const state = await StateStore.open(options.stateDirectory ?? join(directory, 'state'));
        return undoing(() => state.close(), async () => {
          if (log.head === undefined) await createFirstBlock(options, log);
          await catchUp(log, state);
          const configuration = await configurationIn(log, state);
          const operator = operatorOf(configuration, options);
          return new EmbeddedLedger({ options, log, state, dispatcher, lock }, configuration, operator, await headOf(log));
        });
      });
    });
  }

  /** The network's id. */
  get network(): string {
    return this.#configuration.network;
  }

  /** The configuration in force. */
  get configuration(): LedgerConfiguration {
    return this.#configuration;
  }

  /** @param claim another claimed time than the clock's, epoch milliseconds: for tests of the contract's guard. */
  submit(call: Call, claim?: { readonly claimedTime: number }): Promise<Committed> {
    return this.#track(async () => this.#commit(await this.#endorse(call, claim?.claimedTime)));
  }

  /**
   * The first half of `submit`: signed, checked and simulated, nothing recorded. What is committed later is decided again by its reads.
   * @throws as `submit`.
   */
  endorse(call: Call): Promise<Endorsement> {
    return this.#track(() => this.#endorse(call));
  }

  /** The second half of `submit`. @throws LedgerError. */
  commit(endorsement: Endorsement): Promise<Committed> {
    return this.#track(() => this.#commit(endorsement));
  }

  evaluate(call: Call): Promise<Evaluated> {
    return this.#track(async () => {
      for (let run = 0; run < MAX_EVALUATIONS; run++) {
        const signed = await this.#signed(call);
        const before = this.#head;
        const stub = this.#stub(signed);
        const result = await this.#dispatch(stub);
        const { reads, ranges, writes } = stub.simulation();
        const asOf = this.#head;
        const isOneMoment = asOf === before || (ranges.length === 0 && reads.every((read) => isUnchanged(read, this.#state)));
        if (isOneMoment) return { result: resultOf({ result, writes }), asOf };
      }
      throw new LedgerError('unavailable', 'the read was overtaken by commits again and again');
    });
  }

  blocks(from: number, signal: AbortSignal): AsyncIterable<CommittedBlock> {
    return this.#feed.blocks(from, signal);
  }

  /** A block as it lies in the log: header, signature, records. @throws RangeError past the head; DamagedStoreError. */
  async blockText(number: number): Promise<string> {
    this.#assertOpen();
    const { bytes } = await this.#log.read(number);
    return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('utf8');
  }

  async head(): Promise<Head> {
    this.#assertOpen();
    return this.#head;
  }

  /**
   * Records a change of whose certificates count: a new organisation, new roots, a new revocation list.
   * @returns the head that holds it: from it on it counts.
   * @throws LedgerError; TypeError for roots or a list of a wrong shape.
   */
  updateOrganisation(mspId: string, trust: OrganisationTrust): Promise<Head> {
    return this.#track(async () => {
      const organisations = { ...this.#configuration.organisations, [mspId]: trust };
      const parsed = configurationSchema.safeParse({ ...this.#configuration, organisations });
      if (!parsed.success) throw new TypeError('roots and revocation list are PEM texts');
      assertUsableTrust(mspId, trust, this.#operator.certificate, this.#options.clock.now());
      return this.#reconfigure({ organisations });
    });
  }

  /**
   * Records that another certificate signs the blocks from the next one on: a ledger outlives its operator's certificate. The present
   * operator signs the change, whether or not its certificate has ended meanwhile.
   * @param next of the operator's organisation, valid now under its roots.
   * @throws LedgerError; DomainError `caller-unknown` for a certificate that isn't one of the organisation's now.
   */
  changeOperator(next: Identity): Promise<Head> {
    return this.#track(async () => {
      const { mspId, certificate } = next;
      if (mspId !== this.#configuration.operator.mspId) throw DomainError.of('caller-unknown', "the next operator is of another organisation than the ledger's operator");
      this.#callers.assertCertificate(next, this.#configuration, this.#options.clock.now());
      return this.#reconfigure({ operator: { mspId, certificate } }, next);
    });
  }

  /** Appends a block that holds the changed configuration alone, signed by the operator in force before it; `operator` seals what comes behind it. */
  async #reconfigure(change: Partial<LedgerConfiguration>, operator: Identity = this.#operator): Promise<Head> {
    while (this.#writing !== undefined) await this.#writing;
    this.#assertOpen();
    const content = configurationContent({ ...this.#configuration, ...change });
    this.#writing = this.#append(await this.#seal(content))
      .then(() => void (this.#operator = operator))
      .finally(() => this.#finishWriting());
    await this.#writing;
    return this.#head;
  }

  async verify(signal: AbortSignal): Promise<Verification> {
    const blocks = await this.verifyBlocks(signal);
    const state = await this.verifyState(signal);
    return { problems: blocks.damaged.map((error) => error.message), figures: { blocks, state } };
  }

  /** Replays all blocks beside the running ledger and compares the state; rebuilds it when it differs. */
  async verifyState(signal: AbortSignal): Promise<StateReport> {
    this.#assertOpen();
    const report = await compareWithBlocks(this.#log, this.#state, signal);
    if (report.damagedKeys.length > 0) await this.rebuild();
    else if (report.complete) await this.#state.vouch();
    return report;
  }

  /** Reads the closed segments of the blocks whole. */
  verifyBlocks(signal: AbortSignal): Promise<SegmentReport> {
    return this.#log.verifyOlderSegments(signal);
  }

  /** What the doctor says of the running ledger; the segments are checked by {@link verifyBlocks}. */
  async inspect(): Promise<LedgerReport> {
    const { block: stateBlock } = this.#state.position ?? { block: -1 };
    const problems = this.#refusal === undefined ? [] : [this.#refusal.message];
    return { head: this.#head, stateBlock, checkedBlocks: 0, problems, diskFreeBytes: await freeBytes(this.#options.directory) };
  }

  /** Makes the state again from the blocks. Meanwhile every call fails as `unavailable`. */
  rebuild(): Promise<void> {
    this.#repair ??= this.#rebuildState();
    return this.#repair;
  }

  /** Resolves when no rebuild is under way. @throws LedgerError when the one under way fails. */
  async rebuilt(): Promise<void> {
    await this.#repair;
  }

  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    while (this.#underWay.size > 0) await Promise.allSettled([...this.#underWay]);
    await this.#writing;
    await this.#repair?.catch(() => undefined);
    this.#feed.close(closed());
    await this.#state.close();
    await this.#log.close();
    await this.#lock.release();
  }

  async #endorse(call: Call, claimedTime?: number): Promise<Endorsement> {
    const signed = await this.#signed(call, claimedTime);
    const stub = this.#stub(signed);
    const result = await this.#dispatch(stub);
    const endorsement = endorse(signed, result, stub.simulation());
    this.#endorsed.add(endorsement);
    return endorsement;
  }

  #commit(endorsement: Endorsement): Promise<Committed> {
    if (this.#refusal !== undefined) return Promise.reject(this.#refusal);
    // One endorsement is one transaction: Fabric calls the second DUPLICATE_TXID.
    if (!this.#endorsed.delete(endorsement)) return Promise.reject(new LedgerError('conflict', 'this endorsement was committed already, or is not of this ledger'));
    const committed = this.#queue.add(endorsement);
    this.#startWriting();
    return committed;
  }

  async #signed(call: Call, claimedTime?: number): Promise<SignedCall> {
    if (!this.#transactions.has(call.transaction)) throw DomainError.of('unknown-transaction', 'no contract has this transaction');
    if (typeof call.command !== 'string') throw DomainError.of('malformed-command', 'a command is one JSON string');
    const now = this.#options.clock.now();
    this.#callers.assertCertificate(call.identity, this.#configuration, now);
    const signed = await signCall(call, this.#configuration.network, claimedTime ?? now);
    this.#callers.assertSignature(signed.certificate, Buffer.from(signed.proposal), signed.signature);
    return signed;
  }

  #stub(signed: SignedCall): TransactionStub {
    return new TransactionStub({
      ...signed,
      network: this.#configuration.network,
      claimedTime: signed.claimedMillis,
      peerTime: () => this.#options.clock.now(),
      state: this.#state,
    });
  }

  async #dispatch(stub: TransactionStub): Promise<string> {
    try {
      return await this.#dispatcher.dispatch(stub);
    } catch (error) {
      if (error instanceof StateDamage) void this.rebuild().catch(() => undefined);
      throw error;
    }
  }

  #startWriting(): void {
    this.#writing ??= this.#writeBlocks().finally(() => this.#finishWriting());
  }

  #finishWriting(): void {
    this.#writing = undefined;
    if (this.#refusal !== undefined) this.#queue.rejectAll(this.#refusal);
    if (!this.#queue.isEmpty) this.#startWriting();
  }

  /** Group commit: everything that waits when the block before is durable goes into the next one. */
  async #writeBlocks(): Promise<void> {
    while (!this.#queue.isEmpty) {
      const calls = this.#queue.takeBlock();
      try {
        await this.#state.ready();
        await this.#writeBlock(calls);
      } catch (error) {
        const failure = error instanceof LedgerError ? error : new LedgerError('unavailable', 'the block could not be made', { cause: error });
        for (const call of calls) call.reject(failure);
        if (failure instanceof StateDamage) void this.rebuild().catch(() => undefined);
        if (this.#refusal !== undefined) return this.#queue.rejectAll(this.#refusal);
      }
    }
  }

  async #writeBlock(calls: readonly WaitingCall<Committed>[]): Promise<void> {
    const draft = await draftBlock(
      this.#head.block + 1,
      calls.map((call) => call.endorsement),
      this.#state,
      (record) => this.#isAdmitted(record),
    );
    const head = await this.#append(await this.#seal(draft));
    for (const [index, call] of calls.entries()) answer(call, draft, index, head);
  }

  /** As Fabric does at commit: a caller who was revoked or expired between endorsement and commit counts no more. */
  #isAdmitted(record: CallRecord): boolean {
    try {
      this.#callers.assertCertificate(record, this.#configuration, this.#options.clock.now());
      return true;
    } catch (error) {
      if (error instanceof DomainError) return false;
      throw error;
    }
  }

  #seal(content: Pick<BlockDraft, 'recordLines'> & { readonly records: SealedBlock['block']['records'] }): Promise<SealedBlock> {
    const time = later(this.#head.time, instantOf(this.#options.clock.now()));
    return sealBlock({ number: this.#head.block, hash: this.#head.hash }, content, time, this.#operator);
  }

  /** Block and anchor durable, then the state, then the streams; the caller answers last. */
  async #append({ block, logged }: SealedBlock): Promise<Head> {
    try {
      await this.#log.append(logged);
    } catch (error) {
      this.#refusal = new LedgerError('unavailable', 'a write failed: what is durable is unknown until the ledger is opened again', { cause: error });
      this.#feed.close(this.#refusal);
      throw new LedgerError('outcome-unknown', 'the block could not be written: the call may be committed or not', { cause: error });
    }
    this.#state.apply({ block: block.header.number, hash: block.hash }, stateWritesOf(block));
    const [record] = block.records;
    if (record?.kind === 'configuration') this.#configuration = record.configuration;
    this.#head = { block: block.header.number, hash: block.hash, time: block.header.time };
    this.#feed.publish(committedBlockOf(block));
    return this.#head;
  }

  async #rebuildState(): Promise<void> {
    const previous = this.#refusal;
    this.#refusal = previous ?? new StateDamage();
    try {
      await this.#writing;
      await replayAll(this.#log, this.#state);
      if (this.#refusal instanceof StateDamage) this.#refusal = previous;
    } catch (error) {
      this.#refusal = new LedgerError('unavailable', 'the state could not be rebuilt from the blocks', { cause: error });
      throw error;
    } finally {
      this.#repair = undefined;
    }
  }

  #track<T>(work: () => Promise<T>): Promise<T> {
    if (this.#closing !== undefined) return Promise.reject(closed());
    if (this.#refusal !== undefined) return Promise.reject(this.#refusal);
    const promise = work();
    this.#underWay.add(promise);
    const done = (): void => void this.#underWay.delete(promise);
    promise.then(done, done);
    return promise;
  }

  #assertOpen(): void {
    if (this.#closing !== undefined) throw closed();
    if (this.#refusal !== undefined) throw this.#refusal;
  }
}

/** Runs a step of opening; when it fails, what was opened before it is closed. */
async function undoing<T>(undo: () => Promise<void>, step: () => Promise<T>): Promise<T> {
  try {
    return await step();
  } catch (error) {
    await undo().catch(() => undefined);
    throw error;
  }
}

function closed(): LedgerError {
  return new LedgerError('unavailable', 'the ledger is closed');
}

/** Answers a committed call, or refuses it when its place in the block made it invalid. */
function answer(call: WaitingCall<Committed>, draft: BlockDraft, index: number, head: Head): void {
  const { record, claimedTime } = call.endorsement;
  const { txId } = record;
  const position: TransactionPosition = { block: head.block, index, txId };
  const validity = draft.records[index]?.validity;
  if (validity === 'VALID') call.resolve({ result: resultOf(record), position, head, claimedTime });
  else call.reject(new LedgerError('conflict', `the call lost a race: ${String(validity)} in block ${head.block}`));
}

async function createFirstBlock({ create, operator, clock }: EmbeddedLedgerOptions, log: BlockLog): Promise<void> {
  if (create === undefined) throw new LedgerError('unavailable', 'there is no ledger in this directory');
  const { mspId, certificate } = operator;
  const configuration = configurationSchema.parse({ network: create.network, operator: { mspId, certificate }, organisations: create.organisations });
  const { logged } = await sealBlock(undefined, configurationContent(configuration), instantOf(clock.now()), operator);
  await log.append(logged);
}

async function configurationIn(log: BlockLog, state: StateStore): Promise<LedgerConfiguration> {
  try {
    return readConfiguration(state);
  } catch (error) {
    if (!(error instanceof StateDamage)) throw error;
    await replayAll(log, state);
    return readConfiguration(state);
  }
}

function readConfiguration(state: StateStore): LedgerConfiguration {
  const entry = state.read(CONFIGURATION_KEY);
  if (entry === undefined) throw new StateDamage();
  return configurationSchema.parse(JSON.parse(entry.value));
}

/** The identity that the configuration names: the operator, or the next one where a change was broken off behind its block. */
function operatorOf({ operator: named }: LedgerConfiguration, { operator, nextOperator }: EmbeddedLedgerOptions): Identity {
  const found = [operator, nextOperator].find((one) => one?.mspId === named.mspId && one.certificate === named.certificate);
  if (found === undefined) throw new LedgerError('unavailable', 'this ledger belongs to another operator: its blocks are signed with another certificate');
  return found;
}

async function headOf(log: BlockLog): Promise<Head> {
  if (log.head === undefined) throw new LedgerError('unavailable', 'there is no ledger in this directory');
  const { header, hash } = blockOf(await log.read(log.head.number));
  return { block: header.number, hash, time: header.time };
}

async function* storedBlocks(log: BlockLog, from: number): AsyncGenerator<CommittedBlock> {
  for await (const logged of log.iterate(from)) yield storedBlockOf(logged);
}

function later(a: Instant, b: Instant): Instant {
  return a > b ? a : b;
}
