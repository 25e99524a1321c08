import { createDocument, type ZodOpenApiOperationObject, type ZodOpenApiPathsObject } from 'zod-openapi';
import type { z } from 'zod';
import { CHECK_PATHS } from './check-handler';
import { decisionSchema, decisionsSchema } from './decision-text';
import { evaluationSchema, evaluationsSchema } from './evaluation';
import * as limits from './limits';
import { problemSchema } from './problem';
import { PROBLEMS } from './problem-table';
import type { DescribedAnswer, Route } from './route';

const PROBLEM_JSON = 'application/problem+json';

/** The OpenAPI 3.1 document of the routes: made of the schemas that validate. @param origin where the gateway is reached. */
export function openApiDocument(routes: readonly Route[], origin: string): object {
  const paths: ZodOpenApiPathsObject = {};
  for (const route of routes) paths[route.path] = { ...paths[route.path], [route.method.toLowerCase()]: operationOf(route) };
  return createDocument({
    openapi: '3.1.0',
    info: { title: 'Kesu 可溯 — consent and authorization ledger', version: '1.0.0', description: description(), license: { name: 'Apache-2.0', identifier: 'Apache-2.0' } },
    servers: [{ url: origin }],
    security: [{ bearer: [] }],
    paths: { ...checkPaths(), ...paths },
    components: { securitySchemes: { bearer: { type: 'http', scheme: 'bearer', description: 'POST /oauth/token (machines), POST /v1/sessions (enterprises)' } } },
  });
}

function description(): string {
  const { general, signIn, subjectRefs } = limits.DEFAULT_RATE_LIMITS;
  const lines = [
    'JSON in UTF-8; digests lower-case hex; keys (SPKI DER), signatures, salts, nonces and bytes base64url without padding; times RFC 3339 UTC with milliseconds. Unknown fields and members that stand twice are refused. Every POST that changes something takes `Idempotency-Key`. Lists are newest first; `next` is the `cursor` of the following page. What exists but is not yours is answered as what does not exist.',
    '## Limits',
    `- body: ${limits.MAX_BODY_BYTES} bytes (MAX_BODY_BYTES), ${limits.MAX_JSON_DEPTH} levels deep (MAX_JSON_DEPTH); headers ${limits.MAX_HEADER_BYTES} bytes (MAX_HEADER_BYTES)`,
    `- page: ${limits.MAX_PAGE} entries (MAX_PAGE), ${limits.DEFAULT_PAGE} unless given (DEFAULT_PAGE); export ${limits.MAX_EXPORT_ROWS} rows (MAX_EXPORT_ROWS)`,
    `- evaluations in a list: ${limits.MAX_EVALUATIONS} (MAX_EVALUATIONS)`,
    `- requests a minute: ${general.requests} by requester, ${signIn.requests} for signing in by address, ${subjectRefs.requests} look-ups of codes (DEFAULT_RATE_LIMITS); look-ups a day: ${limits.MAX_LOOKUPS_PER_DAY} (MAX_LOOKUPS_PER_DAY)`,
    `- tokens count ${limits.TOKEN_MILLIS / 60_000} minutes (TOKEN_MILLIS), client assertions ${limits.MAX_ASSERTION_MILLIS / 60_000} (MAX_ASSERTION_MILLIS), challenges ${limits.CHALLENGE_MILLIS / 60_000} (CHALLENGE_MILLIS)`,
    `- a request arrives within ${limits.REQUEST_MILLIS / 1000} s (REQUEST_MILLIS), its headers within ${limits.HEADERS_MILLIS / 1000} s (HEADERS_MILLIS); connections ${limits.MAX_CONNECTIONS} (MAX_CONNECTIONS)`,
    `- a repeat under the same \`Idempotency-Key\` has the same answer for ${limits.IDEMPOTENCY_DAYS} days (IDEMPOTENCY_DAYS), what the ledger holds of it for ever; look-ups of codes stay recorded ${limits.LOOKUP_DAYS} days (LOOKUP_DAYS)`,
    `- login keys of one who signs in: ${limits.MAX_LOGIN_KEYS} (MAX_LOGIN_KEYS), ${limits.MAX_LOGIN_KEYS_EVER} with ended ones (MAX_LOGIN_KEYS_EVER); officers of a participant: ${limits.MAX_OFFICERS} (MAX_OFFICERS)`,
    '## Problems',
    ...Object.entries(PROBLEMS).map(([code, { status, titleZh, titleEn }]) => `- \`${code}\` ${status}: ${titleEn} (${titleZh})`),
  ];
  return lines.join('\n');
}

function operationOf(route: Route): ZodOpenApiOperationObject {
  const { id, tag, summary, actors, params, query, body, changes } = route;
  const who = actors === 'PUBLIC' ? 'No authentication.' : `For: ${actors.join(', ')}.`;
  return {
    operationId: id,
    tags: [tag],
    summary,
    description: route.description === undefined ? who : `${route.description}\n\n${who}`,
    ...(actors === 'PUBLIC' ? { security: [] } : {}),
    requestParams: pathAndQuery(params, query),
    ...(changes === true ? { parameters: [IDEMPOTENCY_KEY] } : {}),
    ...(body === undefined ? {} : { requestBody: { required: true, content: { [bodyType(route)]: { schema: body } } } }),
    responses: { ...Object.fromEntries(Object.entries(route.answers).map(([status, answer]) => [status, responseOf(answer)])), default: PROBLEM_RESPONSE },
  };
}

function bodyType({ form, text }: Route): string {
  if (text === true) return 'text/plain';
  return form === true ? 'application/x-www-form-urlencoded' : 'application/json';
}

const IDEMPOTENCY_KEY = {
  name: 'Idempotency-Key',
  in: 'header' as const,
  required: true,
  description: 'A random text such as a UUID, the same for a repeat of the same request; never a number of a person or firm',
  schema: { type: 'string' as const, pattern: '^[\\x21-\\x7e]{1,128}$' },
};

const PROBLEM_RESPONSE = { description: 'A problem (RFC 9457)', content: { [PROBLEM_JSON]: { schema: problemSchema } } };

function pathAndQuery(params: z.ZodType | undefined, query: z.ZodType | undefined) {
  return { ...(params === undefined ? {} : { path: params as z.ZodObject }), ...(query === undefined ? {} : { query: query as z.ZodObject }) };
}

function responseOf({ description: what, schema, mediaTypes = ['application/json'] }: DescribedAnswer) {
  return { description: what, content: Object.fromEntries(mediaTypes.map((type) => [type, schema === undefined || !type.includes('json') ? {} : { schema }])) };
}

/** The endpoints that the plain handler answers. */
function checkPaths(): ZodOpenApiPathsObject {
  const about = { tags: ['check'], responses: {} };
  const answers = (schema: z.ZodType) => ({ 200: { description: 'Yes or no', content: { 'application/json': { schema } } }, default: PROBLEM_RESPONSE });
  return {
    [CHECK_PATHS.one]: { post: { ...about, operationId: 'evaluate', summary: 'The check (授权核验), OpenID AuthZEN 1.0', description: 'Advice as of a head: a release is decided again by the ledger. Unknown members are ignored; X-Request-ID is echoed.', requestBody: { required: true, content: { 'application/json': { schema: evaluationSchema } } }, responses: answers(decisionSchema) } },
    [CHECK_PATHS.list]: { post: { ...about, operationId: 'evaluateList', summary: 'A list of checks', requestBody: { required: true, content: { 'application/json': { schema: evaluationsSchema } } }, responses: { 200: { description: 'One answer an evaluation, in their order', content: { 'application/json': { schema: decisionsSchema } } }, default: PROBLEM_RESPONSE } } },
    [CHECK_PATHS.metadata]: { get: { ...about, operationId: 'readAuthzenConfiguration', summary: "AuthZEN's metadata", security: [], responses: { 200: { description: 'The metadata', content: { 'application/json': { schema: { type: 'object' } } } } } } },
  };
}
