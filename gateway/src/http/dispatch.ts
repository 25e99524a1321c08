import type { NextFunction, Request, RequestHandler, Response } from 'express';
import { DomainError } from '@kesu/chaincode/domain';
import { z } from 'zod';
import { GatewayError } from '../gateway-error';
import type { Requester } from '../requester';
import { assertIdempotencyKey } from '../use-cases/idempotency-key';
import { idOf, operationIdOf } from '../use-cases/operation';
import { decodeWith } from './decode';
import { readForm } from './form-body';
import { assertJsonType, parseStrictJson, readBody, readText } from './json-body';
import { languageOf } from './problem';
import { contextOf } from './request-context';
import type { Answer, HttpParts, Route } from './route';
import { sendJson } from './send';
import { actorOf, notFound } from './visibility';

const NOBODY: Requester = { kind: 'ENTERPRISE', ref: '' };
const NO_QUERY = z.strictObject({});

/**
 * Puts a route behind authentication, role, decoding and idempotency key, in this order.
 * @param underWay holds what is not done yet; a release is done when its sending was settled, behind its answer.
 */
export function dispatch(ready: () => Promise<HttpParts>, route: Route, underWay: Set<Promise<unknown>>): RequestHandler {
  return (request: Request, response: Response, next: NextFunction) => {
    const answering = answer(ready, route, request)
      .then((made) => write(made, response))
      .catch(next)
      .finally(() => underWay.delete(answering));
    underWay.add(answering);
  };
}

async function answer(ready: () => Promise<HttpParts>, route: Route, request: Request): Promise<Answer> {
  const parts = await ready();
  const requester = admitted(parts, route, request);
  const params = paramsOf(route, request);
  const query = decodeWith(route.query ?? NO_QUERY, queryOf(request), 'query');
  const idempotencyKey = route.changes === true ? idempotencyKeyOf(request) : '';
  if (route.changes === true) contextOf(request).idempotencyKey = idempotencyKey;
  const body = route.method === 'POST' ? await bodyOf(route, request) : undefined;
  const operation = route.changes === true ? await operationIdOf(parts, idOf(requester), idempotencyKey) : '';
  return route.handle({ parts, requester, params, query, body, headers: request.headers, language: languageOf(request.headers['accept-language']), idempotencyKey, operation });
}

/** Who calls, if the route is theirs to call. @throws GatewayError unauthenticated, not-allowed; DomainError participant-not-active. */
function admitted({ authenticator, readModel }: HttpParts, route: Route, request: Request): Requester {
  const { actors } = route;
  if (actors === 'PUBLIC') return NOBODY;
  const context = contextOf(request);
  context.requester ??= authenticator.requesterOf(request);
  if (!actors.includes(actorOf(context.requester))) throw GatewayError.of('not-allowed', 'this role may not do this');
  if (context.requester.kind === 'PARTICIPANT') assertParticipantMay(route, context.requester, readModel);
  return context.requester;
}

function assertParticipantMay({ admitted: needsAdmission, machines }: Route, { id, officer }: Extract<Requester, { kind: 'PARTICIPANT' }>, readModel: HttpParts['readModel']): void {
  if (machines === true && officer !== undefined) throw GatewayError.of('not-allowed', "this is for the participant's own machines, not for an officer");
  const state = readModel.record('participant', id)?.record.state;
  if (needsAdmission === true && state !== undefined && state !== 'ADMITTED') throw DomainError.of('participant-not-active', `${id} is ${state}`);
}

/** A path that can name nothing is answered as one that names nothing. */
function paramsOf({ params }: Route, request: Request): unknown {
  if (params === undefined) return {};
  const parsed = params.safeParse({ ...request.params });
  if (!parsed.success) throw notFound();
  return parsed.data;
}

function queryOf(request: Request): Record<string, unknown> {
  const { searchParams } = new URL(request.url, 'http://localhost');
  const names = [...searchParams.keys()];
  if (new Set(names).size < names.length) throw GatewayError.of('malformed-body', 'the query holds a parameter twice');
  return Object.fromEntries(searchParams);
}

function idempotencyKeyOf(request: Request): string {
  const key = request.get('idempotency-key');
  if (key === undefined) throw GatewayError.of('idempotency-key-missing', 'send an Idempotency-Key: a random text such as a UUID, the same for a repeat of the same request');
  assertIdempotencyKey(key);
  return key;
}

async function bodyOf({ body, form, text }: Route, request: Request): Promise<unknown> {
  if (text === true) return readText(request);
  if (form === true) return decodeWith(body ?? NO_QUERY, await readForm(request), 'body');
  assertJsonType(request);
  const value = parseStrictJson(await readBody(request));
  return decodeWith(body ?? NO_QUERY, value, 'body');
}

async function write(made: Answer, response: Response): Promise<void> {
  if ('write' in made) return made.write(response);
  sendJson(response, made);
}
