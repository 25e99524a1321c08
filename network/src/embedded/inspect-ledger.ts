import { statfs } from 'node:fs/promises';
import { join } from 'node:path';
import { expiryNotice, type ExpiryNotice } from '@kesu/certs';
import type { LedgerPlace } from './backup';
import { blockOf, ChainCheck } from './block-chain';
import { type LockHolder, StoreLockedError, takeLock } from './storage/lock';
import { nodeFiles } from './storage/node-files';
import { openBlockLog } from './storage/open-block-log';

/** What `kesu doctor` says of a ledger. */
export interface LedgerReport {
  /** The process that runs the ledger: then nothing else was examined. */
  readonly holder?: LockHolder;
  /** The newest block; absent for an empty or unreadable log. */
  readonly head?: { readonly block: number; readonly hash: string; readonly time: string };
  /** Up to which block the state is applied; absent where it wasn't opened. */
  readonly stateBlock?: number;
  /** How many blocks were followed from block 0, each by place, records and operator's signature. */
  readonly checkedBlocks: number;
  /** What is wrong, as sentences with file and next step; empty when nothing is. */
  readonly problems: readonly string[];
  /** The end of the certificate that signs the blocks, and what to do before it; absent where no block could be read. */
  readonly operator?: { readonly notAfter: string; readonly notice: ExpiryNotice };
  readonly diskFreeBytes: number;
}

/**
 * Examines a stopped ledger under its lock: anchor, head, every segment and every block. The state isn't opened: it is checked and replayed at
 * the next start. Of a running ledger it names the process; that one answers `EmbeddedLedger.inspect`.
 */
export async function inspectLedger(place: LedgerPlace, signal: AbortSignal, now: number = Date.now()): Promise<LedgerReport> {
  const diskFreeBytes = await freeBytes(place.directory);
  if (!(await nodeFiles.exists(place.directory))) return { checkedBlocks: 0, problems: [`${place.directory} does not exist; start Kesu to make a ledger`], diskFreeBytes };
  try {
    const lock = await takeLock(join(place.directory, 'kesu.lock'));
    return await examine(place, signal, diskFreeBytes, now).finally(() => lock.release());
  } catch (error) {
    if (!(error instanceof StoreLockedError)) throw error;
    const { holder } = error;
    return { ...(holder === undefined ? {} : { holder }), checkedBlocks: 0, problems: [], diskFreeBytes };
  }
}

async function examine(place: LedgerPlace, signal: AbortSignal, diskFreeBytes: number, now: number): Promise<LedgerReport> {
  const problems: string[] = [];
  let checkedBlocks = 0;
  let head: LedgerReport['head'];
  let operator: LedgerReport['operator'];
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
      operator = operatorIn(chain, now, problems);
    } finally {
      await log.close();
    }
  } catch (error) {
    const text = error instanceof Error ? error.message : String(error);
    if (!problems.includes(text)) problems.push(text);
  }
  return { ...(head === undefined ? {} : { head }), ...(operator === undefined ? {} : { operator }), checkedBlocks, problems, diskFreeBytes };
}

function operatorIn({ operatorCertificate }: ChainCheck, now: number, problems: string[]): LedgerReport['operator'] {
  if (operatorCertificate === undefined) return undefined;
  const end = Date.parse(operatorCertificate.validTo);
  const notice = expiryNotice(end, now);
  const notAfter = new Date(end).toISOString();
  if (notice.kind === 'expired') problems.push(`the certificate that signs the blocks ended at ${notAfter}: run \`kesu identity renew ledger-operator\``);
  return { notAfter, notice };
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
