import { verifyP256WithNode } from '@kesu/chaincode';
import { assertP256Signature, canonicalJson, DomainError, epochMillis, HOUR_MILLIS, instantOf, MINUTE_MILLIS, participantKeyAt, SECOND_MILLIS, toBase64url, packageDigest, type CaseState, type EvidenceCase, type Instant } from '@kesu/chaincode/domain';
import type { JournalChange } from '@kesu/network';
import { GatewayError } from '../gateway-error';
import type { GatewayParts } from '../gateway-parts';
import { volumesOf } from '../use-cases/case-findings';
import { submitChange } from '../use-cases/committed';
import { foundedRuleBook } from '../use-cases/facts';
import { receiptKey } from '../use-cases/receipt';
import { derivedId } from '../use-cases/secrets';
import { identityFor } from '../use-cases/submit-as';
import { HandoverError, type HandoverChannel } from './handover-channel';
import { signedBytes, type Handover, type SignedHandover, type SignedHandoverReceipt } from './handover-wire';

/** Longest wait between two tries. */
export const LONGEST_WAIT_MILLIS = HOUR_MILLIS;
/** How long a hand-over that was stored waits to appear on the ledger before it is dropped. */
const APPEAR_MILLIS = HOUR_MILLIS;
/** Most deliveries of one pass. */
const PASS = 50;

const HANDOVERS = 'handovers';
const DUE = 'handovers-due';

/** What became of a hand-over: it waits; the receipt is stored; nothing is left for this gateway to do. */
export interface HandoverStatus {
  readonly caseId: string;
  readonly authority: string;
  readonly state: 'WAITING' | 'DELIVERED' | 'DONE';
  readonly tries: number;
  readonly queuedAt: Instant;
  readonly dueAt: Instant;
  /** Why the last try failed. */
  readonly failure?: string;
  readonly receipt?: SignedHandoverReceipt;
}

/** In which states a case is on its way: to an arbitrator or court, and to a notary. */
const DELIVERED_IN: readonly CaseState[] = ['HANDED_OVER', 'SUBMITTED'];

/** What the outbox works with. */
export type HandoverParts = Pick<GatewayParts, 'ledger' | 'readModel' | 'store' | 'clock' | 'random' | 'self' | 'identityOf' | 'requestKeyOf' | 'log'>;

/**
 * Hands cases over to notary, arbitration and court systems: stored before the ledger says HANDED_OVER (to a notary: SUBMITTED), delivered until a receipt comes, the receipt verified and
 * stored before it is recorded. A crash between any two steps repeats the later one.
 */
export class HandoverOutbox {
  constructor(
    private readonly parts: HandoverParts,
    /** The way to an authority's system; undefined when none is configured: it then confirms by itself. */
    private readonly channelOf: (authority: string) => HandoverChannel | undefined,
    /** The newest sealed bundle of a case. */
    private readonly bundleOf: (caseId: string) => Promise<Handover['bundle']> = async () => undefined,
  ) {}

  /** Stores that a case is about to be handed over. Nothing when no channel leads to the authority. */
  async enqueue(caseId: string, authority: string): Promise<void> {
    if (this.channelOf(authority) === undefined) return;
    const before = await this.status(caseId);
    if (before !== undefined && before.authority === authority) return;
    const now = instantOf(this.parts.clock.now());
    await this.replace(before, { caseId, authority, state: 'WAITING', tries: 0, queuedAt: now, dueAt: now });
  }

  /** What became of a case's hand-over by this gateway. */
  async status(caseId: string): Promise<HandoverStatus | undefined> {
    const stored = await this.parts.store.get(HANDOVERS, caseId);
    return stored === undefined ? undefined : (JSON.parse(stored.toString('utf8')) as HandoverStatus);
  }

  /** Delivers and records what is due; what fails waits, longer each time. @returns how many are done with. */
  async sendDue(signal: AbortSignal = AbortSignal.timeout(5 * MINUTE_MILLIS)): Promise<number> {
    const due: HandoverStatus[] = [];
    for await (const { key, value } of this.parts.store.entries(DUE, { limit: PASS })) {
      if (key.slice(0, 24) > instantOf(this.parts.clock.now())) break;
      due.push(JSON.parse(value.toString('utf8')) as HandoverStatus);
    }
    let done = 0;
    for (const status of due) if (await this.advance(status, signal)) done++;
    return done;
  }

  private async advance(status: HandoverStatus, signal: AbortSignal): Promise<boolean> {
    const evidenceCase = this.parts.readModel.record('evidence-case', status.caseId)?.record;
    if (evidenceCase === undefined || !isOnItsWay(evidenceCase, status.authority)) return this.waitToAppear(status);
    if (!DELIVERED_IN.includes(evidenceCase.state)) return this.settle(status, { ...status, state: 'DONE' });
    try {
      const delivered = status.receipt === undefined ? await this.deliver(status, evidenceCase, signal) : status;
      await this.record(delivered, evidenceCase);
      return await this.settle(delivered, { ...delivered, state: 'DONE' });
    } catch (error) {
      const failure = failureOf(error);
      this.parts.log.warn({ case: status.caseId, tries: status.tries + 1, failure }, 'a hand-over waits');
      await this.putOff((await this.status(status.caseId)) ?? status, failure);
      return false;
    }
  }

  private async deliver(status: HandoverStatus, evidenceCase: EvidenceCase, signal: AbortSignal): Promise<HandoverStatus> {
    const channel = this.channelOf(status.authority);
    if (channel === undefined) throw new HandoverError('unavailable', 'no channel leads to the authority any more');
    const receipt = await channel.deliver(await this.signed(evidenceCase), signal);
    this.assertReceipt(receipt, evidenceCase);
    const delivered: HandoverStatus = { ...status, state: 'DELIVERED', tries: status.tries + 1, receipt };
    await this.replace(status, delivered);
    return delivered;
  }

  /** Signs what is handed over with the key of the participant that this gateway speaks for. */
  private async signed(evidenceCase: EvidenceCase): Promise<SignedHandover> {
    const { readModel, clock, self } = this.parts;
    const bundle = await this.bundleOf(evidenceCase.id);
    const handover: Handover = {
      type: 'evidence-handover',
      network: foundedRuleBook(readModel).network,
      sender: self,
      authority: evidenceCase.authority ?? '',
      packageDigest: this.digestOf(evidenceCase),
      case: evidenceCase,
      volumes: volumesOf(this.parts, evidenceCase).filter(({ state }) => state === 'SEALED'),
      ...(bundle === undefined ? {} : { bundle }),
      sentAt: instantOf(clock.now()),
    };
    const key = receiptKey(this.parts);
    return { handover, proof: { keyId: key.keyId, signature: toBase64url(await key.sign(signedBytes(handover))) } };
  }

  /** The package that was handed over; of an application to a notary the volumes as they are sealed now. */
  private digestOf(evidenceCase: EvidenceCase): string {
    return evidenceCase.handover?.packageDigest ?? packageDigest(foundedRuleBook(this.parts.readModel).network, evidenceCase);
  }

  /** A receipt counts when it is for this package and signed by a key that the authority registered on the ledger. */
  private assertReceipt({ statement, proof }: SignedHandoverReceipt, evidenceCase: EvidenceCase): void {
    const { readModel, clock } = this.parts;
    const { id, authority = '' } = evidenceCase;
    const packageOf = this.digestOf(evidenceCase);
    const isForIt = statement.network === foundedRuleBook(readModel).network && statement.caseId === id && statement.authority === authority && statement.packageDigest === packageOf;
    if (!isForIt) throw new HandoverError('invalid-receipt', 'the receipt is for another package');
    const participant = readModel.record('participant', authority)?.record;
    const key = participant === undefined ? undefined : participantKeyAt(participant, proof.keyId, instantOf(clock.now()));
    if (key === undefined) throw new HandoverError('invalid-receipt', "the receipt's key is not registered for the authority");
    try {
      assertP256Signature(key.publicKey, signedBytes(statement), proof.signature, verifyP256WithNode);
    } catch {
      throw new HandoverError('invalid-receipt', "the receipt's signature does not verify");
    }
  }

  /** Records a receipt where the node may: elsewhere it is kept, and the authority confirms by itself. */
  private async record({ caseId: id, receipt }: HandoverStatus, { state }: EvidenceCase): Promise<void> {
    const { self, readModel } = this.parts;
    if (state !== 'HANDED_OVER' || receipt === undefined || foundedRuleBook(readModel).node !== self) return;
    await submitChange(this.parts, identityFor(this.parts, self), 'proceedings:receive', { operation: await derivedId(this.parts, 'operations', 'handover-receipt', id), id, receipt });
  }

  private async waitToAppear(status: HandoverStatus): Promise<boolean> {
    const isOld = this.parts.clock.now() > epochMillis(status.queuedAt) + APPEAR_MILLIS;
    if (isOld) await this.parts.store.commit([{ table: DUE, key: dueKey(status) }, { table: HANDOVERS, key: status.caseId }]);
    else await this.putOff(status, 'the ledger does not show the hand-over yet');
    return false;
  }

  private putOff(status: HandoverStatus, failure: string): Promise<void> {
    const wait = Math.min(LONGEST_WAIT_MILLIS, SECOND_MILLIS * 2 ** status.tries);
    return this.replace(status, { ...status, tries: status.tries + 1, failure, dueAt: instantOf(this.parts.clock.now() + wait) });
  }

  private async settle(before: HandoverStatus, after: HandoverStatus): Promise<boolean> {
    const { failure: _failure, ...settled } = after;
    await this.replace(before, settled);
    return true;
  }

  private replace(before: HandoverStatus | undefined, after: HandoverStatus): Promise<void> {
    const value = Buffer.from(canonicalJson(after), 'utf8');
    const changes: JournalChange[] = [];
    if (before !== undefined) changes.push({ table: DUE, key: dueKey(before) });
    if (after.state !== 'DONE') changes.push({ table: DUE, key: dueKey(after), value });
    return this.parts.store.commit([...changes, { table: HANDOVERS, key: after.caseId, value }]);
  }
}

/** The ledger shows that the case goes, or went, to the authority. */
function isOnItsWay({ state, authority }: EvidenceCase, to: string): boolean {
  return authority === to && state !== 'DRAFT' && state !== 'SEALED';
}

function failureOf(error: unknown): string {
  if (error instanceof HandoverError) return error.message;
  return error instanceof DomainError || error instanceof GatewayError ? error.detail : 'it failed for a reason unknown';
}

function dueKey({ dueAt, caseId }: HandoverStatus): string {
  return `${dueAt}/${caseId}`;
}
