import { verifyP256WithNode } from '@kesu/chaincode';
import {
  assertP256Signature,
  canonicalJson,
  DomainError,
  epochMillis,
  instantOf,
  participantKeyAt,
  REQUEST_SIGNATURE_MILLIS,
  signedRequest,
  toBase64url,
  utf8ToBytes,
  type Participant,
  type ReleaseRequest,
  type RequestSignature,
} from '@kesu/chaincode/domain';
import type { GatewayParts } from '../gateway-parts';
import type { Requester } from '../requester';
import { foundedRuleBook } from './facts';

/** A request as its requester sent it. */
export interface SentRequest {
  readonly requester: Requester;
  readonly request: ReleaseRequest;
  readonly idempotencyKey: string;
  readonly requestSignature?: RequestSignature;
}

/** How far in the future a signature may say it was made, milliseconds: as the contract. */
const AHEAD_MILLIS = 30_000;

/**
 * The requester's signature over its request, verified before any source is asked: nobody's data are fetched for a forged
 * request. The contract verifies it again. For a demonstration requester the gateway signs with the key it holds.
 * @param signer who must have signed: the requester, or for a platform's record whoever it names.
 * @throws DomainError request-signature-invalid.
 */
export async function requestSignatureOf(parts: GatewayParts, sent: SentRequest, signer: string): Promise<RequestSignature> {
  const { network } = foundedRuleBook(parts.readModel);
  const { request, idempotencyKey, requestSignature } = sent;
  if (requestSignature === undefined) return signForDemonstration(parts, sent, signer, network);
  const age = parts.clock.now() - epochMillis(requestSignature.requestedAt);
  if (age > REQUEST_SIGNATURE_MILLIS || age < -AHEAD_MILLIS) throw invalid('the request was signed more than 5 minutes ago, or in the future');
  const bytes = utf8ToBytes(canonicalJson(signedRequest(network, request, idempotencyKey, requestSignature.requestedAt)));
  assertSignedBy(parts.readModel.record('participant', signer)?.record, requestSignature, bytes, instantOf(parts.clock.now()));
  return requestSignature;
}

async function signForDemonstration(parts: GatewayParts, { requester, request, idempotencyKey }: SentRequest, signer: string, network: string): Promise<RequestSignature> {
  const held = requester.kind === 'PARTICIPANT' && requester.demonstration && requester.id === signer ? parts.requestKeyOf(signer) : undefined;
  if (held === undefined) throw invalid('the request needs requestSignature by one of the request keys that are registered for the requester');
  const requestedAt = instantOf(parts.clock.now());
  const signature = await held.sign(utf8ToBytes(canonicalJson(signedRequest(network, request, idempotencyKey, requestedAt))));
  return { keyId: held.keyId, requestedAt, signature: toBase64url(signature) };
}

function assertSignedBy(participant: Participant | undefined, { keyId, signature }: RequestSignature, bytes: Uint8Array, at: string): void {
  const key = participant === undefined ? undefined : participantKeyAt(participant, keyId, at);
  if (key === undefined) throw invalid('no key of that id counts for the requester');
  try {
    assertP256Signature(key.publicKey, bytes, signature, verifyP256WithNode);
  } catch (error) {
    throw invalid(error instanceof DomainError ? error.detail : 'the signature does not verify');
  }
}

function invalid(detail: string): DomainError {
  return DomainError.of('request-signature-invalid', detail);
}
