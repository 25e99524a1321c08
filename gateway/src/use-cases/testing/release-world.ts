import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { canonicalJson, digestOf, fromBase64url, toBase64url, type Grant, type ReleaseRequest } from '@kesu/chaincode/domain';
import { nodeFiles, openPrivateJournal, type Call, type PrivateJournal } from '@kesu/network';
import { pino } from 'pino';
import type { DataSource, SourceAnswer, SourceRequest } from '../../data-source';
import type { GatewayParts, HeldKey } from '../../gateway-parts';
import { LedgerClient } from '../../ledger-client';
import { Projection } from '../../projection';
import type { Requester } from '../../requester';
import { CAST, CAST_ROLES, ITEMS, type CastMember } from '../../testing/test-cast';
import { TestWorld } from '../../testing/test-world';
import type { GroupCommitOptions } from '../group-commit';
import { openReleaseParts, type ReleaseParts } from '../release-parts';
import { resumePending, type Resumed } from '../resume-pending';
import { SteeredLedger } from './steered-ledger';

const ROWS: Readonly<Record<string, readonly Record<string, unknown>[]>> = {
  [ITEMS.collected]: [{ entry: 'GRADE_A', year: 2025 }],
  [ITEMS.live]: [
    { year: 2025, grade: 'A' },
    { year: 2024, grade: 'B' },
  ],
  [ITEMS.open]: [],
};

/** A gateway's releases on a test world: real ledger, real projection, real private journal; the source answers from memory, signed. */
export class ReleaseWorld {
  readonly ledger: SteeredLedger;
  /** What a source does instead of answering, by item. */
  readonly sources = new Map<string, DataSource>();
  /** How often a source was asked. */
  fetches = 0;
  #parts: ReleaseParts | undefined;
  #projection: Projection | undefined;
  #store: PrivateJournal | undefined;
  #opens = 0;
  readonly #dead: ReleaseParts[] = [];

  private constructor(
    readonly world: TestWorld,
    private readonly options: GroupCommitOptions,
  ) {
    this.ledger = new SteeredLedger(() => world.ledger);
  }

  static async open(options: GroupCommitOptions = {}): Promise<ReleaseWorld> {
    const made = new ReleaseWorld(await TestWorld.open(), options);
    await made.start();
    return made;
  }

  get parts(): ReleaseParts {
    if (this.#parts === undefined) throw new Error('the gateway is stopped');
    return this.#parts;
  }

  get projection(): Projection {
    if (this.#projection === undefined) throw new Error('the gateway is stopped');
    return this.#projection;
  }

  /** Opens the gateway's parts on the same directories; what was pending is resumed. */
  async start(): Promise<Resumed> {
    const { world } = this;
    this.#store = await openPrivateJournal({ files: nodeFiles, directory: join(world.root, 'private'), anchorDirectory: join(world.root, 'private-anchor'), keyFile: join(world.root, 'data.key') });
    this.#projection = await Projection.open({ directory: join(world.root, `projection-${this.#opens++}`), ledger: this.ledger, log: pino({ level: 'silent' }) });
    await this.#projection.caughtUp();
    const parts: GatewayParts = {
      clock: world.clock,
      random: (bytes) => randomBytes(bytes),
      ledger: new LedgerClient(this.ledger),
      readModel: this.#projection,
      store: this.#store,
      self: CAST.node,
      identityOf: (participantId) => world.identities.get(participantId),
      requestKeyOf: (participantId) => this.#held(participantId),
      sourceOf: (code) => this.sources.get(code) ?? { fetch: (request) => this.answer(request) },
      log: pino({ level: 'silent' }),
    };
    this.#parts = await openReleaseParts(parts, this.options);
    return resumePending(this.#parts);
  }

  /** The process dies: nothing is waited for, the ledger and the files stay as they are. */
  async kill(): Promise<void> {
    const dead = this.#parts;
    this.ledger.steering = {};
    this.#parts = undefined;
    await this.#store?.close();
    await this.#projection?.close();
    if (dead !== undefined) this.#dead.push(dead);
  }

  async dispose(): Promise<void> {
    this.ledger.steering = {};
    for (const parts of [...this.#dead, this.#parts]) await parts?.close().catch(() => undefined);
    await this.#projection?.close();
    await this.#store?.close();
    await this.world.dispose();
  }

  /** What a lawful source answers. */
  async answer(request: SourceRequest): Promise<SourceAnswer> {
    this.fetches += 1;
    const { world } = this;
    const key = world.requestKeys.get(CAST.provider);
    if (key === undefined) throw new Error('the provider has no key');
    const { item, itemVersion, subjectRef } = request;
    const rows = ROWS[item] ?? [];
    const digest = digestOf({ item, subjectRef, rows });
    const signed = { type: 'source-answer' as const, network: world.ledger.network, item, itemVersion, subjectRef, rows: rows.length, digest, time: world.at };
    const batch = item === ITEMS.live ? {} : { batchId: world.batchId };
    return { item, itemVersion, provider: CAST.provider, subjectRef, rows, rowCount: rows.length, digest, salt: randomBytes(32).toString('base64url'), time: world.at, signature: key.signValue(signed), keyId: key.keyId, ...batch };
  }

  requester(member: CastMember, demonstration = true): Requester {
    return { kind: 'PARTICIPANT', id: CAST[member], role: CAST_ROLES[member].role, demonstration };
  }

  /** A request for what a grant allows. */
  request(grant: Grant, changes: Partial<ReleaseRequest> = {}): ReleaseRequest {
    return {
      enterprise: grant.enterprise,
      recipient: grant.recipient,
      items: grant.items.map(({ code, granularity }) => ({ code, granularity })),
      purpose: grant.purpose,
      ...(grant.loanRef === undefined ? {} : { loanRef: grant.loanRef }),
      ...changes,
    };
  }

  /** The owner's revocation as a call of the ledger, carried by the node: a test endorses and commits it when it likes. */
  revocation(grant: Grant): Call {
    const { world } = this;
    const identity = world.identities.get(CAST.node);
    if (identity === undefined) throw new Error('the node has no identity');
    const statement = {
      kind: 'TRANSITION' as const,
      enterprise: grant.enterprise,
      grantId: grant.id,
      grantVersion: grant.version,
      action: 'REVOKE' as const,
      reason: 'principal-decided',
      identityDigest: digestOf({ of: grant.enterprise }),
      salt: toBase64url(new Uint8Array(32)),
    };
    return { identity, transaction: 'grants:transit', command: canonicalJson({ operation: world.nextId(), ...world.sign([statement]) }) };
  }

  /** A harmless call that keeps the ledger's writer busy. */
  loanOpening(): Call {
    const { world } = this;
    const identity = world.identities.get(CAST.platform);
    if (identity === undefined) throw new Error('the platform has no identity');
    const loan = { operation: world.nextId(), ref: world.nextId(), enterprise: world.enterprise.ref, recipient: CAST.bank, platform: CAST.platform, product: 'CREDIT-1' };
    return { identity, transaction: 'loans:open', command: canonicalJson(loan) };
  }

  #held(participantId: string): HeldKey | undefined {
    const key = this.world.requestKeys.get(participantId);
    return key === undefined ? undefined : { keyId: key.keyId, sign: async (bytes) => fromBase64url(key.signBytes(bytes)) ?? new Uint8Array() };
  }
}
