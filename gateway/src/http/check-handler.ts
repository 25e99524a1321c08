import type { IncomingMessage, ServerResponse } from 'node:http';
import { GRANULARITIES, idSchema, itemCodeSchema, participantIdSchema, PURPOSES } from '@kesu/chaincode/domain';
import { z } from 'zod';
import { GatewayError } from '../gateway-error';
import { check, checkList, EVALUATIONS_SEMANTICS, type CheckAnswer, type CheckParts, type CheckQuestion } from '../use-cases/check';
import type { Authenticator } from './authenticator';
import { decodeWith } from './decode';
import { assertJsonType, parseStrictJson } from './json-body';
import { MAX_BODY_BYTES, MAX_EVALUATIONS } from './limits';
import type { Metrics } from './metrics';
import { failureOf, languageOf } from './problem';
import { beginContext } from './request-context';
import { sendProblem } from './send';

/** AuthZEN ignores unknown members; so do these schemas, and no others of the API. */
const subjectSchema = z.object({ type: z.enum(['recipient', 'platform']), id: participantIdSchema });
const resourceSchema = z.object({
  type: z.literal('catalogue-item'),
  id: itemCodeSchema,
  properties: z.object({ enterprise: idSchema, granularity: z.enum(GRANULARITIES).optional() }),
});
const contextSchema = z.object({ purpose: z.enum(PURPOSES), loanRef: idSchema.optional(), platform: participantIdSchema.optional() });

/** One evaluation (OpenID AuthZEN 1.0, section 6). */
export const evaluationSchema = z.object({ subject: subjectSchema, action: z.object({ name: z.literal('read') }), resource: resourceSchema, context: contextSchema });

/** A list of evaluations (section 7): members of the request are defaults of each. */
export const evaluationsSchema = z.object({
  subject: subjectSchema.optional(),
  action: z.object({ name: z.literal('read') }).optional(),
  resource: resourceSchema.optional(),
  context: contextSchema.optional(),
  evaluations: z.array(z.object({ subject: subjectSchema.optional(), action: z.object({ name: z.literal('read') }).optional(), resource: resourceSchema.optional(), context: contextSchema.optional() })).max(MAX_EVALUATIONS).optional(),
  options: z.object({ evaluations_semantic: z.enum(EVALUATIONS_SEMANTICS).optional() }).optional(),
});

/** An answer to an evaluation. */
export const decisionSchema = z.object({
  decision: z.boolean(),
  context: z.object({ reason: z.string().optional(), grantId: idSchema.optional(), until: z.string().optional(), asOf: z.object({ block: z.int(), hash: z.string(), time: z.string() }) }),
});

/** The answers to a list: one an evaluation, or the one answer where there was no list. */
export const decisionsSchema = z.union([z.object({ evaluations: z.array(decisionSchema) }), decisionSchema]);

/** Paths that the plain handler answers. */
export const CHECK_PATHS = { one: '/access/v1/evaluation', list: '/access/v1/evaluations', metadata: '/.well-known/authzen-configuration' } as const;

/** What a client may send as `X-Request-ID` to get it back. */
const REQUEST_ID = /^[\x21-\x7e]{1,128}$/;

/** What the plain handler works with. */
export interface CheckHandlerParts {
  readonly parts: CheckParts;
  readonly authenticator: Authenticator;
  readonly metrics: Metrics;
  readonly origin: string;
  /** Takes note of what went wrong with a request of that id. */
  failed(error: unknown, requestId: string): void;
}

/**
 * The check endpoints without Express, which serves a sixth of what bare `node:http` does (architecture.md rule 14); same
 * authentication, same problems.
 * @returns true when the request was one of theirs.
 */
export function checkHandler(handlerParts: CheckHandlerParts): (request: IncomingMessage, response: ServerResponse) => boolean {
  let served = 0;
  const prefix = `c${process.pid.toString(36)}-${Date.now().toString(36)}-`;
  return (request, response) => {
    const { url } = request;
    if (url === CHECK_PATHS.one || url === CHECK_PATHS.list) {
      served = (served + 1) % Number.MAX_SAFE_INTEGER;
      answerCheck(handlerParts, request, response, url, prefix + served.toString(36));
      return true;
    }
    if (url !== CHECK_PATHS.metadata) return false;
    answerMetadata(handlerParts, request, response);
    return true;
  };
}

function answerCheck(handlerParts: CheckHandlerParts, request: IncomingMessage, response: ServerResponse, path: string, id: string): void {
  const fail = (error: unknown): void => {
    handlerParts.failed(error, id);
    beginContext(request, response, id);
    echoRequestId(request, response, id);
    sendProblem(response, failureOf(error), id, languageOf(request.headers['accept-language']));
    request.resume();
  };
  try {
    handlerParts.authenticator.assertHost(request);
    if (request.method !== 'POST') throw GatewayError.of('method-not-allowed', 'evaluations are asked by POST');
    const requester = handlerParts.authenticator.requesterOf(request);
    assertJsonType(request);
    collect(request, fail, (bytes) => {
      try {
        const body = parseStrictJson(bytes);
        const answer = path === CHECK_PATHS.one ? one(handlerParts, requester, body) : list(handlerParts, requester, body);
        const text = JSON.stringify(answer);
        const headers = ['content-type', 'application/json', 'content-length', String(Buffer.byteLength(text)), 'cache-control', 'no-store'];
        const sent = request.headers['x-request-id'];
        if (typeof sent === 'string' && REQUEST_ID.test(sent)) headers.push('x-request-id', sent);
        response.writeHead(200, headers);
        response.end(text);
      } catch (error) {
        fail(error);
      }
    });
  } catch (error) {
    fail(error);
  }
}

/** Reads the body by callbacks: a promise a request would cost a tenth of the throughput. */
function collect(request: IncomingMessage, fail: (error: unknown) => void, done: (bytes: Buffer) => void): void {
  let first: Buffer | undefined;
  let more: Buffer[] | undefined;
  let length = 0;
  let over = false;
  request.on('data', (chunk: Buffer) => {
    length += chunk.length;
    if (over) return;
    if (length > MAX_BODY_BYTES) {
      over = true;
      fail(GatewayError.of('body-too-large', `a body has at most ${MAX_BODY_BYTES} bytes`));
    } else if (first === undefined) first = chunk;
    else (more ??= [first]).push(chunk);
  });
  request.on('end', () => {
    if (!over) done(more === undefined ? (first ?? Buffer.alloc(0)) : Buffer.concat(more));
  });
  // A client that breaks off gets no answer; without a listener the error would end the process.
  request.on('error', () => undefined);
}

type Asker = ReturnType<Authenticator['requesterOf']>;

function one({ parts, metrics }: CheckHandlerParts, requester: Asker, body: unknown) {
  return answerOf(metrics, check(parts, requester, questionOf(decodeWith(evaluationSchema, body, 'body'))));
}

function list({ parts, metrics }: CheckHandlerParts, requester: Asker, body: unknown) {
  const { evaluations, options, ...defaults } = decodeWith(evaluationsSchema, body, 'body');
  if (evaluations === undefined || evaluations.length === 0) return answerOf(metrics, check(parts, requester, questionOf(decodeWith(evaluationSchema, defaults, 'body'))));
  const questions = evaluations.map((evaluation, index) => {
    const whole = evaluationSchema.safeParse({ ...defaults, ...evaluation });
    if (!whole.success) throw GatewayError.of('malformed-body', 'an evaluation lacks a member that has no default', { faults: [{ pointer: `/evaluations/${index}`, detail: 'subject, action, resource and context, here or as defaults' }] });
    return questionOf(whole.data);
  });
  return { evaluations: checkList(parts, requester, questions, options?.evaluations_semantic).map((answer) => answerOf(metrics, answer)) };
}

function questionOf({ subject, resource, context }: z.infer<typeof evaluationSchema>): CheckQuestion {
  const { enterprise, granularity } = resource.properties;
  const { purpose, loanRef, platform } = context;
  return {
    subject,
    item: resource.id,
    enterprise,
    purpose,
    ...(granularity === undefined ? {} : { granularity }),
    ...(loanRef === undefined ? {} : { loanRef }),
    ...(platform === undefined ? {} : { platform }),
  };
}

function answerOf(metrics: Metrics, { decision, ...context }: CheckAnswer): z.infer<typeof decisionSchema> {
  metrics.check(decision);
  return { decision, context };
}

function requestIdOf(request: IncomingMessage, own: string): string {
  const sent = request.headers['x-request-id'];
  return typeof sent === 'string' && REQUEST_ID.test(sent) ? sent : own;
}

function echoRequestId(request: IncomingMessage, response: ServerResponse, own: string): void {
  if (!response.headersSent) response.setHeader('x-request-id', requestIdOf(request, own));
}

function answerMetadata({ origin, authenticator, failed }: CheckHandlerParts, request: IncomingMessage, response: ServerResponse): void {
  const id = 'authzen-configuration';
  try {
    authenticator.assertHost(request);
    if (request.method !== 'GET') throw GatewayError.of('method-not-allowed', 'the metadata are read by GET');
    const body = { policy_decision_point: origin, access_evaluation_endpoint: origin + CHECK_PATHS.one, access_evaluations_endpoint: origin + CHECK_PATHS.list };
    response.setHeader('x-request-id', requestIdOf(request, id));
    const text = JSON.stringify(body);
    response.writeHead(200, { 'content-type': 'application/json', 'content-length': Buffer.byteLength(text) });
    response.end(text);
  } catch (error) {
    failed(error, id);
    sendProblem(response, failureOf(error), id, languageOf(request.headers['accept-language']));
  }
}
