import type { IncomingMessage, ServerResponse } from 'node:http';
import { GatewayError } from '../gateway-error';
import type { Requester } from '../requester';
import { check, checkList, type CheckAnswer, type CheckParts } from '../use-cases/check';
import type { Authenticator } from './authenticator';
import { decisionsText, decisionText } from './decision-text';
import { questionOf, questionsOf } from './evaluation';
import { assertJsonType, parseStrictJson } from './json-body';
import { MAX_BODY_BYTES } from './limits';
import type { Metrics } from './metrics';
import { failureOf, languageOf } from './problem';
import { beginContext } from './request-context';
import { sendProblem } from './send';

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

/** One request to a check endpoint, from its head to its answer. */
interface Asking {
  readonly handlerParts: CheckHandlerParts;
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly path: string;
  /** Ours, for the log. */
  readonly id: string;
}

function answerCheck(handlerParts: CheckHandlerParts, request: IncomingMessage, response: ServerResponse, path: string, id: string): void {
  const asking: Asking = { handlerParts, request, response, path, id };
  try {
    handlerParts.authenticator.assertHost(request);
    if (request.method !== 'POST') throw GatewayError.of('method-not-allowed', 'evaluations are asked by POST');
    const requester = handlerParts.authenticator.requesterOf(request);
    assertJsonType(request);
    collect(asking, requester);
  } catch (error) {
    fail(asking, error);
  }
}

function answerBody(asking: Asking, requester: Requester, bytes: Buffer): void {
  try {
    const text = asking.path === CHECK_PATHS.one ? one(asking.handlerParts, requester, bytes) : list(asking.handlerParts, requester, bytes);
    const headers = ['content-type', 'application/json', 'content-length', String(text.length), 'cache-control', 'no-store'];
    const sent = asking.request.headers['x-request-id'];
    if (typeof sent === 'string' && REQUEST_ID.test(sent)) headers.push('x-request-id', sent);
    asking.response.writeHead(200, headers);
    // ASCII (see decisionText): head and body leave in one write of one byte a character.
    asking.response.end(text, 'latin1');
  } catch (error) {
    fail(asking, error);
  }
}

function fail({ handlerParts, request, response, id }: Asking, error: unknown): void {
  handlerParts.failed(error, id);
  beginContext(request, response, id);
  echoRequestId(request, response, id);
  sendProblem(response, failureOf(error), id, languageOf(request.headers['accept-language']));
  request.resume();
}

/** Reads the body by callbacks: a promise a request would cost a tenth of the throughput. */
function collect(asking: Asking, requester: Requester): void {
  const { request } = asking;
  let first: Buffer | undefined;
  let more: Buffer[] | undefined;
  let length = 0;
  let over = false;
  request.on('data', (chunk: Buffer) => {
    length += chunk.length;
    if (over) return;
    if (length > MAX_BODY_BYTES) {
      over = true;
      fail(asking, GatewayError.of('body-too-large', `a body has at most ${MAX_BODY_BYTES} bytes`));
    } else if (first === undefined) first = chunk;
    else (more ??= [first]).push(chunk);
  });
  request.on('end', () => {
    if (!over) answerBody(asking, requester, more === undefined ? (first ?? NO_BYTES) : Buffer.concat(more));
  });
  // A client that breaks off gets no answer; without a listener the error would end the process.
  request.on('error', ignore);
}

const NO_BYTES = Buffer.alloc(0);

function ignore(): void {
  // Nobody is there to be told.
}

function one({ parts, metrics }: CheckHandlerParts, requester: Requester, bytes: Buffer): string {
  return decisionText(counted(metrics, check(parts, requester, questionOf(parseStrictJson(bytes)))));
}

function list({ parts, metrics }: CheckHandlerParts, requester: Requester, bytes: Buffer): string {
  const { alone, questions, semantic } = questionsOf(parseStrictJson(bytes));
  const answers = checkList(parts, requester, questions, semantic);
  for (const answer of answers) counted(metrics, answer);
  return alone && answers[0] !== undefined ? decisionText(answers[0]) : decisionsText(answers);
}

function counted(metrics: Metrics, answer: CheckAnswer): CheckAnswer {
  metrics.check(answer.decision);
  return answer;
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
