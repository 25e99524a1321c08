import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createDevelopmentAuthority, createKeyPair, createPseudonym, createSigner, type DevelopmentAuthority, type Identity } from '@kesu/certs';
import { contracts, keyIdOf, TRANSACTION_NAMES, type CommandOf, type RecordedRelease, type ResultOf, type TransactionName } from '@kesu/chaincode';
import {
  canonicalJson,
  DAY_MILLIS,
  ENVELOPE_TYPE,
  envelopeBytes,
  hexToBytes,
  initialPolicy,
  initialPurposes,
  instantOf,
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
  type ParticipantRole,
  type ReleaseRequest,
  type SignedEnvelope,
  type SigningKey,
  type Statement,
} from '@kesu/chaincode/domain';
import { createTestSigner, TEST_BINDING, type TestSigner, type TestSignerKind } from '../../../chaincode/src/domain/signature/testing';
import { WHOLE_TEXT_EN, WHOLE_TEXT_ZH } from '../../../chaincode/src/domain/testing/builders';
import { EmbeddedLedger } from '../embedded/embedded-ledger';
import { nodeFiles } from '../embedded/storage/node-files';
import type { Call, Committed, CommittedBlock, Ledger } from '../ledger';

/** When a world begins: a Thursday, 2026-01-01T00:00:00.000Z. */
export const START = Date.UTC(2026, 0, 1);
/** A digest of a document that nobody reads. */
export const DOCUMENT = sha256Hex('a document');

/** Who takes part, by role and organisation. */
export const CAST: Readonly<Record<string, { readonly role: ParticipantRole; readonly mspId: string }>> = {
  'provincial-node': { role: 'provincialNode', mspId: 'NodeMSP' },
  'city-platform': { role: 'platform', mspId: 'PlatformMSP' },
  'other-platform': { role: 'platform', mspId: 'PlatformMSP' },
  'example-bank': { role: 'recipient', mspId: 'NodeMSP' },
  'other-bank': { role: 'recipient', mspId: 'NodeMSP' },
  'tax-bureau': { role: 'provider', mspId: 'NodeMSP' },
  'other-bureau': { role: 'provider', mspId: 'NodeMSP' },
  'example-regulator': { role: 'regulator', mspId: 'NodeMSP' },
  'example-auditor': { role: 'auditor', mspId: 'NodeMSP' },
  'example-notary': { role: 'notary', mspId: 'NodeMSP' },
  'other-notary': { role: 'notary', mspId: 'NodeMSP' },
  'example-arbitrator': { role: 'arbitrator', mspId: 'NodeMSP' },
  'example-court': { role: 'court', mspId: 'NodeMSP' },
};

/** An enterprise's key with what registered it. */
export interface WorldKey {
  readonly signer: TestSigner;
  readonly keyId: string;
  readonly holder: string;
}

/** An enterprise with its first, confirmed key. */
export interface WorldEnterprise {
  readonly ref: string;
  readonly representative: string;
  readonly key: WorldKey;
}

/** What one signature over a set is to be; what is left out is right. */
export interface Signing {
  readonly by: WorldEnterprise;
  readonly keys?: readonly WorldKey[];
  readonly envelope?: Partial<SignedEnvelope>;
}

/** What a request is to be beside what the grant allows. */
export interface Asking extends Partial<ReleaseRequest> {
  readonly grant?: Grant;
  readonly requester?: string;
  readonly idempotencyKey?: string;
  readonly sources?: readonly ItemSource[];
  readonly withoutPayload?: true;
  readonly selfReported?: true;
}

/** A ledger of either make, with its network's id, that takes another claimed time than its clock's. */
export interface WorldLedger extends Ledger {
  readonly network: string;
  submit(call: Call, claim?: { readonly claimedTime?: number }): Promise<Committed>;
}

/** What a world is made over. */
export interface WorldParts<L extends WorldLedger> {
  readonly ledger: L;
  readonly identities: ReadonlyMap<string, Identity>;
  readonly clock: { time: number; now(): number };
  readonly authorities: ReadonlyMap<string, DevelopmentAuthority>;
  /** The organisations that the rule book names. */
  readonly organisations: readonly string[];
  /** Tells this world's ids from another's. */
  readonly seed: string;
  /** Removed when the world is disposed of. */
  readonly root: string;
}

/**
 * The real contracts on a ledger, the embedded one in a temporary directory unless another is given, founded, with two platforms, two banks, two providers, a
 * regulator, an auditor, two notaries, an arbitrator and a court; items TAX-01 (collected), TAX-02 (asked live), PER-01 (personal), REG-01 (public) and a
 * published template. Time stands still unless {@link pass} moves it.
 */
export class LedgerWorld<L extends WorldLedger = EmbeddedLedger> {
  readonly identities = new Map<string, Identity>();
  readonly requestKeys = new Map<string, TestSigner>();
  readonly enterprises = new Map<string, WorldEnterprise>();
  batchId = '';
  #ids = 0;

  readonly clock: { time: number; now(): number };
  readonly ledger: L;
  readonly #parts: WorldParts<L>;

  private constructor(parts: WorldParts<L>) {
    this.#parts = parts;
    this.clock = parts.clock;
    this.ledger = parts.ledger;
    for (const [id, identity] of parts.identities) this.identities.set(id, identity);
  }

  /** Founds a world on an empty ledger. */
  static async over<L extends WorldLedger>(parts: WorldParts<L>): Promise<LedgerWorld<L>> {
    const world = new LedgerWorld(parts);
    await world.#found();
    return world;
  }

  /** Opens and founds a world; remove it with {@link dispose}. */
  static async open(): Promise<LedgerWorld> {
    const root = await mkdtemp(join(tmpdir(), 'kesu-contract-'));
    const clock = { time: START, now: (): number => clock.time };
    const authorities = new Map<string, DevelopmentAuthority>();
    const organisations: Record<string, { roots: string[] }> = {};
    for (const mspId of ['NodeMSP', 'PlatformMSP']) {
      const authority = await anAuthority(mspId);
      authorities.set(mspId, authority);
      organisations[mspId] = { roots: [...(await authority.trust()).roots] };
    }
    const identities = new Map<string, Identity>();
    for (const [id, { role, mspId }] of Object.entries(CAST)) identities.set(id, await enrol(authorities, id, role, mspId));
    const operator = identities.get('provincial-node');
    if (operator === undefined) throw new Error('the cast has no node');
    const ledger = await EmbeddedLedger.open({
      directory: join(root, 'ledger'), anchorDirectory: join(root, 'anchor'), files: nodeFiles, clock, contracts, transactions: TRANSACTION_NAMES, operator,
      create: { network: sha256Hex('a ledger world').slice(0, 32), organisations },
    });
    return LedgerWorld.over({ root, ledger, identities, clock, authorities, organisations: ['NodeMSP', 'PlatformMSP'], seed: '' });
  }

  get at(): string {
    return instantOf(this.clock.time);
  }

  pass(millis: number): void {
    this.clock.time += millis;
  }

  nextId(): string {
    return sha256Hex(`id ${this.#parts.seed}${this.#ids++}`).slice(0, 32);
  }

  /** A certificate with other attributes or of another organisation than the cast's. */
  enrol(id: string, role: string, mspId: string): Promise<Identity> {
    return enrol(this.#parts.authorities, id, role, mspId);
  }

  /** Submits as a participant of the cast, or with another identity. */
  async submit<N extends TransactionName>(as: string | Identity, transaction: N, command: Omit<CommandOf<N>, 'operation'> & { operation?: string }, claim?: { claimedTime: number }): Promise<Committed & { answer: ResultOf<N> }> {
    const identity = typeof as === 'string' ? this.identities.get(as) : as;
    if (identity === undefined) throw new Error(`the cast has no ${String(as)}`);
    const committed = await this.ledger.submit({ identity, transaction, command: canonicalJson({ operation: this.nextId(), ...command }) }, claim);
    return { ...committed, answer: JSON.parse(committed.result) as ResultOf<N> };
  }

  /** Reads one record as the node; undefined when there is none. */
  async read<T>(kind: CommandOf<'records:read'>['kind'], id: string): Promise<T | undefined> {
    const identity = this.identities.get('provincial-node');
    if (identity === undefined) throw new Error('no node');
    const { result } = await this.ledger.evaluate({ identity, transaction: 'records:read', command: canonicalJson({ kind, id }) });
    return (JSON.parse(result) as { record: T | null }).record ?? undefined;
  }

  /** The grant; fails when there is none. */
  async grant(id: string): Promise<Grant> {
    const grant = await this.read<Grant>('grant', id);
    if (grant === undefined) throw new Error(`no grant ${id}`);
    return grant;
  }

  /** Registers an enterprise at `city-platform` with a confirmed key. */
  async addEnterprise({ kind = 'COMPANY', capacity = 'LEGAL_REPRESENTATIVE', signer = 'P256', means }: { kind?: Enterprise['kind']; capacity?: KeyCapacity; signer?: TestSignerKind; means?: SigningKey['means'] } = {}): Promise<WorldEnterprise> {
    const ref = this.nextId();
    const representative = this.nextId();
    await this.submit('city-platform', 'enterprises:register', { ref, kind, region: '619901', industry: 'C13', size: 'SMALL', representative });
    const key = await this.addKey(ref, { capacity, holder: representative, signer, ...(means === undefined ? {} : { means }) });
    const enterprise = { ref, representative, key };
    this.enterprises.set(ref, enterprise);
    return enterprise;
  }

  /** Registers a key and, unless told otherwise, has it confirmed. */
  async addKey(ref: string, { capacity = 'LEGAL_REPRESENTATIVE', holder = this.nextId(), signer = 'P256', means, confirm = true, until = this.clock.time + 3_000 * DAY_MILLIS }: { capacity?: KeyCapacity; holder?: string; signer?: TestSignerKind; means?: SigningKey['means']; confirm?: boolean; until?: number } = {}): Promise<WorldKey> {
    const made = createTestSigner(signer);
    const keyId = keyIdOf(made.publicKey);
    await this.submit('city-platform', 'signatories:register-key', {
      ref,
      key: { holder, capacity, algorithm: made.algorithm, means: means ?? made.means, publicKey: made.publicKey, ...(made.passkey === undefined ? {} : { passkey: { ...made.passkey } }), binding: 'ELECTRONIC_LICENCE', evidenceDigest: DOCUMENT, until: instantOf(until) },
    });
    if (confirm) await this.submit('provincial-node', 'signatories:confirm-key', { ref, keyId });
    return { signer: made, keyId, holder };
  }

  async openLoan(by: WorldEnterprise): Promise<string> {
    const ref = this.nextId();
    await this.submit('example-bank', 'loans:open', { ref, enterprise: by.ref, recipient: 'example-bank', platform: 'city-platform', product: 'CREDIT-1' });
    return ref;
  }

  /** A lawful letter: EVALUATION of TAX-01 and TAX-02 as ANSWER by `example-bank`, 30 days, once a day. */
  async letter(by: WorldEnterprise, terms: Partial<Letter> = {}): Promise<Letter> {
    const template = await this.read<{ digest: string }>('template', 'GENERAL@1');
    const limit = terms.oneTime === true ? {} : { frequency: { times: 1, per: 'DAY' as const } };
    return {
      kind: 'LETTER', template: { id: 'GENERAL', version: 1, digest: template?.digest ?? '' }, enterprise: by.ref, platform: 'city-platform', recipient: 'example-bank',
      items: ['TAX-01', 'TAX-02'].map((code) => ({ code, version: 1, granularity: 'ANSWER' as const, separateConsent: false })),
      purpose: 'EVALUATION', oneTime: false, ...limit, retentionDays: 30, from: this.at, until: instantOf(this.clock.time + 30 * DAY_MILLIS), ...this.identityOf(), ...terms,
    };
  }

  /** The salted digest over who signs; the identity itself is nowhere. */
  identityOf(): { identityDigest: string; salt: string } {
    const salt = sha256Hex(this.nextId());
    return { identityDigest: sha256Hex(`identity ${salt}`), salt: toBase64url(hexToBytes(salt)) };
  }

  /** A signed set as the contract takes it. */
  sign<S extends Statement>(statements: readonly S[], { by, keys = [by.key], envelope: change }: Signing) {
    const envelope: SignedEnvelope = {
      type: ENVELOPE_TYPE, network: this.ledger.network, statements: statements.map(statementDigest), nonce: toBase64url(hexToBytes(this.nextId())), signedAt: this.at, submitBefore: instantOf(this.clock.time + 10 * 60_000), ...change,
    };
    return { envelope, statements: [...statements], signatures: keys.map(({ keyId, signer }) => ({ keyId, ...signer.sign(envelopeBytes(envelope)) })) };
  }

  /** Gives a grant and answers it. */
  async give(by: WorldEnterprise, terms: Partial<Letter> = {}, signing: Omit<Signing, 'by'> = {}): Promise<Grant> {
    const { answer } = await this.submit('city-platform', 'grants:submit', this.sign([await this.letter(by, terms)], { by, ...signing }));
    return this.grant(answer.ids[0] ?? '');
  }

  transition(grant: Grant, action: GrantAction, version = grant.version) {
    return { kind: 'TRANSITION' as const, enterprise: grant.enterprise, grantId: grant.id, grantVersion: version, action, reason: 'principal-decided', ...this.identityOf() };
  }

  /** The grant's enterprise revokes, suspends or resumes; carried by `carrier`. */
  transit(by: WorldEnterprise, grant: Grant, action: GrantAction, signing: Omit<Signing, 'by'> & { carrier?: string } = {}) {
    return this.submit(signing.carrier ?? 'provincial-node', 'grants:transit', this.sign([this.transition(grant, action)], { by, ...signing }));
  }

  /** The enterprise's statement that it registers at a further platform. */
  registration(by: WorldEnterprise, platform: string) {
    return { kind: 'REGISTRATION' as const, enterprise: by.ref, platform, ...this.identityOf() };
  }

  /** The enterprise registers at a further platform; carried by `carrier`. */
  join(by: WorldEnterprise, platform: string, signing: Omit<Signing, 'by'> & { carrier?: string } = {}) {
    return this.submit(signing.carrier ?? 'provincial-node', 'enterprises:join-platform', this.sign([this.registration(by, platform)], { by, ...signing }));
  }

  /** A participant's signature over a value. */
  signAs(participant: string, value: unknown): { keyId: string; signature: string } {
    const signer = this.requestKeys.get(participant);
    if (signer === undefined) throw new Error(`${participant} has no key`);
    return { keyId: keyIdOf(signer.publicKey), signature: signer.sign(utf8ToBytes(canonicalJson(value))).signature };
  }

  /** The accepted batch of TAX-01, a fresh live answer for TAX-02. */
  sourceOf(code: string, enterprise: string, change: Record<string, unknown> = {}, signedBy = 'tax-bureau'): ItemSource {
    if (code !== 'TAX-02') return { kind: 'BATCH', code, batchId: this.batchId };
    const answer = { type: 'source-answer' as const, network: this.ledger.network, item: code, itemVersion: 1, subjectRef: enterprise, rows: 1, digest: DOCUMENT, time: this.at, ...change };
    return { kind: 'ANSWER', code, answer, ...this.signAs(signedBy, answer) } as ItemSource;
  }

  /** One signed request of a batch. */
  asking({ grant, requester = 'city-platform', idempotencyKey = `key-${this.nextId()}`, sources, withoutPayload, selfReported, ...asked }: Asking): CommandOf<'releases:record'>['requests'][number] {
    const request: ReleaseRequest = {
      enterprise: grant?.enterprise ?? '', recipient: grant?.recipient ?? 'example-bank', items: (grant?.items ?? []).map(({ code, granularity }) => ({ code, granularity })), purpose: grant?.purpose ?? 'EVALUATION',
      ...(grant === undefined ? {} : { grantId: grant.id }), ...(grant?.loanRef === undefined ? {} : { loanRef: grant.loanRef }), ...asked,
    };
    const requestedAt = this.at;
    const signature = request.basis === 'SELF' ? {} : { requestSignature: { requestedAt, ...this.signAs(requester, signedRequest(this.ledger.network, request, idempotencyKey, requestedAt)) } };
    return {
      request, requester, idempotencyKey, ...signature, selfReported: selfReported === true,
      sources: [...(sources ?? request.items.map(({ code }) => this.sourceOf(code, request.enterprise)))],
      ...(withoutPayload === true ? {} : { payload: { digest: sha256Hex(idempotencyKey), byteCount: 10 } }),
    };
  }

  /** Records a batch as the node. */
  async record(...batch: readonly Asking[]): Promise<readonly RecordedRelease[]> {
    return (await this.submit('provincial-node', 'releases:record', { requests: batch.map((asked) => this.asking(asked)) })).answer.releases;
  }

  /** Each answer of a batch as one word: PERMIT, the reason of a DENY, WOULD_PERMIT, the code of a refusal. */
  async decisions(...batch: readonly Asking[]): Promise<string[]> {
    return (await this.record(...batch)).map(wordOf);
  }

  /** All blocks so far. */
  async history(): Promise<CommittedBlock[]> {
    const head = (await this.ledger.head()).block;
    const blocks: CommittedBlock[] = [];
    const stop = new AbortController();
    for await (const block of this.ledger.blocks(0, stop.signal)) {
      blocks.push(block);
      if (block.block >= head) break;
    }
    stop.abort();
    return blocks;
  }

  async dispose(): Promise<void> {
    await this.ledger.close();
    await rm(this.#parts.root, { recursive: true, force: true });
  }

  async #found(): Promise<void> {
    const described = (id: string) => ({ id, names: [{ from: '2022-09-02', zh: `示范${id}`, en: id }], mspId: CAST[id]?.mspId ?? '', regions: [], documentDigest: DOCUMENT });
    const node = 'provincial-node';
    await this.submit(node, 'rule-book:found', { network: this.ledger.network, node: { id: node, names: described(node).names }, organisations: [...this.#parts.organisations], policy: initialPolicy([TEST_BINDING]), purposes: initialPurposes(), documentDigest: DOCUMENT });
    for (const id of ['city-platform', 'other-platform']) {
      await this.submit(id, 'participants:apply', described(id));
      await this.assess(id, 'SECURITY', 'assessor-one');
      await this.assess(id, 'AUTHORIZATION', 'assessor-two');
      await this.submit(node, 'participants:admit-platform', { id, connectVia: 'NODE', documentDigest: DOCUMENT });
    }
    for (const [id, platform] of [['example-bank', 'city-platform'], ['other-bank', 'other-platform']] as const) {
      await this.submit(platform, 'participants:admit-recipient', { ...described(id), kind: 'BANK', securityPolicyDigest: DOCUMENT });
      await this.submit(node, 'participants:confirm-recipient', { id, documentDigest: DOCUMENT });
    }
    for (const [id, { role }] of Object.entries(CAST)) {
      if (role === 'provincialNode' || role === 'platform' || role === 'recipient') continue;
      await this.submit(node, 'participants:appoint', { ...described(id), role });
    }
    for (const id of Object.keys(CAST)) {
      const signer = createTestSigner('P256');
      await this.submit(id, 'participants:register-key', { publicKey: signer.publicKey });
      this.requestKeys.set(id, signer);
    }
    await this.#publish();
    this.batchId = await this.addBatch();
  }

  assess(id: string, kind: 'SECURITY' | 'AUTHORIZATION', assessor: string, until = this.clock.time + 3_000 * DAY_MILLIS) {
    return this.submit('provincial-node', 'participants:assess', { id, kind, assessor, until: instantOf(until), documentDigest: DOCUMENT });
  }

  async #publish(): Promise<void> {
    const item = (code: string, change: object) => ({ code, nameZh: '示例', nameEn: 'Example', contentZh: '示例', contentEn: '', class: 'AUTHORIZED' as const, subject: 'ENTERPRISE' as const, mode: 'COLLECTED' as const, route: 'PROVINCIAL' as const, provider: 'tax-bureau', cadence: 'monthly', noWider: false, connected: true, ...change });
    await this.submit('provincial-node', 'catalogue:put-items', { items: [item('TAX-01', {}), item('TAX-02', { mode: 'QUERY' }), item('PER-01', { subject: 'PERSON' }), item('REG-01', { class: 'PUBLIC' })], documentDigest: DOCUMENT });
    const weak = ['DEVICE_PASSKEY' as const, 'SYNCED_PASSKEY' as const, 'BROWSER_KEY' as const, 'CERTIFICATE' as const];
    const strong = ['DEVICE_PASSKEY' as const, 'CERTIFICATE' as const];
    await this.submit('provincial-node', 'templates:draft', {
      template: {
        id: 'GENERAL', titleZh: '授权书', titleEn: 'Letter', textZh: WHOLE_TEXT_ZH, textEn: WHOLE_TEXT_EN, meets: [], purposes: ['PRE_LOAN', 'POST_LOAN', 'EVALUATION', 'DISPUTE_RESOLUTION'],
        items: ['TAX-01', 'TAX-02', 'PER-01'].map((code) => ({ code, granularities: ['ANSWER' as const, 'SCORE' as const, 'SUMMARY' as const] })),
        longestPeriodDays: 365, longestRetentionDays: 365, highestFrequency: { times: 2, per: 'DAY' }, authority: [['LEGAL_REPRESENTATIVE'], ['OPERATOR'], ['HANDLER'], ['ADMINISTRATOR']], means: { ANSWER: weak, SCORE: weak, SUMMARY: strong, RAW: strong },
      },
    });
    const template = await this.read<{ digest: string }>('template', 'GENERAL@1');
    await this.submit('tax-bureau', 'templates:approve', { id: 'GENERAL', version: 1, digest: template?.digest ?? '', rawApproved: [] });
    await this.submit('provincial-node', 'templates:publish', { id: 'GENERAL', version: 1 });
  }

  /** A batch of TAX-01 that the node accepted. */
  async addBatch(): Promise<string> {
    const manifest = this.manifest();
    await this.submit('tax-bureau', 'ingest:receive', { manifest, signature: this.signAs('tax-bureau', manifest) });
    await this.submit('provincial-node', 'ingest:accept', { id: manifest.id });
    return manifest.id;
  }

  manifest() {
    return { type: 'ingest-batch' as const, network: this.ledger.network, id: this.nextId(), provider: 'tax-bureau', item: 'TAX-01', itemVersion: 1, channel: 'EXCHANGE' as const, rows: 10, digest: DOCUMENT, signedAt: this.at };
  }
}

/** See {@link LedgerWorld.decisions}. */
export function wordOf(recorded: RecordedRelease): string {
  if (recorded.kind === 'RECORDED') return recorded.release.decision === 'PERMIT' ? 'PERMIT' : (recorded.release.reason ?? '');
  return recorded.kind === 'REFUSED' ? recorded.code : recorded.kind;
}

/** The code with which a call is refused, or `done`. */
export async function codeOf(call: Promise<unknown>): Promise<string> {
  try {
    await call;
    return 'done';
  } catch (error) {
    if (error instanceof Error && 'code' in error) return String(error.code);
    throw error;
  }
}

async function anAuthority(mspId: string): Promise<DevelopmentAuthority> {
  const entries = new Map<string, Uint8Array>();
  const storage = {
    get: async (key: string) => entries.get(key),
    put: async (key: string, value: Uint8Array) => void entries.set(key, value),
    delete: async (key: string) => void entries.delete(key),
    list: async (prefix: string) => [...entries.keys()].filter((key) => key.startsWith(prefix)).sort(),
  };
  return createDevelopmentAuthority({ mspId, now: () => START, storage });
}

/** An identity with Kesu's attributes, for ten years from its root's beginning unless told otherwise. */
export async function enrol(authorities: ReadonlyMap<string, DevelopmentAuthority>, id: string, role: string, mspId: string, until?: number): Promise<Identity & { readonly serial: string }> {
  const authority = authorities.get(mspId);
  if (authority === undefined) throw new Error(`no organisation ${mspId}`);
  const keys = createKeyPair();
  const { notBefore } = authority.rootValidity;
  const { certificate, serial } = await authority.issue({ pseudonym: createPseudonym(), role: 'client', attributes: { 'kesu.role': role, 'kesu.participant': id }, publicKey: keys.publicKey, validity: { notBefore, notAfter: until ?? notBefore + 3_650 * DAY_MILLIS } });
  return { mspId, certificate, serial, sign: createSigner(keys.privateKey) };
}
