import type { CommittedBlock } from '@kesu/network';
import { foldBlock } from '../block-fold';
import { ProjectionStore } from '../projection-store';

const NOTHING_TO_TELL = { recordChanged: () => undefined, forget: () => undefined };

/** Folds blocks into the projection of a directory, which nobody has open, as a projection that follows a ledger does. */
export async function foldInto(directory: string, blocks: Iterable<CommittedBlock> | AsyncIterable<CommittedBlock>): Promise<void> {
  const store = await ProjectionStore.open(directory);
  try {
    for await (const block of blocks) {
      const { hash, time } = block;
      store.fold({ block: block.block, hash, time }, (draft) => foldBlock(block, draft, NOTHING_TO_TELL));
      store.writeBehind();
      await store.ready();
    }
    await store.written();
  } finally {
    await store.close();
  }
}
