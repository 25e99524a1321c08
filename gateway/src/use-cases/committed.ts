import type { Identity } from '@kesu/certs';
import type { CommandOf, ResultOf, TransactionName } from '@kesu/chaincode';
import { canonicalJson, DomainError, sha256Hex } from '@kesu/chaincode/domain';
import type { Head } from '@kesu/network';
import type { GatewayParts } from '../gateway-parts';
import type { StoredOperation } from '../read-model';

/** How long an answer waits for the projection to fold what was just committed, milliseconds. */
export const FOLD_WAIT_MILLIS = 5_000;

/** Where a committed change stands, and the records it wrote. */
export interface CommittedChange {
  readonly ids: readonly string[];
  readonly position: { readonly block: number; readonly index: number; readonly item: number; readonly txId: string };
  readonly head: Head;
}

/** Names of transactions that answer the ids of the records they wrote. */
export type ChangeName = { [N in TransactionName]: ResultOf<N> extends { readonly ids: readonly string[] } ? N : never }[TransactionName];

/**
 * Submits a command under its operation, or answers what its first submission became (I7): a repeat costs no block. Waits until
 * the projection has folded the change, so that who was told "done" reads what was done.
 * @throws DomainError, operation-conflict among them; LedgerError.
 */
export async function submitChange<N extends ChangeName>(parts: Pick<GatewayParts, 'ledger' | 'readModel'>, identity: Identity, transaction: N, command: CommandOf<N>): Promise<CommittedChange> {
  const { operation } = command as { readonly operation: string };
  const earlier = parts.readModel.operation(operation);
  if (earlier !== undefined) return earlierChange(earlier, sha256Hex(canonicalJson(command)));
  const done = await parts.ledger.submit(identity, transaction, command);
  const { ids } = done.result as { readonly ids: readonly string[] };
  await fold(parts, done.position.block);
  // A repeat that met its first submission on the way was answered by it, in a block of its own: the first one's position counts.
  const { position, head } = parts.readModel.operation(operation) ?? done;
  const { block, index, txId } = position;
  return { ids, position: { block, index, item: 0, txId }, head };
}

function earlierChange({ record, position, head }: StoredOperation, commandDigest: string): CommittedChange {
  if (record.kind === 'CLOSED') throw DomainError.of('operation-closed', 'the operation was closed before it took effect: use a new key');
  if (record.commandDigest !== commandDigest) throw DomainError.of('operation-conflict', 'another request was recorded under this idempotency key');
  const { ids } = record.result as { readonly ids: readonly string[] };
  return { ids, position: { ...position, item: 0 }, head };
}

async function fold({ readModel }: Pick<GatewayParts, 'readModel'>, block: number): Promise<void> {
  try {
    await readModel.waitFor(block, AbortSignal.timeout(FOLD_WAIT_MILLIS));
  } catch {
    // Late is not lost: the position says where the change stands.
  }
}
