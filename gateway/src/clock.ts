/** Where the time comes from: milliseconds since 1970. A port, so that the demonstration and the tests bring their own. */
export interface Clock {
  now(): number;
}

/** The machine's clock. */
export const systemClock: Clock = { now: () => Date.now() };
