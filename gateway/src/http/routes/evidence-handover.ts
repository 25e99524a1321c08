import * as commands from '@kesu/chaincode';
import { digestSchema, idSchema, instantSchema, packageDigest, participantIdSchema } from '@kesu/chaincode/domain';
import { z } from 'zod';
import { signedReceiptSchema } from '../../handover';
import { foundedRuleBook } from '../../use-cases/facts';
import { route, type Route } from '../route';
import { notFound } from '../visibility';
import { commandBody } from './command-body';
import { seenCase } from './evidence-cases';
import { ANSWERS, idParams, submitAs } from './shared';

const tag = 'evidence cases';
const statusSchema = z.strictObject({
  caseId: idSchema,
  authority: participantIdSchema,
  state: z.enum(['WAITING', 'DELIVERED', 'DONE']),
  tries: z.int().min(0),
  queuedAt: instantSchema,
  dueAt: instantSchema,
  failure: z.string().optional(),
  receipt: signedReceiptSchema.optional(),
});

/** Handing a case over to a notary, an arbitrator or a court (金融数据直达线上诉讼、仲裁接口, 任务 10). */
export const evidenceHandoverRoutes: readonly Route[] = [
  route({
    method: 'POST',
    path: '/v1/evidence-cases/{id}/submission',
    tag,
    id: 'submitCase',
    summary: 'Apply to the notary (申请)',
    description: "Recorded first; where this gateway has a connector to the notary's system it then delivers the sealed volumes, signed, until a receipt comes.",
    actors: ['recipient', 'platform'],
    params: idParams,
    body: commandBody(commands.submitCase, { id: true }),
    changes: true,
    answers: { 200: ANSWERS.change },
    handle: async (call) => {
      const { authority } = seenCase(call, call.params.id).record;
      if (authority !== undefined) await call.parts.options.handovers?.enqueue(call.params.id, authority);
      return submitAs(call, 'notarization:submit', call.params);
    },
  }),
  route({
    method: 'POST',
    path: '/v1/evidence-cases/{id}/handover',
    tag,
    id: 'handOverCase',
    summary: 'Hand a sealed case over to an arbitrator or court',
    description: 'Recorded first; where this gateway has a connector to the authority it then delivers, signed, until a receipt comes, and records that. `packageDigest` as `GET` of the case shows it; left out, it is the one that the gateway sees.',
    actors: ['recipient', 'platform'],
    params: idParams,
    body: commandBody(commands.handOverCase, { id: true }, { packageDigest: digestSchema.optional() }),
    changes: true,
    answers: { 200: ANSWERS.change },
    handle: async (call) => {
      const { parts, params, body } = call;
      const { record } = seenCase(call, params.id);
      await parts.options.handovers?.enqueue(params.id, body.authority);
      return submitAs(call, 'proceedings:hand-over', { id: params.id, authority: body.authority, packageDigest: body.packageDigest ?? packageDigest(foundedRuleBook(parts.readModel).network, record) });
    },
  }),
  route({
    method: 'GET',
    path: '/v1/evidence-cases/{id}/handover',
    tag,
    id: 'readHandover',
    summary: "What became of the delivery to the authority's system, with its receipt",
    actors: ['recipient', 'platform', 'notary', 'arbitrator', 'court', 'provincialNode', 'auditor'],
    params: idParams,
    answers: { 200: { description: 'The delivery by this gateway', schema: statusSchema } },
    handle: async (call) => {
      seenCase(call, call.params.id);
      const status = await call.parts.options.handovers?.status(call.params.id);
      if (status === undefined) throw notFound();
      return { status: 200, body: status };
    },
  }),
];
