import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Requester } from '../requester';

/** What the server knows of a request besides what came in. */
export interface RequestContext {
  /** Ours, random: what a client sends as id could hold anything, so that it is echoed where AuthZEN asks for it and never logged. */
  readonly id: string;
  /** The path of the route, with its braces; never the path as sent (a client's mistake could hold a code). */
  route?: string;
  requester?: Requester;
  /** The client's key, once it was accepted: an unknown outcome is asked for by it. */
  idempotencyKey?: string;
}

const contexts = new WeakMap<IncomingMessage, RequestContext>();

/** Gives a request its context. */
export function beginContext(request: IncomingMessage, response: ServerResponse, id: string): RequestContext {
  const context: RequestContext = { id };
  contexts.set(request, context);
  response.setHeader('x-request-id', id);
  return context;
}

/** The context of a request. @throws TypeError when it has none. */
export function contextOf(request: IncomingMessage): RequestContext {
  const context = contexts.get(request);
  if (context === undefined) throw new TypeError('the request has no context');
  return context;
}

/** A requester as logs and operation ids name it: a participant's id or an enterprise's ref. */
export function requesterKey(requester: Requester): string {
  return requester.kind === 'PARTICIPANT' ? requester.id : requester.ref;
}
