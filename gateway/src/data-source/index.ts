export * from './answer-wire';
export * from './batch-tree';
export * from './data-source';
export * from './http-data-source';
export * from './provider-sources';
export * from './source-error';
export * from './verify-answer';
