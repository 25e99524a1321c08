import { acknowledgementSchema, digestSchema, instantSchema, itemSourceSchema, MAX_ITEMS, outcomeSchema, participantIdSchema, releaseIdSchema, releaseProofOf, releaseProofSchema, releaseRequestSchema, releaseSchema, releaseStateAt, requestSignatureSchema, instantOf, MINUTE_MILLIS, saltSchema, signatureSchema, idSchema, operatorSchema, OUTCOMES, reasonCodeSchema, statutorySchema, twoOfficers, type RequestSignature, type ReleaseRequest } from '@kesu/chaincode/domain';
import { z } from 'zod';
import type { TracedRelease } from '../../read-model';
import { acknowledge } from '../../use-cases/acknowledge';
import { dryRun } from '../../use-cases/dry-run';
import { foundedRuleBook } from '../../use-cases/facts';
import { personalNumberIn } from '../../use-cases/idempotency-key';
import { recordOutcome } from '../../use-cases/record-outcome';
import { recordRelease } from '../../use-cases/record-release';
import type { ReleaseAnswer } from '../../use-cases/recorded-answer';
import { release } from '../../use-cases/release';
import { selfQuery } from '../../use-cases/self-query';
import { assertOfficers } from '../officer';
import { releaseAnswer } from '../release-answer';
import { route, type Actor, type HttpParts, type Route } from '../route';
import { notFound, seesRelease } from '../visibility';
import { proofAt, whileFollowing } from './log';
import { asOfSchema, ok, positionSchema } from './shared';

const tag = 'releases';
const ASKERS: readonly Actor[] = ['recipient', 'platform', 'regulator', 'court', 'notary', 'arbitrator', 'provincialNode'];
const params = z.strictObject({ id: releaseIdSchema });

const receiptSchema = z.strictObject({ position: positionSchema, head: asOfSchema, payloadDigest: digestSchema, salt: saltSchema.optional(), keyId: idSchema, signature: signatureSchema });
const dataSchema = z
  .looseObject({ enterprise: idSchema, madeAt: instantSchema, items: z.array(z.looseObject({})) })
  .nullable()
  .meta({ description: 'What the recipient may see, item by item; null when it can no longer be sent' });
const permitSchema = z.strictObject({ release: releaseSchema, position: positionSchema, data: dataSchema, receipt: receiptSchema });
const denySchema = z.strictObject({ release: releaseSchema, position: positionSchema });
const dryRunSchema = z.strictObject({ decision: z.enum(['PERMIT', 'DENY']), reason: z.string().optional(), failedItem: z.string().optional(), grantId: idSchema.optional(), asOf: asOfSchema });
const ANSWERS = {
  200: { description: 'Denied, and recorded; or with dryRun what would be decided', schema: z.union([denySchema, dryRunSchema]) },
  201: { description: 'Permitted and recorded: the data and the receipt', schema: permitSchema },
};

/** 查询人员代号 stand on the ledger: a code, never a number of a person (I16). */
const isNobodysNumber = (text: string): boolean => personalNumberIn(text) === undefined;
const operatorCode = operatorSchema.refine(isNobodysNumber, 'looks like the number of a person or firm: use a code');
const statutoryRequest = statutorySchema.extend({ officers: twoOfficers(operatorCode) });

const bodySchema = z.strictObject({ ...releaseRequestSchema.shape, operator: operatorCode.optional(), statutory: statutoryRequest.optional(), requestSignature: requestSignatureSchema.optional() });
const recordBodySchema = z.strictObject({
  ...bodySchema.shape,
  requestedBy: participantIdSchema.optional(),
  payloadDigest: digestSchema,
  byteCount: z.int().min(1).max(64 * 1024 * 1024),
  sources: z.array(itemSourceSchema).max(MAX_ITEMS).optional(),
});
/** Where a row's proof lies. */
export const proofLinkSchema = z.string().meta({ description: 'Where the proof of this release lies: `kesu verify` checks it alone', example: '/v1/releases/0123456789abcdef0123456789abcdef.0/proof' });
const tracedSchema = z.strictObject({
  release: releaseSchema,
  state: z.string(),
  position: positionSchema,
  outcome: outcomeSchema.optional(),
  acknowledgement: acknowledgementSchema.optional(),
  proof: proofLinkSchema,
  asOf: asOfSchema,
});
const doneSchema = z.strictObject({ position: positionSchema });

/** A release with the state it shows now, and where its proof lies. */
export function shownRelease(parts: Pick<HttpParts, 'readModel' | 'clock'>, traced: TracedRelease) {
  const unresolvedAfter = foundedRuleBook(parts.readModel).policy.unresolvedAfterMinutes * MINUTE_MILLIS;
  return { ...traced, state: releaseStateAt(traced.release, traced.outcome, unresolvedAfter, instantOf(parts.clock.now())), proof: `/v1/releases/${traced.release.id}/proof` };
}

function parted({ requestSignature, ...request }: z.infer<typeof bodySchema>): { request: ReleaseRequest; requestSignature?: RequestSignature } {
  return { request, ...(requestSignature === undefined ? {} : { requestSignature }) };
}

function answered(parts: HttpParts, answer: ReleaseAnswer) {
  return releaseAnswer(parts, answer);
}

/** Releases: check, fetch, record, then deliver. */
export const releaseRoutes: readonly Route[] = [
  route({
    method: 'POST',
    path: '/v1/releases',
    tag,
    id: 'release',
    summary: 'Check, fetch, record, then deliver (信息提供)',
    description: '`requestSignature`: the requester\'s P-256 key over the RFC 8785 form of `{type: "release-request", network, bodyDigest, idempotencyKey, requestedAt}`, `bodyDigest` the digest of the body without it. With a demonstration token the gateway signs. `?dryRun=true` decides and records nothing.',
    actors: ASKERS,
    query: z.strictObject({ dryRun: z.enum(['true', 'false']).optional() }),
    body: bodySchema,
    changes: true,
    answers: ANSWERS,
    handle: async ({ parts, requester, query, body, idempotencyKey }) => {
      const sent = { requester, ...parted(body), idempotencyKey };
      await assertOfficers(parts, requester, sent.request);
      if (query.dryRun === 'true') return { status: 200, body: await dryRun(parts, sent) };
      return answered(parts, await release(parts, sent));
    },
  }),
  route({
    method: 'POST',
    path: '/v1/releases/record',
    tag,
    id: 'recordRelease',
    summary: 'Decide and record a release of data that the platform holds itself',
    description: 'It may deliver only after 201; the release is marked `selfReported`.',
    actors: ['platform'],
    body: recordBodySchema,
    changes: true,
    answers: ANSWERS,
    handle: async ({ parts, requester, body, idempotencyKey }) => {
      const { payloadDigest, byteCount, sources, requestedBy, ...asked } = body;
      await assertOfficers(parts, requester, asked);
      const about = { ...(sources === undefined ? {} : { sources }), ...(requestedBy === undefined ? {} : { requestedBy }) };
      return answered(parts, await recordRelease(parts, { requester, ...parted(asked), idempotencyKey, payloadDigest, byteCount, ...about }));
    },
  }),
  route({
    method: 'POST',
    path: '/v1/self-queries',
    tag,
    id: 'querySelf',
    summary: "The enterprise's own data: free, recorded, signed (本企业自查)",
    actors: ['enterprise'],
    body: z.strictObject({ items: releaseRequestSchema.shape.items, range: releaseRequestSchema.shape.range }),
    changes: true,
    answers: ANSWERS,
    handle: async ({ parts, requester, body, idempotencyKey }) => answered(parts, await selfQuery(parts, { requester, items: body.items, ...(body.range === undefined ? {} : { range: body.range }), idempotencyKey })),
  }),
  route({
    method: 'GET',
    path: '/v1/releases/{id}',
    tag,
    id: 'readRelease',
    summary: 'One release or denial, with what became of it',
    actors: ['enterprise', 'provincialNode', 'platform', 'recipient', 'provider', 'regulator', 'auditor', 'court', 'notary', 'arbitrator'],
    params,
    answers: { 200: { description: 'The release', schema: tracedSchema } },
    handle: ({ parts, requester, params: { id } }) => {
      const asOf = parts.readModel.asOf();
      const traced = parts.readModel.release(id);
      if (traced === undefined || !seesRelease(requester, traced.release, parts.readModel)) throw notFound();
      return ok(shownRelease(parts, traced), asOf);
    },
  }),
  route({
    method: 'GET',
    path: '/v1/releases/{id}/proof',
    tag,
    id: 'proveRelease',
    summary: 'The proof of one release or denial (docs/formats/release-proof.md)',
    description: 'The event with its leaf, inclusion path and cosigned checkpoint, in few bytes; `kesu verify` checks it alone.',
    actors: ['enterprise', 'provincialNode', 'platform', 'recipient', 'provider', 'regulator', 'auditor', 'court', 'notary', 'arbitrator'],
    params,
    answers: { 200: { description: 'The proof', schema: releaseProofSchema } },
    handle: async ({ parts, requester, params: { id } }) => {
      const traced = parts.readModel.release(id);
      if (traced === undefined || !seesRelease(requester, traced.release, parts.readModel)) throw notFound();
      return whileFollowing(async () => ({ status: 200, body: releaseProofOf(await proofAt(parts, traced.position)) }));
    },
  }),
  route({
    method: 'POST',
    path: '/v1/releases/{id}/outcome',
    tag,
    id: 'reportOutcome',
    summary: 'The sender reports what became of its release',
    actors: ['platform', 'provincialNode'],
    params,
    body: z.strictObject({ outcome: z.enum(OUTCOMES), bytesSent: z.int().min(0), reason: reasonCodeSchema.optional() }),
    changes: true,
    answers: { 200: { description: 'Recorded', schema: doneSchema } },
    handle: async ({ parts, requester, params: { id }, body: { outcome, bytesSent, reason }, idempotencyKey }) => ({
      status: 200,
      body: await recordOutcome(parts, { requester, releaseId: id, outcome, bytesSent, idempotencyKey, ...(reason === undefined ? {} : { reason }) }),
    }),
  }),
  route({
    method: 'POST',
    path: '/v1/releases/{id}/acknowledgement',
    tag,
    id: 'acknowledgeRelease',
    summary: 'The recipient acknowledges the digest of what arrived',
    actors: ['recipient', 'platform', 'regulator', 'court', 'notary', 'arbitrator'],
    params,
    body: z.strictObject({ payloadDigest: digestSchema }),
    changes: true,
    answers: { 200: { description: 'Recorded', schema: doneSchema } },
    handle: async ({ parts, requester, params: { id }, body, idempotencyKey }) => ({ status: 200, body: await acknowledge(parts, { requester, releaseId: id, payloadDigest: body.payloadDigest, idempotencyKey }) }),
  }),
];
