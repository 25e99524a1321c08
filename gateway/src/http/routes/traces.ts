import { idSchema, instantSchema, participantIdSchema, releaseIdSchema, releaseSchema, outcomeSchema, acknowledgementSchema } from '@kesu/chaincode/domain';
import { z } from 'zod';
import type { TraceAxis, TraceFilter, TracedRelease } from '../../read-model';
import { exportTrace } from '../trace-export';
import { route, type Actor, type Call, type HttpParts, type Route } from '../route';
import { notFound, seesRelease, seesTrace, sightOf } from '../visibility';
import { answerPage, asOfSchema, ok, pageOf, pageQuery, pageSchema, positionSchema } from './shared';
import { proofLinkSchema, shownRelease } from './releases';

const tag = 'traces';
const query = z.strictObject({
  ...pageQuery,
  from: instantSchema.optional(),
  until: instantSchema.optional(),
  decision: z.enum(['PERMIT', 'DENY']).optional(),
  format: z.enum(['json', 'csv', 'jsonl']).optional(),
});
const rowSchema = z.strictObject({ release: releaseSchema, state: z.string(), position: positionSchema, outcome: outcomeSchema.optional(), acknowledgement: acknowledgementSchema.optional(), proof: proofLinkSchema });

const DIRECTIONS: readonly { readonly axis: TraceAxis; readonly path: string; readonly id: string; readonly actor: Actor; readonly summary: string }[] = [
  { axis: 'enterprise', path: '/v1/trace/enterprises/{id}', id: 'traceEnterprise', actor: 'enterprise', summary: 'Releases and denials about an enterprise' },
  { axis: 'provider', path: '/v1/trace/providers/{id}', id: 'traceProvider', actor: 'provider', summary: "Releases of a provider's items" },
  { axis: 'platform', path: '/v1/trace/platforms/{id}', id: 'tracePlatform', actor: 'platform', summary: 'Releases through or to a platform' },
  { axis: 'recipient', path: '/v1/trace/recipients/{id}', id: 'traceRecipient', actor: 'recipient', summary: 'Releases to a recipient' },
];

function filterIn({ from, until, decision }: z.infer<typeof query>): TraceFilter {
  return { ...(from === undefined ? {} : { from }), ...(until === undefined ? {} : { until }), ...(decision === undefined ? {} : { decision }) };
}

function trace(axis: TraceAxis, { parts, requester, params, query: asked }: Call<{ id: string }, z.infer<typeof query>, unknown>) {
  if (!seesTrace(requester, axis, params.id, parts.readModel)) throw notFound();
  const filter = filterIn(asked);
  const sees = sightOf(requester, parts.readModel);
  if (asked.format === 'csv' || asked.format === 'jsonl') return exportTrace(parts, { axis, id: params.id, filter, sees }, asked.format, (traced) => shownRelease(parts, traced));
  return answerPage(parts, () => {
    const page = parts.readModel.trace(axis, params.id, filter, { ...pageOf(asked), sees });
    return { ...page, entries: page.entries.map((traced) => shownRelease(parts, traced)) };
  });
}

/** The chain of a release: from its source over each release it continues to its destination, source first. */
function chainOf(parts: HttpParts, traced: TracedRelease): TracedRelease[] {
  const chain = [traced];
  for (let before = traced.release.basisReleaseId; before !== undefined && chain.length < MAX_CHAIN; ) {
    const earlier = parts.readModel.release(before);
    if (earlier === undefined) break;
    chain.unshift(earlier);
    before = earlier.release.basisReleaseId;
  }
  return chain;
}

/** Longest chain that is followed. */
const MAX_CHAIN = 20;

/** 来源可溯、去向可查: in all directions. */
export const traceRoutes: readonly Route[] = [
  ...DIRECTIONS.map(({ axis, path, id, actor, summary }) =>
    route({
      method: 'GET',
      path,
      tag,
      id,
      summary: `${summary}, newest first`,
      description: '`from` and `until` bound the claimed time, `[from, until)`. `format=csv` and `format=jsonl` export every row.',
      actors: [actor, 'provincialNode', 'regulator', 'auditor'],
      params: z.strictObject({ id: axis === 'enterprise' ? idSchema : participantIdSchema }),
      query,
      answers: { 200: { description: 'A page, or the whole trace as csv or jsonl', schema: pageSchema(rowSchema), mediaTypes: ['application/json', 'text/csv', 'application/jsonl'] } },
      handle: (call) => trace(axis, call),
    }),
  ),
  route({
    method: 'GET',
    path: '/v1/trace/releases/{id}',
    tag,
    id: 'traceRelease',
    summary: "A release's chain, source to destination: batches and signed answers it came from, each release it continues, what became of it",
    actors: ['enterprise', 'provincialNode', 'platform', 'recipient', 'provider', 'regulator', 'auditor'],
    params: z.strictObject({ id: releaseIdSchema }),
    answers: { 200: { description: 'The chain', schema: z.strictObject({ chain: z.array(rowSchema), batches: z.array(z.unknown()), asOf: asOfSchema }) } },
    handle: ({ parts, requester, params: { id } }) => {
      const asOf = parts.readModel.asOf();
      const traced = parts.readModel.release(id);
      if (traced === undefined || !seesRelease(requester, traced.release, parts.readModel)) throw notFound();
      const chain = chainOf(parts, traced);
      const batchIds = new Set(chain.flatMap(({ release }) => release.items.flatMap((item) => (item.batchId === undefined ? [] : [item.batchId]))));
      const batches = [...batchIds].flatMap((batchId) => parts.readModel.record('ingest-batch', batchId) ?? []);
      return ok({ chain: chain.map((one) => shownRelease(parts, one)), batches }, asOf);
    },
  }),
];
