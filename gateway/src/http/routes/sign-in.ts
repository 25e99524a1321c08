import { z } from 'zod';
import { ASSERTION_TYPE } from '../client-assertion';
import { route, type Route } from '../route';
import { challengeAnswerSchema, challengeBodySchema, sessionBodySchema } from '../session';

const tag = 'signing in';
const tokenSchema = z.strictObject({ access_token: z.string(), token_type: z.literal('Bearer'), expires_in: z.int() }).meta({ id: 'Token' });

/** Signing in: machines by private_key_jwt, enterprises and officers by challenge. */
export const signInRoutes: readonly Route[] = [
  route({
    method: 'POST',
    path: '/oauth/token',
    tag,
    id: 'issueToken',
    summary: 'Client credentials with private_key_jwt (RFC 7523)',
    description: 'The assertion: ES256 by one of the participant\'s registered keys (`kid` its keyId), `iss` and `sub` the participant\'s id, `aud` this endpoint, `exp` at most 5 minutes ahead, `jti` used once. The header holds `alg`, `kid` and `typ` only.',
    actors: 'PUBLIC',
    limit: 'signIn',
    form: true,
    body: z.strictObject({
      grant_type: z.literal('client_credentials'),
      client_assertion_type: z.literal(ASSERTION_TYPE),
      client_assertion: z.string().min(1).max(8_192),
      client_id: z.string().max(64).optional(),
      scope: z.string().max(200).optional(),
    }),
    answers: { 200: { description: 'A bearer token for 10 minutes', schema: tokenSchema } },
    handle: async ({ parts, body }) => ({ status: 200, body: await parts.authenticator.tokenForAssertion(body.client_assertion) }),
  }),
  route({
    method: 'POST',
    path: '/v1/sessions/challenge',
    tag,
    id: 'challengeSession',
    summary: 'Begin to sign in as an enterprise, or as an officer of a participant',
    actors: 'PUBLIC',
    limit: 'signIn',
    body: challengeBodySchema,
    answers: { 200: { description: 'What is to be signed by a login key', schema: challengeAnswerSchema } },
    handle: ({ parts, body }) => ({ status: 200, body: parts.authenticator.sessions.challenge(body) }),
  }),
  route({
    method: 'POST',
    path: '/v1/sessions',
    tag,
    id: 'openSession',
    summary: "Answer the challenge with a passkey's assertion or a login key's signature",
    actors: 'PUBLIC',
    limit: 'signIn',
    body: sessionBodySchema,
    answers: { 201: { description: 'A bearer token for 10 minutes', schema: tokenSchema } },
    handle: async ({ parts, body }) => ({ status: 201, body: await parts.authenticator.tokenFor(await parts.authenticator.sessions.signIn(body)) }),
  }),
];
