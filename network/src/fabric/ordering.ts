import { DomainError } from '@kesu/chaincode/domain';
import type { Committer } from 'fabric-common';
import { LedgerError } from '../ledger';
import { sleep } from './block-follower';
import type { Connection } from './connection';
import type { SignedEnvelope } from './proposal';

/** While no orderer accepts (an election), all are tried again for so long, milliseconds. */
export const ORDERING_MILLIS = 4_000;

/** Pause between two rounds, milliseconds. */
export const ROUND_PAUSE_MILLIS = 200;

/** What one orderer said to a transaction. `lost`: it may have passed it on, or not. */
type Reception = { readonly kind: 'accepted' } | { readonly kind: 'refused'; readonly error: Error } | { readonly kind: 'unavailable' | 'lost'; readonly reason: string };

interface BroadcastResponse {
  readonly status: string;
  readonly info?: string;
}

/**
 * Hands transactions to the orderers: to the one that accepted last, else to the next. Handing one to two orderers is safe, as only the
 * first of one id counts.
 */
export class Ordering {
  readonly #orderers: readonly Connection<Committer>[];
  readonly #closing: AbortSignal;
  #preferred = 0;

  constructor(orderers: readonly Connection<Committer>[], closing: AbortSignal) {
    this.#orderers = orderers;
    this.#closing = closing;
  }

  /**
   * Resolves when an orderer accepted the transaction, which says nothing of its commit; `false` when none accepted but one may have
   * passed it on.
   * @throws DomainError when the orderers refuse the caller; LedgerError `unavailable` when certainly none has it.
   */
  async broadcast(envelope: SignedEnvelope): Promise<boolean> {
    const until = Date.now() + ORDERING_MILLIS;
    let mayHavePassed = false;
    for (;;) {
      const reasons: string[] = [];
      for (let tried = 0; tried < this.#orderers.length; tried++) {
        const reception = await this.#send(envelope);
        if (reception.kind === 'accepted') return true;
        if (reception.kind === 'refused') throw reception.error;
        mayHavePassed ||= reception.kind === 'lost';
        reasons.push(reception.reason);
        this.#preferred = (this.#preferred + 1) % this.#orderers.length;
      }
      if (Date.now() >= until || this.#closing.aborted) {
        if (mayHavePassed) return false;
        throw new LedgerError('unavailable', `no orderer accepts transactions: ${[...new Set(reasons)].join('; ')}`);
      }
      await sleep(ROUND_PAUSE_MILLIS, this.#closing);
    }
  }

  /** Hands a transaction that is waited for over once more, to the next orderer: the first may have died with it. */
  async again(envelope: SignedEnvelope): Promise<void> {
    this.#preferred = (this.#preferred + 1) % this.#orderers.length;
    await this.#send(envelope);
  }

  async #send(envelope: SignedEnvelope): Promise<Reception> {
    const connection = this.#orderers[this.#preferred];
    if (connection === undefined) return { kind: 'unavailable', reason: 'the profile names no orderer' };
    let orderer: Committer;
    try {
      orderer = await connection.ready();
    } catch (error) {
      return { kind: 'unavailable', reason: textOf(error) };
    }
    try {
      return receptionOf((await orderer.sendBroadcast(envelope as unknown as Buffer)) as BroadcastResponse, connection.place.name);
    } catch (error) {
      return { kind: 'lost', reason: `${connection.place.name}: ${textOf(error)}` };
    }
  }
}

function receptionOf({ status, info = '' }: BroadcastResponse, name: string): Reception {
  if (status === 'SUCCESS') return { kind: 'accepted' };
  if (status === 'FORBIDDEN') return { kind: 'refused', error: DomainError.of('caller-unknown', "the orderers don't accept the caller's certificate: it is revoked, expired or foreign") };
  if (status === 'REQUEST_ENTITY_TOO_LARGE' || /exceeds maximum allowed/.test(info)) return { kind: 'refused', error: DomainError.of('limit-exceeded', 'the transaction is larger than the orderers take') };
  if (status === 'SERVICE_UNAVAILABLE') return { kind: /no Raft leader|chain is not started|not ready|maintenance/i.test(info) ? 'unavailable' : 'lost', reason: `${name}: ${info}` };
  return { kind: 'unavailable', reason: `${name}: ${status} ${info}` };
}

function textOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
