/** A start can't go on: what stands in the way and the next step. */
export class StartError extends Error {
  override readonly name = 'StartError';
}
