import * as commands from '@kesu/chaincode';
import { disputeSchema, DISPUTE_STATES, idSchema, participantIdSchema } from '@kesu/chaincode/domain';
import { z } from 'zod';
import { derivedId } from '../../use-cases/secrets';
import { route, type Actor, type Call, type Route } from '../route';
import { notFound, ownFilter, seen, seesDispute, seesEnterprise, sightOf } from '../visibility';
import { commandBody } from './command-body';
import { ANSWERS, answerRecord, entrySchema, filterOf, idParams, listRecords, pageQuery, pageSchema, storedSchema, submitAs } from './shared';

const tag = 'disputes';
const PARTIES: readonly Actor[] = ['enterprise', 'platform', 'provider', 'provincialNode', 'regulator', 'auditor'];

function ownDispute({ parts, requester, params }: Pick<Call<{ id: string }, unknown, unknown>, 'parts' | 'requester' | 'params'>) {
  const stored = parts.readModel.record('dispute', params.id);
  seen(stored?.record, (dispute) => seesDispute(requester, dispute, parts.readModel));
  if (stored === undefined) throw notFound();
  return stored;
}

/** Disputes (异议, 任务 13). */
export const disputeRoutes: readonly Route[] = [
  route({
    method: 'GET',
    path: '/v1/disputes',
    tag,
    id: 'listDisputes',
    summary: 'Disputes, newest first',
    actors: PARTIES,
    query: z.strictObject({ ...pageQuery, enterprise: idSchema.optional(), platform: participantIdSchema.optional(), state: z.enum(DISPUTE_STATES).optional() }),
    answers: { 200: { description: 'A page', schema: pageSchema(entrySchema(disputeSchema)) } },
    handle: ({ parts, requester, query }) => listRecords(parts, 'dispute', ownFilter(requester, filterOf(query, ['enterprise', 'platform', 'state']), ['enterprise', 'platform', 'provider']), query, sightOf(requester, parts.readModel)),
  }),
  route({
    method: 'GET',
    path: '/v1/disputes/{id}',
    tag,
    id: 'readDispute',
    summary: 'One dispute',
    actors: PARTIES,
    params: idParams,
    answers: { 200: { description: 'The dispute', schema: storedSchema(disputeSchema) } },
    handle: (call) => answerRecord(call.parts, ownDispute(call)),
  }),
  route({
    method: 'POST',
    path: '/v1/disputes',
    tag,
    id: 'fileDispute',
    summary: 'File a dispute: the mark (异议标注) stands from this position',
    description: 'By the platform for the enterprise, or by a recipient. The text stays off the ledger: send its salted digest.',
    actors: ['platform', 'recipient'],
    body: commandBody(commands.fileDispute, { id: true }),
    changes: true,
    answers: { 201: ANSWERS.change },
    handle: async (call) => {
      const { parts, requester, body, operation } = call;
      if (requester.kind === 'PARTICIPANT' && requester.role === 'platform') seen(parts.readModel.record('enterprise', body.enterprise)?.record, (enterprise) => seesEnterprise(requester, enterprise, parts.readModel));
      return submitAs(call, 'disputes:file', { ...body, id: await derivedId(parts, 'operations', 'dispute', operation) }, 201);
    },
  }),
  ...(
    [
      ['forwarding', 'forwardDispute', 'The platform forwards it to the node', ['platform'], z.strictObject({}), 'disputes:forward'],
      ['review', 'reviewDispute', 'The node hands it to the provider', ['provincialNode'], z.strictObject({}), 'disputes:review'],
      ['resolution', 'resolveDispute', "The provider's finding", ['provider'], commandBody(commands.resolveDispute, { id: true }), 'disputes:resolve'],
      ['answer', 'answerDispute', 'The node answers in writing', ['provincialNode'], commandBody(commands.answerDispute, { id: true }), 'disputes:answer'],
      ['closing', 'closeDispute', 'Close an answered dispute', ['provincialNode'], z.strictObject({}), 'disputes:close'],
    ] as const
  ).map(([step, id, summary, actors, body, transaction]) =>
    route({
      method: 'POST',
      path: `/v1/disputes/{id}/${step}`,
      tag,
      id,
      summary,
      actors,
      params: idParams,
      body: body as z.ZodType<object>,
      changes: true,
      answers: { 200: ANSWERS.change },
      handle: (call) => {
        ownDispute(call);
        return submitAs(call, transaction, { ...call.body, ...call.params } as never);
      },
    }),
  ),
];
