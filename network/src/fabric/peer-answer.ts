import { DomainError } from '@kesu/chaincode/domain';
import type { PeerEndorsement } from './proposal';

/** What a peer made of a proposal. */
export type PeerAnswer =
  | { readonly kind: 'endorsed'; readonly response: Uint8Array; readonly endorsement: PeerEndorsement }
  | { readonly kind: 'refused'; readonly refusal: DomainError }
  | { readonly kind: 'repeated' }
  | { readonly kind: 'unavailable'; readonly reason: string };

/** A proposal response as gRPC delivers it. */
export interface ProposalResponse {
  readonly response?: { readonly status: number; readonly message: string; readonly payload: Uint8Array } | null;
  readonly payload: Uint8Array;
  readonly endorsement?: PeerEndorsement | null;
}

const OK = 200;

/** Words of a peer for a certificate or signature that it doesn't accept; it never says which of the reasons it is. */
const UNKNOWN_CALLER = /access denied: channel|creator org|creator is malformed|client identity expired|policy on signed data|policy \[.*\] not satisfied|Failed authorization/i;
const WRONG_TIME = /due to incorrect timestamp/i;
const REPEATED = /duplicate transaction found/i;

/** Reads what a peer answered. */
export function answerOf({ response, payload, endorsement }: ProposalResponse): PeerAnswer {
  if (response === undefined || response === null) return { kind: 'unavailable', reason: 'the peer answered nothing' };
  if (response.status !== OK) return failureOf(response.message);
  if (endorsement === undefined || endorsement === null) return { kind: 'unavailable', reason: 'the peer did not sign its answer' };
  return { kind: 'endorsed', response: payload, endorsement };
}

/** Reads why a peer didn't endorse: from the message that is all that Fabric passes on, other peers' text around it or not. */
export function failureOf(message: string): PeerAnswer {
  const refusal = DomainError.fromMessage(message);
  if (refusal !== undefined) return { kind: 'refused', refusal };
  if (UNKNOWN_CALLER.test(message)) {
    return { kind: 'refused', refusal: DomainError.of('caller-unknown', "the peers don't accept the caller's certificate: it is revoked, expired or foreign, or another key signed; `kesu identity list` shows it") };
  }
  if (WRONG_TIME.test(message)) return { kind: 'refused', refusal: DomainError.of('claimed-time-out-of-bounds', "the claimed time is outside the peer's window: set the clock of the machine that submits") };
  if (REPEATED.test(message)) return { kind: 'repeated' };
  return { kind: 'unavailable', reason: message };
}
