import * as commands from '@kesu/chaincode';
import { digestSchema, enterpriseSchema, ENTERPRISE_STATES, idSchema, participantIdSchema, signatoriesSchema, signingKeySchema, type Enterprise } from '@kesu/chaincode/domain';
import { z } from 'zod';
import type { Requester } from '../../requester';
import { submitLetterSet } from '../../use-cases/grants';
import { offeredLetters, OFFER_NEEDS } from '../../use-cases/offered-letters';
import { registerEnterprise } from '../../use-cases/register-enterprise';
import { lookUpSubject, rememberPerson, subjectOf } from '../../use-cases/subject-map';
import { assertIsNoLoginKey, confirmLoginKey, endLoginKey, loginKeyBodySchema, loginKeys, registerLoginKey, type LoginKey } from '../login-key';
import { requesterKey } from '../request-context';
import { ACTORS, route, type Actor, type HttpParts, type Route } from '../route';
import { notFound, ownFilter, seen, seesEnterprise, sightOf } from '../visibility';
import { commandBody } from './command-body';
import { signedSetSchema, wantedLetterSchema } from './grants';
import { ANSWERS, answerChange, answerRecord, callerIdentity, entrySchema, filterOf, listRecords, ok, pageQuery, pageSchema, refParams, storedSchema, submitAs, submitAsSelf } from './shared';

const tag = 'enterprises';
const SEEING: readonly Actor[] = ['enterprise', 'platform', 'provincialNode', 'regulator', 'auditor'];
const keyParams = z.strictObject({ ref: idSchema, keyId: idSchema });

const nameText = z.string().min(1).max(200);
const personText = z.string().min(1).max(100);
const creditCode = z.string().min(15).max(18).meta({ description: 'Unified social credit code. Accepted in this body only, never in a path or query.' });
const registrationSchema = z.strictObject({
  creditCode,
  name: nameText,
  representativeName: personText,
  kind: enterpriseSchema.shape.kind,
  region: enterpriseSchema.shape.region,
  industry: enterpriseSchema.shape.industry,
  size: enterpriseSchema.shape.size,
  predecessor: idSchema.optional(),
  codeConfirmedBy: digestSchema.optional().meta({ description: "Digest of the registry's document, for a code whose check character fails" }),
});

function ownEnterprise(parts: HttpParts, requester: Requester, ref: string): Enterprise {
  return seen(parts.readModel.record('enterprise', ref)?.record, (enterprise) => seesEnterprise(requester, enterprise, parts.readModel));
}

const readRoutes: readonly Route[] = [
  route({
    method: 'GET',
    path: '/v1/enterprises',
    tag,
    id: 'listEnterprises',
    summary: 'Enterprises by their refs, newest first',
    actors: SEEING,
    query: z.strictObject({ ...pageQuery, platform: participantIdSchema.optional(), state: z.enum(ENTERPRISE_STATES).optional() }),
    answers: { 200: { description: 'A page', schema: pageSchema(entrySchema(enterpriseSchema)) } },
    handle: ({ parts, requester, query }) => listRecords(parts, 'enterprise', ownFilter(requester, filterOf(query, ['platform', 'state']), ['enterprise', 'platform']), query, sightOf(requester, parts.readModel)),
  }),
  route({
    method: 'GET',
    path: '/v1/enterprises/me',
    tag,
    id: 'readMe',
    summary: 'Who signed in: the enterprise with its own name and code',
    actors: ['enterprise'],
    answers: { 200: { description: 'The enterprise', schema: z.strictObject({ record: enterpriseSchema, name: z.string().optional(), creditCode: z.string().optional() }) } },
    handle: async ({ parts, requester }) => {
      const asOf = parts.readModel.asOf();
      const record = ownEnterprise(parts, requester, requesterKey(requester));
      const subject = await subjectOf(parts, record.ref);
      return ok({ record, ...(subject === undefined ? {} : { name: subject.name, creditCode: subject.creditCode }) }, asOf);
    },
  }),
  route({
    method: 'GET',
    path: '/v1/enterprises/{ref}',
    tag,
    id: 'readEnterprise',
    summary: 'One enterprise',
    actors: SEEING,
    params: refParams,
    answers: { 200: { description: 'The enterprise', schema: storedSchema(enterpriseSchema) } },
    handle: ({ parts, requester, params: { ref } }) => {
      ownEnterprise(parts, requester, ref);
      const stored = parts.readModel.record('enterprise', ref);
      if (stored === undefined) throw notFound();
      return answerRecord(parts, stored);
    },
  }),
  route({
    method: 'GET',
    path: '/v1/enterprises/{ref}/keys',
    tag,
    id: 'listKeys',
    summary: 'Signing keys and mandates of an enterprise',
    actors: SEEING,
    params: refParams,
    answers: { 200: { description: 'Keys and mandates', schema: storedSchema(signatoriesSchema) } },
    handle: ({ parts, requester, params: { ref } }) => {
      ownEnterprise(parts, requester, ref);
      const stored = parts.readModel.record('signatories', ref);
      if (stored === undefined) throw notFound();
      return answerRecord(parts, stored);
    },
  }),
  route({
    method: 'GET',
    path: '/v1/enterprises/{ref}/offered-letters',
    tag,
    id: 'listOfferedLetters',
    summary: 'Letters prefilled from what a predecessor gave (合并、分立、个转企)',
    description: 'The former grants are INAPPLICABLE. Complete a `letter` with what its `needs` name, and make the set to sign with `POST /v1/letter-sets {enterprise, letters}`. A platform sees those that go through it.',
    actors: ['enterprise', 'platform', 'provincialNode'],
    params: refParams,
    answers: { 200: { description: 'The letters', schema: z.strictObject({ entries: z.array(z.strictObject({ formerGrant: idSchema, letter: wantedLetterSchema, needs: z.array(z.enum(OFFER_NEEDS)) })) }) } },
    handle: ({ parts, requester, params: { ref } }) => {
      ownEnterprise(parts, requester, ref);
      const asOf = parts.readModel.asOf();
      const isPlatform = requester.kind === 'PARTICIPANT' && requester.role === 'platform';
      return ok({ entries: offeredLetters(parts, ref).filter(({ letter }) => !isPlatform || letter.platform === requester.id) }, asOf);
    },
  }),
];

const registryRoutes: readonly Route[] = [
  route({
    method: 'POST',
    path: '/v1/enterprises',
    tag,
    id: 'registerEnterprise',
    admitted: true,
    summary: 'A platform registers an enterprise that it identified',
    description: 'Name, code and person stay in the node\'s private journal; the ledger sees a random ref. An enterprise that is registered already is 409 `already-exists`: it registers at a further platform by its own signature, `POST …/{ref}/registrations`.',
    actors: ['platform'],
    body: registrationSchema,
    changes: true,
    answers: { 201: ANSWERS.change },
    handle: async (call) => {
      const { predecessor, codeConfirmedBy, ...described } = call.body;
      const registration = { ...described, ...(predecessor === undefined ? {} : { predecessor }), ...(codeConfirmedBy === undefined ? {} : { codeConfirmedBy }) };
      const platform = { id: requesterKey(call.requester), identity: callerIdentity(call) };
      return answerChange(await registerEnterprise(call.parts, platform, registration, call.operation), 201);
    },
  }),
  route({
    method: 'POST',
    path: '/v1/enterprises/{ref}/registrations',
    tag,
    id: 'registerAtPlatforms',
    summary: 'Bring what the enterprise signed to register at further platforms',
    description: 'Make the set with `POST /v1/letter-sets {enterprise, registrations: [{platform}]}`; the signature is the authority, not the carrier.',
    actors: ACTORS,
    params: refParams,
    body: signedSetSchema,
    changes: true,
    answers: { 201: ANSWERS.change },
    handle: async ({ parts, requester, params, body, operation }) => answerChange(await submitLetterSet(parts, requester, body, operation, { registering: params.ref }), 201),
  }),
  route({
    method: 'POST',
    path: '/v1/subject-refs',
    tag,
    id: 'lookUpSubjectRef',
    admitted: true,
    summary: 'Credit code → subjectRef',
    description: 'For the node and for platforms that registered the enterprise or hold its request. Counted, limited and recorded.',
    actors: ['platform', 'provincialNode'],
    limit: 'subjectRefs',
    body: z.strictObject({ creditCode }),
    answers: { 200: { description: 'The ref', schema: z.strictObject({ subjectRef: idSchema }) } },
    handle: async ({ parts, requester, body }) => ({ status: 200, body: { subjectRef: await lookUpSubject(parts, requester, body.creditCode) } }),
  }),
  ...(
    [
      ['state', 'moveEnterprise', 'Record the state that the registry or a court shows', commandBody(commands.moveEnterpriseTo, { ref: true }), 'enterprises:move'],
      ['representative', 'changeRepresentative', "Record a new representative: the former one's keys stop signing", commandBody(commands.changeRepresentative, { ref: true }), 'enterprises:change-representative'],
      ['successor', 'linkSuccessor', 'Record a successor: grants become INAPPLICABLE', commandBody(commands.linkSuccessor, { ref: true }), 'enterprises:link-successor'],
    ] as const
  ).map(([step, id, summary, body, transaction]) =>
    route({
      method: 'POST',
      path: `/v1/enterprises/{ref}/${step}`,
      tag,
      id,
      summary,
      actors: ['provincialNode'],
      params: refParams,
      body: body as z.ZodType<object>,
      changes: true,
      answers: { 200: ANSWERS.change },
      handle: (call) => submitAs(call, transaction, { ...call.body, ...call.params } as never),
    }),
  ),
];

const registeredLoginSchema = z.strictObject({ keyId: idSchema, registeredAt: z.string(), confirmed: z.boolean(), endedAt: z.string().optional() });
const keySchema = z.strictObject({ key: signingKeySchema.omit({ keyId: true, registeredBy: true, state: true, noticeAt: true, from: true, endedAt: true }), holderName: personText.optional() });

const keyRoutes: readonly Route[] = [
  route({
    method: 'POST',
    path: '/v1/enterprises/{ref}/keys',
    tag,
    id: 'registerKey',
    summary: 'A platform that verified the identity registers a signing key',
    description: '`holderName` stays in the private journal and stands in the letters to read.',
    actors: ['platform'],
    params: refParams,
    body: keySchema,
    changes: true,
    answers: { 201: ANSWERS.change },
    handle: async (call) => {
      const { parts, requester, params, body } = call;
      ownEnterprise(parts, requester, params.ref);
      await assertIsNoLoginKey(parts, params.ref, body.key.publicKey);
      const answer = await submitAs(call, 'signatories:register-key', { ...params, key: body.key }, 201);
      if (body.holderName !== undefined) await rememberPerson(parts, params.ref, body.key.holder, body.holderName);
      return answer;
    },
  }),
  ...(
    [
      ['notice', 'recordKeyNotice', 'The notice of a replacement went out', ['provincialNode'], z.strictObject({}), 'signatories:record-notice'],
      ['confirmation', 'confirmKey', 'The node confirms a key', ['provincialNode'], z.strictObject({}), 'signatories:confirm-key'],
      ['objection', 'objectToKey', 'The person whom the registry names objects', ['platform', 'provincialNode'], z.strictObject({ evidenceDigest: digestSchema }), 'signatories:object'],
      ['loss', 'reportKeyLost', 'Record a loss: the key stops at once', ['platform', 'provincialNode'], z.strictObject({}), 'signatories:report-lost'],
      ['end', 'endKey', 'End a key', ['provincialNode'], commandBody(commands.endKey, { ref: true, keyId: true }), 'signatories:end-key'],
    ] as const
  ).map(([step, id, summary, actors, body, transaction]) =>
    route({
      method: 'POST',
      path: `/v1/enterprises/{ref}/keys/{keyId}/${step}`,
      tag,
      id,
      summary,
      actors,
      params: keyParams,
      body: body as z.ZodType<object>,
      changes: true,
      answers: { 200: ANSWERS.change },
      handle: (call) => {
        ownEnterprise(call.parts, call.requester, call.params.ref);
        return submitAs(call, transaction, { ...call.body, ...call.params } as never);
      },
    }),
  ),
  route({
    method: 'POST',
    path: '/v1/enterprises/{ref}/mandates',
    tag,
    id: 'submitMandates',
    summary: 'Mandates (授权委托书), given or revoked by what the legal representative signed',
    actors: ['enterprise', 'platform', 'provincialNode'],
    params: refParams,
    body: commandBody(commands.submitMandates, {}),
    changes: true,
    answers: { 201: ANSWERS.change },
    handle: async (call) => {
      const { parts, requester, params, body } = call;
      ownEnterprise(parts, requester, params.ref);
      if (body.statements.some((statement) => statement.enterprise !== params.ref)) throw notFound();
      if (requester.kind === 'PARTICIPANT') return submitAs(call, 'signatories:submit-mandates', body, 201);
      return submitAsSelf(call, 'signatories:submit-mandates', body, 201);
    },
  }),
  route({
    method: 'POST',
    path: '/v1/enterprises/{ref}/login-keys',
    tag,
    id: 'registerLoginKey',
    admitted: true,
    summary: 'Register a key for signing in; a signing key is refused',
    description: 'One that the enterprise registers while it is signed in counts at once. One that a platform registers counts when the node has confirmed it: nobody alone can sign in as an enterprise.',
    actors: ['enterprise', 'platform'],
    params: refParams,
    body: loginKeyBodySchema,
    changes: true,
    answers: { 201: { description: 'Registered', schema: registeredLoginSchema } },
    handle: async ({ parts, requester, params, body }) => {
      ownEnterprise(parts, requester, params.ref);
      const holder = { enterprise: params.ref };
      const self = requester.kind === 'ENTERPRISE' ? requester.ref : undefined;
      return { status: 201, body: shownLogin(await registerLoginKey(parts, holder, body, requesterKey(requester), self)) };
    },
  }),
  route({
    method: 'POST',
    path: '/v1/enterprises/{ref}/login-keys/{keyId}/confirmation',
    tag,
    id: 'confirmLoginKey',
    admitted: true,
    summary: 'The node confirms a login key that a platform registered',
    actors: ['provincialNode'],
    params: keyParams,
    body: z.strictObject({}),
    changes: true,
    answers: { 200: { description: 'Confirmed', schema: registeredLoginSchema } },
    handle: async ({ parts, requester, params: { ref, keyId } }) => {
      ownEnterprise(parts, requester, ref);
      return { status: 200, body: shownLogin(await confirmLoginKey(parts, { enterprise: ref }, keyId, requesterKey(requester))) };
    },
  }),
  route({
    method: 'POST',
    path: '/v1/enterprises/{ref}/login-keys/{keyId}/end',
    tag,
    id: 'endLoginKey',
    admitted: true,
    summary: 'End a key for signing in: at once, with every token that it opened',
    description: 'By the enterprise, a platform that registered it, or the node. An ended key is not registered again.',
    actors: ['enterprise', 'platform', 'provincialNode'],
    params: keyParams,
    body: z.strictObject({}),
    changes: true,
    answers: { 200: { description: 'Ended', schema: registeredLoginSchema } },
    handle: async ({ parts, requester, params: { ref, keyId } }) => {
      ownEnterprise(parts, requester, ref);
      const ended = await endLoginKey(parts, { enterprise: ref }, keyId);
      parts.authenticator.endLoginKey(ref, keyId);
      return { status: 200, body: shownLogin(ended) };
    },
  }),
  route({
    method: 'GET',
    path: '/v1/enterprises/{ref}/login-keys',
    tag,
    id: 'listLoginKeys',
    summary: 'Keys for signing in, ended ones too',
    actors: ['enterprise', 'platform', 'provincialNode'],
    params: refParams,
    answers: { 200: { description: 'The keys', schema: z.strictObject({ entries: z.array(registeredLoginSchema) }) } },
    handle: async ({ parts, requester, params: { ref } }) => {
      ownEnterprise(parts, requester, ref);
      return ok({ entries: (await loginKeys(parts, { enterprise: ref })).map(shownLogin) }, parts.readModel.asOf());
    },
  }),
];

function shownLogin({ keyId, registeredAt, confirmedBy, endedAt }: LoginKey): z.infer<typeof registeredLoginSchema> {
  return { keyId, registeredAt, confirmed: confirmedBy !== undefined, ...(endedAt === undefined ? {} : { endedAt }) };
}

/** Registration, keys, mandates. */
export const enterpriseRoutes: readonly Route[] = [...readRoutes, ...registryRoutes, ...keyRoutes];
