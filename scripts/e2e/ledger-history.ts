import { eventsOf, type Release } from '@kesu/chaincode/domain';
import type { CommittedBlock, Ledger } from '../../network/src/ledger';

/** A release as the ledger's events tell of it: read past the gateway. */
export interface OnLedger {
  readonly release: Release;
  readonly position: { readonly block: number; readonly index: number; readonly item: number; readonly txId: string };
}

/** Every block up to the newest; waits for block `through`, which a gateway may have seen a moment earlier. */
export async function historyOf(ledger: Ledger, through = 0): Promise<CommittedBlock[]> {
  const head = Math.max((await ledger.head()).block, through);
  const blocks: CommittedBlock[] = [];
  const stop = new AbortController();
  for await (const block of ledger.blocks(0, stop.signal)) {
    blocks.push(block);
    if (block.block >= head) break;
  }
  stop.abort();
  return blocks;
}

/** Every release that counts, in the ledger's order. */
export function releasesIn(blocks: readonly CommittedBlock[]): OnLedger[] {
  return blocks.flatMap(({ block, transactions }) =>
    transactions.filter(({ validity }) => validity === 'VALID').flatMap((transaction) =>
      eventsOf(transaction).flatMap((event, item) => (event.kind === 'release' ? [{ release: event.release, position: { block, index: transaction.index, item, txId: transaction.txId } }] : [])),
    ),
  );
}
