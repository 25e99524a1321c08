export * from './block-log';
export * from './damaged-store-error';
export * from './file-port';
export * from './journal';
export { nodeFiles } from './node-files';
export { BLOCK_ANCHOR_FILE, openBlockLog } from './open-block-log';
export { openPrivateJournal } from './open-private-journal';
