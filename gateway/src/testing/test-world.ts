import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createDevelopmentAuthority, createKeyPair, createPseudonym, createSigner, type DevelopmentAuthority, type Identity } from '@kesu/certs';
import { contracts, TRANSACTION_NAMES, type CommandOf, type RecordedRelease, type TransactionName } from '@kesu/chaincode';
import {
  DAY_MILLIS,
  digestOf,
  ENVELOPE_TYPE,
  envelopeBytes,
  initialPolicy,
  initialPurposes,
  instantOf,
  saltedDigest,
  sha256Hex,
  signedRequest,
  statementDigest,
  toBase64url,
  utf8ToBytes,
  type Enterprise,
  type Grant,
  type GrantAction,
  type ItemSource,
  type KeyCapacity,
  type Letter,
  type Loan,
  type Release,
  type ReleaseRequest,
  type SignedEnvelope,
  type SignedStatement,
  type Statement,
} from '@kesu/chaincode/domain';
import { EmbeddedLedger, nodeFiles } from '@kesu/network';
import { type Done, LedgerClient } from '../ledger-client';
import { CAST, CAST_ROLES, DOCUMENT, ITEMS, START, TEMPLATE_ID, testItems, testTemplate, type CastMember } from './test-cast';
import { aKey, type TestKey } from './test-key';

const MEMBERS = Object.keys(CAST) as CastMember[];
const SALT = new Uint8Array(32);

/** An enterprise of a test world with its confirmed P-256 key. */
export interface TestEnterprise {
  readonly ref: string;
  readonly key: TestKey;
}

/** What a grant is to be; everything left out is lawful: named bank, PRE_LOAN with a new loan, both items as ANSWER, for 30 days, as often as the purpose allows. */
export interface GrantTerms extends Partial<Omit<Letter, 'kind' | 'template' | 'enterprise' | 'identityDigest' | 'salt'>> {
  readonly by?: TestEnterprise;
}

/** A request for data; what is left out is what the grant allows. Without `payload: false` a payload is brought, so that a PERMIT is recorded. */
export interface ReleaseTerms extends Partial<ReleaseRequest> {
  readonly grant?: Grant;
  readonly requester?: CastMember;
  readonly payload?: Uint8Array | false;
  readonly sources?: readonly ItemSource[];
}

/** A grant as {@link TestWorld.giveGrant} made it. */
export interface GivenGrant {
  readonly grant: Grant;
  readonly signed: SignedStatement;
  readonly done: Done<'grants:submit'>;
}

/**
 * A founded embedded ledger in a temporary directory, with the real contracts, real certificates and real signatures: the
 * node, one admitted platform, one confirmed bank, one appointed provider (each with a request key), three items, a
 * published template, an accepted batch of the collected item, and one enterprise with a confirmed key. Time stands
 * still unless {@link TestWorld.pass} moves it; ids are the same in each run.
 *
 * `const world = await TestWorld.open(); … await world.dispose();`
 */
export class TestWorld {
  readonly clock = { time: START, now: (): number => this.clock.time };
  readonly identities = new Map<string, Identity>();
  readonly requestKeys = new Map<string, TestKey>();
  #ledger: EmbeddedLedger | undefined;
  #ids = 0;
  #enterprise: TestEnterprise | undefined;
  #batchId = '';
  readonly #enterprises = new Map<string, TestEnterprise>();
  readonly #authorities = new Map<string, DevelopmentAuthority>();

  private constructor(
    /** Holds everything; removed by {@link dispose}. */
    readonly root: string,
  ) {}

  /** Opens a world. `founded: false` leaves the ledger empty behind its configuration block, without certificates' participants. */
  static async open({ founded = true }: { readonly founded?: boolean } = {}): Promise<TestWorld> {
    const world = new TestWorld(await mkdtemp(join(tmpdir(), 'kesu-world-')));
    for (const mspId of new Set(MEMBERS.map((member) => CAST_ROLES[member].mspId))) await world.#addAuthority(mspId);
    for (const member of MEMBERS) world.identities.set(CAST[member], await world.enrol(CAST[member], CAST_ROLES[member].role, CAST_ROLES[member].mspId));
    await world.openLedger();
    if (founded) await world.#found();
    return world;
  }

  /** The ledger; another object after {@link reopenLedger}. */
  get ledger(): EmbeddedLedger {
    if (this.#ledger === undefined) throw new Error('the world is disposed of');
    return this.#ledger;
  }

  /** The typed way to {@link ledger}. */
  get client(): LedgerClient {
    return new LedgerClient(this.ledger);
  }

  /** The enterprise that every world has. */
  get enterprise(): TestEnterprise {
    if (this.#enterprise === undefined) throw new Error('the world is not founded');
    return this.#enterprise;
  }

  /** The accepted batch of the collected item. */
  get batchId(): string {
    return this.#batchId;
  }

  /** Where the ledger lies. */
  get ledgerDirectory(): string {
    return join(this.root, 'ledger');
  }

  /** The claimed time of the next transaction. */
  get at(): string {
    return instantOf(this.clock.time);
  }

  /** Moves the clock on. */
  pass(millis: number): void {
    this.clock.time += millis;
  }

  /** The next 128-bit id: an operation's, a loan's, a ref. */
  nextId(): string {
    return sha256Hex(`id ${this.#ids++}`).slice(0, 32);
  }

  /** A certificate of one of the world's organisations for a participant, valid for ten years. */
  async enrol(participantId: string, role: string, mspId: string): Promise<Identity> {
    const authority = this.#authorities.get(mspId);
    if (authority === undefined) throw new Error(`the world has no organisation ${mspId}`);
    const keys = createKeyPair();
    const { certificate } = await authority.issue({
      pseudonym: createPseudonym(),
      role: 'client',
      attributes: { 'kesu.role': role, 'kesu.participant': participantId },
      publicKey: keys.publicKey,
      validity: { notBefore: START, notAfter: START + 3_650 * DAY_MILLIS },
    });
    return { mspId, certificate, sign: createSigner(keys.privateKey) };
  }

  /** Submits as a participant, with a new operation unless the command brings one. */
  submit<N extends TransactionName>(as: string, transaction: N, command: Omit<CommandOf<N>, 'operation'> & { operation?: string }): Promise<Done<N>> {
    const identity = this.identities.get(as);
    if (identity === undefined) throw new Error(`the world has no identity of ${as}`);
    return this.client.submit(identity, transaction, { operation: this.nextId(), ...command } as unknown as CommandOf<N>);
  }

  /** Reads one record of the ledger's state. */
  async read<T>(kind: CommandOf<'records:read'>['kind'], id: string): Promise<T> {
    const identity = this.identities.get(CAST.node) as Identity;
    const { result } = await this.client.evaluate(identity, 'records:read', { kind, id });
    return result.record as T;
  }

  /** Registers a further enterprise at the platform, with a confirmed P-256 key. */
  async addEnterprise({ kind = 'COMPANY', capacity = 'LEGAL_REPRESENTATIVE', predecessor }: { readonly kind?: Enterprise['kind']; readonly capacity?: KeyCapacity; readonly predecessor?: string } = {}): Promise<TestEnterprise> {
    const ref = this.nextId();
    const representative = this.nextId();
    const key = aKey();
    await this.submit(CAST.platform, 'enterprises:register', { ref, kind, region: '619901', industry: 'C13', size: 'SMALL', representative, ...(predecessor === undefined ? {} : { predecessor }) });
    await this.submit(CAST.platform, 'signatories:register-key', {
      ref,
      key: {
        holder: representative,
        capacity,
        algorithm: 'P256',
        means: 'BROWSER_KEY',
        publicKey: key.publicKey,
        binding: 'ELECTRONIC_LICENCE',
        evidenceDigest: DOCUMENT,
        until: instantOf(this.clock.time + 3_650 * DAY_MILLIS),
      },
    });
    await this.submit(CAST.node, 'signatories:confirm-key', { ref, keyId: key.keyId });
    this.#enterprises.set(ref, { ref, key });
    return { ref, key };
  }

  /** Opens a loan at the bank, or moves it on. */
  async openLoan(by: TestEnterprise = this.enterprise): Promise<string> {
    const ref = this.nextId();
    await this.submit(CAST.platform, 'loans:open', { ref, enterprise: by.ref, recipient: CAST.bank, platform: CAST.platform, product: 'CREDIT-1', amountFen: 50_000_000 });
    return ref;
  }

  /** Reports a loan's next state. */
  async advanceLoan(ref: string, to: Exclude<Loan['state'], 'APPLIED'>): Promise<void> {
    await this.submit(CAST.platform, 'loans:advance', { ref, to });
  }

  /** The letter that {@link giveGrant} would sign. Opens a loan when the purpose needs one and none is named. */
  async letter({ by = this.enterprise, ...terms }: GrantTerms = {}): Promise<Letter> {
    const purpose = terms.purpose ?? 'PRE_LOAN';
    const needsLoan = initialPurposes()[purpose].needsLoan && terms.loanRef === undefined;
    const loanRef = needsLoan ? { loanRef: await this.openLoan(by) } : {};
    const template = await this.read<{ digest: string }>('template', `${TEMPLATE_ID}@1`);
    const limit = terms.oneTime === true ? {} : { frequency: initialPurposes()[purpose].highestFrequency };
    return {
      kind: 'LETTER',
      template: { id: TEMPLATE_ID, version: 1, digest: template.digest },
      enterprise: by.ref,
      platform: CAST.platform,
      recipient: CAST.bank,
      items: [ITEMS.collected, ITEMS.live].map((code) => ({ code, version: 1, granularity: 'ANSWER' as const, separateConsent: false })),
      purpose,
      ...loanRef,
      oneTime: false,
      ...limit,
      retentionDays: 365,
      from: this.at,
      until: instantOf(this.clock.time + 30 * DAY_MILLIS),
      ...this.#identityOf(by),
      ...terms,
    };
  }

  /** A set signed by the enterprise, as `grants:submit` and `grants:transit` take it. */
  sign<S extends Statement>(statements: readonly S[], { by = this.enterprise, lifetime = 10 * 60_000 }: { readonly by?: TestEnterprise; readonly lifetime?: number } = {}) {
    const envelope: SignedEnvelope = {
      type: ENVELOPE_TYPE,
      network: this.ledger.network,
      statements: statements.map(statementDigest),
      nonce: toBase64url(utf8ToBytes(this.nextId()).slice(0, 16)),
      signedAt: this.at,
      submitBefore: instantOf(this.clock.time + lifetime),
    };
    return { envelope, statements: [...statements], signatures: [{ keyId: by.key.keyId, signature: by.key.signBytes(envelopeBytes(envelope)) }] };
  }

  /** An enterprise signs a letter and the platform submits it. */
  async giveGrant(terms: GrantTerms = {}): Promise<GivenGrant> {
    const letter = await this.letter(terms);
    const set = this.sign([letter], terms.by === undefined ? {} : { by: terms.by });
    const done = await this.submit(CAST.platform, 'grants:submit', set);
    const [id = ''] = done.result.ids;
    return { grant: await this.read<Grant>('grant', id), signed: { statement: letter, envelope: set.envelope, signatures: set.signatures }, done };
  }

  /** The grant's enterprise revokes. */
  revoke(grantId: string): Promise<Done<'grants:transit'>> {
    return this.transit(grantId, 'REVOKE');
  }

  /** The grant's enterprise revokes, suspends or resumes; carried by the node. */
  async transit(grantId: string, action: GrantAction): Promise<Done<'grants:transit'>> {
    const grant = await this.read<Grant>('grant', grantId);
    const by = this.#enterprises.get(grant.enterprise) ?? this.enterprise;
    const statement = { kind: 'TRANSITION' as const, enterprise: by.ref, grantId, grantVersion: grant.version, action, reason: 'principal-decided', ...this.#identityOf(by) };
    return this.submit(CAST.node, 'grants:transit', this.sign([statement], { by }));
  }

  /** A request as `releases:record` takes it, signed by its requester, with sources that the contract accepts. */
  async releaseRequest({ grant, requester = 'platform', payload, sources, ...asked }: ReleaseTerms = {}): Promise<CommandOf<'releases:record'>['requests'][number]> {
    const request: ReleaseRequest = {
      enterprise: grant?.enterprise ?? this.enterprise.ref,
      recipient: grant === undefined || grant.recipient === 'ANY' ? CAST.bank : grant.recipient,
      items: (grant?.items ?? [{ code: ITEMS.collected, granularity: 'ANSWER' as const }]).map(({ code, granularity }) => ({ code, granularity })),
      purpose: grant?.purpose ?? 'PRE_LOAN',
      ...(grant === undefined ? {} : { grantId: grant.id }),
      ...(grant?.loanRef === undefined ? {} : { loanRef: grant.loanRef }),
      ...asked,
    };
    const idempotencyKey = `key-${this.nextId()}`;
    const bytes = payload === undefined ? utf8ToBytes('{"answer":true}') : payload;
    return {
      request,
      requester: CAST[requester],
      idempotencyKey,
      requestSignature: this.signRequest(CAST[requester], request, idempotencyKey),
      sources: [...(sources ?? request.items.map(({ code }) => this.sourceOf(code, request.enterprise)))],
      ...(bytes === false ? {} : { payload: { digest: saltedDigest(SALT, [...bytes]), byteCount: bytes.length } }),
      selfReported: false,
    };
  }

  /** A requester's signature over a request at the present claimed time. */
  signRequest(participantId: string, request: ReleaseRequest, idempotencyKey: string) {
    const key = this.#keyOf(participantId);
    const requestedAt = this.at;
    return { keyId: key.keyId, requestedAt, signature: key.signValue(signedRequest(this.ledger.network, request, idempotencyKey, requestedAt)) };
  }

  /** Where an item's records come from: the accepted batch, or a live answer signed now. */
  sourceOf(code: string, enterprise: string): ItemSource {
    if (code !== ITEMS.live) return { kind: 'BATCH', code, batchId: this.#batchId };
    const key = this.#keyOf(CAST.provider);
    const answer = { type: 'source-answer' as const, network: this.ledger.network, item: code, itemVersion: 1, subjectRef: enterprise, rows: 1, digest: DOCUMENT, time: this.at };
    return { kind: 'ANSWER', code, answer, keyId: key.keyId, signature: key.signValue(answer) };
  }

  /** The node records one release. @throws Error when the answer is not RECORDED. */
  async recordRelease(terms: ReleaseTerms = {}): Promise<Release> {
    const [recorded] = await this.recordBatch([terms]);
    if (recorded?.kind !== 'RECORDED') throw new Error(`the release is ${JSON.stringify(recorded)}`);
    return recorded.release;
  }

  /** The node records a batch in one transaction. */
  async recordBatch(batch: readonly ReleaseTerms[]): Promise<readonly RecordedRelease[]> {
    const requests = await Promise.all(batch.map((terms) => this.releaseRequest(terms)));
    return (await this.submit(CAST.node, 'releases:record', { requests })).result.releases;
  }

  /** The node reports what became of a release. */
  async reportOutcome(releaseId: string, outcome: 'DELIVERED' | 'PARTIAL' | 'FAILED' = 'DELIVERED'): Promise<void> {
    const bytesSent = { DELIVERED: 15, PARTIAL: 5, FAILED: 0 }[outcome];
    await this.submit(CAST.node, 'releases:record-outcomes', { outcomes: [{ releaseId, outcome, bytesSent }] });
  }

  /** The bank acknowledges a release. */
  async acknowledge(release: Release): Promise<void> {
    await this.submit(CAST.bank, 'releases:acknowledge', { acknowledgements: [{ releaseId: release.id, payloadDigest: release.payloadDigest ?? '' }] });
  }

  /** The enterprise disputes the collected item through its platform. */
  async dispute(by: TestEnterprise = this.enterprise): Promise<string> {
    const id = this.nextId();
    await this.submit(CAST.platform, 'disputes:file', { id, enterprise: by.ref, filedBy: 'PRINCIPAL', platform: CAST.platform, item: ITEMS.collected, reason: 'row-is-wrong', textDigest: DOCUMENT });
    return id;
  }

  /** Opens the ledger from its directory. */
  async openLedger(): Promise<EmbeddedLedger> {
    const organisations: Record<string, { roots: string[] }> = {};
    for (const [mspId, authority] of this.#authorities) organisations[mspId] = { roots: [...(await authority.trust()).roots] };
    this.#ledger = await EmbeddedLedger.open({
      directory: this.ledgerDirectory,
      anchorDirectory: join(this.root, 'anchor'),
      files: nodeFiles,
      clock: this.clock,
      contracts,
      transactions: TRANSACTION_NAMES,
      operator: this.identities.get(CAST.node) as Identity,
      create: { network: sha256Hex('the network of a test world').slice(0, 32), organisations },
    });
    return this.#ledger;
  }

  /** Closes the ledger and opens it again. */
  async reopenLedger(): Promise<EmbeddedLedger> {
    await this.ledger.close();
    return this.openLedger();
  }

  /** Closes the ledger and removes everything. */
  async dispose(): Promise<void> {
    await this.#ledger?.close().catch(() => undefined);
    this.#ledger = undefined;
    await rm(this.root, { recursive: true, force: true });
  }

  #keyOf(participantId: string): TestKey {
    const key = this.requestKeys.get(participantId);
    if (key === undefined) throw new Error(`${participantId} has no request key`);
    return key;
  }

  #identityOf(by: TestEnterprise): { identityDigest: string; salt: string } {
    return { identityDigest: digestOf({ ref: by.ref, salt: toBase64url(SALT) }), salt: toBase64url(utf8ToBytes(this.nextId())) };
  }

  async #addAuthority(mspId: string): Promise<void> {
    const entries = new Map<string, Uint8Array>();
    const storage = {
      get: async (key: string) => entries.get(key),
      put: async (key: string, value: Uint8Array) => void entries.set(key, value),
      delete: async (key: string) => void entries.delete(key),
      list: async (prefix: string) => [...entries.keys()].filter((key) => key.startsWith(prefix)).sort(),
    };
    this.#authorities.set(mspId, await createDevelopmentAuthority({ mspId, now: () => START, storage }));
  }

  async #found(): Promise<void> {
    const described = (member: CastMember) => ({ id: CAST[member], names: namesOf(CAST[member]), mspId: CAST_ROLES[member].mspId, regions: [], documentDigest: DOCUMENT });
    await this.submit(CAST.node, 'rule-book:found', {
      network: this.ledger.network,
      node: { id: CAST.node, names: namesOf(CAST.node) },
      organisations: [...this.#authorities.keys()],
      policy: initialPolicy([{ origin: 'http://localhost:4010', rpId: 'localhost' }]),
      purposes: initialPurposes(),
      documentDigest: DOCUMENT,
    });
    await this.#admitPlatform(described('platform'));
    await this.submit(CAST.platform, 'participants:admit-recipient', { ...described('bank'), kind: 'BANK', securityPolicyDigest: DOCUMENT });
    await this.submit(CAST.node, 'participants:confirm-recipient', { id: CAST.bank, documentDigest: DOCUMENT });
    await this.submit(CAST.node, 'participants:appoint', { ...described('provider'), role: 'provider' });
    for (const id of Object.values(CAST)) await this.registerRequestKey(id);
    await this.#publishTemplate();
    await this.#acceptBatch();
    this.#enterprise = await this.addEnterprise();
  }

  /** Registers a request key for a participant, with its own certificate. */
  async registerRequestKey(participantId: string): Promise<TestKey> {
    const key = aKey();
    await this.submit(participantId, 'participants:register-key', { publicKey: key.publicKey });
    this.requestKeys.set(participantId, key);
    return key;
  }

  async #admitPlatform(described: Omit<CommandOf<'participants:apply'>, 'operation'>, connectVia: 'NODE' | 'QINXINRONG' = 'NODE'): Promise<void> {
    const until = instantOf(START + 3_650 * DAY_MILLIS);
    const { id } = described;
    await this.submit(id, 'participants:apply', described);
    for (const [kind, assessor] of [
      ['SECURITY', 'assessor-one'],
      ['AUTHORIZATION', 'assessor-two'],
    ] as const) {
      await this.submit(CAST.node, 'participants:assess', { id, kind, assessor, until, documentDigest: DOCUMENT });
    }
    await this.submit(CAST.node, 'participants:admit-platform', { id, connectVia, documentDigest: DOCUMENT });
  }

  /** Admits a further platform with a request key. */
  async addPlatform(id: string, connectVia: 'NODE' | 'QINXINRONG' = 'NODE'): Promise<void> {
    this.identities.set(id, await this.enrol(id, 'platform', 'PlatformMSP'));
    await this.#admitPlatform({ id, names: namesOf(id), mspId: 'PlatformMSP', regions: [], documentDigest: DOCUMENT }, connectVia);
    await this.registerRequestKey(id);
  }

  /** Appoints a provider, regulator, auditor, notary or court of the node's organisation with a request key. */
  async addOffice(id: string, role: CommandOf<'participants:appoint'>['role'], regions: readonly string[] = []): Promise<void> {
    this.identities.set(id, await this.enrol(id, role, 'NodeMSP'));
    await this.submit(CAST.node, 'participants:appoint', { id, names: namesOf(id), mspId: 'NodeMSP', regions: [...regions], documentDigest: DOCUMENT, role });
    await this.registerRequestKey(id);
  }

  async #publishTemplate(): Promise<void> {
    await this.submit(CAST.node, 'catalogue:put-items', { items: testItems(), documentDigest: DOCUMENT });
    await this.submit(CAST.node, 'templates:draft', { template: testTemplate() });
    const { digest } = await this.read<{ digest: string }>('template', `${TEMPLATE_ID}@1`);
    await this.submit(CAST.provider, 'templates:approve', { id: TEMPLATE_ID, version: 1, digest, rawApproved: [] });
    await this.submit(CAST.node, 'templates:publish', { id: TEMPLATE_ID, version: 1 });
  }

  async #acceptBatch(): Promise<void> {
    this.#batchId = this.nextId();
    const key = this.#keyOf(CAST.provider);
    const manifest = {
      type: 'ingest-batch' as const,
      network: this.ledger.network,
      id: this.#batchId,
      provider: CAST.provider,
      item: ITEMS.collected,
      itemVersion: 1,
      channel: 'EXCHANGE' as const,
      rows: 10,
      digest: DOCUMENT,
      signedAt: this.at,
    };
    await this.submit(CAST.provider, 'ingest:receive', { manifest, signature: { keyId: key.keyId, signature: key.signValue(manifest) } });
    await this.submit(CAST.node, 'ingest:accept', { id: this.#batchId });
  }
}

function namesOf(id: string) {
  return [{ from: '2022-09-02', zh: `示范${id}`, en: `Demonstration ${id}` }];
}
