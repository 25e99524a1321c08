import { assertP256Signature, DomainError, participantKeyAt, type Participant } from '../domain';
import type { RunningTransaction } from './transact';

/**
 * Verifies a participant's P-256 signature over a text by one of its keys that counts at the claimed time.
 * @param text the RFC 8785 form of what is signed.
 * @throws DomainError request-signature-invalid.
 */
export function verifyParticipantSignature(running: RunningTransaction, participant: Participant | undefined, proof: { readonly keyId: string; readonly signature: string }, text: string): void {
  const key = participant === undefined ? undefined : participantKeyAt(participant, proof.keyId, running.at);
  if (key === undefined) throw DomainError.of('request-signature-invalid', 'no key of that id counts for this participant');
  try {
    assertP256Signature(key.publicKey, Buffer.from(text, 'utf8'), proof.signature, running.verification.verify);
  } catch (error) {
    throw DomainError.of('request-signature-invalid', error instanceof DomainError ? error.detail : 'the signature does not verify');
  }
}
