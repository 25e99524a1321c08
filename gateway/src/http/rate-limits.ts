import type { Request, RequestHandler } from 'express';
import { ipKeyGenerator, rateLimit } from 'express-rate-limit';
import { GatewayError } from '../gateway-error';
import type { Authenticator } from './authenticator';
import type { RateLimits } from './http-options';
import { DEFAULT_RATE_LIMITS } from './limits';
import { contextOf, requesterKey } from './request-context';

/** A middleware for each limit. */
export function rateLimiters(authenticator: Authenticator, limits: Partial<RateLimits> = {}): Readonly<Record<keyof RateLimits, RequestHandler>> {
  const all = { ...DEFAULT_RATE_LIMITS, ...limits };
  const limiter = (name: keyof RateLimits, keyOf: (request: Request) => string): RequestHandler =>
    rateLimit({
      windowMs: all[name].windowMillis,
      limit: all[name].requests,
      standardHeaders: 'draft-8',
      legacyHeaders: false,
      identifier: name,
      validate: false,
      keyGenerator: keyOf,
      handler: (_request, _response, next) => next(GatewayError.of('rate-limited', `at most ${all[name].requests} requests in ${all[name].windowMillis / 1000} seconds`, { retryAfterSeconds: Math.ceil(all[name].windowMillis / 1000) })),
    });
  return { general: limiter('general', (request) => callerOf(authenticator, request)), signIn: limiter('signIn', addressOf), subjectRefs: limiter('subjectRefs', (request) => callerOf(authenticator, request)) };
}

function addressOf(request: Request): string {
  return ipKeyGenerator(request.socket.remoteAddress ?? '');
}

/** The requester where there is one, else the address: another token of the same requester counts with the first. */
function callerOf(authenticator: Authenticator, request: Request): string {
  const context = contextOf(request);
  try {
    context.requester ??= authenticator.requesterOf(request);
    return requesterKey(context.requester);
  } catch {
    return addressOf(request);
  }
}
