import { instantOf, type Instant } from '@kesu/chaincode/domain';
import { systemClock, type Clock } from '../clock';

/** The clock under which a ledger is filled: one that is moved from step to step, or the machine's. */
export interface SeedClock extends Clock {
  /** `now()` as an instant. */
  readonly at: Instant;
  /** Moves on to a later time where that can be done. */
  moveTo(millis: number): void;
  /** From now on the machine's clock. */
  release(): void;
}

/** The machine's clock for a ledger whose clock nobody sets: everything happens now. */
export const presentClock: SeedClock = {
  now: () => systemClock.now(),
  get at() {
    return instantOf(systemClock.now());
  },
  moveTo: () => undefined,
  release: () => undefined,
};

/** The clock of a ledger that is being filled with the demonstration: it stands, is moved from step to step, and at last becomes the machine's. */
export class ScenarioClock implements SeedClock {
  #millis: number;
  #released = false;

  /**
   * @param startMillis epoch milliseconds at which it stands first.
   * @param then the clock from {@link release} on.
   */
  constructor(
    startMillis: number,
    private readonly then: Clock = systemClock,
  ) {
    this.#millis = startMillis;
  }

  now(): number {
    return this.#released ? this.then.now() : this.#millis;
  }

  /** {@link now} as an instant. */
  get at(): Instant {
    return instantOf(this.now());
  }

  /**
   * Moves on to a later time, epoch milliseconds; the present one is allowed.
   * @throws RangeError for an earlier time, and after {@link release}.
   */
  moveTo(millis: number): void {
    if (this.#released) throw new RangeError('the clock was released: it is the machine\'s now');
    if (millis < this.#millis) throw new RangeError(`the clock goes forward only: it stands at ${instantOf(this.#millis)}`);
    this.#millis = millis;
  }

  /**
   * From now on the machine's clock.
   * @throws RangeError when that would set the time back.
   */
  release(): void {
    if (!this.#released && this.then.now() < this.#millis) throw new RangeError("the scenario lies ahead of the machine's clock");
    this.#released = true;
  }
}
