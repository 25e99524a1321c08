import { anyAnnexSchema, digestSchema, evidenceAnnexSchema, idSchema, operatorSchema, reasonCodeSchema } from '@kesu/chaincode/domain';
import { z } from 'zod';
import type { MadeAnnex } from '../../evidence/case-annexes';
import { GatewayError } from '../../gateway-error';
import { personalNumberIn } from '../../use-cases/idempotency-key';
import { derivedId } from '../../use-cases/secrets';
import { fileAnswer } from '../file-answer';
import { route, type Actor, type HttpParts, type Route } from '../route';
import { notFound } from '../visibility';
import { seenCase } from './evidence-cases';
import { idParams } from './shared';

const tag = 'evidence cases';
/** Blocks show other enterprises' records: they go to a court whose case it is, and to the node. */
const READERS: readonly Actor[] = ['court', 'provincialNode'];

const madeSchema = z.strictObject({ ...evidenceAnnexSchema.pick({ id: true, caseId: true, bundle: true, madeAt: true, madeFor: true }).shape, digest: digestSchema, byteCount: z.int().min(1), blocks: z.array(z.int().min(0)), address: z.string() });

function annexesOf({ options: { evidence } }: HttpParts) {
  if (evidence?.annexes === undefined) throw GatewayError.of('not-ready', 'this gateway gives out no blocks: it seals no evidence');
  return evidence.annexes;
}

function shown(annex: MadeAnnex) {
  return { ...annex, blocks: [...annex.blocks], address: `/v1/evidence-cases/${annex.caseId}/annexes/${annex.id}` };
}

/** Annexes of bundles (docs/formats/evidence-annex.md). */
export const evidenceAnnexRoutes: readonly Route[] = [
  route({
    method: 'POST',
    path: '/v1/evidence-cases/{id}/annexes',
    tag,
    id: 'makeEvidenceAnnex',
    summary: 'Make the annex of the newest bundle: the blocks that hold its facts',
    description: 'Blocks show records of others. That one was made, by which operator (查询人员代号) and why, is recorded by this gateway before it is given out, and shown to auditors.',
    actors: READERS,
    params: idParams,
    body: z.strictObject({ reason: reasonCodeSchema, operator: operatorSchema.refine((text) => personalNumberIn(text) === undefined, 'looks like the number of a person or firm: use a code') }),
    changes: true,
    admitted: true,
    answers: { 201: { description: 'Made and recorded; `Location` is its address', schema: madeSchema } },
    handle: async ({ parts, requester, params, body, operation }) => {
      seenCase({ parts, requester }, params.id);
      const participant = requester.kind === 'PARTICIPANT' ? requester.id : '';
      const operator = requester.kind === 'PARTICIPANT' && requester.officer !== undefined ? requester.officer : body.operator;
      const made = shown(await annexesOf(parts).make(params.id, await derivedId(parts, 'operations', 'evidence-annex', operation), { participant, operator, reason: body.reason }));
      return { status: 201, body: made, headers: { location: made.address } };
    },
  }),
  route({
    method: 'GET',
    path: '/v1/evidence-cases/{id}/annexes',
    tag,
    id: 'listEvidenceAnnexes',
    summary: 'Which annexes of a case were made, for whom, by which operator and why',
    actors: [...READERS, 'regulator', 'auditor'],
    params: idParams,
    answers: { 200: { description: 'The record, newest first', schema: z.strictObject({ entries: z.array(madeSchema) }) } },
    handle: async (call) => {
      seenCase(call, call.params.id);
      return { status: 200, body: { entries: (await annexesOf(call.parts).list(call.params.id)).map(shown) } };
    },
  }),
  route({
    method: 'GET',
    path: '/v1/evidence-cases/{id}/annexes/{annex}',
    tag,
    id: 'readEvidenceAnnex',
    summary: 'One annex, for whom it was made',
    actors: READERS,
    params: z.strictObject({ id: idSchema, annex: idSchema }),
    answers: { 200: { description: 'The annex; `Repr-Digest` is SHA-256 over it', schema: anyAnnexSchema } },
    handle: async (call) => {
      const { parts, requester, params } = call;
      seenCase(call, params.id);
      const annex = await annexesOf(parts).find(params.id, params.annex);
      if (annex === undefined || requester.kind !== 'PARTICIPANT' || requester.id !== annex.madeFor.participant) throw notFound();
      const { address, digest } = shown(annex);
      return fileAnswer(await annexesOf(parts).bytesOf(annex), { mediaType: 'application/json', name: `kesu-annex-${annex.id}.json`, digest, address });
    },
  }),
];
