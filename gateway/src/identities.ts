import { createPrivateKey, createPublicKey, generateKeyPairSync, sign, type KeyObject } from 'node:crypto';
import { PARTICIPANT_ATTRIBUTE, ROLE_ATTRIBUTE, Wallet, type Enrolment, type Identity, type WalletStorage } from '@kesu/certs';
import { keyIdOf } from '@kesu/chaincode';
import { toBase64url, toLowS64, type OrganisationTrust, type ParticipantRole } from '@kesu/chaincode/domain';
import { journalStorage, type PrivateJournal } from '@kesu/network';
import { AuthorityUnknownError, type Authorities } from './authorities';
import type { HeldKey } from './gateway-parts';

/** Tables of the private journal that hold identities. */
export const IDENTITY_TABLE = 'identities';
export const REQUEST_KEY_TABLE = 'request-keys';

/** The wallet's label of the embedded ledger's operator. */
export const OPERATOR_LABEL = 'ledger-operator';

/** The wallet's label of the operator whom a change was about to name. */
export const NEXT_OPERATOR_LABEL = 'ledger-operator-next';

/** A request key with what is registered of it on the ledger. */
export interface RequestKey extends HeldKey {
  /** SPKI DER, base64url. */
  readonly publicKey: string;
  readonly privateKey: KeyObject;
}

/** The identities and request keys that this gateway holds, all in its private journal, and the authorities that issued them. */
export class Identities {
  private readonly identities = new Map<string, Identity>();
  private readonly requestKeys = new Map<string, RequestKey>();

  private constructor(
    private readonly journal: PrivateJournal,
    readonly wallet: Wallet,
    private readonly authorities: Authorities,
  ) {}

  /** Opens what the journal holds, and the authorities over the same table. */
  static async open(journal: PrivateJournal, openAuthorities: (storage: WalletStorage) => Promise<Authorities>): Promise<Identities> {
    const storage = journalStorage(journal, IDENTITY_TABLE);
    const opened = new Identities(journal, new Wallet(storage), await openAuthorities(storage));
    await opened.load();
    return opened;
  }

  private async load(): Promise<void> {
    for (const { label } of await this.wallet.list()) this.identities.set(label, await this.wallet.identity(label));
    for await (const { key, value } of this.journal.entries(REQUEST_KEY_TABLE)) this.requestKeys.set(key, requestKeyFrom(value));
  }

  /** The organisations' trust, for a new ledger or a changed one. */
  organisations(): Promise<Record<string, OrganisationTrust>> {
    return this.authorities.organisations();
  }

  /** The enrolment of an organisation. @throws AuthorityUnknownError for one that this gateway doesn't know. */
  enrolmentOf(mspId: string): Enrolment {
    const enrolment = this.authorities.enrolments.get(mspId);
    if (enrolment === undefined) throw new AuthorityUnknownError(mspId, this.mspIds);
    return enrolment;
  }

  /** Every organisation whose authority is kept here. */
  get mspIds(): readonly string[] {
    return [...this.authorities.enrolments.keys()];
  }

  /** Enrols a participant and keeps its identity under its id; the one kept already is answered. */
  async enrol(participantId: string, role: ParticipantRole, mspId: string): Promise<Identity> {
    const present = this.identities.get(participantId);
    return present ?? this.enrolAnew(participantId, role, mspId);
  }

  /** Enrols a participant and keeps its identity in place of the one kept under its id, such as one that has expired. */
  async enrolAnew(participantId: string, role: ParticipantRole, mspId: string): Promise<Identity> {
    const enrolment = this.enrolmentOf(mspId);
    const attributes = { [ROLE_ATTRIBUTE]: role, [PARTICIPANT_ATTRIBUTE]: participantId };
    const { secret } = await enrolment.register({ id: participantId, role: 'client', attributes });
    await this.keep(participantId, await enrolment.enroll({ id: participantId, secret }));
    return this.need(participantId);
  }

  /** The identity that signs the embedded ledger's blocks; no participant's. */
  async operator(mspId: string): Promise<Identity> {
    if (!this.identities.has(OPERATOR_LABEL)) {
      const enrolment = this.enrolmentOf(mspId);
      const { secret } = await enrolment.register({ id: OPERATOR_LABEL, role: 'admin', attributes: {} });
      await this.keep(OPERATOR_LABEL, await enrolment.enroll({ id: OPERATOR_LABEL, secret }));
    }
    return this.need(OPERATOR_LABEL);
  }

  /**
   * A new identity for the operator, kept under a label of its own before the ledger is told: a change that breaks off loses no key. It
   * is enrolled anew, so that it can be made after the old certificate's end too.
   */
  async makeNextOperator(mspId: string, now: number): Promise<Identity> {
    if (!this.identities.has(NEXT_OPERATOR_LABEL)) {
      const enrolment = this.enrolmentOf(mspId);
      const id = `${OPERATOR_LABEL}-${now}`;
      const { secret } = await enrolment.register({ id, role: 'admin', attributes: {} });
      await this.keep(NEXT_OPERATOR_LABEL, await enrolment.enroll({ id, secret }));
    }
    return this.need(NEXT_OPERATOR_LABEL);
  }

  /** The next operator is the operator: the ledger names it. @throws TypeError when there is none. */
  async takeNextOperator(): Promise<void> {
    const next = await this.wallet.get(NEXT_OPERATOR_LABEL);
    if (next === undefined) throw new TypeError('the wallet holds no next operator');
    await this.keep(OPERATOR_LABEL, next);
    await this.wallet.remove(NEXT_OPERATOR_LABEL);
    this.identities.delete(NEXT_OPERATOR_LABEL);
  }

  /** Keeps an identity under a label. */
  async keep(label: string, identity: { mspId: string; certificate: string; privateKey: string }): Promise<void> {
    await this.wallet.put(label, { mspId: identity.mspId, certificate: identity.certificate, privateKey: identity.privateKey });
    this.identities.set(label, await this.wallet.identity(label));
  }

  /** The identity kept under a label. @throws TypeError when there is none. */
  need(label: string): Identity {
    const identity = this.identities.get(label);
    if (identity === undefined) throw new TypeError(`the wallet holds no identity of ${label}`);
    return identity;
  }

  /** The identity kept under a participant's id, if there is one. */
  identityOf(participantId: string): Identity | undefined {
    return this.identities.get(participantId);
  }

  /** Makes and keeps a P-256 request key for a participant; the one kept already is answered. */
  async createRequestKey(participantId: string): Promise<RequestKey> {
    const present = this.requestKeys.get(participantId);
    if (present !== undefined) return present;
    const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    const bytes = privateKey.export({ type: 'pkcs8', format: 'der' });
    await this.journal.commit([{ table: REQUEST_KEY_TABLE, key: participantId, value: bytes }]);
    const key = requestKeyFrom(bytes);
    this.requestKeys.set(participantId, key);
    return key;
  }

  /** The request key kept for a participant, if there is one. */
  requestKeyOf(participantId: string): RequestKey | undefined {
    return this.requestKeys.get(participantId);
  }
}

function requestKeyFrom(pkcs8: Uint8Array): RequestKey {
  const privateKey = createPrivateKey({ key: Buffer.from(pkcs8), format: 'der', type: 'pkcs8' });
  const publicKey = toBase64url(createPublicKey(privateKey).export({ type: 'spki', format: 'der' }));
  return {
    keyId: keyIdOf(publicKey),
    publicKey,
    privateKey,
    sign: (bytes) => Promise.resolve(toLowS64(sign('sha256', bytes, { key: privateKey, dsaEncoding: 'ieee-p1363' }))),
  };
}
