export { Projection, type ProjectionOptions, type ProjectionState } from './projection';
export { ProjectionDamage, ProjectionStopped } from './projection-error';
export { rebuildProjection, verifyProjection, type IndexReport, type ProjectionReport, type RebuildReport } from './verify-projection';
