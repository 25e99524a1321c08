import type { Identity } from '@kesu/certs';
import {
  canonicalJson,
  grantIdOf,
  grantStatusAt,
  instantOf,
  type Grant,
  type GrantAction,
  type GrantStatus,
  type Instant,
  type Letter,
  type LetterIdentity,
  type LetterText,
  type Participant,
  type SignatureProof,
  type SignedStatement,
} from '@kesu/chaincode/domain';
import { GatewayError } from '../gateway-error';
import type { GatewayParts } from '../gateway-parts';
import type { Position } from '../read-model';
import type { Requester } from '../requester';
import { submitChange, type CommittedChange } from './committed';
import { foundedRuleBook } from './facts';
import { renderStatement, storedLetterSet, type LetterSet } from './letter-set';

/** A signed set: which, and by which keys. */
export interface SignedLetterSet {
  readonly letterSetId: string;
  readonly signatures: readonly SignatureProof[];
}

/** What a set must be when it is brought to a path of its own: one transition of one grant, or registrations of one enterprise. */
export type ExpectedSet = { readonly grantId: string; readonly action: GrantAction } | { readonly registering: string };

const IDENTITIES = 'letter-identities';

/**
 * Submits a signed set: as many grants, transitions, or registrations. The signature is the authority, not the carrier: whoever knows the set
 * may bring it, and it is carried by the bringer's own identity where this gateway holds it, else by the gateway's. A lost race
 * is tried again, so that an owner's revocation never waits behind releases (I17).
 * @throws GatewayError not-found; DomainError, LedgerError.
 */
export async function submitLetterSet(parts: GatewayParts, requester: Requester, signed: SignedLetterSet, operation: string, expected?: ExpectedSet): Promise<CommittedChange> {
  const set = await storedLetterSet(parts, signed.letterSetId);
  if (set === undefined) throw GatewayError.of('not-found', 'there is no such letter set');
  if (requester.kind === 'ENTERPRISE' && set.statements[0]?.enterprise !== requester.ref) throw GatewayError.of('not-found', 'there is no such letter set');
  if (expected !== undefined) assertIsThat(set, expected);
  const carrier = carrierOf(parts, requester);
  const signatures = [...signed.signatures];
  const { envelope } = set;
  if (set.kind === 'TRANSITIONS') return submitChange(parts, carrier, 'grants:transit', { operation, envelope, statements: [...set.statements], signatures });
  if (set.kind === 'REGISTRATIONS') return submitChange(parts, carrier, 'enterprises:join-platform', { operation, envelope, statements: [...set.statements], signatures });
  const request = set.requestId === undefined ? {} : { requestId: set.requestId };
  // Before the ledger: a receipt without the identity behind its digest would be worth less, a leftover identity harms nobody.
  await rememberIdentities(parts, set);
  return submitChange(parts, carrier, 'grants:submit', { operation, envelope, statements: [...set.statements], signatures, ...request });
}

function assertIsThat(set: LetterSet, expected: ExpectedSet): void {
  const [only, ...others] = set.statements;
  if ('registering' in expected) {
    if (only?.kind === 'REGISTRATION' && only.enterprise === expected.registering) return;
    throw GatewayError.of('malformed-body', 'the letter set holds no registrations of this enterprise', { faults: [{ pointer: '/letterSetId', detail: 'made with registrations: [{platform}]' }] });
  }
  const { grantId, action } = expected;
  if (only?.kind === 'TRANSITION' && others.length === 0 && only.grantId === grantId && only.action === action) return;
  throw GatewayError.of('malformed-body', `the letter set is not one transition ${action} of this grant`, { faults: [{ pointer: '/letterSetId', detail: `made with transitions: [{grantId, action: ${action}}]` }] });
}

function carrierOf(parts: GatewayParts, requester: Requester): Identity {
  const own = requester.kind === 'PARTICIPANT' ? parts.identityOf(requester.id) : undefined;
  const carrier = own ?? parts.identityOf(parts.self);
  if (carrier === undefined) throw GatewayError.of('not-ready', 'this gateway holds no identity of its participant');
  return carrier;
}

/** The identity behind a letter's digest, with its salt (base64url): off the ledger. */
export interface KeptIdentity {
  readonly identity: LetterIdentity;
  readonly identitySalt: string;
}

async function rememberIdentities({ store }: GatewayParts, set: LetterSet & { readonly kind: 'LETTERS' }): Promise<void> {
  const { identity, identitySalt } = set;
  await rememberIdentity(store, set.statements.map(grantIdOf), { identity, identitySalt });
}

/** Keeps the identity behind letters' digests, by the grants they become. */
export function rememberIdentity(store: GatewayParts['store'], grantIds: readonly string[], kept: KeptIdentity): Promise<void> {
  const value = Buffer.from(canonicalJson(kept), 'utf8');
  return store.commit(grantIds.map((grantId) => ({ table: IDENTITIES, key: grantId, value })));
}

/** The identity kept for a grant; undefined when its letter was made elsewhere. */
export async function identityOfGrant({ store }: Pick<GatewayParts, 'store'>, grantId: string): Promise<KeptIdentity | undefined> {
  const stored = await store.get(IDENTITIES, grantId);
  return stored === undefined ? undefined : (JSON.parse(stored.toString('utf8')) as KeptIdentity);
}

/** The grant's state as shown now: written, EXPIRED or INAPPLICABLE, with the reason (architecture.md rule 13). */
export function statusOfGrant({ readModel, clock }: Pick<GatewayParts, 'readModel' | 'clock'>, grant: Grant): GrantStatus {
  const ruleBook = foundedRuleBook(readModel);
  const participants = new Map<string, Participant>();
  const providers = grant.items.map(({ code }) => ruleBook.items[code]?.provider ?? '');
  for (const id of [grant.platform, grant.recipient, ruleBook.node, ...(grant.conduit === undefined ? [] : [grant.conduit]), ...providers]) {
    const participant = readModel.record('participant', id)?.record;
    if (participant !== undefined) participants.set(id, participant);
  }
  return grantStatusAt({
    grant,
    at: instantOf(clock.now()),
    ruleBook,
    enterprise: readModel.record('enterprise', grant.enterprise)?.record,
    counter: grant.oneTime || grant.frequency !== undefined ? readModel.counter(grant.id) : undefined,
    loan: grant.loanRef === undefined ? undefined : readModel.record('loan', grant.loanRef)?.record,
    participants,
  });
}

/** A grant's receipt (回执): the signed statement with all that its verification needs, where it stands, and the letter as read. */
export interface GrantReceipt {
  readonly grant: Grant;
  readonly status: GrantStatus;
  readonly position: Position;
  readonly claimedTime: Instant;
  readonly signed: SignedStatement;
  /** Present where this node keeps the identity behind the letter's digest. */
  readonly identity?: LetterIdentity;
  readonly identitySalt?: string;
  readonly letter?: { readonly zh: LetterText; readonly en: LetterText };
}

/**
 * The receipt of a grant.
 * @throws GatewayError not-found.
 */
export async function receiptOfGrant(parts: GatewayParts, grantId: string): Promise<GrantReceipt> {
  const stored = parts.readModel.record('grant', grantId);
  const signed = parts.readModel.letter(grantId);
  const [given] = parts.readModel.history('grant', grantId);
  if (stored === undefined || signed === undefined || given === undefined) throw GatewayError.of('not-found', 'there is no such grant');
  const kept = await identityOfGrant(parts, grantId);
  const letter = kept === undefined ? {} : { letter: renderStatement(parts, signed.statement as Letter, { identity: kept.identity, signedAt: signed.envelope.signedAt }) };
  return { grant: stored.record, status: statusOfGrant(parts, stored.record), position: given.position, claimedTime: given.claimedTime, signed, ...kept, ...letter };
}
