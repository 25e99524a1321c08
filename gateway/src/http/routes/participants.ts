import { commandBody } from './command-body';
import * as commands from '@kesu/chaincode';
import { operatorSchema, participantIdSchema, participantSchema } from '@kesu/chaincode/domain';
import { z } from 'zod';
import type { Requester } from '../../requester';
import { endOfficer, officerBodySchema, officerSchema, officersOf, registerOfficer } from '../officer';
import { ACTORS, route, type Route } from '../route';
import { notFound } from '../visibility';
import { ANSWERS, answerRecord, entrySchema, filterOf, listRecords, ok, pageQuery, pageSchema, storedSchema, submitAs } from './shared';

const params = z.strictObject({ id: participantIdSchema });
const tag = 'participants';
/** Every role: enterprises are no participants. */
const MEMBERS = ACTORS.filter((actor) => actor !== 'enterprise');

/** An application, or what the node or a platform writes of a newcomer. */
const newcomerSchema = z.discriminatedUnion('as', [
  commandBody(commands.applyAsPlatform, {}, { as: z.literal('platform') }),
  commandBody(commands.admitRecipient, {}, { as: z.literal('recipient') }),
  commandBody(commands.appoint, {}, { as: z.literal('appointed') }),
]);

const admissionSchema = z.union([
  commandBody(commands.admitPlatform, { id: true }),
  commandBody(commands.confirmRecipient, { id: true }),
]);

/** Participants and their admission (任务 3, 4). */
export const participantRoutes: readonly Route[] = [
  route({
    method: 'GET',
    path: '/v1/participants',
    tag,
    id: 'listParticipants',
    summary: 'Participants, newest first',
    actors: ACTORS,
    query: z.strictObject({ ...pageQuery, state: participantSchema.shape.state.optional(), platform: participantIdSchema.optional() }),
    answers: { 200: { description: 'A page', schema: pageSchema(entrySchema(participantSchema)) } },
    handle: ({ parts, query }) => listRecords(parts, 'participant', filterOf(query, ['state', 'platform']), query),
  }),
  route({
    method: 'GET',
    path: '/v1/participants/{id}',
    tag,
    id: 'readParticipant',
    summary: 'One participant',
    actors: ACTORS,
    params,
    answers: { 200: { description: 'The participant', schema: storedSchema(participantSchema) } },
    handle: ({ parts, params: { id } }) => {
      const stored = parts.readModel.record('participant', id);
      if (stored === undefined) throw notFound();
      return answerRecord(parts, stored);
    },
  }),
  route({
    method: 'POST',
    path: '/v1/participants',
    tag,
    id: 'addParticipant',
    summary: 'Apply as a platform, admit an institution, or appoint an office',
    description: '`as: platform`: a platform applies for itself. `as: recipient`: a platform admits an institution, which counts once the node confirms it. `as: appointed`: the node appoints a provider, regulator, auditor, notary, arbitrator or court.',
    actors: ['platform', 'provincialNode'],
    body: newcomerSchema,
    changes: true,
    answers: { 201: ANSWERS.change },
    handle: (call) => {
      const { body } = call;
      if (body.as === 'platform') return submitAs(call, 'participants:apply', without(body), 201);
      if (body.as === 'recipient') return submitAs(call, 'participants:admit-recipient', without(body), 201);
      return submitAs(call, 'participants:appoint', without(body), 201);
    },
  }),
  route({
    method: 'POST',
    path: '/v1/participants/{id}/assessments',
    tag,
    id: 'assessParticipant',
    summary: 'Record an assessment of a platform',
    actors: ['provincialNode'],
    params,
    body: commandBody(commands.assess, { id: true }),
    changes: true,
    answers: { 200: ANSWERS.change },
    handle: (call) => submitAs(call, 'participants:assess', { ...call.body, ...call.params }),
  }),
  route({
    method: 'POST',
    path: '/v1/participants/{id}/admission',
    tag,
    id: 'admitParticipant',
    summary: 'Admit an assessed platform, or confirm an institution that a platform admitted',
    actors: ['provincialNode'],
    params,
    body: admissionSchema,
    changes: true,
    answers: { 200: ANSWERS.change },
    handle: (call) =>
      'connectVia' in call.body
        ? submitAs(call, 'participants:admit-platform', { ...call.body, ...call.params })
        : submitAs(call, 'participants:confirm-recipient', { ...call.body, ...call.params }),
  }),
  ...(['suspension', 'resumption'] as const).map((step) =>
    route({
      method: 'POST',
      path: `/v1/participants/{id}/${step}`,
      tag,
      id: step === 'suspension' ? 'suspendParticipant' : 'resumeParticipant',
      summary: step === 'suspension' ? 'Suspend a participant: it gets nothing from this position on' : 'Resume a suspended participant',
      actors: ['provincialNode'],
      params,
      body: commandBody(commands.suspendParticipant, { id: true }),
      changes: true,
      answers: { 200: ANSWERS.change },
      handle: (call) => submitAs(call, step === 'suspension' ? 'participants:suspend' : 'participants:resume', { ...call.body, ...call.params }),
    }),
  ),
  route({
    method: 'POST',
    path: '/v1/participants/{id}/exit',
    tag,
    id: 'exitParticipant',
    summary: 'Let a participant go; grants never move to a successor',
    actors: ['provincialNode'],
    params,
    body: commandBody(commands.exitParticipant, { id: true }),
    changes: true,
    answers: { 200: ANSWERS.change },
    handle: (call) => submitAs(call, 'participants:exit', { ...call.body, ...call.params }),
  }),
  route({
    method: 'POST',
    path: '/v1/participants/{id}/names',
    tag,
    id: 'renameParticipant',
    summary: 'Record a new name from a date on',
    actors: ['provincialNode'],
    params,
    body: commandBody(commands.renameParticipant, { id: true }),
    changes: true,
    answers: { 200: ANSWERS.change },
    handle: (call) => submitAs(call, 'participants:rename', { ...call.body, ...call.params }),
  }),
  route({
    method: 'POST',
    path: '/v1/participants/{id}/keys',
    tag,
    id: 'registerParticipantKey',
    summary: 'Register a key of your own for requests, answers and batches',
    actors: MEMBERS,
    params,
    body: commandBody(commands.registerParticipantKey, {}),
    changes: true,
    machines: true,
    answers: { 201: ANSWERS.change },
    handle: (call) => {
      assertSelf(call.requester, call.params.id);
      return submitAs(call, 'participants:register-key', call.body, 201);
    },
  }),
  route({
    method: 'GET',
    path: '/v1/participants/{id}/officers',
    tag,
    id: 'listOfficers',
    summary: 'Your officers, by their codes',
    actors: MEMBERS,
    params,
    answers: { 200: { description: 'The officers', schema: z.strictObject({ entries: z.array(officerSchema) }) } },
    handle: async ({ parts, requester, params: { id } }) => {
      assertSelf(requester, id);
      return ok({ entries: await officersOf(parts, id) }, parts.readModel.asOf());
    },
  }),
  route({
    method: 'POST',
    path: '/v1/participants/{id}/officers',
    tag,
    id: 'registerOfficer',
    admitted: true,
    summary: 'Register an officer of your own with a key for signing in, or a further key of one',
    description: 'The code stands in releases as operator or as one of the two officers of a query by law; a name never does. The officer signs in at `POST /v1/sessions/challenge {participant, officer}`.',
    actors: MEMBERS,
    params,
    body: officerBodySchema,
    changes: true,
    machines: true,
    answers: { 201: { description: 'Registered', schema: officerSchema } },
    handle: async ({ parts, requester, params: { id }, body }) => {
      assertSelf(requester, id);
      return { status: 201, body: await registerOfficer(parts, id, body) };
    },
  }),
  route({
    method: 'POST',
    path: '/v1/participants/{id}/officers/{code}/end',
    tag,
    id: 'endOfficer',
    summary: "End an officer's time",
    actors: MEMBERS,
    params: z.strictObject({ id: participantIdSchema, code: operatorSchema }),
    body: z.strictObject({}),
    changes: true,
    machines: true,
    answers: { 200: { description: 'Ended', schema: officerSchema } },
    handle: async ({ parts, requester, params: { id, code } }) => {
      assertSelf(requester, id);
      const ended = await endOfficer(parts, id, code);
      parts.authenticator.endOfficer(id, code);
      return { status: 200, body: ended };
    },
  }),
];

/** @throws GatewayError not-found for another's path. */
function assertSelf(requester: Requester, id: string): void {
  if (requester.kind !== 'PARTICIPANT' || requester.id !== id) throw notFound();
}

function without<T extends { readonly as: string }>({ as: _as, ...rest }: T): Omit<T, 'as'> {
  return rest;
}
