import { existsSync } from 'node:fs';
import { inspectLedger, nodeFiles, openPrivateJournal, type LedgerReport } from '@kesu/network';
import type { Places } from './stores';

/** What `kesu doctor` says of a gateway's stores. `problems` are the ledger's and the private journal's. */
export interface StoresReport extends LedgerReport {
  readonly journal: {
    readonly directory: string;
    /** Entries that were read and found right. */
    readonly verified: number;
    /** Without it the journal can't be read: a copy belongs apart from data and backups. */
    readonly keyFile: string;
    readonly hasKeyFile: boolean;
  };
}

/** Examines stopped stores: the ledger from block 0, the private journal whole. The caller holds the lock of the data directory. */
export async function inspectStores(places: Places, signal: AbortSignal): Promise<StoresReport> {
  const ledger = await inspectLedger({ directory: places.ledger, anchorDirectory: places.anchors }, signal);
  const { journal, problems } = await inspectJournalStores(places, signal);
  return { ...ledger, problems: [...new Set([...ledger.problems, ...problems])], journal };
}

/** Examines what a gateway on Fabric keeps itself: the private journal whole. The caller holds the lock of the data directory. */
export async function inspectJournalStores(places: Places, signal: AbortSignal): Promise<Pick<StoresReport, 'journal' | 'problems'>> {
  const { verified, problems } = await inspectJournal(places, signal);
  const { journal: directory, keyFile } = places;
  return { problems, journal: { directory, verified, keyFile, hasKeyFile: existsSync(keyFile) } };
}

/** An examination makes nothing: where the journal's directory is missing it says so. */
async function inspectJournal({ journal: directory, anchors, keyFile }: Places, signal: AbortSignal): Promise<{ readonly verified: number; readonly problems: readonly string[] }> {
  if (!existsSync(directory)) return { verified: 0, problems: [`${directory}: the private journal is missing; run \`kesu backup restore\` with the newest backup`] };
  try {
    const journal = await openPrivateJournal({ files: nodeFiles, directory, anchorDirectory: anchors, keyFile });
    try {
      const { verified, damaged } = await journal.verify(signal);
      return { verified, problems: damaged.map((error) => error.message) };
    } finally {
      await journal.close();
    }
  } catch (error) {
    return { verified: 0, problems: [error instanceof Error ? error.message : String(error)] };
  }
}
