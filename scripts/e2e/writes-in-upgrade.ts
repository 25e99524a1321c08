import { randomUUID } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { connect, createServer, type AddressInfo, type Socket } from 'node:net';
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import type { Identity } from '@kesu/certs';
import { canonicalJson, eventsOf } from '@kesu/chaincode/domain';
import type { FabricLedger } from '../../network/src/fabric';
import type { FabricTestNetwork } from '../../network/src/fabric/testing/test-network';
import { LedgerError, type Call, type CommittedBlock, type TransactionPosition } from '../../network/src/ledger';
import { networkUpgrade, readTopology, type UpReport } from '../../network/src/topology';
import { NetworkLayout } from '../../network/src/topology/layout';
import { copyOfBuild } from '../../network/src/topology/testing/fabric-world';
import { writeTopology } from '../../network/src/topology/topology';
import { releaseIn, type Attempt } from './kill-rounds';
import { releasesIn } from './ledger-history';

/** Upgrades to a build of another label, which decides as the present one. @param beforeChaincode told when only the chaincode is left to be changed. */
export function upgradeBuild({ directory }: FabricTestNetwork, beforeChaincode: () => void): Promise<UpReport> {
  const file = new NetworkLayout(directory).topology;
  const build = copyOfBuild(join(directory, 'builds', 'changed'));
  writeFileSync(join(build, 'lib', 'more.js'), '');
  const topology = readTopology(file);
  writeTopology(file, { ...topology, organisations: topology.organisations.map((organisation) => ({ ...organisation, chaincodeDirectory: build })) });
  return networkUpgrade({ directory, environment: process.env, progress: ({ name }) => (name === 'leader' ? beforeChaincode() : undefined) });
}

/** A way to a peer that holds back what is sent, while it is told to. */
export class HeldWay {
  readonly #server = createServer((client) => this.#join(client));
  readonly #pairs = new Map<Socket, Socket>();
  #isHeld = false;

  private constructor(readonly port: number) {}

  /** Leads to a port of loopback. */
  static async to(port: number): Promise<HeldWay> {
    const way = new HeldWay(port);
    await new Promise<void>((resolve) => way.#server.listen(0, '127.0.0.1', resolve));
    return way;
  }

  /** Where it begins. */
  get url(): string {
    return `grpcs://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  /** From now on nothing more gets through. */
  hold(): void {
    this.#isHeld = true;
    for (const [client, peer] of this.#pairs) client.unpipe(peer);
  }

  /** Lets through what was held, and what follows. */
  release(): void {
    this.#isHeld = false;
    for (const [client, peer] of this.#pairs) client.pipe(peer);
  }

  close(): void {
    this.#server.close();
    for (const sockets of this.#pairs) for (const socket of sockets) socket.destroy();
  }

  #join(client: Socket): void {
    const peer = connect(this.port, '127.0.0.1');
    for (const socket of [client, peer]) socket.on('error', () => undefined);
    peer.pipe(client);
    if (!this.#isHeld) client.pipe(peer);
    this.#pairs.set(client, peer);
    client.once('close', () => this.#pairs.delete(client));
  }
}

/** Calls of the ledger past the gateway. One that lost a race is submitted again, as the port says. */
export class DirectCalls {
  readonly done: { readonly operation: string; readonly position: TransactionPosition }[] = [];
  readonly failed: { readonly operation: string; readonly why: string }[] = [];
  /** How many lost a race. */
  conflicts = 0;
  #isOver = false;

  constructor(
    private readonly ledger: FabricLedger,
    private readonly identity: Identity,
  ) {}

  /** As many callers at once, until {@link end}. */
  async run(callers: number): Promise<void> {
    const calling = async (): Promise<void> => {
      while (!this.#isOver) await this.submit(closing(this.identity));
    };
    await Promise.all(Array.from({ length: callers }, calling));
  }

  end(): void {
    this.#isOver = true;
  }

  /** Submits until it is done or fails with more than a lost race. */
  async submit({ operation, call }: ClosingCall, ledger: FabricLedger = this.ledger): Promise<void> {
    try {
      this.done.push({ operation, position: (await ledger.submit(call)).position });
    } catch (error) {
      if (!(error instanceof LedgerError) || error.kind !== 'conflict') return void this.failed.push({ operation, why: String(error) });
      this.conflicts++;
      return this.submit({ operation, call }, ledger);
    }
  }

  /** What of I6 and I7 the blocks break of what was answered. */
  breachesIn(blocks: readonly CommittedBlock[]): string[] {
    const found = new Map<string, TransactionPosition[]>();
    for (const { block, transactions } of blocks) {
      for (const { transaction, command, validity, index, txId } of transactions) {
        if (transaction !== 'operations:close' || validity !== 'VALID') continue;
        const { operation } = JSON.parse(command) as { operation: string };
        found.set(operation, [...(found.get(operation) ?? []), { block, index, txId }]);
      }
    }
    const lost = this.done.filter(({ operation, position }) => !isDeepStrictEqual(found.get(operation), [position]));
    const unsaid = this.failed.filter(({ operation }) => found.has(operation));
    return [...lost.map(({ operation }) => `${operation} was answered as done and is not once where it was told`), ...unsaid.map(({ operation }) => `${operation} failed and took effect`)];
  }
}

/** A call that writes one key of its own. */
export interface ClosingCall {
  readonly operation: string;
  readonly call: Call;
}

/** See {@link ClosingCall}. */
export function closing(identity: Identity): ClosingCall {
  const operation = randomUUID().replaceAll('-', '');
  return { operation, call: { identity, transaction: 'operations:close', command: canonicalJson({ operation }) } };
}

/** What of I6 and I7 the blocks break of a gateway's answers. */
export function breachesOfAnswers(blocks: readonly CommittedBlock[], attempts: readonly Attempt[]): string[] {
  const releases = releasesIn(blocks);
  return attempts.flatMap((attempt) => {
    const { kind, key, answered } = attempt;
    const recorded = releases.filter(({ release }) => release.idempotencyKey === key).map(({ release: { id, decision }, position }) => ({ id, decision, position }));
    if (answered?.status !== 200 && answered?.status !== 201) return [`${kind} ${key} was answered ${JSON.stringify(answered)}; on the ledger: ${JSON.stringify(recorded)}`];
    if (kind !== 'RELEASE') return areGrantsAt(blocks, attempt, answered.body.position as TransactionPosition) ? [] : [`${kind} ${key} is not where it was told`];
    const { id, decision, position } = releaseIn(answered);
    return isDeepStrictEqual(recorded, [{ id, decision, position }]) ? [] : [`${kind} ${key} was told ${JSON.stringify(answered.body)}, and is ${JSON.stringify(recorded)}`];
  });
}

function areGrantsAt(blocks: readonly CommittedBlock[], { grants }: Attempt, { block, index, txId }: TransactionPosition): boolean {
  const at = blocks[block]?.transactions.find((transaction) => transaction.index === index);
  if (at?.txId !== txId || at.validity !== 'VALID') return false;
  const given = eventsOf(at).flatMap((event) => (event.kind === 'grant' ? [event.record.id] : []));
  return grants.every((id) => given.includes(id));
}
