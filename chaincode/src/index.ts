export * from './commands';
export * from './contract';
export * from './transactions';
