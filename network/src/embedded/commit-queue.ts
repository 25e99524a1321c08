import type { Endorsement } from './endorsement';

/** A block holds at most so many calls. */
export const MAX_BLOCK_CALLS = 1_000;

/** A block is closed when its calls reach so many characters: at most six bytes each on disk, so it stays below the log's limit. */
export const MAX_BLOCK_CHARACTERS = 1_500_000;

/** One call may have at most so many characters, result, reads and writes included. */
export const MAX_CALL_CHARACTERS = 1_000_000;

/** A call that waits for its block. */
export interface WaitingCall<Answer> {
  readonly endorsement: Endorsement;
  readonly characters: number;
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
    const characters = charactersOf(endorsement);
    return new Promise((resolve, reject) => this.#waiting.push({ endorsement, characters, resolve, reject }));
  }

  /** Takes everything that waits, up to a block's limits. */
  takeBlock(): readonly WaitingCall<Answer>[] {
    let characters = 0;
    const limit = this.#waiting.slice(0, MAX_BLOCK_CALLS).findIndex((call) => (characters += call.characters) > MAX_BLOCK_CHARACTERS);
    return this.#waiting.splice(0, limit < 0 ? MAX_BLOCK_CALLS : Math.max(limit, 1));
  }

  /** Rejects everything that waits. */
  rejectAll(error: Error): void {
    for (const call of this.#waiting.splice(0)) call.reject(error);
  }
}

/** How large a call will be in its block, in characters before they are escaped. */
export function charactersOf({ certificate, proposal, command, result, simulation }: Endorsement): number {
  const texts = [certificate, proposal, command, result, simulation.events ?? ''];
  const keys = simulation.reads.reduce((sum, read) => sum + read.key.length + 64, 0) + simulation.ranges.length * 1_200;
  const writes = simulation.writes.reduce((sum, write) => sum + write.key.length + (write.value?.length ?? 0) + 32, 0);
  return texts.reduce((sum, text) => sum + text.length, 512) + keys + writes;
}
