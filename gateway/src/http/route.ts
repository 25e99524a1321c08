import type { IncomingHttpHeaders, ServerResponse } from 'node:http';
import type { ParticipantRole } from '@kesu/chaincode/domain';
import type { z } from 'zod';
import type { Requester } from '../requester';
import type { ReleaseParts } from '../use-cases/release-parts';
import type { Authenticator } from './authenticator';
import type { HttpOptions } from './http-options';
import type { Metrics } from './metrics';
import type { Language } from './problem';

/** Who may call a route: a participant's role, or an enterprise. */
export type Actor = ParticipantRole | 'enterprise';

/** Every actor, in the order of the roles. */
export const ACTORS: readonly Actor[] = ['enterprise', 'provincialNode', 'platform', 'recipient', 'provider', 'regulator', 'auditor', 'notary', 'arbitrator', 'court'];

/** What handlers work with. */
export interface HttpParts extends ReleaseParts {
  readonly options: HttpOptions;
  readonly authenticator: Authenticator;
  readonly metrics: Metrics;
  /** The document of every route. */
  openApi(): object;
}

/** One request, decoded: everything in it has passed the route's schemas. */
export interface Call<P, Q, B> {
  readonly parts: HttpParts;
  readonly requester: Requester;
  readonly params: P;
  readonly query: Q;
  readonly body: B;
  readonly headers: IncomingHttpHeaders;
  readonly language: Language;
  /** The client's idempotency key; empty on routes that change nothing. */
  readonly idempotencyKey: string;
  /** The operation id that follows from requester and idempotency key. */
  readonly operation: string;
}

/** A JSON answer. */
export interface JsonAnswer {
  readonly status: number;
  readonly body: unknown;
  readonly headers?: Readonly<Record<string, string>>;
}

/** An answer that writes itself, e.g. an export or a release that is reported when its bytes have left. */
export interface WrittenAnswer {
  write(response: ServerResponse): Promise<void>;
}

/** What a handler answers. */
export type Answer = JsonAnswer | WrittenAnswer;

/** An answer as the document describes it. */
export interface DescribedAnswer {
  readonly description: string;
  readonly schema?: z.ZodType;
  /** JSON unless given. */
  readonly mediaTypes?: readonly string[];
}

/** What a route takes and gives: the one source of its validation, its place in the application and its document. */
export interface RouteSpec<P extends z.ZodType, Q extends z.ZodType, B extends z.ZodType> {
  readonly method: 'GET' | 'POST';
  /** As in OpenAPI: `/v1/grants/{id}`. */
  readonly path: string;
  readonly tag: string;
  readonly id: string;
  readonly summary: string;
  readonly description?: string;
  /** PUBLIC needs no authentication. */
  readonly actors: 'PUBLIC' | readonly Actor[];
  readonly params?: P;
  readonly query?: Q;
  readonly body?: B;
  /** True when a POST changes something: it needs an `Idempotency-Key`. */
  readonly changes?: boolean;
  /** True for what no transaction of the ledger decides: a suspended participant may not do it. */
  readonly admitted?: boolean;
  /** True for what a participant's own machines do and no officer signed in for it. */
  readonly machines?: boolean;
  /** True when the body is a form (RFC 6749), not JSON. */
  readonly form?: boolean;
  /** True when the body is text in UTF-8, as C2SP's protocols have it. */
  readonly text?: boolean;
  /** Which of the rate limits counts besides the general one. */
  readonly limit?: 'signIn' | 'subjectRefs';
  readonly answers: Readonly<Record<number, DescribedAnswer>>;
  handle(call: Call<z.infer<P>, z.infer<Q>, z.infer<B>>): Promise<Answer> | Answer;
}

/** A route with its types erased. */
export type Route = Omit<RouteSpec<z.ZodType, z.ZodType, z.ZodType>, 'handle'> & { handle(call: Call<unknown, unknown, unknown>): Promise<Answer> | Answer };

/** Checks a route's types and erases them. */
export function route<P extends z.ZodType = z.ZodType<Record<string, never>>, Q extends z.ZodType = z.ZodType<Record<string, never>>, B extends z.ZodType = z.ZodType<undefined>>(spec: RouteSpec<P, Q, B>): Route {
  return spec as unknown as Route;
}
