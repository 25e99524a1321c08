/** A stored value isn't what was written, or lies under another key: it is never served. The projection must be rebuilt. */
export class ProjectionDamage extends Error {
  override readonly name = 'ProjectionDamage';

  constructor(detail: string, options?: ErrorOptions) {
    super(`the projection is damaged (${detail}): run "kesu index rebuild"`, options);
  }
}

/** The projection follows no longer: a block can't be folded, or belongs to another ledger. */
export class ProjectionStopped extends Error {
  override readonly name = 'ProjectionStopped';
}
