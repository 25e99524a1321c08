export { CheckpointPublisher, type PublishedCheckpoint } from './checkpoint-publisher';
export { Cosigner } from './cosigner';
export { EvidenceLog, type LoggedEvent, type LogStatus } from './evidence-log';
export { introduceLogKey, LogKeyRing, type HeldLogKey } from './log-key-ring';
export { LogDisagreement, LogStopped } from './log-error';
export { httpWitness } from './http-witness';
export { openLogParts, type LogParts, type LogPartsOptions } from './log-parts';
export { WitnessRefusal, type Witness } from './witness';
