import {
  canonicalJson,
  digestOf,
  DomainError,
  ENVELOPE_TYPE,
  envelopeBytes,
  grantIdOf,
  instantOf,
  isKeyLive,
  letterText,
  registrationText,
  MAX_LIFETIME_MILLIS,
  MAX_RESUMPTION_LIFETIME_MILLIS,
  nameAt,
  saltedDigest,
  shanghaiDate,
  statementDigest,
  templateKey,
  toBase64url,
  transitionText,
  present,
  type GrantAction,
  type Instant,
  type Letter,
  type LetterContext,
  type LetterIdentity,
  type LetterItem,
  type LetterNames,
  type LetterText,
  type Registration,
  type RuleBook,
  type SignedEnvelope,
  type SigningKey,
  type Transition,
} from '@kesu/chaincode/domain';
import { GatewayError } from '../gateway-error';
import type { GatewayParts } from '../gateway-parts';
import { foundedRuleBook } from './facts';
import { subjectOf, type Subject } from './subject-map';

/** A letter as it is asked for; versions, digests, conduit and salts are filled in. */
export interface WantedLetter extends Pick<Letter, 'platform' | 'recipient' | 'purpose' | 'oneTime' | 'retentionDays' | 'until'> {
  readonly template: { readonly id: string; readonly version: number };
  readonly items: readonly Pick<LetterItem, 'code' | 'granularity' | 'separateConsent'>[];
  readonly loanRef?: string | undefined;
  readonly frequency?: Letter['frequency'] | undefined;
  readonly range?: Letter['range'] | undefined;
  /** Now when absent. */
  readonly from?: Instant | undefined;
  /** The grant that this letter replaces. */
  readonly supersedes?: string | undefined;
  readonly viewDigest?: string | undefined;
}

/** A transition as it is asked for; the version it acts on is the grant's present one. */
export interface WantedTransition {
  readonly grantId: string;
  readonly action: GrantAction;
  readonly reason?: string | undefined;
}

/** A registration as it is asked for: at which further platform. */
export interface WantedRegistration {
  readonly platform: string;
}

/** What is to be signed: letters, transitions of grants given before, or registrations at further platforms. */
export type WantedSet = {
  readonly enterprise: string;
  /** The keys that will sign, whose holders the letters name; the registry-named person's live key when absent. */
  readonly keyIds?: readonly string[] | undefined;
} & (
  | { readonly letters: readonly WantedLetter[]; readonly requestId?: string | undefined }
  | { readonly transitions: readonly WantedTransition[] }
  | { readonly registrations: readonly WantedRegistration[] }
);

/** Any statement that a set can hold. */
export type SetStatement = Letter | Transition | Registration;

/** A set as the private journal keeps it until it is submitted. */
export type LetterSet = {
  readonly id: string;
  readonly wantedDigest: string;
  readonly envelope: SignedEnvelope;
  readonly identity: LetterIdentity;
  /** 32 bytes, base64url: with it the identity digest of the statements is recomputed. */
  readonly identitySalt: string;
} & (
  | { readonly kind: 'LETTERS'; readonly statements: readonly Letter[]; readonly requestId?: string }
  | { readonly kind: 'TRANSITIONS'; readonly statements: readonly Transition[] }
  | { readonly kind: 'REGISTRATIONS'; readonly statements: readonly Registration[] }
);

/** A set as its signer sees it: the exact bytes to sign and the letters to read. */
export interface ShownLetterSet {
  readonly id: string;
  /** base64url of the bytes to sign. */
  readonly bytes: string;
  readonly statements: readonly SetStatement[];
  /** `grantId` where the statement is about a grant. */
  readonly letters: readonly { readonly digest: string; readonly grantId?: string; readonly zh: LetterText; readonly en: LetterText }[];
  readonly identity: LetterIdentity;
  readonly identitySalt: string;
  readonly submitBefore: Instant;
}

/** The reason of a transition when its signer gives none. */
export const DEFAULT_REASON = 'principal-decided';

/** The table of sets in the private journal. */
export const LETTER_SETS = 'letter-sets';

type SetParts = Pick<GatewayParts, 'store' | 'random' | 'clock' | 'readModel'>;

/**
 * Builds a set (授权书组): statements with salts and identity digest, the bytes to sign, the letters to read. Nothing of it is on
 * the ledger before it is signed. `id` is the operation's: a repeat answers the same bytes.
 * @throws GatewayError not-found, idempotency-conflict; DomainError template-not-applicable, item-not-available, signing-key-unknown.
 */
export async function makeLetterSet(parts: SetParts, wanted: WantedSet, id: string): Promise<ShownLetterSet> {
  const made = await storedLetterSet(parts, id);
  if (made !== undefined) {
    if (made.wantedDigest !== digestOf(wanted)) throw GatewayError.of('idempotency-conflict', 'another letter set was asked for under this idempotency key');
    return showLetterSet(parts, made);
  }
  const set = await buildSet(parts, wanted, id);
  await parts.store.commit([{ table: LETTER_SETS, key: id, value: Buffer.from(canonicalJson(set), 'utf8') }]);
  return showLetterSet(parts, set);
}

/** A set that was made before; undefined when there is none of that id. */
export async function storedLetterSet({ store }: Pick<GatewayParts, 'store'>, id: string): Promise<LetterSet | undefined> {
  const stored = await store.get(LETTER_SETS, id);
  return stored === undefined ? undefined : (JSON.parse(stored.toString('utf8')) as LetterSet);
}

/** The set with its bytes and letters. */
export function showLetterSet(parts: Pick<GatewayParts, 'readModel'>, set: LetterSet): ShownLetterSet {
  const { id, envelope, identity, identitySalt } = set;
  const letters = set.statements.map((statement) => {
    return { digest: statementDigest(statement), ...grantIn(statement), ...renderStatement(parts, statement, { identity, signedAt: envelope.signedAt }) };
  });
  return { id, bytes: toBase64url(envelopeBytes(envelope)), statements: set.statements, letters, identity, identitySalt, submitBefore: envelope.submitBefore };
}

function grantIn(statement: SetStatement): { readonly grantId?: string } {
  if (statement.kind === 'REGISTRATION') return {};
  return { grantId: statement.kind === 'LETTER' ? grantIdOf(statement) : statement.grantId };
}

/** A statement as people read it, in both languages. */
export function renderStatement({ readModel }: Pick<GatewayParts, 'readModel'>, statement: SetStatement, { identity, signedAt }: Pick<LetterContext, 'identity' | 'signedAt'>): { readonly zh: LetterText; readonly en: LetterText } {
  const { network } = foundedRuleBook(readModel);
  if (statement.kind === 'TRANSITION') {
    const context: LetterContext = { identity, signedAt, network, names: { participants: {}, items: {} } };
    return { zh: transitionText(statement, context, 'zh'), en: transitionText(statement, context, 'en') };
  }
  if (statement.kind === 'REGISTRATION') {
    const context: LetterContext = { identity, signedAt, network, names: { participants: namesOf(readModel, [statement.platform], shanghaiDate(signedAt)), items: {} } };
    return { zh: registrationText(statement, context, 'zh'), en: registrationText(statement, context, 'en') };
  }
  const template = readModel.record('template', templateKey(statement.template))?.record;
  if (template === undefined) throw DomainError.of('template-not-applicable', `template ${templateKey(statement.template)} is unknown`);
  const context: LetterContext = { identity, signedAt, network, names: namesIn(readModel, statement, shanghaiDate(signedAt)) };
  return { zh: letterText(template, statement, context, 'zh'), en: letterText(template, statement, context, 'en') };
}

function namesOf(readModel: GatewayParts['readModel'], ids: readonly string[], date: string): LetterNames['participants'] {
  const participants: Record<string, { zh: string; en: string }> = {};
  for (const id of ids) {
    const participant = readModel.record('participant', id)?.record;
    if (participant !== undefined) participants[id] = nameAt(participant, date);
  }
  return participants;
}

function namesIn(readModel: GatewayParts['readModel'], letter: Letter, date: string): LetterNames {
  const participants = namesOf(readModel, [letter.platform, letter.recipient, ...(letter.conduit === undefined ? [] : [letter.conduit])], date);
  const items: Record<string, { zh: string; en: string }> = {};
  for (const { code } of letter.items) {
    const item = readModel.record('catalogue-item', code)?.record;
    if (item !== undefined) items[code] = { zh: item.nameZh, en: item.nameEn };
  }
  return { participants, items };
}

async function buildSet(parts: SetParts, wanted: WantedSet, id: string): Promise<LetterSet> {
  const { readModel, random, clock } = parts;
  const now = clock.now();
  const ruleBook = foundedRuleBook(readModel);
  const subject = await subjectOf(parts, wanted.enterprise);
  if (subject === undefined) throw GatewayError.of('not-found', 'this node does not know the enterprise');
  const identity = identityOf(readModel, subject, wanted.keyIds, instantOf(now));
  const salt = random(32);
  const identityDigest = saltedDigest(salt, identity);
  const common = { id, wantedDigest: digestOf(wanted), identity, identitySalt: toBase64url(salt) };
  const fill = (): { identityDigest: string; salt: string } => ({ identityDigest, salt: toBase64url(random(32)) });
  if ('letters' in wanted) {
    const statements = wanted.letters.map((letter) => fillLetter(readModel, ruleBook, wanted.enterprise, letter, instantOf(now), fill()));
    const request = wanted.requestId === undefined ? {} : { requestId: wanted.requestId };
    return { ...common, kind: 'LETTERS', statements, envelope: envelopeOf(parts, ruleBook, statements, MAX_LIFETIME_MILLIS), ...request };
  }
  if ('registrations' in wanted) {
    const statements = wanted.registrations.map(({ platform }) => ({ kind: 'REGISTRATION' as const, enterprise: wanted.enterprise, platform, ...fill() }));
    return { ...common, kind: 'REGISTRATIONS', statements, envelope: envelopeOf(parts, ruleBook, statements, MAX_LIFETIME_MILLIS) };
  }
  const statements = wanted.transitions.map((transition) => fillTransition(readModel, wanted.enterprise, transition, fill()));
  const lifetime = statements.some((one) => one.action === 'RESUME') ? MAX_RESUMPTION_LIFETIME_MILLIS : MAX_LIFETIME_MILLIS;
  return { ...common, kind: 'TRANSITIONS', statements, envelope: envelopeOf(parts, ruleBook, statements, lifetime) };
}

function envelopeOf({ clock, random }: SetParts, { network }: RuleBook, statements: readonly SetStatement[], lifetimeMillis: number): SignedEnvelope {
  const now = clock.now();
  return {
    type: ENVELOPE_TYPE,
    network,
    statements: statements.map(statementDigest),
    nonce: toBase64url(random(16)),
    signedAt: instantOf(now),
    submitBefore: instantOf(now + lifetimeMillis),
  };
}

/** Who signs, by name and capacity: the holders of the named keys, else the person whom the registry names. */
function identityOf(readModel: GatewayParts['readModel'], subject: Subject, keyIds: readonly string[] | undefined, at: Instant): LetterIdentity {
  const keys = signingKeys(readModel, subject.ref, keyIds, at);
  const people = new Map(keys.map((key) => [`${key.holder} ${key.capacity}`, { name: subject.persons[key.holder] ?? key.holder, capacity: key.capacity }]));
  return { name: subject.name, creditCode: subject.creditCode, signatories: [...people.values()] };
}

function signingKeys(readModel: GatewayParts['readModel'], ref: string, keyIds: readonly string[] | undefined, at: Instant): readonly SigningKey[] {
  const enterprise = readModel.record('enterprise', ref)?.record;
  const signatories = readModel.record('signatories', ref)?.record;
  if (enterprise === undefined || signatories === undefined) throw GatewayError.of('not-found', 'the ledger does not know the enterprise');
  const live = signatories.keys.filter((key) => isKeyLive(key, enterprise, at));
  const own = live.find((key) => key.holder === enterprise.representative) ?? live[0];
  const chosen = keyIds === undefined ? live.filter((key) => key === own) : live.filter((key) => keyIds.includes(key.keyId));
  if (chosen.length > 0 && (keyIds === undefined || chosen.length === new Set(keyIds).size)) return chosen;
  throw DomainError.of('signing-key-unknown', 'the enterprise has no live signing key of that id', [{ pointer: '/keyIds', detail: 'each must be a live signing key of the enterprise' }]);
}

type Filled = Pick<Letter, 'identityDigest' | 'salt'>;

function fillLetter(readModel: GatewayParts['readModel'], ruleBook: RuleBook, enterprise: string, wanted: WantedLetter, at: Instant, filled: Filled): Letter {
  const { template, items, platform, recipient, purpose, oneTime, retentionDays, from, until } = wanted;
  const rule = ruleBook.templates[templateKey(template)];
  if (rule === undefined) throw DomainError.of('template-not-applicable', `template ${templateKey(template)} is not published`);
  const through = readModel.record('participant', platform)?.record.connectVia === 'QINXINRONG' ? ruleBook.policy.qinxinrong : undefined;
  return {
    kind: 'LETTER',
    template: { id: rule.id, version: rule.version, digest: rule.digest },
    enterprise,
    platform,
    ...present({ conduit: through }),
    recipient,
    items: items.map((item) => ({ ...item, version: itemVersion(ruleBook, item.code) })),
    purpose,
    oneTime,
    retentionDays,
    from: from ?? at,
    until,
    ...present({ loanRef: wanted.loanRef, frequency: wanted.frequency, range: wanted.range, viewDigest: wanted.viewDigest }),
    ...supersession(readModel, enterprise, wanted.supersedes),
    ...filled,
  };
}

function supersession(readModel: GatewayParts['readModel'], enterprise: string, grantId: string | undefined): Pick<Letter, 'supersedes'> {
  return grantId === undefined ? {} : { supersedes: { grantId, version: ownGrant(readModel, enterprise, grantId).version } };
}

function itemVersion(ruleBook: RuleBook, code: string): number {
  const rule = ruleBook.items[code];
  if (rule === undefined) throw DomainError.of('item-not-available', `the catalogue has no item ${code}`);
  return rule.version;
}

function fillTransition(readModel: GatewayParts['readModel'], enterprise: string, { grantId, action, reason }: WantedTransition, filled: Filled): Transition {
  const { version } = ownGrant(readModel, enterprise, grantId);
  return { kind: 'TRANSITION', enterprise, grantId, grantVersion: version, action, reason: reason ?? DEFAULT_REASON, ...filled };
}

function ownGrant(readModel: GatewayParts['readModel'], enterprise: string, grantId: string) {
  const grant = readModel.record('grant', grantId)?.record;
  if (grant === undefined || grant.enterprise !== enterprise) throw GatewayError.of('not-found', 'the enterprise has no such grant');
  return grant;
}
