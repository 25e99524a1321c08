import { canonicalJson, toBase64url, utf8ToBytes, type Release } from '@kesu/chaincode/domain';
import type { Head, JournalChange, TransactionPosition } from '@kesu/network';
import { signedReceipt } from '../use-cases/receipt';
import { ReleaseJournal } from '../use-cases/release-journal';
import { NODE } from './seed-network';
import type { Seeding } from './seeding';

/** The journal's row of a seeded release: the receipt that the requester got, with the salt of its payload digest. The payload itself is past its time. */
export async function receiptOf(seeding: Seeding, release: Release, on: { readonly position: TransactionPosition; readonly head: Head }, salt: Uint8Array, item: number): Promise<JournalChange> {
  const { store, network } = seeding.options;
  const key = seeding.requestKeyOf(NODE);
  const stated = { position: { ...on.position, item }, head: on.head, payloadDigest: release.payloadDigest ?? '' };
  const signature = toBase64url(await key.sign(utf8ToBytes(canonicalJson(signedReceipt(network, release.id, stated)))));
  const receipt = { ...stated, salt: toBase64url(salt), keyId: key.keyId, signature };
  return new ReleaseJournal(store).releaseChange(release.id, { sender: NODE, receipt, claimedTime: release.claimedTime, seenAt: release.claimedTime });
}
