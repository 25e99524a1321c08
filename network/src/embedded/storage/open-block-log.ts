import type { BlockLog, BlockLogOptions } from './block-log';

/**
 * Opens a block log, or makes an empty one.
 * @throws DamagedStoreError when the store doesn't hold what its anchor names.
 */
export async function openBlockLog(options: BlockLogOptions): Promise<BlockLog> {
  throw new Error(`not built yet: ${options.directory}`);
}
