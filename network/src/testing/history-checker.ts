import { createHash, createPublicKey, verify } from 'node:crypto';
import { eventsOf } from '@kesu/chaincode/domain';
import type { CommittedBlock, LedgerTransaction } from '../ledger';

/** A JSON value whose members are asked for by name; texts and numbers are made of it by String and Number. */
interface Loose {
  readonly [member: string]: Loose | undefined;
}

const STEPS: Readonly<Record<string, string>> = { 'ACTIVE revoke': 'REVOKED', 'SUSPENDED revoke': 'REVOKED', 'ACTIVE suspend': 'SUSPENDED', 'SUSPENDED resume': 'ACTIVE', 'ACTIVE supersede': 'SUPERSEDED', 'SUSPENDED supersede': 'SUPERSEDED' };

/**
 * What of I1, I3, I5, I7 and I9 a history of blocks breaks, each with its position; empty when nothing. It reads events alone and shares
 * no rule with the contracts, so that a wrong rule there shows here.
 */
export function breachesOf(history: readonly CommittedBlock[]): string[] {
  const checker = new HistoryChecker();
  for (const block of history) {
    for (const transaction of block.transactions) {
      if (transaction.validity === 'VALID') checker.follow(transaction, `${block.block}.${transaction.index}`);
    }
  }
  return checker.breaches;
}

class HistoryChecker {
  readonly breaches: string[] = [];
  readonly #records = new Map<string, Loose>();
  readonly #nonces = new Map<string, string>();
  readonly #operations = new Map<string, LedgerTransaction>();
  readonly #used = new Map<string, Map<string, string>>();
  /** Releases that only brought data to a conduit, by id, and those that were passed on. */
  readonly #atConduit = new Map<string, Loose>();
  readonly #passedOn = new Set<string>();

  follow(transaction: LedgerTransaction, position: string): void {
    this.#followOperation(transaction, position);
    const events = eventsOf(transaction) as unknown as readonly Loose[];
    for (const [item, event] of events.entries()) this.#followEvent(event, `${position}.${item}`);
  }

  /** I7: an operation has one effect and one answer. */
  #followOperation(transaction: LedgerTransaction, position: string): void {
    const { operation } = JSON.parse(transaction.command || '{}') as { operation?: string };
    if (operation === undefined || transaction.transaction === 'operations:close') return;
    const first = this.#operations.get(operation);
    if (first === undefined) {
      this.#operations.set(operation, transaction);
      return;
    }
    if (transaction.writes.length > 0 || transaction.events !== undefined) this.#breach('I7', position, `operation ${operation} took effect twice`);
    if (transaction.result !== first.result || transaction.command !== first.command) this.#breach('I7', position, `operation ${operation} answered twice differently`);
  }

  #followEvent(event: Loose, position: string): void {
    const kind = String(event.kind);
    if (kind === 'release') this.#followRelease(event.release as Loose, position);
    else if (kind === 'outcome') this.#followOutcome(event.outcome as Loose, event.counter !== undefined);
    else if (event.record !== undefined) this.#followRecord(kind, event, position);
  }

  #followRecord(kind: string, event: Loose, position: string): void {
    const record = event.record as Loose;
    const id = kind === 'grant' || kind === 'participant' ? String(record.id) : String(record.ref ?? record.code ?? record.id ?? kind);
    if (kind === 'grant') this.#followGrant(event, this.#records.get(`grant/${id}`), position);
    if (event.signed !== undefined) this.#followSignatures(event.signed as Loose, position);
    this.#records.set(`${kind}/${id}`, record);
  }

  /** I9: one version after another, by lawful steps; I5: each by a signature, but for a suspension after a loss. */
  #followGrant(event: Loose, before: Loose | undefined, position: string): void {
    const after = event.record as Loose;
    const action = String(event.action);
    if (before === undefined) {
      if (action !== 'grant' || Number(after.version) !== 1 || String(after.state) !== 'ACTIVE') this.#breach('I9', position, `grant ${String(after.id)} does not begin ACTIVE`);
    } else if (Number(after.version) !== Number(before.version) + 1 || STEPS[`${String(before.state)} ${action}`] !== String(after.state)) {
      this.#breach('I9', position, `grant ${String(after.id)}: ${String(before.state)} ${action} ${String(after.state)}, version ${String(before.version)} then ${String(after.version)}`);
    }
    if (event.signed === undefined && action !== 'supersede' && !(action === 'suspend' && event.reason !== undefined)) this.#breach('I5', position, `grant ${String(after.id)}: ${action} without a signature`);
  }

  /** I5: a nonce once, and each P-256 signature over the stored bytes by a key that was confirmed and in its period. */
  #followSignatures(signed: Loose, position: string): void {
    const envelope = signed.envelope as Loose;
    const statement = signed.statement as Loose;
    const transaction = position.split('.').slice(0, 2).join('.');
    const earlier = this.#nonces.get(String(envelope.nonce));
    if (earlier !== undefined && earlier !== transaction) this.#breach('I5', position, 'a nonce is used twice');
    this.#nonces.set(String(envelope.nonce), transaction);
    if (!listOf(envelope.statements).map(String).includes(createHash('sha256').update(canonical(statement)).digest('hex'))) this.#breach('I5', position, 'the signed bytes do not name the statement');
    const keys = listOf(this.#records.get(`signatories/${String(statement.enterprise)}`)?.keys);
    for (const proof of listOf(signed.signatures)) {
      const key = keys.find((one) => one.keyId === proof.keyId);
      if (String(key?.state) !== 'CONFIRMED') this.#breach('I5', position, `key ${String(proof.keyId)} is ${String(key?.state)}`);
      else if (String(key?.algorithm) === 'P256' && key?.passkey === undefined && !verifies(key as Loose, canonical(envelope), proof)) this.#breach('I5', position, 'a signature does not verify');
    }
  }

  /** I1, I3 and I9 of a release. */
  #followRelease(release: Loose, position: string): void {
    if (String(release.decision) !== 'PERMIT') return;
    for (const id of [release.sender, release.requester, release.recipient, release.platform].map(String)) {
      const participant = this.#records.get(`participant/${id}`);
      const isOwn = id === String(release.enterprise) || id === 'undefined';
      if (!isOwn && String(participant?.state) !== 'ADMITTED') this.#breach('I3', position, `${id} is ${String(participant?.state)}`);
    }
    if (String(release.basis) === 'GRANT') this.#followGrantedRelease(release, this.#records.get(`grant/${String(release.grantId)}`), position);
  }

  #followGrantedRelease(release: Loose, grant: Loose | undefined, position: string): void {
    if (grant === undefined) return this.#breach('I1', position, `no grant ${String(release.grantId)}`);
    const at = String(release.claimedTime);
    if (String(grant.state) !== 'ACTIVE') this.#breach('I1', position, `grant ${String(grant.id)} is ${String(grant.state)}`);
    if (at < String(grant.from) || at >= String(grant.until)) this.#breach('I3', position, `grant ${String(grant.id)} is not in its period`);
    if (grant.version !== release.grantVersion) this.#breach('I9', position, `the release read version ${String(release.grantVersion)} of ${String(grant.version)}`);
    if (grant.enterprise !== release.enterprise || grant.purpose !== release.purpose) this.#breach('I3', position, 'another enterprise or purpose');
    const isThrough = grant.conduit !== undefined && release.recipient === grant.conduit;
    if (grant.recipient !== release.recipient && String(grant.recipient) !== 'ANY' && !isThrough) this.#breach('I3', position, 'another recipient');
    if (isThrough) this.#atConduit.set(String(release.id), release);
    for (const item of listOf(release.items)) {
      const rule = this.#records.get(`catalogue-item/${String(item.code)}`);
      const named = listOf(grant.items).some((one) => one.code === item.code && one.granularity === item.granularity);
      if (String(rule?.class) !== 'PUBLIC' && !named) this.#breach('I3', position, `${String(item.code)} ${String(item.granularity)} is not named`);
      this.#compareMarks(release, item, position);
    }
    const loan = this.#records.get(`loan/${String(grant.loanRef)}`);
    if (String(grant.purpose) === 'PRE_LOAN' && !['APPLIED', 'APPROVED'].includes(String(loan?.state))) this.#breach('I3', position, `the loan is ${String(loan?.state)}`);
    if (!this.#followPassingOn(release, grant, position)) this.#count(release, grant, position);
  }

  /** What only went to a conduit goes on once, unchanged, by the conduit, under its own grant. @returns whether the release is such a one. */
  #followPassingOn(release: Loose, grant: Loose, position: string): boolean {
    const came = this.#atConduit.get(String(release.basisReleaseId));
    if (came === undefined) return false;
    if (came.grantId !== grant.id || release.sender !== grant.conduit || came.payloadDigest !== release.payloadDigest) this.#breach('I3', position, 'a conduit used what it was to pass on');
    if (this.#passedOn.has(String(came.id))) this.#breach('I3', position, 'passed on twice');
    this.#passedOn.add(String(came.id));
    return true;
  }

  #compareMarks(release: Loose, item: Loose, position: string): void {
    const marks = listOf(this.#records.get(`enterprise/${String(release.enterprise)}`)?.marks).filter((mark) => mark.item === item.code && mark.batchId === undefined).map((mark) => String(mark.disputeId));
    if (!marks.every((id) => listOf(item.disputes).map(String).includes(id))) this.#breach('I3', position, `a dispute mark on ${String(item.code)} is missing`);
  }

  /** One-time and daily limits, in days of UTC+8. */
  #count(release: Loose, grant: Loose, position: string): void {
    const uses = this.#used.get(String(grant.id)) ?? new Map<string, string>();
    const day = new Date(Date.parse(String(release.claimedTime)) + 8 * 3_600_000).toISOString().slice(0, 10);
    uses.set(String(release.id), day);
    this.#used.set(String(grant.id), uses);
    if (String(grant.oneTime) === 'true' && uses.size > 1) this.#breach('I3', position, 'a one-time grant is used twice');
    const limit = grant.frequency;
    const today = [...uses.values()].filter((one) => one === day).length;
    if (limit !== undefined && String(limit.per) === 'DAY' && today > Number(limit.times)) this.#breach('I3', position, 'more often than the letter says');
  }

  #followOutcome(outcome: Loose, givenBack: boolean): void {
    if (!givenBack) return;
    for (const uses of this.#used.values()) uses.delete(String(outcome.releaseId));
  }

  #breach(invariant: string, position: string, what: string): void {
    this.breaches.push(`${invariant} at ${position}: ${what}`);
  }
}

function listOf(value: Loose | undefined): readonly Loose[] {
  return Array.isArray(value) ? (value as readonly Loose[]) : [];
}

/** RFC 8785 for what the ledger holds: integers, strings, lists and objects with ASCII members. */
function canonical(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonical).join(',')}]`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  const members = Object.entries(value as Loose).sort(([a], [b]) => (a < b ? -1 : 1));
  return `{${members.map(([name, member]) => `${JSON.stringify(name)}:${canonical(member)}`).join(',')}}`;
}

function verifies(key: Loose, bytes: string, proof: Loose): boolean {
  const publicKey = createPublicKey({ key: Buffer.from(String(key.publicKey), 'base64url'), format: 'der', type: 'spki' });
  return verify('sha256', Buffer.from(bytes), { key: publicKey, dsaEncoding: 'ieee-p1363' }, Buffer.from(String(proof.signature), 'base64url'));
}
