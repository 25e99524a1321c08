import express, { type ErrorRequestHandler, type Express } from 'express';
import helmet from 'helmet';
import { GatewayError } from '../gateway-error';
import type { Authenticator } from './authenticator';
import { dispatch } from './dispatch';
import type { HttpOptions } from './http-options';
import type { Metrics } from './metrics';
import { pageRouter } from './pages';
import { failureOf, languageOf } from './problem';
import { rateLimiters } from './rate-limits';
import { contextOf } from './request-context';
import type { HttpParts, Route } from './route';
import { sendProblem } from './send';
import { notFound } from './visibility';

/** What the application is made of. */
export interface AppParts {
  readonly options: HttpOptions;
  readonly authenticator: Authenticator;
  readonly metrics: Metrics;
  readonly routes: readonly Route[];
  /** The parts of handlers, once they are open. */
  ready(): Promise<HttpParts>;
  /** What is not done yet. */
  readonly underWay: Set<Promise<unknown>>;
  /** Takes note of what went wrong with a request of that id. */
  failed(error: unknown, requestId: string): void;
}

/** The Express application: everything but the check endpoints. */
export function createApp(app: AppParts): Express {
  const made = express();
  const limiters = rateLimiters(app.authenticator, app.options.rateLimits);
  made.disable('x-powered-by');
  made.set('etag', false);
  made.set('case sensitive routing', true);
  made.set('strict routing', true);
  made.use((request, _response, next) => {
    app.authenticator.assertHost(request);
    next();
  });
  made.use(
    helmet({
      contentSecurityPolicy: { useDefaults: false, directives: { defaultSrc: ["'self'"], imgSrc: ["'self'", 'data:'], objectSrc: ["'none'"], frameAncestors: ["'none'"], baseUri: ["'none'"], formAction: ["'self'"] } },
      strictTransportSecurity: app.options.origin.startsWith('https:'),
      crossOriginResourcePolicy: { policy: 'same-origin' },
    }),
  );
  made.use(limiters.general);
  made.use(pageRouter());
  for (const route of app.routes) {
    const path = expressPath(route.path);
    const limit = route.limit === undefined ? [] : [limiters[route.limit]];
    const name: express.RequestHandler = (request, _response, next) => {
      contextOf(request).route = route.path;
      next();
    };
    made[route.method === 'GET' ? 'get' : 'post'](path, name, ...limit, dispatch(app.ready, route, app.underWay));
  }
  for (const path of new Set(app.routes.map((route) => route.path))) made.all(expressPath(path), methodNotAllowed(app.routes, path));
  made.use((_request, _response, next) => next(notFound()));
  made.use(answerFailure(app));
  return made;
}

/** `/v1/grants/{id}` as Express writes it. */
export function expressPath(path: string): string {
  return path.replaceAll(/\{(\w+)\}/g, ':$1');
}

function methodNotAllowed(routes: readonly Route[], path: string): express.RequestHandler {
  const allowed = routes.filter((route) => route.path === path).map((route) => route.method);
  return (_request, response, next) => {
    response.setHeader('allow', allowed.join(', '));
    next(GatewayError.of('method-not-allowed', `this path takes ${allowed.join(' and ')}`));
  };
}

function answerFailure({ failed }: AppParts): ErrorRequestHandler {
  return (error: unknown, request, response, _next) => {
    const { id, idempotencyKey } = contextOf(request);
    failed(error, id);
    const failure = failureOf(asGatewayError(error));
    const asked = failure.code === 'outcome-unknown' && failure.operationKey === undefined && idempotencyKey !== undefined ? { operationKey: idempotencyKey } : {};
    sendProblem(response, { ...failure, ...asked }, id, languageOf(request.headers['accept-language']));
    // What of a refused body is still coming is read away, so that the client sees the answer.
    request.resume();
  };
}

/** Express's own errors: a path that isn't percent-encoded right names nothing. */
function asGatewayError(error: unknown): unknown {
  return error instanceof URIError ? notFound() : error;
}
