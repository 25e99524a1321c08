/** `@kesu/network`: where the ledger runs. The port, and the embedded ledger behind it. */
export * from './ledger';
export type { LedgerHost, Verification } from './ledger-host';
export { EmbeddedLedger, type EmbeddedLedgerOptions } from './embedded/embedded-ledger';
export type { ContractClass } from './embedded/contract-dispatcher';
export type { Endorsement } from './embedded/endorsement';
export { type BackupManifest, BackupError, createBackup, type LedgerPlace, restoreBackup, type RestoreOptions, verifyBackup } from './embedded/backup';
export { inspectLedger, type LedgerReport } from './embedded/inspect-ledger';
export type { StateReport } from './embedded/state-replay';
export { StateSeal } from './embedded/state-seal';
export * from './embedded/storage';
export * from './topology';
