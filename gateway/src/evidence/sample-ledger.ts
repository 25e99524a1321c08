import { generateKeyPairSync, randomBytes, sign } from 'node:crypto';
import type { CommandOf, TransactionName } from '@kesu/chaincode';
import { keyIdOf } from '@kesu/chaincode';
import { canonicalJson, DAY_MILLIS, ENVELOPE_TYPE, envelopeBytes, grantIdOf, HOUR_MILLIS, instantOf, saltedDigest, signedRequest, statementDigest, toBase64url, toLowS64, utf8ToBytes, type Letter, type LetterIdentity, type ParticipantRole, type ReleaseRequest, type SignedEnvelope, type Statement } from '@kesu/chaincode/domain';
import type { Clock } from '../clock';
import { foundLedger } from '../found-ledger';
import { LedgerClient, type Done } from '../ledger-client';
import type { Stores } from '../stores';
import { rememberIdentity } from '../use-cases/grants';

/** Who takes part in the sample; all but the node's functions are fictional. */
export const SAMPLE = { node: 'provincial-node', platform: 'qinxinrong', bank: 'example-rural-commercial-bank', provider: 'example-tax-bureau', notary: 'example-notary' } as const;

const NAMES: Readonly<Record<string, readonly [zh: string, en: string]>> = {
  [SAMPLE.platform]: ['秦信融', 'Qinxinrong'],
  [SAMPLE.bank]: ['示范农商银行', 'Example Rural Commercial Bank'],
  [SAMPLE.provider]: ['示范税务局', 'Example Tax Bureau'],
  [SAMPLE.notary]: ['示范公证处', 'Example Notary Office'],
};
const IDENTITY: LetterIdentity = { name: '示范有限公司', creditCode: '91619900MA6TEQTX0L', signatories: [{ name: '张示范', capacity: 'LEGAL_REPRESENTATIVE' }] };
const DOCUMENT = '0'.repeat(64);
const ITEM = 'TAX-03';
const TEMPLATE = { id: 'FIRST-LOAN', version: 1 } as const;
const EVERY_MEANS = ['DEVICE_PASSKEY' as const, 'SYNCED_PASSKEY' as const, 'BROWSER_KEY' as const, 'CERTIFICATE' as const];
const TEXT_ZH = '授权人{principalName}(统一社会信用代码:{principalCode})授权{recipientName}经由{platformName}查询下列信息:\n{itemList}\n目的:{purposeWords}。期限:{periodFrom}至{periodUntil},{endsWhen}时终止。{limits}。留存{retentionDays}日。{conduitClause}可随时在省级节点撤回。对信息有异议,可向平台提出异议。认为查询或者使用侵害权益,可向监管部门投诉。签署人:{signatoryName}({signatoryCapacity}),{signedDate}。';
const TEXT_EN = 'The principal {principalName} ({principalCode}) lets {recipientName} receive through {platformName}:\n{itemList}\nPurpose: {purposeWords}. From {periodFrom} to {periodUntil}, ending when {endsWhen}. {limits}. Kept for {retentionDays} days. {conduitClause} The principal may withdraw it at any time at the provincial node, dispute any datum at the platform, and complain to the regulator. Signed by {signatoryName} ({signatoryCapacity}), {signedDate}.';

/** The loan that the sample is about. */
export interface SampleLoan {
  readonly enterprise: string;
  readonly loanRef: string;
}

/** Fills a fresh ledger with one small loan: admission, registration, consent, a permitted release, its outcome, a revocation and a denial. */
export class SampleLedger {
  readonly #client: LedgerClient;
  readonly #key = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  readonly #publicKey: string;

  constructor(
    private readonly stores: Stores,
    private readonly clock: Clock,
    private readonly origin: string,
  ) {
    this.#client = new LedgerClient(stores.ledger);
    this.#publicKey = toBase64url(this.#key.publicKey.export({ type: 'spki', format: 'der' }));
  }

  async fill(): Promise<SampleLoan> {
    await this.#network();
    const enterprise = await this.#enterprise();
    const loanRef = id();
    await this.#submit(SAMPLE.platform, 'loans:open', { ref: loanRef, enterprise, recipient: SAMPLE.bank, platform: SAMPLE.platform, product: 'CREDIT-1', amountFen: 5_000_000 });
    const letter = await this.#grant(enterprise, loanRef);
    const grantId = grantIdOf(letter);
    const request: ReleaseRequest = { enterprise, recipient: SAMPLE.bank, items: [{ code: ITEM, granularity: 'ANSWER' }], purpose: 'PRE_LOAN', grantId, loanRef };
    const salt = randomBytes(32);
    const payload = { digest: saltedDigest(salt, { answer: true }), byteCount: 15 };
    const releaseId = await this.#release(request, payload);
    await this.#submit(SAMPLE.node, 'releases:record-outcomes', { outcomes: [{ releaseId, outcome: 'DELIVERED', bytesSent: payload.byteCount }] });
    await this.#submit(SAMPLE.bank, 'releases:acknowledge', { acknowledgements: [{ releaseId, payloadDigest: payload.digest }] });
    const revocation = { kind: 'TRANSITION' as const, enterprise, grantId, grantVersion: 1, action: 'REVOKE' as const, reason: 'principal-decided', identityDigest: letter.identityDigest, salt: toBase64url(randomBytes(32)) };
    await this.#submit(SAMPLE.node, 'grants:transit', this.#signed([revocation]));
    await this.#release(request, undefined);
    return { enterprise, loanRef };
  }

  async #network(): Promise<void> {
    const { identities, ledger, organisations } = this.stores;
    await foundLedger({ client: this.#client, identities, network: ledger.network, organisations, node: SAMPLE.node, origin: this.origin, operation: id() });
    const enrolled: readonly (readonly [id: string, role: ParticipantRole, mspId: string])[] = [[SAMPLE.platform, 'platform', 'PlatformMSP'], [SAMPLE.bank, 'recipient', 'NodeMSP'], [SAMPLE.provider, 'provider', 'NodeMSP'], [SAMPLE.notary, 'notary', 'JudicialMSP']];
    for (const [participant, role, mspId] of enrolled) await identities.enrol(participant, role, mspId);
    const until = instantOf(this.clock.now() + 365 * DAY_MILLIS);
    await this.#submit(SAMPLE.platform, 'participants:apply', described(SAMPLE.platform, 'PlatformMSP'));
    for (const [kind, assessor] of [['SECURITY', 'assessor-one'], ['AUTHORIZATION', 'assessor-two']] as const) await this.#submit(SAMPLE.node, 'participants:assess', { id: SAMPLE.platform, kind, assessor, until, documentDigest: DOCUMENT });
    await this.#submit(SAMPLE.node, 'participants:admit-platform', { id: SAMPLE.platform, connectVia: 'NODE', documentDigest: DOCUMENT });
    await this.#submit(SAMPLE.platform, 'participants:admit-recipient', { ...described(SAMPLE.bank, 'NodeMSP'), kind: 'BANK', securityPolicyDigest: DOCUMENT });
    await this.#submit(SAMPLE.node, 'participants:confirm-recipient', { id: SAMPLE.bank, documentDigest: DOCUMENT });
    await this.#submit(SAMPLE.node, 'participants:appoint', { ...described(SAMPLE.provider, 'NodeMSP'), role: 'provider' });
    await this.#submit(SAMPLE.node, 'participants:appoint', { ...described(SAMPLE.notary, 'JudicialMSP'), role: 'notary' });
    for (const participant of Object.values(SAMPLE)) await this.#submit(participant, 'participants:register-key', { publicKey: (await identities.createRequestKey(participant)).publicKey });
    await this.#template();
  }

  async #template(): Promise<void> {
    const item = { code: ITEM, nameZh: '纳税信用', nameEn: 'Tax credit', contentZh: '纳税信用级别', contentEn: 'Tax credit grade', class: 'AUTHORIZED' as const, subject: 'ENTERPRISE' as const, mode: 'QUERY' as const, route: 'PROVINCIAL' as const, provider: SAMPLE.provider, cadence: 'on demand', noWider: false, connected: true };
    await this.#submit(SAMPLE.node, 'catalogue:put-items', { items: [item], documentDigest: DOCUMENT });
    const terms = { purposes: ['PRE_LOAN' as const], items: [{ code: ITEM, granularities: ['ANSWER' as const] }], longestPeriodDays: 90, longestRetentionDays: 1_825, highestFrequency: { times: 2, per: 'DAY' as const } };
    await this.#submit(SAMPLE.node, 'templates:draft', { template: { id: TEMPLATE.id, titleZh: '授权书', titleEn: 'Letter of authorization', textZh: TEXT_ZH, textEn: TEXT_EN, meets: [], ...terms, authority: [['LEGAL_REPRESENTATIVE']], means: { ANSWER: EVERY_MEANS, SCORE: EVERY_MEANS, SUMMARY: ['DEVICE_PASSKEY'], RAW: ['DEVICE_PASSKEY'] } } });
    await this.#submit(SAMPLE.provider, 'templates:approve', { ...TEMPLATE, digest: await this.#templateDigest(), rawApproved: [] });
    await this.#submit(SAMPLE.node, 'templates:publish', TEMPLATE);
  }

  async #templateDigest(): Promise<string> {
    const { result } = await this.#client.evaluate(this.stores.identities.need(SAMPLE.node), 'records:read', { kind: 'template', id: `${TEMPLATE.id}@${TEMPLATE.version}` });
    return (result.record as { readonly digest: string }).digest;
  }

  async #enterprise(): Promise<string> {
    const [ref, representative] = [id(), id()];
    await this.#submit(SAMPLE.platform, 'enterprises:register', { ref, kind: 'COMPANY', region: '619901', industry: 'C13', size: 'SMALL', representative });
    const key = { holder: representative, capacity: 'LEGAL_REPRESENTATIVE' as const, algorithm: 'P256' as const, means: 'CERTIFICATE' as const, publicKey: this.#publicKey, binding: 'ELECTRONIC_LICENCE' as const, evidenceDigest: DOCUMENT, until: instantOf(this.clock.now() + 365 * DAY_MILLIS) };
    await this.#submit(SAMPLE.platform, 'signatories:register-key', { ref, key });
    await this.#submit(SAMPLE.node, 'signatories:confirm-key', { ref, keyId: keyIdOf(this.#publicKey) });
    return ref;
  }

  async #grant(enterprise: string, loanRef: string): Promise<Letter> {
    const identitySalt = randomBytes(32);
    const now = this.clock.now();
    const letter: Letter = {
      kind: 'LETTER',
      template: { ...TEMPLATE, digest: await this.#templateDigest() },
      enterprise,
      platform: SAMPLE.platform,
      recipient: SAMPLE.bank,
      items: [{ code: ITEM, version: 1, granularity: 'ANSWER', separateConsent: false }],
      purpose: 'PRE_LOAN',
      loanRef,
      oneTime: false,
      frequency: { times: 2, per: 'DAY' },
      retentionDays: 365,
      from: instantOf(now),
      until: instantOf(now + 30 * DAY_MILLIS),
      identityDigest: saltedDigest(identitySalt, IDENTITY),
      salt: toBase64url(randomBytes(32)),
    };
    await rememberIdentity(this.stores.journal, [grantIdOf(letter)], { identity: IDENTITY, identitySalt: toBase64url(identitySalt) });
    await this.#submit(SAMPLE.platform, 'grants:submit', this.#signed([letter]));
    return letter;
  }

  #signed<S extends Statement>(statements: readonly S[]) {
    const now = this.clock.now();
    const envelope: SignedEnvelope = { type: ENVELOPE_TYPE, network: this.stores.ledger.network, statements: statements.map(statementDigest), nonce: toBase64url(randomBytes(16)), signedAt: instantOf(now), submitBefore: instantOf(now + HOUR_MILLIS) };
    const signature = toBase64url(toLowS64(sign('sha256', envelopeBytes(envelope), this.#key.privateKey)));
    return { envelope, statements: [...statements], signatures: [{ keyId: keyIdOf(this.#publicKey), signature }] };
  }

  /** Asked by the bank, recorded by the node; without payload only a denial can be. */
  async #release(request: ReleaseRequest, payload: { readonly digest: string; readonly byteCount: number } | undefined): Promise<string> {
    const idempotencyKey = `sample-${id()}`;
    const { network } = this.stores.ledger;
    const now = instantOf(this.clock.now());
    const answer = { type: 'source-answer' as const, network, item: ITEM, itemVersion: 1, subjectRef: request.enterprise, rows: 1, digest: DOCUMENT, time: now };
    const source = { kind: 'ANSWER' as const, code: ITEM, answer, ...(await this.#signValue(SAMPLE.provider, answer)) };
    const requestSignature = { requestedAt: now, ...(await this.#signValue(SAMPLE.bank, signedRequest(network, request, idempotencyKey, now))) };
    const requested = { request, requester: SAMPLE.bank, idempotencyKey, requestSignature, sources: payload === undefined ? [] : [source], ...(payload === undefined ? {} : { payload }), selfReported: false };
    const { result } = await this.#submit(SAMPLE.node, 'releases:record', { requests: [requested] });
    const [recorded] = result.releases;
    if (recorded?.kind !== 'RECORDED') throw new TypeError(`the sample's release is ${JSON.stringify(recorded)}`);
    return recorded.release.id;
  }

  async #signValue(participant: string, value: unknown): Promise<{ keyId: string; signature: string }> {
    const key = this.stores.identities.requestKeyOf(participant);
    if (key === undefined) throw new TypeError(`${participant} has no request key`);
    return { keyId: key.keyId, signature: toBase64url(await key.sign(utf8ToBytes(canonicalJson(value)))) };
  }

  #submit<N extends TransactionName>(as: string, transaction: N, command: Omit<CommandOf<N>, 'operation'>): Promise<Done<N>> {
    return this.#client.submit(this.stores.identities.need(as), transaction, { operation: id(), ...command } as unknown as CommandOf<N>);
  }
}

function described(participant: string, mspId: string) {
  const [zh = participant, en = participant] = NAMES[participant] ?? [];
  return { id: participant, names: [{ from: '2022-09-02', zh, en }], mspId, regions: [], documentDigest: DOCUMENT };
}

function id(): string {
  return randomBytes(16).toString('hex');
}
