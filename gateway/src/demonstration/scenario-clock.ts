import { instantOf, type Instant } from '@kesu/chaincode/domain';
import { systemClock, type Clock } from '../clock';

/** The clock of a ledger that is being filled with the demonstration: it stands, is moved from step to step, and at last becomes the machine's. */
export class ScenarioClock implements Clock {
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
