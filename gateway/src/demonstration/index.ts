export { Demonstration, prepareDemonstration } from './demonstration';
export { commandsOf, readSummary, type DemonstrationSummary } from './demonstration-summary';
export { DEMONSTRATION_COSIGNERS } from './organisations';
