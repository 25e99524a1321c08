/** Where a store is damaged, and what the operator does next. Names and numbers of the store only: no content (I16). */
export interface Damage {
  /** The damaged or missing file. */
  readonly file: string;
  /** The byte at which the damaged part begins; 0 for a file as a whole. */
  readonly offset: number;
  /** What is wrong or missing, as a part of a sentence. */
  readonly problem: string;
  /** What to do next, as an order. */
  readonly nextStep: string;
}

/** The next step for everything that only a backup can bring back. */
export const RESTORE_STEP = 'run `kesu backup restore` with the newest backup';

/**
 * A store holds something other than what was acknowledged: it refuses, and never serves a wrong value or a shorter
 * history (I6, I10). Retrying doesn't help.
 */
export class DamagedStoreError extends Error {
  override readonly name = 'DamagedStoreError';

  constructor(
    readonly damage: Damage,
    options?: ErrorOptions,
  ) {
    super(`${damage.file} at byte ${damage.offset}: ${damage.problem}; ${damage.nextStep}`, options);
  }
}

/**
 * A store can't take writes: a write or a sync failed, so what is durable is unknown until it is opened again (I13). What
 * was not acknowledged may be there afterwards or not, but never in part.
 */
export class StoreUnavailableError extends Error {
  override readonly name = 'StoreUnavailableError';
}
