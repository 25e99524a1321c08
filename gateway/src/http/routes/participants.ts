import { commandBody } from './command-body';
import * as commands from '@kesu/chaincode';
import { participantIdSchema, participantSchema } from '@kesu/chaincode/domain';
import { z } from 'zod';
import { ACTORS, route, type Route } from '../route';
import { notFound } from '../visibility';
import { ANSWERS, answerRecord, entrySchema, filterOf, listRecords, pageQuery, pageSchema, storedSchema, submitAs } from './shared';

const params = z.strictObject({ id: participantIdSchema });
const tag = 'participants';

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
    actors: ACTORS.filter((actor) => actor !== 'enterprise'),
    params,
    body: commandBody(commands.registerParticipantKey, {}),
    changes: true,
    answers: { 201: ANSWERS.change },
    handle: (call) => {
      if (call.requester.kind !== 'PARTICIPANT' || call.requester.id !== call.params.id) throw notFound();
      return submitAs(call, 'participants:register-key', call.body, 201);
    },
  }),
];

function without<T extends { readonly as: string }>({ as: _as, ...rest }: T): Omit<T, 'as'> {
  return rest;
}
