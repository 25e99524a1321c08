import {
  assertEnvelopeInTime,
  DomainError,
  envelopeBytes,
  epochMillis,
  isKeyLive,
  statementDigest,
  verifyStatementSignature,
  type Enterprise,
  type Signatories,
  type SignatureProof,
  type SignedEnvelope,
  type SigningKey,
  type Statement,
} from '../domain';
import type { RunningTransaction } from './transact';

/** A signed set as a command brings it. */
export interface SignedSet<S extends Statement> {
  readonly envelope: SignedEnvelope;
  readonly statements: readonly S[];
  readonly signatures: readonly SignatureProof[];
}

/** The one enterprise that signed, and the live keys it signed with. */
export interface VerifiedSigner {
  readonly enterprise: Enterprise;
  readonly signatories: Signatories;
  readonly keys: readonly SigningKey[];
}

/**
 * Verifies a set: this network, these statements, in time, a fresh nonce, one enterprise, every signature by a live key
 * registered for it (I5). Uses up the nonce.
 * @throws DomainError network-mismatch, statement-mismatch, statement-expired, nonce-used, signing-key-unknown,
 * signing-key-not-live, signature-*.
 */
export async function verifySignedSet<S extends Statement>(running: RunningTransaction, set: SignedSet<S>, resumption = false): Promise<VerifiedSigner> {
  const { envelope, statements } = set;
  if (envelope.network !== running.ruleBook.network) throw DomainError.of('network-mismatch', 'the statements were signed for another ledger');
  const digests = statements.map(statementDigest);
  if (digests.length !== envelope.statements.length || digests.some((digest, index) => digest !== envelope.statements[index])) {
    throw DomainError.of('statement-mismatch', 'the signed digests are not those of the statements, in their order');
  }
  if (new Set(digests).size !== digests.length) throw DomainError.of('statement-mismatch', 'a statement stands twice');
  assertEnvelopeInTime(envelope, epochMillis(running.at), { resumption });
  await useNonce(running, envelope.nonce);
  const ref = statements[0]?.enterprise ?? '';
  if (statements.some((statement) => statement.enterprise !== ref)) throw DomainError.of('statement-mismatch', 'a set belongs to one enterprise');
  const enterprise = await running.world.need('enterprise', ref);
  const signatories = await running.world.need('signatories', ref);
  return { enterprise, signatories, keys: verifiedKeys(running, set, enterprise, signatories) };
}

async function useNonce(running: RunningTransaction, nonce: string): Promise<void> {
  if ((await running.world.get('nonce', nonce)) !== undefined) throw DomainError.of('nonce-used', 'this set was submitted before');
  running.world.put('nonce', nonce, { usedAt: running.at });
}

function verifiedKeys(running: RunningTransaction, { envelope, signatures }: SignedSet<Statement>, enterprise: Enterprise, signatories: Signatories): SigningKey[] {
  if (new Set(signatures.map((proof) => proof.keyId)).size !== signatures.length) throw DomainError.of('signature-malformed', 'a key signs a set once');
  const bytes = envelopeBytes(envelope);
  return signatures.map(({ keyId, ...proof }) => {
    const key = signatories.keys.find((known) => known.keyId === keyId);
    if (key === undefined) throw DomainError.of('signing-key-unknown', 'the enterprise has no such signing key');
    verifyStatementSignature({ key, bytes, proof }, running.verification.verify);
    if (!isKeyLive(key, enterprise, running.at)) throw DomainError.of('signing-key-not-live', `the key may not sign now: it is ${key.state}, out of its period, or its holder is no longer the one whom the registry names`);
    return key;
  });
}
