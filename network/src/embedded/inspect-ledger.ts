import { statfs } from 'node:fs/promises';
import { join } from 'node:path';
import type { LedgerPlace } from './backup';
import { blockOf, ChainCheck } from './block-chain';
import { nodeFiles } from './storage/node-files';
import { openBlockLog } from './storage/open-block-log';

/** What `kesu doctor` says of a ledger. */
export interface LedgerReport {
  /** The newest block; absent for an empty or unreadable log. */
  readonly head?: { readonly block: number; readonly hash: string; readonly time: string };
  /** Up to which block the state is applied; absent where it wasn't opened. */
  readonly stateBlock?: number;
  /** How many blocks were followed from block 0, each by place, records and operator's signature. */
  readonly checkedBlocks: number;
  /** What is wrong, as sentences with file and next step; empty when nothing is. */
  readonly problems: readonly string[];
  readonly diskFreeBytes: number;
}

/**
 * Examines a stopped ledger: anchor, head, every segment and every block. The state isn't opened: it is checked and replayed at the next start.
 * The caller holds the ledger's lock.
 */
export async function inspectLedger(place: LedgerPlace, signal: AbortSignal): Promise<LedgerReport> {
  const diskFreeBytes = await freeBytes(place.directory);
  const problems: string[] = [];
  let checkedBlocks = 0;
  let head: LedgerReport['head'];
  try {
    const log = await openBlockLog({ files: nodeFiles, directory: join(place.directory, 'blocks'), anchorDirectory: place.anchorDirectory });
    try {
      if (log.head === undefined) problems.push('there is no ledger in this directory; start Kesu to make one');
      problems.push(...(await log.verifyOlderSegments(signal)).damaged.map((error) => error.message));
      const chain = new ChainCheck();
      for await (const logged of log.iterate(0)) {
        if (signal.aborted) break;
        const block = blockOf(logged);
        chain.accept(block);
        checkedBlocks++;
        head = { block: block.header.number, hash: block.hash, time: block.header.time };
      }
    } finally {
      await log.close();
    }
  } catch (error) {
    const text = error instanceof Error ? error.message : String(error);
    if (!problems.includes(text)) problems.push(text);
  }
  return { ...(head === undefined ? {} : { head }), checkedBlocks, problems, diskFreeBytes };
}

/** Bytes that a process may still write where a directory lies. */
export async function freeBytes(directory: string): Promise<number> {
  try {
    const { bavail, bsize } = await statfs(directory);
    return bavail * bsize;
  } catch {
    return 0;
  }
}
