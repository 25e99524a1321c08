import { assertP256Signature, canonicalJson, DomainError, participantKeyAt, utf8ToBytes, type Participant } from '../domain';
import type { RunningTransaction } from './transact';

/**
 * Verifies a participant's P-256 signature over the RFC 8785 form of `value` by one of its keys that counts at the claimed time.
 * @throws DomainError request-signature-invalid.
 */
export function verifyParticipantSignature(running: RunningTransaction, participant: Participant | undefined, proof: { readonly keyId: string; readonly signature: string }, value: unknown): void {
  const key = participant === undefined ? undefined : participantKeyAt(participant, proof.keyId, running.at);
  if (key === undefined) throw DomainError.of('request-signature-invalid', 'no key of that id counts for this participant');
  try {
    assertP256Signature(key.publicKey, utf8ToBytes(canonicalJson(value)), proof.signature, running.verification.verify);
  } catch (error) {
    throw DomainError.of('request-signature-invalid', error instanceof DomainError ? error.detail : 'the signature does not verify');
  }
}
