import type { Endorsement } from './endorsement';

/** A block holds at most so many calls. */
export const MAX_BLOCK_CALLS = 1_000;

/** A block is closed when its calls reach so many bytes; one call may be larger and then has a block of its own. */
export const MAX_BLOCK_CALL_BYTES = 4 * 1024 * 1024;

/** A call that waits for its block. */
export interface WaitingCall<Answer> {
  readonly endorsement: Endorsement;
  readonly resolve: (answer: Answer) => void;
  readonly reject: (error: Error) => void;
}

/** The calls that wait for the next block, in the order in which they came. */
export class CommitQueue<Answer> {
  #waiting: WaitingCall<Answer>[] = [];

  get isEmpty(): boolean {
    return this.#waiting.length === 0;
  }

  /** Resolves with the call's answer when its block is committed. */
  add(endorsement: Endorsement): Promise<Answer> {
    return new Promise((resolve, reject) => this.#waiting.push({ endorsement, resolve, reject }));
  }

  /** Takes everything that waits, up to a block's limits. */
  takeBlock(): readonly WaitingCall<Answer>[] {
    let bytes = 0;
    const limit = this.#waiting.slice(0, MAX_BLOCK_CALLS).findIndex((call) => (bytes += call.endorsement.bytes) > MAX_BLOCK_CALL_BYTES);
    return this.#waiting.splice(0, limit < 0 ? MAX_BLOCK_CALLS : Math.max(limit, 1));
  }

  /** Rejects everything that waits. */
  rejectAll(error: Error): void {
    for (const call of this.#waiting.splice(0)) call.reject(error);
  }
}
