export * from './batch-reach';
export * from './decision-rerun';
export * from './proven-fact';
export * from './statement-error';
export * from './usage-report';
