import type { Enrolment, RevocationReason } from '@kesu/certs';

/** Where a revocation takes effect: from a block of the embedded ledger on, or at the peers of a network. */
export type PublishedRevocation =
  | { readonly kind: 'embedded'; readonly block: number }
  | { readonly kind: 'fabric'; readonly peers: readonly { readonly organisation: string; readonly refuses: boolean; readonly detail?: string }[] };

/** What revoking an identity works with. */
export interface RevocationParts {
  readonly enrolment: Enrolment;
  /** Hands the authority's list to the ledger and says from where on it is obeyed. Again with the same serials: the same effect. */
  publish(mspId: string, serials: readonly string[]): Promise<PublishedRevocation>;
}

/** A revoked identity. */
export interface RevokedIdentity {
  readonly participant: string;
  /** Lower-case hex. */
  readonly serials: readonly string[];
  readonly published: PublishedRevocation;
}

/**
 * Revokes an identity at its authority, then on the ledger. A stop in between is healed by calling again: the authority
 * answers the same serials, and they are published.
 * @throws EnrolmentError, and what `publish` throws.
 */
export async function revokeIdentity({ enrolment, publish }: RevocationParts, participant: string, reason: RevocationReason): Promise<RevokedIdentity> {
  const { serials } = await enrolment.revoke({ kind: 'identity', id: participant, reason });
  return { participant, serials, published: await publish(enrolment.mspId, serials) };
}

/** Whether every ledger that must obey a revocation does. */
export function isObeyed(published: PublishedRevocation): boolean {
  return published.kind === 'embedded' || published.peers.every(({ refuses }) => refuses);
}
