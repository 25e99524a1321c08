import { pinoHttp } from 'pino-http';
import type { Logger } from 'pino';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { DomainError } from '@kesu/chaincode/domain';
import { LedgerError } from '@kesu/network';
import { GatewayError } from '../gateway-error';
import { failureOf } from './problem';
import { contextOf, requesterKey } from './request-context';

/**
 * One JSON object a line and request, made of our own words only: the route with its braces, our id, the requester's pseudonym.
 * No path, query, header or body, as a client may put a code anywhere (I16).
 */
export function requestLog(log: Logger): (request: IncomingMessage, response: ServerResponse) => void {
  const logged = pinoHttp({
    logger: log,
    genReqId: (request) => contextOf(request).id,
    serializers: { req: () => undefined, res: () => undefined, err: () => undefined },
    customLogLevel: (_request, response, error) => (error !== undefined || response.statusCode >= 500 ? 'error' : 'info'),
    customSuccessMessage: () => 'answered',
    customErrorMessage: () => 'failed',
    customProps: (request, response) => {
      const { id, route, requester } = contextOf(request);
      return { requestId: id, method: methodOf(request), route: route ?? 'none', status: response.statusCode, ...(requester === undefined ? {} : { requester: requesterKey(requester) }) };
    },
  });
  return (request, response) => void logged(request, response);
}

function methodOf({ method = '' }: IncomingMessage): string {
  return /^[A-Z]{3,7}$/.test(method) ? method : 'OTHER';
}

/** Notes why a request failed: its code; of what is unknown the class and where, never its words. */
export function noteFailure(log: Logger, error: unknown, requestId: string): void {
  const { code } = failureOf(error);
  if (error instanceof DomainError || error instanceof GatewayError) return log.debug({ requestId, code }, 'refused');
  if (error instanceof LedgerError) return log.warn({ requestId, code, kind: error.kind }, 'the ledger stood in the way');
  const where = error instanceof Error ? (error.stack ?? '').split('\n').filter((line) => /^\s+at /.test(line)).slice(0, 6).map((line) => line.trim()) : [];
  log.error({ requestId, code, error: error instanceof Error ? error.name : typeof error, where }, 'a request failed');
}
