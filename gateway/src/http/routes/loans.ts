import * as commands from '@kesu/chaincode';
import { idSchema, ingestBatchSchema, INGEST_STATES, loanSchema, LOAN_STATES, participantIdSchema } from '@kesu/chaincode/domain';
import { z } from 'zod';
import { derivedId } from '../../use-cases/secrets';
import { route, type Actor, type Route } from '../route';
import { notFound, ownFilter, seen, seesBatch, seesEnterprise, seesLoan, sightOf } from '../visibility';
import { commandBody } from './command-body';
import { ANSWERS, answerRecord, entrySchema, filterOf, idParams, listRecords, pageQuery, pageSchema, refParams, storedSchema, submitAs } from './shared';

const LOAN_PARTIES: readonly Actor[] = ['enterprise', 'recipient', 'platform', 'provincialNode', 'regulator', 'auditor'];
const BATCH_PARTIES: readonly Actor[] = ['provider', 'provincialNode', 'regulator', 'auditor'];

const loanRoutesOnly: readonly Route[] = [
  route({
    method: 'GET',
    path: '/v1/loans',
    tag: 'loans',
    id: 'listLoans',
    summary: 'Loans, newest first',
    actors: LOAN_PARTIES,
    query: z.strictObject({ ...pageQuery, enterprise: idSchema.optional(), platform: participantIdSchema.optional(), recipient: participantIdSchema.optional(), state: z.enum(LOAN_STATES).optional() }),
    answers: { 200: { description: 'A page', schema: pageSchema(entrySchema(loanSchema)) } },
    handle: ({ parts, requester, query }) => listRecords(parts, 'loan', ownFilter(requester, filterOf(query, ['enterprise', 'platform', 'recipient', 'state']), ['enterprise', 'platform', 'recipient']), query, sightOf(requester, parts.readModel)),
  }),
  route({
    method: 'GET',
    path: '/v1/loans/{ref}',
    tag: 'loans',
    id: 'readLoan',
    summary: 'One loan',
    actors: LOAN_PARTIES,
    params: refParams,
    answers: { 200: { description: 'The loan', schema: storedSchema(loanSchema) } },
    handle: ({ parts, requester, params: { ref } }) => {
      const stored = parts.readModel.record('loan', ref);
      seen(stored?.record, (loan) => seesLoan(requester, loan, parts.readModel));
      if (stored === undefined) throw notFound();
      return answerRecord(parts, stored);
    },
  }),
  route({
    method: 'POST',
    path: '/v1/loans',
    tag: 'loans',
    id: 'openLoan',
    summary: 'A recipient, or its platform, opens a loan: an application',
    description: '`ref` is an opaque 128-bit reference; the gateway makes one unless given.',
    actors: ['recipient', 'platform'],
    body: commandBody(commands.openLoan, { ref: true }, { ref: idSchema.optional() }),
    changes: true,
    answers: { 201: ANSWERS.change },
    handle: async (call) => {
      const { parts, requester, body, operation } = call;
      const { ref, ...described } = body;
      // The recipient knows the enterprise from its customer; the contract holds both to the platform they share.
      if (requester.kind === 'PARTICIPANT' && requester.role === 'platform') seen(parts.readModel.record('enterprise', body.enterprise)?.record, (enterprise) => seesEnterprise(requester, enterprise, parts.readModel));
      return submitAs(call, 'loans:open', { ...described, ref: ref ?? (await derivedId(parts, 'operations', 'loan', operation)) }, 201);
    },
  }),
  route({
    method: 'POST',
    path: '/v1/loans/{ref}/state',
    tag: 'loans',
    id: 'advanceLoan',
    summary: 'Report the next state of a loan',
    actors: ['recipient', 'platform'],
    params: refParams,
    body: commandBody(commands.advanceLoan, { ref: true }),
    changes: true,
    answers: { 200: ANSWERS.change },
    handle: (call) => {
      seen(call.parts.readModel.record('loan', call.params.ref)?.record, (loan) => seesLoan(call.requester, loan, call.parts.readModel));
      return submitAs(call, 'loans:advance', { ...call.body, ...call.params });
    },
  }),
];

const batchRoutes: readonly Route[] = [
  route({
    method: 'GET',
    path: '/v1/ingest-batches',
    tag: 'ingest batches',
    id: 'listBatches',
    summary: 'Batches, newest first',
    actors: BATCH_PARTIES,
    query: z.strictObject({ ...pageQuery, provider: participantIdSchema.optional(), state: z.enum(INGEST_STATES).optional() }),
    answers: { 200: { description: 'A page', schema: pageSchema(entrySchema(ingestBatchSchema)) } },
    handle: ({ parts, requester, query }) => listRecords(parts, 'ingest-batch', ownFilter(requester, filterOf(query, ['provider', 'state']), ['provider']), query),
  }),
  route({
    method: 'GET',
    path: '/v1/ingest-batches/{id}',
    tag: 'ingest batches',
    id: 'readBatch',
    summary: 'One batch',
    actors: BATCH_PARTIES,
    params: idParams,
    answers: { 200: { description: 'The batch', schema: storedSchema(ingestBatchSchema) } },
    handle: ({ parts, requester, params: { id } }) => {
      const stored = parts.readModel.record('ingest-batch', id);
      seen(stored?.record, (batch) => seesBatch(requester, batch, parts.readModel));
      if (stored === undefined) throw notFound();
      return answerRecord(parts, stored);
    },
  }),
  route({
    method: 'POST',
    path: '/v1/ingest-batches',
    tag: 'ingest batches',
    id: 'receiveBatch',
    summary: "Hand in a batch with its provider's signature",
    actors: ['provider', 'provincialNode'],
    body: commandBody(commands.receiveBatch, {}),
    changes: true,
    answers: { 201: ANSWERS.change },
    handle: (call) => submitAs(call, 'ingest:receive', call.body, 201),
  }),
  ...(
    [
      ['acceptance', 'acceptBatch', 'Accept a batch', ['provincialNode'], z.strictObject({}), 'ingest:accept'],
      ['return', 'returnBatch', 'Return a batch to its provider (退回)', ['provincialNode'], commandBody(commands.returnBatch, { id: true }), 'ingest:return'],
      ['withdrawal', 'withdrawBatch', 'Withdraw a batch', ['provider', 'provincialNode'], commandBody(commands.withdrawBatch, { id: true }), 'ingest:withdraw'],
    ] as const
  ).map(([step, id, summary, actors, body, transaction]) =>
    route({
      method: 'POST',
      path: `/v1/ingest-batches/{id}/${step}`,
      tag: 'ingest batches',
      id,
      summary,
      actors,
      params: idParams,
      body: body as z.ZodType<object>,
      changes: true,
      answers: { 200: ANSWERS.change },
      handle: (call) => {
        seen(call.parts.readModel.record('ingest-batch', call.params.id)?.record, (batch) => seesBatch(call.requester, batch, call.parts.readModel));
        return submitAs(call, transaction, { ...call.body, ...call.params } as never);
      },
    }),
  ),
];

/** Loans and the batches that data come from. */
export const loanRoutes: readonly Route[] = [...loanRoutesOnly, ...batchRoutes];
