export { Projection, type ProjectionOptions, type ProjectionState } from './projection';
export { ProjectionDamage, ProjectionStopped } from './projection-error';
