import type { Head, TransactionPosition } from '@kesu/network';
import type { GatewayParts } from '../gateway-parts';

/** How long an answer waits for the projection to fold what was just committed, milliseconds. */
export const FOLD_WAIT_MILLIS = 5_000;

/** Where a committed change stands, and the records it wrote. */
export interface CommittedChange {
  readonly ids: readonly string[];
  readonly position: { readonly block: number; readonly index: number; readonly item: number; readonly txId: string };
  readonly head: Head;
}

/**
 * A committed change as it is answered. Waits until the projection has folded its block, so that who was told "done" reads what
 * was done; when the projection is late, the change stands all the same.
 */
export async function committedChange({ readModel }: Pick<GatewayParts, 'readModel'>, done: { readonly position: TransactionPosition; readonly head: Head; readonly result: { readonly ids: readonly string[] } }): Promise<CommittedChange> {
  try {
    await readModel.waitFor(done.position.block, AbortSignal.timeout(FOLD_WAIT_MILLIS));
  } catch {
    // Late is not lost: the position says where the change stands.
  }
  const { block, index, txId } = done.position;
  return { ids: done.result.ids, position: { block, index, item: 0, txId }, head: done.head };
}
