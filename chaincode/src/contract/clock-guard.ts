import { DomainError, instantOf, type Instant } from '../domain';

/** How far a claimed time may lie from the peer's clock, milliseconds (I4). */
export const CLAIMED_TIME_TOLERANCE_MILLIS = 30_000;

/** A stub whose ledger brings its own clock, as the embedded ledger's does. */
export interface PeerClock {
  peerTimeMillis(): number;
}

interface TimedStub {
  getTxTimestamp(): { seconds: number | { toNumber(): number }; nanos: number };
}

/**
 * The transaction's claimed time, refused when it lies outside the tolerance around this peer's clock. The clock is only
 * ever a reason to refuse: it is never written and never branched on, so that endorsers agree. The one file that reads it.
 * @throws DomainError claimed-time-out-of-bounds.
 */
export function guardedClaimedTime(stub: TimedStub & Partial<PeerClock>): Instant {
  const { seconds, nanos } = stub.getTxTimestamp();
  const claimed = (typeof seconds === 'number' ? seconds : seconds.toNumber()) * 1000 + Math.floor(nanos / 1_000_000);
  const now = stub.peerTimeMillis === undefined ? Date.now() : stub.peerTimeMillis();
  if (Math.abs(claimed - now) > CLAIMED_TIME_TOLERANCE_MILLIS) {
    throw DomainError.of('claimed-time-out-of-bounds', "the claimed time is more than 30 s from the peer's clock: set the clock of the machine that submits");
  }
  return instantOf(claimed);
}
