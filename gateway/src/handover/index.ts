export * from './handover-channel';
export * from './handover-channels';
export * from './handover-outbox';
export * from './handover-wire';
export * from './http-handover-channel';
