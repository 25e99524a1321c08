import { assertP256Signature, canonicalJson, DomainError, participantKeyAt, utf8ToBytes, type Instant, type Participant } from '../domain';
import { verifyP256WithNode } from './verify-p256-node';

/**
 * Verifies a participant's P-256 signature over the RFC 8785 form of `value` by one of its registered keys.
 * @param at when the key must have counted.
 * @throws DomainError request-signature-invalid.
 */
export function verifyParticipantSignature(participant: Participant | undefined, proof: { readonly keyId: string; readonly signature: string }, value: unknown, at: Instant): void {
  const key = participant === undefined ? undefined : participantKeyAt(participant, proof.keyId, at);
  if (key === undefined) throw DomainError.of('request-signature-invalid', 'no key of that id counts for this participant');
  try {
    assertP256Signature(key.publicKey, utf8ToBytes(canonicalJson(value)), proof.signature, verifyP256WithNode);
  } catch (error) {
    throw DomainError.of('request-signature-invalid', error instanceof DomainError ? error.detail : 'the signature does not verify');
  }
}
