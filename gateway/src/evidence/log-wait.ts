import { LogStopped, type EvidenceLog } from '../evidence-log';
import { GatewayError } from '../gateway-error';

/** Longest time that evidence waits for the log to hold what the projection shows, milliseconds. */
export const LOG_WAIT_MILLIS = 10_000;

/** Resolves when the log has folded a block. @throws GatewayError not-ready when it takes too long; LogStopped. */
export async function logHolds(log: Pick<EvidenceLog, 'follows'>, block: number): Promise<void> {
  try {
    await log.follows(block, AbortSignal.timeout(LOG_WAIT_MILLIS));
  } catch (error) {
    throw error instanceof LogStopped ? error : GatewayError.of('not-ready', 'the log has not folded that block yet', { retryAfterSeconds: 1, cause: error });
  }
}
