import type { KesuProcess, Place } from './kesu-process';

/** What the parts share: one seeded place and the run that filled it. */
export interface Seeded {
  readonly place: Place;
  readonly enterprises: number;
  readonly gateway: KesuProcess;
  /** True for `npm run test:full`. */
  readonly isFull: boolean;
}
