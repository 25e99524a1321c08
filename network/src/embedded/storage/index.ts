export * from './block-log';
export * from './damaged-store-error';
export * from './file-port';
export * from './journal';
export { machineProcesses, StoreLockedError, takeLock, type LockHolder, type Processes, type StoreLock } from './lock';
export { BLOCK_ANCHOR_FILE, openBlockLog } from './open-block-log';
export { nodeFiles } from './node-files';
export { openPrivateJournal } from './open-private-journal';
export { type JournalStorage, journalStorage } from './journal-storage';
